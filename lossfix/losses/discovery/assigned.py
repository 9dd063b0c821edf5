"""What the names of a file are ever made to stand for, and what a value may be by that.

Attributes are read by their last part, and dictionaries, lists, factories and Keras' custom objects are
looked into: a value may be any of what is found.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lossfix.losses.discovery.bindings import bindings, last_of
from lossfix.losses.discovery.holders import COPIES, RUNS_OVER, TAKES_OUT
from lossfix.syntax.nodes import every
from lossfix.syntax.remembered import remembered
from lossfix.syntax.scope import dotted, last_part, statements

ANY_STRING = "*"
"""What is looked up by a name that is not known."""

FUNCTION_WRAPPERS = frozenset({"LossFunctionWrapper"})
"""Classes of Keras whose instances call the function that they are given first."""
_SCOPES = frozenset({"customobjectscope", "custom_object_scope"})
_SELECTED = (ast.Name, ast.Attribute, ast.Subscript, ast.Dict, ast.IfExp, ast.Call, ast.Tuple)
"""What a selector returns: what is kept under a name, applied in part or made anew, and nothing computed."""


@dataclass(frozen=True)
class Assigned:
    """What the names of a file, or its attributes by their last part, are ever made to stand for."""

    values: Mapping[str, tuple[ast.expr, ...]]
    returns: Mapping[str, tuple[ast.expr, ...]]
    """Of its functions, by name."""
    registered: Mapping[str, tuple[ast.expr, ...]] = field(default_factory=dict)
    """What Keras is told that a string stands for: ``custom_objects={"dice": dice}``."""
    meant: dict[str, tuple[tuple[str, bool], ...]] = field(default_factory=dict, compare=False)
    """What ``references`` has found out about single names so far: files ask for few of them often."""


@remembered(2)
def assignments_of(module: ast.Module) -> Assigned:
    """What each name of a file, or each attribute by its last part, is ever made to stand for."""
    values: dict[str, list[ast.expr]] = {}
    for target, value in bindings(module):
        values.setdefault(last_of(target), []).append(value)
    return Assigned(_frozen(values), _returned(module), _registered(module))


def _returned(module: ast.Module) -> Mapping[str, tuple[ast.expr, ...]]:
    found: dict[str, list[ast.expr]] = {}
    for function in every(module, ast.FunctionDef):
        found.setdefault(function.name, []).extend(
            each.value
            for each in statements(function.body)
            if isinstance(each, ast.Return) and each.value is not None
        )
    return _frozen(found)


def _frozen(lists: Mapping[str, list[ast.expr]]) -> dict[str, tuple[ast.expr, ...]]:
    return {name: tuple(values) for name, values in lists.items()}


def _registered(module: ast.Module) -> Mapping[str, tuple[ast.expr, ...]]:
    found: dict[str, list[ast.expr]] = {}

    def take_in(holder: ast.expr) -> None:
        if isinstance(holder, ast.Dict):
            for key, value in zip(holder.keys, holder.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    found.setdefault(key.value, []).append(value)

    for node in every(module, ast.keyword, ast.Call, ast.Assign):
        match node:
            case ast.keyword(arg="custom_objects", value=value):
                take_in(value)
            case ast.Call(args=[value, *_]) if registers_with_keras(node):
                take_in(value)
            case ast.Assign(
                targets=[ast.Subscript(value=holder, slice=ast.Constant(value=str(name)))],
                value=value,
            ) if _is_custom_objects(holder):
                found.setdefault(name, []).append(value)
    return _frozen(found)


def registers_with_keras(call: ast.Call) -> bool:
    """Whether a call tells Keras what strings stand for: ``get_custom_objects().update``, or a scope."""
    if (last_part(call.func) or "").lower() in _SCOPES:
        return True
    return isinstance(call.func, ast.Attribute) and _is_custom_objects(call.func.value)


def _is_custom_objects(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and last_part(node.func) == "get_custom_objects"


def references(node: ast.expr, assigned: Assigned) -> tuple[_Named, ...]:
    """The names that may stand for a value, each with whether it is the value itself or called for it."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            if name not in assigned.meant:
                assigned.meant[name] = _followed(node, assigned)
            return assigned.meant[name]
    return _followed(node, assigned)


def selected(function: str, assigned: Assigned) -> Iterator[ast.expr]:
    """What a function of the file may select, by what it returns."""
    return (each for each in assigned.returns.get(function, ()) if isinstance(each, _SELECTED))


def first_references(node: ast.expr, assigned: Assigned) -> tuple[_Named, ...]:
    """Those of ``references`` that are reached without looking up what a name was set to."""
    return _followed(node, assigned, through_names=False)


@dataclass(frozen=True)
class _Step:
    """One of the names by way of which a value was reached."""

    name: str
    before: _Step | None


_Named = tuple[str, bool]
"""A name, and whether it stands for the value itself rather than being called for it."""


def _followed(
    start: ast.expr, assigned: Assigned, through_names: bool = True
) -> tuple[_Named, ...]:
    # Without recursion, and each name once: generated files chain thousands of names, and a residual
    # network's sums of sums reach the first layer in more ways than can be counted.
    found: dict[_Named, None] = {}
    pending: list[tuple[ast.expr, _Step | None]] = [(start, None)]
    while pending:
        node, way = pending.pop()
        if isinstance(node, ast.Call):
            named, inner = _behind_call(node, way, assigned)
        else:
            named, inner = _behind(node, assigned, through_names)
        if named is not None:
            if named in found:
                continue
            found[named] = None
            way = _Step(named[0], way)
        pending += [(each, way) for each in reversed(inner)]
    return tuple(found)


