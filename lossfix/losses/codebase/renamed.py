"""Where a file reads what it imports by another name: variables, parameters with a default, attributes.

``fn = dice`` in a function makes ``fn`` another name of ``dice`` there alone; an attribute is known by its
last part, whoever has it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lossfix.losses.codebase.origins import Origins
from lossfix.losses.discovery.assigned import references
from lossfix.losses.discovery.bindings import bindings
from lossfix.losses.discovery.holders import RUNS_OVER
from lossfix.syntax.nodes import every
from lossfix.syntax.scope import defaults, last_part, parameters

_Around = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | None
"""The function in which a name stands for something; ``None`` for the module, and for attributes."""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True)
class _Bound:
    """A name, or an attribute by its last part, where it stands for one thing."""

    around: _Around
    name: str
    is_attribute: bool


@dataclass(frozen=True)
class Renamed:
    """A place at which something imported is read by another name."""

    node: ast.Name | ast.Attribute
    origin: str
    is_kept: bool
    """Whether the name is that of a list or a dictionary that keeps it, as far as the file tells."""
    is_run_over: bool
    """Whether it is what a loop over the imported gives in turn: of a dictionary its names."""


def renamed_reads(names: Origins) -> Iterator[Renamed]:
    """Where something imported is read by another name."""
    scopes = _Scopes(names)
    origins: dict[_Bound, dict[str, tuple[bool, bool]]] = {}
    for bound, value in scopes.bound():
        is_kept = not isinstance(value, ast.Name | ast.Attribute | ast.IfExp | ast.Subscript)
        how = is_kept, _is_run_over(value, names)
        for name, direct in references(value, names.assigned):
            if direct:
                origins.setdefault(bound, {}).update(dict.fromkeys(names.of(name), how))
    known = {bound.name for bound, found in origins.items() if found}
    if not known:
        return
    direct_reads = {node for node, _ in names.reads()}
    for node in every(names.module, ast.Name, ast.Attribute):
        assert isinstance(node, ast.Name | ast.Attribute)
        name = node.id if isinstance(node, ast.Name) else node.attr
        if name in known and isinstance(node.ctx, ast.Load) and node not in direct_reads:
            for origin, (is_kept, is_run_over) in origins.get(scopes.meant(node), {}).items():
                yield Renamed(node, origin, is_kept, is_run_over)


def _is_run_over(value: ast.expr, names: Origins) -> bool:
    match names.parents.get(value):
        case ast.For(iter=series) | ast.comprehension(iter=series):
            return series is value
        case ast.Call(func=function, args=args):
            return value in args and last_part(function) in RUNS_OVER
    return False


class _Scopes:
    """The functions of a file, with the names that each binds."""

    def __init__(self, names: Origins) -> None:
        self._module = names.module
        self._parents = names.parents
        self._binding: dict[_Around, set[str]] = {}
        declared: dict[_Around, set[str]] = {}
        for statement in every(self._module, ast.Global, ast.Nonlocal):
            assert isinstance(statement, ast.Global | ast.Nonlocal)
            declared.setdefault(self._around(statement), set()).update(statement.names)
        for node in every(self._module, ast.Name):
            assert isinstance(node, ast.Name)
            if not isinstance(node.ctx, ast.Load):
                around = self._around(node)
                if node.id not in declared.get(around, ()):
                    self._binding.setdefault(around, set()).add(node.id)
        for function in every(self._module, *_FUNCTIONS):
            assert isinstance(function, _FUNCTIONS)
            self._binding.setdefault(function, set()).update(parameters(function))

    def meant(self, node: ast.Name | ast.Attribute) -> _Bound:
        """What a name, or an attribute, is where it stands."""
        if isinstance(node, ast.Attribute):
            return _Bound(None, node.attr, is_attribute=True)
        around = self._around(node)
        while around is not None and node.id not in self._binding.get(around, ()):
            around = self._around(around)
        return _Bound(around, node.id, is_attribute=False)

    def bound(self) -> Iterator[tuple[_Bound, ast.expr]]:
        """All that is given a name or an attribute, and what it is then."""
        for target, value in bindings(self._module):
            if target in self._parents:
                yield self.meant(target), value
        for function in every(self._module, *_FUNCTIONS):
            assert isinstance(function, _FUNCTIONS)
            for parameter, default in defaults(function.args):
                if default is not None:
                    yield _Bound(function, parameter, is_attribute=False), default

    def _around(self, node: ast.AST) -> _Around:
        above: Mapping[ast.AST, ast.AST] = self._parents
        inner, outer = node, above.get(node)
        while outer is not None:
            # Decorators and defaults of a function stand outside of it.
            body = outer.body if isinstance(outer, _FUNCTIONS) else None
            if isinstance(outer, _FUNCTIONS) and (inner is body or inner in _as_list(body)):
                return outer
            if isinstance(outer, _FUNCTIONS) and isinstance(node, ast.arg):
                return outer
            inner, outer = outer, above.get(outer)
        return None


def _as_list(body: object) -> list[ast.AST]:
    return body if isinstance(body, list) else []
