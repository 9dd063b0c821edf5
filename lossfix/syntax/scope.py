"""What a name means: imports, aliases and local bindings, read from the ``ast`` of a file.

The standard library's parser is many times faster than LibCST's metadata, so names are resolved
here for the scanner (which never builds a LibCST tree for most files) and for the rules alike.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from lossfix.syntax.frameworks import FRAMEWORKS
from lossfix.syntax.nodes import below, children

STAR = "*"
"""How an import of everything is bound."""
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Scope:
    """The names that one module, class or function binds."""

    path: tuple[str, ...]
    parent: Scope | None
    is_class: bool = False
    imports: Mapping[str, str] = field(default_factory=dict)
    """Local name -> the dotted name that was imported; relative imports keep their dots."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Local name -> the dotted name that was assigned to it, as written (``K = tf.keras.backend``)."""
    names: frozenset[str] = frozenset()
    """Everything else that is bound here: parameters, variables, functions and classes."""

    def resolve(self, dotted: str) -> str | None:
        """The absolute dotted name behind ``dotted``, or ``None`` where it is not an import.

        >>> scope_of_module(ast.parse("import numpy as np")).resolve("np.mean")
        'numpy.mean'
        """
        return self._resolve(dotted, frozenset())

    def _resolve(self, dotted: str, seen: frozenset[str]) -> str | None:
        root, _, rest = dotted.partition(".")
        scope: Scope | None = self
        innermost = True
        while scope is not None:
            # Python skips class scopes when it looks up a name from within a method.
            if innermost or not scope.is_class:
                if root in scope.imports:
                    return f"{scope.imports[root]}.{rest}" if rest else scope.imports[root]
                if root in scope.aliases and root not in seen:
                    target = scope._resolve(scope.aliases[root], seen | {root})
                    if target is None:
                        return None
                    return f"{target}.{rest}" if rest else target
                if root in scope.names:
                    return None
                star = scope.imports.get(STAR, "")
                if star.startswith(".") and not hasattr(builtins, root):
                    # Nothing else binds it, so it comes with all that a module of the project has.
                    return f"{star}.{dotted}"
            scope, innermost = scope.parent, False
        return None

    def binds(self, name: str) -> bool:
        """Whether ``name`` is bound here or in an enclosing scope."""
        scope: Scope | None = self
        while scope is not None:
            if (scope is self or not scope.is_class) and (
                name in scope.imports or name in scope.aliases or name in scope.names
            ):
                return True
            scope = scope.parent
        return False

    def everything(self) -> frozenset[str]:
        """All names bound here."""
        return self.names | self.imports.keys() | self.aliases.keys()