def _behind(
    node: ast.expr, assigned: Assigned, through_names: bool
) -> tuple[_Named | None, Sequence[ast.expr]]:
    """The name of a value that is no call, where it has one, and what else it may be by that or holds."""
    match node:
        case ast.Constant(value=str(name)):
            meant = assigned.registered.get(name, ())
            if name == ANY_STRING:
                meant = tuple(each for values in assigned.registered.values() for each in values)
            return (repr(name), True), meant
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return (name, True), assigned.values.get(name, ()) if through_names else ()
        case ast.Dict(values=inner):
            return None, inner
        case ast.List(elts=inner) | ast.Tuple(elts=inner) | ast.Set(elts=inner):
            return None, inner
        case ast.IfExp(body=first, orelse=second) | ast.BinOp(left=first, right=second):
            return None, [first, second]
        case ast.DictComp(value=value) | ast.ListComp(elt=value) | ast.SetComp(elt=value):
            return None, [value]
        case ast.Subscript(
            value=ast.Call(func=ast.Name(id=("globals" | "locals" | "vars")), args=[]),
            slice=ast.Constant(value=str(name)),
        ):
            return None, [ast.Name(name, ast.Load())]
        case ast.Subscript(value=value, slice=key) if _is_custom_objects(value):
            return None, [_looked_up(key)]
        case ast.Subscript(value=value) | ast.Starred(value=value):
            return None, [value]
    return None, ()


def _behind_call(
    node: ast.Call, way: _Step | None, assigned: Assigned
) -> tuple[_Named | None, Sequence[ast.expr]]:
    """What a call hands on, or the name that is called for a value and what that may return."""
    handed_on = _handed_on(node)
    if handed_on is not None:
        return None, handed_on
    called = last_part(node.func)
    if called == "get" and isinstance(node.func, ast.Attribute):
        # Of a dictionary, with what it gives where it has no such key.
        holder, keys = node.func.value, node.args[:1]
        looked_up = [_looked_up(key) for key in keys if _is_custom_objects(holder)]
        return None, [*looked_up, holder, *node.args[1:2]]
    if called is None or _leads_by(way, called):
        return None, ()
    # A selector, `get_loss("dice")`, stands for what it may return.
    return (called, False), [*selected(called, assigned)]


def _handed_on(call: ast.Call) -> list[ast.expr] | None:
    """What a call hands on of its arguments, where its name says that it does; ``None`` for any other."""
    called, args = last_part(call.func), call.args
    match called:
        case "partial" | "function" | "staticmethod" if args:
            return [args[0]]
        case "get" if (dotted(call.func) or "").endswith("keras.losses.get"):
            return args[:1]
        case "getattr" if len(args) > 1 and isinstance(args[1], ast.Constant):
            return [ast.Attribute(args[0], str(args[1].value), ast.Load()), *args[2:]]
        case "dict":
            return [*args, *(each.value for each in call.keywords)]
        case _ if called in RUNS_OVER | COPIES:
            return args
        case _ if isinstance(call.func, ast.Attribute) and not args and call.func.attr in TAKES_OUT:
            return [call.func.value]
        case _ if called in FUNCTION_WRAPPERS:
            return [*args[:1], *(each.value for each in call.keywords if each.arg == "fn")]
    return None


def _leads_by(way: _Step | None, name: str) -> bool:
    while way is not None:
        if way.name == name:
            return True
        way = way.before
    return False


def _looked_up(key: ast.expr) -> ast.expr:
    """What is looked up in Keras' custom objects: a known string, or any."""
    return key if isinstance(key, ast.Constant) else ast.Constant(ANY_STRING)


def unnamed(
    node: ast.expr, assigned: Assigned, seen: frozenset[str] = frozenset()
) -> Iterator[ast.expr]:
    """What has no name of its own among all that a value may be: lambdas and partial applications."""
    inside: tuple[ast.expr, ...] = ()
    match node:
        case ast.Lambda():
            yield node
        case ast.Call(func=function, args=[first, *_]) if last_part(
            function
        ) == "partial" or isinstance(first, ast.Lambda):
            yield node
        case ast.Name(id=name) | ast.Attribute(attr=name) if name not in seen:
            inside, seen = assigned.values.get(name, ()), seen | {name}
        case ast.Dict(values=values) | ast.List(elts=values) | ast.Tuple(elts=values):
            inside = tuple(values)
        case ast.IfExp(body=first, orelse=second):
            inside = (first, second)
        case ast.Subscript(value=value) | ast.Starred(value=value):
            inside = (value,)
    for each in inside:
        yield from unnamed(each, assigned, seen)


def called_through(module: ast.Module, assigned: Assigned) -> Iterator[tuple[ast.Call, str, bool]]:
    """The names that are called by another name, out of a dictionary, or fresh from a factory.

    Each with whether it is called itself, rather than what it returns.
    """
    for node in every(module, ast.Call):
        itself = last_part(node.func)
        for name, direct in references(node.func, assigned):
            if name != itself:
                yield node, name, direct
