"""What one file says about its own names and those that it imports, for all files to be joined later.

A use of an imported name is told by its origin as the import writes it; what it leads to is decided
where all files are known (``project.py``).
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property

from lossfix.losses.codebase.origins import Origins, is_library
from lossfix.losses.codebase.said import (
    Argument,
    Keeper,
    Kept,
    Passed,
    Read,
    Reference,
    Role,
    Shared,
    Use,
)
from lossfix.losses.codebase.used import uses_in
from lossfix.losses.discovery.assigned import first_references, selected
from lossfix.losses.discovery.bindings import bindings
from lossfix.losses.discovery.called import called_with_two, compiles_by_itself
from lossfix.losses.discovery.candidate import Project
from lossfix.losses.discovery.discover import mentions_a_framework
from lossfix.losses.discovery.handed import beside, depending, mentions
from lossfix.losses.discovery.holders import dictionaries
from lossfix.losses.discovery.lookups import lookups_in
from lossfix.losses.discovery.outline import expressions_of
from lossfix.losses.discovery.registering import keepers
from lossfix.losses.discovery.uses import TAKEN, uses_of
from lossfix.losses.discovery.wording import names_a_loss
from lossfix.syntax.nodes import below, every
from lossfix.syntax.scope import (
    definitions,
    dotted,
    last_part,
    scope_of_module,
    statements,
)

_HANDED_ON = (ast.Name, ast.Attribute, ast.Subscript, ast.Tuple)
"""What a method returns of what it has, and does not compute."""
_Depending = dict[str, frozenset[str]]
"""Parameters of a function, each with the names whose values depend on it."""


def shared_by(module: ast.Module) -> Shared:
    """What a parsed file says about its names and those that it imports."""
    return _Reader(module).shared()


def shared_by_words(text: str, line: int = 1) -> tuple[Use, ...]:
    """What must be feared of code that does not parse: whatever it may call stays a function."""
    names = sorted(set(re.findall(r"\b([^\W\d]\w*)\s*\(", text)))
    reason = "may call it, and does not parse"
    return tuple(Use(Role.FUNCTION, name, line, reason) for name in names)


class _Reader:
    """One parsed file, and the questions that are asked of it."""

    def __init__(self, module: ast.Module) -> None:
        self.module = module
        self.names = Origins(module)
        self.assigned = self.names.assigned
        self.local = uses_of(module)
        self.depending: dict[ast.FunctionDef | ast.Lambda, _Depending] = {}
        """Of each function, the names that depend on a parameter."""
        self.lambdas = _lambdas(module)
        """Those that are losses, with the names that they would have as functions."""
        self._calls: dict[str, frozenset[str]] = {}

    def shared(self) -> Shared:
        """All of it."""
        return Shared(
            self.names.defined,
            frozenset(self._methods()),
            tuple(sorted(self.names.imported.items())),
            tuple(self._links()),
            tuple(self.names.stars),
            tuple(dict.fromkeys(uses_in(self.module, self.names))),
            frozenset(each[1:-1] for each in self.local.compiled if not each.isidentifier()),
            tuple(
                (name, tuple(each for value in values for each in self.names.references(value)))
                for name, values in sorted(self.assigned.registered.items())
            ),
            tuple(dict.fromkeys(self._reads())),
            tuple(dict.fromkeys(self._all_passed())),
            tuple(
                (name, each)
                for name, parameters in sorted(self.local.passed_on.items())
                for each in sorted(parameters)
            ),
            tuple(self._classes()),
            tuple(self._parameters()),
            variables=frozenset(self._variables()),
            dictionaries=dictionaries(self.module),
            keepers=tuple(self._keepers()),
            kept=tuple(self._kept()),
            framework=mentions_a_framework(scope_of_module(self.module), self.module),
            calls=tuple(sorted(called_with_two(self.module, self._libraries).items())),
            attributes=tuple(self._attributes()),
            compiles_by_itself=compiles_by_itself(self.module),
            looks_anywhere=next(
                (each.node.lineno for each in lookups_in(self.module) if each.anywhere), 0
            ),
        )

    @property
    def _libraries(self) -> frozenset[str]:
        imports = scope_of_module(self.module).imports
        return frozenset(name for name, origin in imports.items() if is_library(origin))

    def _attributes(self) -> Iterator[tuple[str, tuple[Reference, ...]]]:
        found: dict[str, list[ast.expr]] = {}
        for target, value in bindings(self.module):
            if isinstance(target, ast.Attribute):
                found.setdefault(target.attr, []).append(value)
        for call in every(self.module, ast.Call):
            assert isinstance(call, ast.Call)
            for each in call.keywords if last_part(call.func) != "compile" else ():
                if each.arg in TAKEN:
                    # What is made with `loss=` has an attribute of that name, as a rule.
                    found.setdefault(each.arg, []).append(each.value)
        for owner in every(self.module, ast.ClassDef):
            assert isinstance(owner, ast.ClassDef)
            for name, value in _set_in(owner):
                found.setdefault(name, []).append(value)
            for method in owner.body:
                if isinstance(method, ast.FunctionDef):
                    found.setdefault(method.name, []).extend(
                        each.value
                        for each in statements(method.body)
                        if isinstance(each, ast.Return) and isinstance(each.value, _HANDED_ON)
                    )
        for name, values in sorted(found.items()):
            if stands_for := self._standing_for(values):
                yield name, stands_for

    def _standing_for(self, values: Iterable[ast.expr]) -> tuple[Reference, ...]:
        pairs = (pair for value in values for pair in first_references(value, self.assigned))
        return tuple(dict.fromkeys(self.names.referring(pairs)))

    def _variables(self) -> Iterator[str]:
        for statement in statements(self.module.body):
            match statement:
                case ast.Assign(targets=targets):
                    yield from (each.id for each in targets if isinstance(each, ast.Name))
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
                    yield name

    def _keepers(self) -> Iterator[Keeper]:
        for each in keepers(self.module):
            holders = tuple(dict.fromkeys(self._holder(each.holder)))
            if holders and (each.position == 0 or not each.decoration[1]):
                yield Keeper(*each.decoration, each.parameter, holders)

    def _holder(self, holder: ast.expr) -> Iterator[Reference]:
        name = last_part(holder) or ""
        found = [*self.names.referring([(name, True)])]
        yield from found or [Reference(name, imported=False)]

    def _kept(self) -> Iterator[Kept]:
        for name, values in sorted(self.assigned.values.items()):
            for value in values if self.names.of(name) else ():
                found = tuple(
                    dict.fromkeys(self.names.referring(first_references(value, self.assigned)))
                )
                for origin in self.names.of(name) if found else ():
                    # What a loop runs over in turn has been made up, and stands nowhere.
                    yield Kept(origin, found, getattr(value, "lineno", 0))
        for function in every(self.module, ast.FunctionDef):
            if function.name in self.names.defined:
                for decorator in function.decorator_list:
                    called = isinstance(decorator, ast.Call)
                    named = decorator.func if isinstance(decorator, ast.Call) else decorator
                    itself = (Reference(function.name, imported=False),)
                    for origin in self.names.meanings(named):
                        yield Kept(origin, itself, function.lineno, called)

    def _methods(self) -> Iterator[str]:
        for node in statements(self.module.body):
            if isinstance(node, ast.ClassDef):
                for each in node.body:
                    if isinstance(each, ast.FunctionDef):
                        yield f"{node.name}.{each.name}"

    def _all_passed(self) -> Iterator[Passed]:
        if not self.names.imported and not self.names.stars:
            return
        for call in every(self.module, ast.Call):
            functions = self.names.called(call)
            if not functions:
                continue
            inside = self._owner(call)
            own = self._own_parameters.get(inside, ())
            values: list[tuple[int | str, ast.expr]] = [*enumerate(call.args)]
            values += [(each.arg, each.value) for each in call.keywords if each.arg]
            for key, value in values:
                parameter = None
                name = value.id if isinstance(value, ast.Name) else ""
                if name in own and name not in self._called_in(inside):
                    parameter = (inside, name)
                references = tuple(dict.fromkeys(self.names.references(value)))
                if parameter is not None or references:
                    for function in functions:
                        yield Passed(Argument(function, key), references, parameter)

    def _called_in(self, name: str) -> frozenset[str]:
        """The plain names that the function called ``name`` calls."""
        known = self._calls.get(name)
        if known is None:
            inside = self._defined_at.get(name, self.module)
            calls = (each.func for each in below(inside) if isinstance(each, ast.Call))
            known = frozenset(each.id for each in calls if isinstance(each, ast.Name))
            self._calls[name] = known
        return known

    @cached_property
    def _defined_at(self) -> dict[str, ast.AST]:
        found: dict[str, ast.AST] = {}
        for path, node in definitions(self.module.body):
            found.setdefault(".".join(path), node)
        return found

    @cached_property
    def _own_parameters(self) -> dict[str, tuple[str, ...]]:
        return dict(self._parameters())

    def _parameters(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        for node in statements(self.module.body):
            if isinstance(node, ast.FunctionDef):
                listed = (*node.args.posonlyargs, *node.args.args)
                yield node.name, tuple(each.arg for each in listed)

    def _classes(self) -> Iterator[tuple[str, tuple[Reference, ...]]]:
        for node in statements(self.module.body):
            if not isinstance(node, ast.ClassDef):
                continue
            bases: list[Reference] = []
            for base in filter(None, map(dotted, node.bases)):
                if not names_a_loss(base) and not names_a_loss(node.name):
                    continue
                root, _, rest = base.partition(".")
                if base in self.names.defined:
                    bases.append(Reference(base, imported=False))
                for origin in self.names.imported.get(root, ()):
                    bases.append(Reference(f"{origin}.{rest}" if rest else origin, imported=True))
            if bases:
                yield node.name, tuple(bases)

    def _reads(self) -> Iterator[Read]:
        imported = list(self.names.reads())
        own = [
            (node, "")
            for node in every(self.module, ast.Name)
            if isinstance(node.ctx, ast.Load) and node.id in self.names.defined
        ]
        for node, origin in (*imported, *own):
            written = dotted(node) or ""
            reference = Reference(origin or written, imported=bool(origin))
            called = self._is_called(node)
            given = tuple(self._given(node)) if called and origin else ()
            beside = self._beside(node) if any(names for _, names in given) else frozenset()
            yield Read(self._reader(node), written, reference, called, given, beside)
        # A method of the same class is called by way of its instance.
        paths = {path for path, _, _ in self._owners}
        for attribute in every(self.module, ast.Attribute):
            if isinstance(attribute.value, ast.Name) and attribute.value.id == "self":
                by = self._owner(attribute)
                method = f"{by.rpartition('.')[0]}.{attribute.attr}"
                if method in paths:
                    reference = Reference(method, imported=False)
                    yield Read(by, f"self.{attribute.attr}", reference, self._is_called(attribute))

    def _given(self, function: ast.expr) -> Iterator[tuple[int | str, frozenset[str]]]:
        call = self.names.parents[function]
        known = self._known_around(call)
        if not isinstance(call, ast.Call) or known is None:
            return
        values: list[tuple[int | str, ast.expr]] = [*enumerate(call.args)]
        values += [(each.arg, each.value) for each in call.keywords if each.arg]
        for key, value in values:
            yield key, _parameters_in(value, known[1])

    def _beside(self, function: ast.expr) -> frozenset[str]:
        call = self.names.parents[function]
        known = self._known_around(call)
        if not isinstance(call, ast.Call) or known is None:
            return frozenset()
        each = (
            _parameters_in(value, known[1]) for value in beside(call, known[0], self.names.parents)
        )
        return frozenset().union(*each)

    def _known_around(
        self, node: ast.AST
    ) -> tuple[ast.FunctionDef | ast.Lambda, _Depending] | None:
        """The function around a node, and of its first parameters the names that depend on them."""
        around = self.names.parents.get(node)
        while around is not None and not (
            isinstance(around, ast.FunctionDef) or around in self.lambdas
        ):
            around = self.names.parents.get(around)
        if not isinstance(around, ast.FunctionDef | ast.Lambda):
            return None
        if around not in self.depending:
            names = [each.arg for each in (*around.args.posonlyargs, *around.args.args)][:4]
            self.depending[around] = {
                name: (
                    depending(around, name)
                    if isinstance(around, ast.FunctionDef)
                    else frozenset({name})
                )
                for name in names
            }
        return around, self.depending[around]

    def _is_called(self, node: ast.expr) -> bool:
        above = self.names.parents.get(node)
        return isinstance(above, ast.Call) and above.func is node

    @cached_property
    def _owners(self) -> list[tuple[str, int, int]]:
        """The dotted names of all definitions with their first and last lines, in document order."""
        return [
            (".".join(path), node.lineno, node.end_lineno or node.lineno)
            for path, node in definitions(self.module.body)
        ]

    def _reader(self, node: ast.expr) -> str:
        """The loss that is a lambda around a node, or else the innermost definition around it."""
        above = self.names.parents.get(node) if self.lambdas else None
        while above is not None and above not in self.lambdas:
            above = self.names.parents.get(above)
        return self._owner(node) if above is None else self.lambdas[above]

    def _owner(self, node: ast.expr) -> str:
        """The innermost definition around a node; empty where there is none."""
        number = bisect_right(self._owners, node.lineno, key=lambda each: each[1])
        around = (each for each in reversed(self._owners[:number]) if node.lineno <= each[2])
        return next((name for name, _, _ in around), "")

    def _links(self) -> Iterator[tuple[str, tuple[Reference, ...]]]:
        for name, values in sorted(self.assigned.values.items()):
            # Step by step: a chain of a thousand names would tell each of them of all that come before.
            found = self._standing_for(values)
            if found and name not in self.names.imported:
                yield name, found
        for owner in statements(self.module.body):
            if isinstance(owner, ast.ClassDef):
                for name, value in _set_in(owner):
                    if found := self._standing_for([value]):
                        yield f"{owner.name}.{name}", found
        for name in sorted(self.assigned.returns):
            found = tuple(
                dict.fromkeys(
                    reference
                    for value in selected(name, self.assigned)
                    for reference in self.names.referring(first_references(value, self.assigned))
                )
            )
            if found:
                yield f"{name}()", found


def _set_in(owner: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    """The attributes that a class sets itself, each with its value."""
    for statement in owner.body:
        match statement:
            case ast.Assign(targets=targets, value=value):
                yield from ((each.id, value) for each in targets if isinstance(each, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value


def _lambdas(module: ast.Module) -> dict[ast.AST, str]:
    found: dict[ast.AST, str] = {}
    for loss in expressions_of(module, Project()):
        match loss.node:
            case ast.Lambda() as node:
                found[node] = ".".join(loss.path)
            case ast.Call(args=[ast.Lambda() as node, *_]):
                found[node] = ".".join(loss.path)
    return found


def _parameters_in(value: ast.expr, known: _Depending) -> frozenset[str]:
    return frozenset(name for name, names in known.items() if mentions(value, names))
