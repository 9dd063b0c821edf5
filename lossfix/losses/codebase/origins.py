"""Where the names of one file come from: of an import, as it is written there, or of the file itself."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from lossfix.losses.codebase.said import Reference, joined
from lossfix.losses.discovery.assigned import assignments_of, references
from lossfix.syntax.nodes import every, parents
from lossfix.syntax.scope import Definition, blocks, dotted, last_part

_LIBRARIES = frozenset(
    (
        "tensorflow keras tf_keras numpy scipy sklearn pandas matplotlib torch jax cv2 PIL absl h5py pytest"
        " tqdm yaml __future__ abc argparse ast base64 collections contextlib copy csv dataclasses datetime"
        " enum functools gc glob gzip hashlib importlib inspect io itertools json logging math"
        " multiprocessing os pathlib pickle random re shutil subprocess sys tempfile textwrap threading"
        " time traceback typing unittest urllib uuid warnings weakref zipfile"
    ).split()
)
"""Packages that no project has of its own: what comes of them is not looked for among its files."""


@dataclass(frozen=True)
class Call:
    """A call of an imported function with targets and predictions alone."""

    origin: str
    function: ast.expr
    """What stands before the brackets."""


def calls_in(module: ast.Module) -> Iterator[Call]:
    """The direct calls of imported names, in no order."""
    names = Origins(module)
    for node, origin in names.reads():
        above = names.parents.get(node)
        if isinstance(above, ast.Call) and above.func is node:
            yield Call(origin, node)


class Origins:
    """The names of one parsed file, as far as they are the project's own."""

    def __init__(self, module: ast.Module) -> None:
        self.module = module
        self.imported: dict[str, tuple[str, ...]] = {}
        """Every imported name, at whatever depth, and where it may come from."""
        self.stars: list[str] = []
        """The modules of the project from which everything is imported."""
        for node in every(module, ast.Import, ast.ImportFrom):
            self._take_in(node)
        self.assigned = assignments_of(module)
        self.defined = frozenset(_at_top(module.body))
        """The functions and classes at the top level."""
        self._own = frozenset({*self.defined, *self.assigned.values})

    @cached_property
    def parents(self) -> Mapping[ast.AST, ast.AST]:
        """The node above each node."""
        return parents(self.module)

    def _take_in(self, node: ast.AST) -> None:
        match node:
            case ast.Import(names=names):
                for entry in names:
                    root = entry.name.split(".")[0]
                    self._bind(entry.asname or root, entry.name if entry.asname else root)
            case ast.ImportFrom(module=module, names=names, level=level):
                start = "." * level + (module or "")
                joint = "." if module else ""
                for entry in names:
                    if entry.name != "*":
                        self._bind(entry.asname or entry.name, f"{start}{joint}{entry.name}")
                    elif start not in self.stars and not is_library(start):
                        self.stars.append(start)

    def _bind(self, name: str, origin: str) -> None:
        if not is_library(origin):
            self.imported[name] = (*self.imported.get(name, ()), origin)

    def references(self, value: ast.expr) -> Iterator[Reference]:
        """The names of the project that may stand for a value."""
        return self.referring(references(value, self.assigned))

    def referring(self, pairs: Iterable[tuple[str, bool]]) -> Iterator[Reference]:
        """Those of some names that are the project's, each with whether the value itself is meant."""
        for name, direct in pairs:
            origins = self.of(name)
            for origin in origins:
                yield Reference(origin, imported=True, direct=direct)
            if not origins and name in self._own:
                yield Reference(name, imported=False, direct=direct)

    @cached_property
    def _attributes(self) -> Mapping[str, tuple[str, ...]]:
        """The origins of ``losses.dice`` by its last part."""
        found: dict[str, tuple[str, ...]] = {}
        for node in every(self.module, ast.Attribute) if self.imported else ():
            root, _, rest = (dotted(node) or "").partition(".")
            for origin in self.imported.get(root, ()):
                last = rest.rpartition(".")[2]
                found[last] = tuple(dict.fromkeys((*found.get(last, ()), f"{origin}.{rest}")))
        return found

    def of_instances(self, name: str) -> tuple[str, ...]:
        """The origins of ``losses.dice`` by its last part, where an imported class gives ``losses``."""
        return self._of_instances.get(name, ())

    @cached_property
    def _of_instances(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for node in every(self.module, ast.Attribute) if self.imported else ():
            assert isinstance(node, ast.Attribute)
            holder = node.value
            held = self.assigned.values.get(last_part(holder) or "", ())
            for value in (holder, *held):
                root, _, rest = (
                    (dotted(value.func) or "").partition(".")
                    if isinstance(value, ast.Call)
                    else ("", "", "")
                )
                for origin in self.imported.get(root, ()):
                    full = ".".join(filter(None, (origin, rest, node.attr)))
                    found[node.attr] = tuple(dict.fromkeys((*found.get(node.attr, ()), full)))
        return found

    def of(self, name: str) -> tuple[str, ...]:
        """The origins that a name, or an attribute by its last part, may have."""
        if name in self.imported:
            return self.imported[name]
        if name in self._attributes:
            return self._attributes[name]
        if name in self.defined or name in self.assigned.values or not name.isidentifier():
            return ()
        return tuple(joined(star, name) for star in self.stars)

    def meanings(self, node: ast.expr) -> tuple[str, ...]:
        """The origins of a name or a dotted name."""
        root, _, rest = (dotted(node) or "").partition(".")
        return tuple(f"{each}.{rest}" if rest else each for each in self.of(root))

    def called(self, call: ast.Call) -> tuple[Reference, ...]:
        """The function of the project that a call calls."""
        name = dotted(call.func)
        if name is None:
            return ()
        if name in self.defined:
            return (Reference(name, imported=False),)
        root, _, rest = name.partition(".")
        origins = self.imported.get(root, ()) or (() if rest else self.of(root))
        return tuple(Reference(f"{o}.{rest}" if rest else o, imported=True) for o in origins)

    def reads(self) -> Iterator[tuple[ast.expr, str]]:
        """Where an imported name is read, as far as its dots go, with its origin."""
        for node in every(self.module, ast.Name):
            known = self.stars or node.id in self.imported or node.id in self._attributes
            if not known or not isinstance(node.ctx, ast.Load):
                continue
            chain: ast.expr = node
            above = self.parents.get(chain)
            while isinstance(above, ast.Attribute):
                chain, above = above, self.parents.get(above)
            root, _, rest = (dotted(chain) or "").partition(".")
            origins = self.imported.get(root) or (
                () if root in self.assigned.values else self.of(root)
            )
            for origin in origins:
                yield chain, f"{origin}.{rest}" if rest else origin


def _at_top(body: list[ast.stmt]) -> Iterator[str]:
    """The functions and classes of a module, also under ``if``, ``try`` and ``with``."""
    for statement in body:
        if isinstance(statement, Definition):
            yield statement.name
        elif isinstance(statement, ast.If | ast.Try | ast.With):
            for block in blocks(statement):
                yield from _at_top(block)
        else:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda()):
                    yield name


def is_library(origin: str) -> bool:
    """Whether the absolute name of an import leads out of the project."""
    return origin.split(".")[0] in _LIBRARIES
