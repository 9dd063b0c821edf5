"""The class of a loss that is a method, cut down to what the loss needs of it.

A trainer's constructor reads files, makes an environment and builds models; of all that its loss reads one
weight. What is kept are the methods that the loss reaches, the attributes of the class that they read, and
those statements of the constructor that set what they read of the instance. Where anything is read that none
of these binds, where the instance is handed on as a whole, or where a statement that is needed has to run
code that is no constant, the class stays as it is.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from lossfix.losses.discovery.constants import problem_of
from lossfix.syntax.lineage import lineage
from lossfix.syntax.nodes import lines_of
from lossfix.syntax.quiet import parsed
from lossfix.syntax.scope import Definition, defaults, dotted, scope_of_module

_OF_THE_CLASS = frozenset({"super", "__class__"})
"""What means another thing in a class without its parents."""


class _Whole(Exception):
    """The class cannot be cut down."""


def pared(text: str, name: str, needed: Iterable[str] | None) -> str:
    """``text`` with the class ``name`` cut down to the attributes that are ``needed``, on as many lines.

    Args:
        text: a whole module that parses; unchanged where the class has to stay, or stands deeper in it.
        needed: ``None`` where that is not known.
    """
    module = parsed(text)
    classes = {each.name: each for each in module.body if isinstance(each, ast.ClassDef)}
    old = classes.get(name)
    if old is None or needed is None:
        return text
    try:
        made = _Pared(classes, name, scope_of_module(module).resolve).made(needed)
    except _Whole:
        return text
    lines = lines_of(text)
    last = old.end_lineno or old.lineno
    # Nothing but a docstring has lines of its own here: without the blank ones it is no longer than it was.
    new = [f"{line}\n" for line in ast.unparse(made).splitlines() if line]
    padding = ["\n"] * (last - old.lineno + 1 - len(new))
    return "".join([*lines[: old.lineno - 1], *new, *padding, *lines[last:]])


@dataclass
class _Member:
    """What a class binds directly under one name."""

    nodes: list[ast.stmt] = field(default_factory=list)
    """A property has two: what reads it, and what sets it."""


class _Pared:
    """What is kept of one class and of its parents in the file, so far."""

    def __init__(
        self,
        classes: dict[str, ast.ClassDef],
        name: str,
        resolve: Callable[[str], str | None],
    ) -> None:
        self._name = name
        self._resolve = resolve
        family = list(family_of(classes[name], classes))
        if any(each.decorator_list for each in family):
            raise _Whole
        self._members: dict[str, _Member] = {}
        for each in family:
            for member, nodes in _bound_in(each).items():
                self._members.setdefault(member, _Member(nodes))
        self._constructor = _constructor(self._members.pop("__init__", _Member()))
        self._kept: dict[ast.stmt, None] = {}
        self._set: dict[ast.stmt, None] = {}
        """Statements of the constructor."""
        self._given: set[str] = set()
        """Parameters of the constructor that these read."""

    def made(self, needed: Iterable[str]) -> ast.ClassDef:
        """The class as it is needed."""
        for each in needed:
            self._need(each)
        # As they stood in their classes: attributes before the methods whose defaults may read them.
        order = [node for member in self._members.values() for node in member.nodes]
        kept = [node for node in order if node in self._kept]
        values = [node for node in kept if not isinstance(node, Definition)]
        methods = [node for node in kept if isinstance(node, Definition)]
        return ast.ClassDef(
            name=self._name,
            bases=[],
            keywords=[],
            body=[*values, self._initialiser(), *methods],
            decorator_list=[],
        )

    def _scan(self, node: ast.AST, itself: str) -> None:
        """Keep what a piece of code reads of its instance, and of its class by name."""
        holders = {self._name, itself} - {""}
        for attribute in _read_of(node, holders):
            self._need(attribute)

    def _need(self, attribute: str) -> None:
        bound = self._set_by_the_constructor(attribute)
        member = self._members.get(attribute)
        if member is None and not bound:
            raise _Whole
        for node in () if member is None else member.nodes:
            if node in self._kept:
                continue
            self._kept[node] = None
            if isinstance(node, ast.FunctionDef):
                self._scan(node, instance_of(node))
            elif isinstance(node, ast.Assign | ast.AnnAssign) and not self._problem(node):
                self._read_by_the_class(node)
            else:
                raise _Whole

    def _read_by_the_class(self, node: ast.Assign | ast.AnnAssign) -> None:
        """An attribute of the class may be computed from others of it."""
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and part.id in self._members:
                self._need(part.id)

    def _problem(self, node: ast.stmt) -> str:
        return problem_of(node, self._resolve)

    def _set_by_the_constructor(self, attribute: str) -> bool:
        """Keep what sets an attribute of the instance; whether anything does."""
        if self._constructor is None:
            return False
        return self._keep_what_sets(f"{instance_of(self._constructor)}.{attribute}")

    def _keep_what_sets(self, name: str) -> bool:
        assert self._constructor is not None
        itself = instance_of(self._constructor)
        found = False
        for statement in self._constructor.body:
            if name not in _set_by(statement, itself):
                continue
            found = True
            if statement in self._set:
                continue
            if self._problem(statement):
                raise _Whole
            self._set[statement] = None
            self._scan(statement, itself)
            parameters = [each for each, _ in defaults(self._constructor.args)]
            for part in ast.walk(statement):
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
                    if part.id in parameters:
                        self._given.add(part.id)
                    self._keep_what_sets(part.id)
        return found

    def _initialiser(self) -> ast.FunctionDef:
        """The constructor with the statements that are kept, and no parameter required in vain."""
        if self._constructor is None:
            made = parsed("def __init__(self, *args, **kwargs):\n    pass").body[0]
            assert isinstance(made, ast.FunctionDef)
            return made
        body = [each for each in self._constructor.body if each in self._set] or [ast.Pass()]
        old = self._constructor.args
        listed = [*old.posonlyargs, *old.args]
        given: list[ast.expr] = []
        for name, default in reversed(list(defaults(old))[: len(listed)]):
            needed = name in self._given
            if needed and default is None:
                break
            if name == instance_of(self._constructor):
                break
            given.insert(0, default if needed and default is not None else ast.Constant(None))
        keywords = [
            default if name in self._given else ast.Constant(None)
            for name, default in list(defaults(old))[len(listed) :]
        ]
        arguments = ast.arguments(
            [ast.arg(each.arg) for each in old.posonlyargs],
            [ast.arg(each.arg) for each in old.args],
            None if old.vararg is None else ast.arg(old.vararg.arg),
            [ast.arg(each.arg) for each in old.kwonlyargs],
            keywords,
            None if old.kwarg is None else ast.arg(old.kwarg.arg),
            given,
        )
        made = ast.FunctionDef(name="__init__", args=arguments, body=body, decorator_list=[])
        return ast.fix_missing_locations(ast.copy_location(made, self._constructor))


def instance_of(method: ast.FunctionDef) -> str:
    """What a method calls its instance or its class; empty where it is handed none."""
    listed = [*method.args.posonlyargs, *method.args.args]
    static = any(dotted(each) == "staticmethod" for each in method.decorator_list)
    return listed[0].arg if listed and not static else ""


def family_of(node: ast.ClassDef, classes: Mapping[str, ast.ClassDef]) -> Iterator[ast.ClassDef]:
    """A class and those of the file that it extends, the nearest first.

    Args:
        classes: those of the module, by their names.
    """

    def parents(each: ast.ClassDef) -> Iterator[ast.ClassDef]:
        return filter(None, (classes.get(dotted(base) or "") for base in each.bases))

    return lineage(node, parents)


def _bound_in(node: ast.ClassDef) -> dict[str, list[ast.stmt]]:
    found: dict[str, list[ast.stmt]] = {}
    for statement in node.body:
        match statement:
            case ast.FunctionDef(name=name):
                names = [name]
            case ast.Assign(targets=targets):
                names = [each.id for each in targets if isinstance(each, ast.Name)]
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
                names = [name]
            case _:
                continue
        for name in names:
            found.setdefault(name, []).append(statement)
    return found


def _constructor(member: _Member) -> ast.FunctionDef | None:
    match member.nodes:
        case [ast.FunctionDef() as only]:
            return only
        case []:
            return None
    raise _Whole


def attributes_of(nodes: Iterable[ast.AST], itself: str) -> tuple[str, ...] | None:
    """The attributes that code reads of its instance; ``None`` where it hands that on."""
    try:
        return tuple(each for node in nodes for each in _read_of(node, {itself}))
    except _Whole:
        return None


def _read_of(node: ast.AST, holders: set[str]) -> Iterator[str]:
    """The attributes that code reads of its instance or of its class."""
    bases: set[ast.AST] = set()
    for part in ast.walk(node):
        match part:
            case ast.Attribute(value=ast.Name(id=holder) as base, attr=attribute, ctx=context) if (
                holder in holders
            ):
                bases.add(base)
                if not isinstance(context, ast.Store):
                    yield attribute
            case ast.AugAssign(target=ast.Attribute(value=ast.Name(id=holder), attr=attribute)) if (
                holder in holders
            ):
                yield attribute
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and part not in bases and part.id in holders | _OF_THE_CLASS:
            raise _Whole


def _set_by(statement: ast.stmt, itself: str) -> frozenset[str]:
    """The variables, and attributes of the instance, that a statement sets or may change in place."""
    found: set[str] = set()
    for part in ast.walk(statement):
        match part:
            case ast.Name(id=name, ctx=ast.Store()):
                found.add(name)
            case ast.Attribute(value=ast.Name(id=holder), attr=attribute, ctx=ast.Store()) if (
                holder == itself
            ):
                found.add(f"{itself}.{attribute}")
            case ast.Subscript(value=inside, ctx=ast.Store()):
                found.add(dotted(inside) or "")
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=inside))):
            found.add(dotted(inside) or "")
    return frozenset(found)