def dotted(node: ast.AST) -> str | None:
    """``a.b.c`` of a chain of attributes, or ``None`` for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join([node.id, *reversed(parts)])


def last_part(node: ast.expr) -> str | None:
    """``c`` for ``a.b.c``; ``None`` for anything else than a dotted name."""
    if isinstance(node, ast.Name):
        return node.id
    if not isinstance(node, ast.Attribute):
        return None
    root = node.value
    while isinstance(root, ast.Attribute):
        root = root.value
    return node.attr if isinstance(root, ast.Name) else None


_SIMPLE = frozenset(
    {
        *(ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return, ast.Raise, ast.Assert),
        *(ast.Import, ast.ImportFrom, ast.Pass, ast.Delete, ast.Global, ast.Nonlocal),
        *(ast.Break, ast.Continue),
    }
)
"""Statements that hold no others: nearly all are of these."""


def blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """The statement lists of a compound statement in document order, definitions excluded."""
    for name in ("body", "handlers", "orelse", "finalbody", "cases"):
        inner = getattr(node, name, None)
        if not isinstance(inner, list) or not inner:
            continue
        if isinstance(inner[0], ast.stmt):
            yield inner
        else:
            for part in inner:
                yield from blocks(part)


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """All statements of a body in document order, into ``if`` and ``try`` but not into definitions."""
    for statement in body:
        yield statement
        if statement.__class__ not in _SIMPLE and not isinstance(statement, Definition):
            for block in blocks(statement):
                yield from statements(block)


def assignments(statement: ast.stmt) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    """What a statement assigns to, and the value; ``None`` where it takes that out of something else."""
    match statement:
        case ast.Assign(targets=targets, value=value):
            yield from ((target, value) for target in targets)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield target, value
        case ast.AugAssign(target=target, value=value):
            yield target, value
        case ast.For(target=target) | ast.AsyncFor(target=target):
            yield target, None
        case ast.With(items=items) | ast.AsyncWith(items=items):
            yield from ((each.optional_vars, None) for each in items if each.optional_vars)


def definitions(body: list[ast.stmt]) -> Iterator[tuple[tuple[str, ...], Definition]]:
    """All functions and classes at any depth with their paths, in document order."""
    for statement in statements(body):
        if isinstance(statement, Definition):
            yield (statement.name,), statement
            for path, inner in definitions(statement.body):
                yield (statement.name, *path), inner


def parameters(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[str]:
    """All parameter names of a function, stars included, in order."""
    arguments = node.args
    listed = [*arguments.posonlyargs, *arguments.args]
    if arguments.vararg:
        listed.append(arguments.vararg)
    listed += arguments.kwonlyargs
    if arguments.kwarg:
        listed.append(arguments.kwarg)
    return [argument.arg for argument in listed]


def defaults(arguments: ast.arguments) -> Iterator[tuple[str, ast.expr | None]]:
    """The named parameters of a function with their defaults, in order; ``None`` where there is none."""
    listed = [*arguments.posonlyargs, *arguments.args]
    padding: list[ast.expr | None] = [None] * (len(listed) - len(arguments.defaults))
    yield from zip((each.arg for each in listed), [*padding, *arguments.defaults], strict=True)
    yield from zip((each.arg for each in arguments.kwonlyargs), arguments.kw_defaults, strict=True)


def _targets(node: ast.AST) -> Iterator[str]:
    # Most targets are one name.
    for part in (node,) if isinstance(node, ast.Name) else below(node):
        match part:
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case (
                ast.MatchAs(name=str() as name)
                | ast.MatchStar(name=str() as name)
                | ast.MatchMapping(rest=str() as name)
            ):
                yield name


def _imports(body: list[ast.stmt]) -> dict[str, str]:
    """What the imports of a body bind, by local name, also those under ``if`` and ``try``.

    The first binding wins: of ``try: import a / except: import b`` it is the one that runs. Where the
    branches of one statement are for several frameworks, that of TensorFlow or Keras does.
    """
    imports: dict[str, str] = {}
    for statement in body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            _add(imports, _imported(statement))
        elif statement.__class__ not in _SIMPLE and not isinstance(statement, Definition):
            _add(imports, _imports_of_branches(statement).items())
    return imports


def _imports_of_branches(statement: ast.stmt) -> dict[str, str]:
    imports: dict[str, str] = {}
    for block in blocks(statement):
        branch = _imports(block)
        for name in branch.keys() & imports.keys():
            if _is_rather(branch[name], imports[name]):
                imports[name] = branch[name]
        _add(imports, branch.items())
    return imports


def _is_rather(origin: str, first: str) -> bool:
    """Whether a name stands for ``origin``, though an earlier branch binds it to ``first``."""
    # Where a module of the project leads is not known here: it may be to a framework, too.
    return _root(origin) in FRAMEWORKS and _root(first) not in ("", *FRAMEWORKS)


def _root(origin: str) -> str:
    """The package of an imported name; empty for a relative import."""
    return origin.partition(".")[0]


def _add(imports: dict[str, str], bindings: Iterable[tuple[str, str]]) -> None:
    for name, origin in bindings:
        if name == STAR and origin.startswith("."):
            # Of libraries it is not known what they have.
            imports[STAR] = origin
        imports.setdefault(name, origin)


def _imported(statement: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """The local names that an import binds, each with the dotted name that it stands for."""
    for entry in statement.names:
        if isinstance(statement, ast.ImportFrom):
            module = f"{statement.module}." if statement.module else ""
            yield entry.asname or entry.name, "." * statement.level + module + entry.name
        elif entry.asname:
            yield entry.asname, entry.name
        else:
            yield _root(entry.name), _root(entry.name)


def _bind(
    body: list[ast.stmt],
    path: tuple[str, ...],
    parent: Scope | None,
    bound: list[str],
    is_class: bool,
) -> Scope:
    imports = _imports(body)
    aliases: dict[str, str] = {}
    names = set(bound)
    for statement in statements(body):
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if (
                (source := dotted(value)) and name not in aliases and name not in names
            ):
                aliases[name] = source
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
            ):
                names.add(name)
            case _:
                stored: set[str] = set()
                for part in children(statement):
                    if not isinstance(part, ast.stmt):
                        stored.update(_targets(part))
                names |= stored
    # A name that is also assigned something that is no alias means either; it then means nothing certain.
    for name in names & aliases.keys():
        del aliases[name]
    if is_class or parent is not None:
        for name in names & imports.keys():
            del imports[name]
    return Scope(path, parent, is_class, imports, aliases, frozenset(names))


def scope_of_module(module: ast.Module) -> Scope:
    """The names that a module binds at its top level, also under ``if`` and ``try``."""
    return _bind(module.body, (), None, [], False)


def scope_of(node: Definition, parent: Scope) -> Scope:
    """The names that a function or class binds, below ``parent``."""
    is_class = isinstance(node, ast.ClassDef)
    bound = [] if isinstance(node, ast.ClassDef) else parameters(node)
    return _bind(node.body, (*parent.path, node.name), parent, bound, is_class)


def bound_by(body: list[ast.stmt]) -> frozenset[str]:
    """All names that statements may bind where they stand, those of comprehensions among them."""
    return _bind(body, (), None, [], True).everything()


def unbound(module: ast.Module) -> frozenset[str]:
    """The names that a module uses and nowhere binds, built-in names apart."""
    return frozenset(each.id for each in unbound_reads(module))


def unbound_reads(module: ast.Module) -> Iterator[ast.Name]:
    """Where a module reads names that nothing binds, built-in names apart."""
    scope = scope_of_module(module)
    for statement in module.body:
        yield from _unbound_in(statement, scope, frozenset())


def _unbound_in(node: ast.AST, scope: Scope, extra: frozenset[str]) -> Iterator[ast.Name]:
    match node:
        case ast.Name(id=name, ctx=ast.Load()):
            if name not in extra and not scope.binds(name) and not hasattr(builtins, name):
                yield node
            return
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            inner = scope_of(node, scope)
            for child in children(node):
                yield from _unbound_in(child, inner if child in node.body else scope, extra)
            return
        case ast.Lambda():
            extra = extra | set(parameters(node))
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            extra = extra | {name for each in node.generators for name in _targets(each.target)}
        case ast.ExceptHandler(name=str() as name):
            extra = extra | {name}
    for child in children(node):
        yield from _unbound_in(child, scope, extra)
