"""A module of the project, what an excerpt takes of it, and the source of that."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from lossfix.losses.discovery.constants import PURE_ROOTS
from lossfix.losses.probing.bound import Bound, bound
from lossfix.syntax.nodes import lines_of
from lossfix.syntax.scope import Definition, Scope, dotted, scope_of_module

ReadModule = Callable[[str], "Module | None"]
"""A module of the same project as an import statement names it (``.utils``, ``losses.dice``); ``None``
for any other."""


@dataclass(frozen=True)
class Module:
    """A module of the project."""

    path: str
    """Tells it from all others."""
    text: str
    read: ReadModule
    """How its own import statements see the project."""


@dataclass(eq=False)
class Part:
    """What is taken of one module."""

    name: str
    """Under which the others import it; empty for the module that is asked about."""
    module: str
    """What the first import of it called it."""
    text: str
    tree: ast.Module
    read: ReadModule
    bounds: list[Bound] = field(init=False)
    scope: Scope = field(init=False)
    kept: set[int] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    imports: dict[ast.stmt, dict[str, str]] = field(default_factory=dict)
    """Imports of the project's modules, with the statement for each name that is needed of them."""
    needs: dict[Part, None] = field(default_factory=dict)
    whole: dict[str, Part] = field(default_factory=dict)
    """Names that stand for a module, of which the attributes are taken that are asked for."""

    starred: set[str] = field(default_factory=set)
    """Names that it has from another module's everything."""

    def __post_init__(self) -> None:
        self.bounds = [bound(node) for node in _run_at_once(self.tree.body)]
        self.scope = scope_of_module(self.tree)

    @property
    def binds(self) -> frozenset[str]:
        """The names that its own statements bind."""
        return self.scope.everything() - {"*"}

    @property
    def stars(self) -> bool:
        """Whether it imports everything of another module."""
        return "*" in self.scope.everything()

    def line(self, node: ast.stmt) -> str:
        """Where a statement stands, as seen from the module that is asked about."""
        return f"line {node.lineno}" + (f" of `{self.module}`" if self.module else "")

    def resolve(self, name: str) -> str | None:
        """The library that a dotted name comes from; ``None`` for what is the project's own."""
        resolved = self.scope.resolve(name)
        if resolved is None or resolved.startswith("."):
            return None
        parts = resolved.split(".")
        if parts[0] in PURE_ROOTS:
            return resolved
        starts = (".".join(parts[:end]) for end in range(len(parts), 0, -1))
        return None if any(self.read(each) is not None for each in starts) else resolved

    def source(self, extra: str = "") -> str:
        """All that is taken, in the order of the module, behind its imports from the future."""
        future = [
            number
            for number, each in enumerate(self.bounds)
            if isinstance(each.node, ast.ImportFrom) and each.node.module == "__future__"
        ]
        rest = sorted(self.kept - set(future))
        pieces = [self._piece(self.bounds[number].node) for number in (*future, *rest)]
        if any(self._names_what_is_left_out(number) for number in rest):
            pieces.insert(0, "from __future__ import annotations")
        return "\n".join([*pieces, *([extra] if extra else [])]) + "\n"

    def reads(self, number: int) -> frozenset[str]:
        """What a statement has to find when it runs.

        The types of a signature are read by a checker alone, and may need what is not installed; where a
        decorator of another library stands above it, that may check them at run time.
        """
        own = self.bounds[number]
        if any(map(self._is_of_others, _decorators(own.node))):
            return own.reads | own.annotates
        return own.reads | {name for name in own.annotates if self._is_known(name)}

    def _is_of_others(self, decorator: str) -> bool:
        return self.resolve(decorator) is not None and not self._is_known(decorator)

    def _is_known(self, name: str) -> bool:
        return (self.resolve(name) or "").partition(".")[0] in PURE_ROOTS

    def _names_what_is_left_out(self, number: int) -> bool:
        """Whether a signature names what was not taken along."""
        left_out = self.bounds[number].annotates - self.seen
        return any(not hasattr(builtins, name) for name in left_out)

    def _piece(self, node: ast.stmt) -> str:
        piece = source_of(self.text, node)
        if isinstance(node, ast.Import) and node not in self.imports:
            # `import numpy as np, pandas as pd`: not every one has to be installed.
            wanted = [each for each in node.names if _bound_by(each) in self.seen]
            piece = piece if len(wanted) == len(node.names) else f"{_importing(wanted)}\n"
        inside = sorted(
            (each for each in ast.walk(node) if each in self.imports),
            key=lambda each: -each.lineno,
        )
        for each in inside:
            assert isinstance(each, ast.stmt)
            old = ast.get_source_segment(self.text, each) or ""
            new = "; ".join(self.imports[each].values()) or "pass"
            before, found, after = piece.rpartition(old)
            piece = before + new + after if found else piece
        return piece


def _run_at_once(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module, with the imports below a ``with`` (``warnings.catch_warnings()``) of
    which nothing else comes, and those that an ``if`` on the name of a framework has for TensorFlow.
    """
    for node in body:
        match node:
            case ast.With(body=inner) if all(
                isinstance(each, ast.Import | ast.ImportFrom | ast.Expr) for each in inner
            ):
                yield from inner
            case ast.If():
                yield from _for_tensorflow(node) or [node]
            case _:
                yield node


def _for_tensorflow(node: ast.If) -> list[ast.stmt]:
    """What is imported where ``_BACKEND == "tensorflow"``; empty where that is not all that is decided."""
    found: list[ast.stmt] = []
    branch: list[ast.stmt] = [node]
    while branch and isinstance(inner := branch[0], ast.If):
        if not all(isinstance(each, ast.Import | ast.ImportFrom) for each in inner.body):
            return []
        match inner.test:
            case ast.Compare(ops=[ast.Eq()], comparators=[ast.Constant(value="tensorflow")]):
                found = inner.body
        branch = inner.orelse
    only_raises = all(isinstance(each, ast.Import | ast.ImportFrom | ast.Raise) for each in branch)
    return found if only_raises else []


def _decorators(node: ast.stmt) -> Iterator[str]:
    for each in ast.walk(node):
        for decorator in each.decorator_list if isinstance(each, Definition) else ():
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            yield dotted(called) or ""


def _bound_by(entry: ast.alias) -> str:
    return entry.asname or entry.name.partition(".")[0]


def _importing(entries: list[ast.alias]) -> str:
    return ast.unparse(ast.Import(entries))


def source_of(text: str, node: ast.stmt) -> str:
    """The lines of a statement, decorators included; what shares its line with others, alone."""
    lines = lines_of(text)
    first = node.lineno
    if isinstance(node, Definition) and node.decorator_list:
        first = min(each.lineno for each in node.decorator_list)
    last = node.end_lineno or first
    alone = "".join(lines[first - 1 : last])
    if not isinstance(node, Definition):
        segment = ast.get_source_segment(text, node)
        if segment is not None and (node.col_offset or segment.strip() != alone.strip()):
            return segment + "\n"
    return alone.rstrip("\r\n") + "\n"
