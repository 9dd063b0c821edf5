"""What the names of a file are ever made to stand for, and what a value may be by that.

Bindings are read without regard to their order, attributes by their last part, and dictionaries, lists,
loops, factories and Keras' custom objects are looked into: a value may be any of what is found.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import zip_longest

from lossfix.syntax.nodes import every
from lossfix.syntax.scope import defaults, last_part, statements

ANY_STRING = "*"
"""What is looked up by a name that is not known."""

_SCOPES = frozenset({"customobjectscope", "custom_object_scope"})


@dataclass(frozen=True)
class Assigned:
    """What the names of a file, or its attributes by their last part, are ever made to stand for."""

    values: Mapping[str, tuple[ast.expr, ...]]
    returns: Mapping[str, tuple[ast.expr, ...]]
    """Of its functions, by name."""
    registered: Mapping[str, tuple[ast.expr, ...]] = field(default_factory=dict)
    """What Keras is told that a string stands for: ``custom_objects={"dice": dice}``."""


@lru_cache(maxsize=2)
def assignments_of(module: ast.Module) -> Assigned:
    """What each name of a file, or each attribute by its last part, is ever made to stand for."""
    values: dict[str, tuple[ast.expr, ...]] = {}
    returns: dict[str, tuple[ast.expr, ...]] = {}

    def bind(target: ast.expr, value: ast.expr) -> None:
        match target, value:
            case (ast.Name(id=name) | ast.Attribute(attr=name)), _:
                values[name] = (*values.get(name, ()), value)
            case ast.Subscript(value=holder), _:
                bind(holder, value)
            case (
                (ast.Tuple(elts=targets) | ast.List(elts=targets)),
                (ast.Tuple(elts=parts) | ast.List(elts=parts)),
            ) if len(targets) == len(parts):
                for each, part in zip(targets, parts, strict=True):
                    bind(each, part)

    for node in every(module, ast.Assign, ast.AnnAssign, ast.Call, ast.FunctionDef):
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    bind(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                bind(target, value)
            case ast.Call(func=ast.Attribute(value=target, attr="append"), args=[value]):
                bind(target, value)
            case ast.FunctionDef(name=name, body=body):
                for parameter, default in defaults(node.args):
                    if default is not None:
                        values[parameter] = (*values.get(parameter, ()), default)
                found = tuple(
                    each.value
                    for each in statements(body)
                    if isinstance(each, ast.Return) and each.value is not None
                )
                returns[name] = (*returns.get(name, ()), *found)
    # Loops last: what they run over may have been given a name further down.
    for node in every(module, ast.For, ast.comprehension):
        match node:
            case ast.For(target=target, iter=series) | ast.comprehension(
                target=target, iter=series
            ):
                for value in _elements(series, values):
                    bind(target, value)
    return Assigned(values, returns, _registered(module))


def _registered(module: ast.Module) -> Mapping[str, tuple[ast.expr, ...]]:
    found: dict[str, tuple[ast.expr, ...]] = {}

    def take_in(holder: ast.expr) -> None:
        if isinstance(holder, ast.Dict):
            for key, value in zip(holder.keys, holder.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    found[key.value] = (*found.get(key.value, ()), value)

    for node in every(module, ast.keyword, ast.Call, ast.Assign):
        match node:
            case ast.keyword(arg="custom_objects", value=value):
                take_in(value)
            case ast.Call(
                func=ast.Attribute(attr="update", value=holder), args=[value]
            ) if _is_custom_objects(holder):
                take_in(value)
            case ast.Call(args=[value, *_]) if (last_part(node.func) or "").lower() in _SCOPES:
                take_in(value)
            case ast.Assign(
                targets=[ast.Subscript(value=holder, slice=ast.Constant(value=str(name)))],
                value=value,
            ) if _is_custom_objects(holder):
                found[name] = (*found.get(name, ()), value)
    return found


def _is_custom_objects(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and last_part(node.func) == "get_custom_objects"


def _elements(series: ast.expr, values: Mapping[str, tuple[ast.expr, ...]]) -> list[ast.expr]:
    """What a loop's variable is set to in turn, as far as the file spells it out."""
    index = ast.Constant(0)
    match series:
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            return elements
        case ast.Name(id=name) | ast.Attribute(attr=name):
            bound = values.get(name, ())
            return [
                each
                for value in bound
                if isinstance(value, ast.List | ast.Tuple | ast.Set)
                for each in _elements(value, {})
            ]
        case ast.Call(func=ast.Attribute(value=holder, attr="values"), args=[]):
            return _entries(holder, values)
        case ast.Call(func=ast.Attribute(value=holder, attr="items"), args=[]):
            return [ast.Tuple([index, each]) for each in _entries(holder, values)]
        case ast.Call(func=ast.Name(id="enumerate"), args=[inner, *_]):
            return [ast.Tuple([index, each]) for each in _elements(inner, values)]
        case ast.Call(func=ast.Name(id=("list" | "tuple" | "sorted" | "reversed")), args=[inner]):
            return _elements(inner, values)
        case ast.Call(func=ast.Name(id="zip"), args=columns):
            rows = zip_longest(*(_elements(each, values) for each in columns), fillvalue=index)
            return [ast.Tuple(list(row)) for row in rows]
    return []


def _entries(holder: ast.expr, values: Mapping[str, tuple[ast.expr, ...]]) -> list[ast.expr]:
    """The values of a dictionary."""
    match holder:
        case ast.Dict(values=entries):
            return entries
        case ast.Name(id=name) | ast.Attribute(attr=name):
            bound = values.get(name, ())
            return [e for value in bound if isinstance(value, ast.Dict) for e in value.values]
    return []


def references(
    node: ast.expr, assigned: Assigned, seen: frozenset[str] = frozenset()
) -> Iterator[tuple[str, bool]]:
    """The names that may stand for a value, each with whether it is the value itself or called for it."""
    match node:
        case ast.Constant(value=str(name)) if name not in seen:
            yield repr(name), True
            for value in assigned.registered.get(name, ()):
                yield from references(value, assigned, seen | {name})
        case ast.Name(id=name) | ast.Attribute(attr=name):
            yield name, True
            if name not in seen:
                for value in assigned.values.get(name, ()):
                    yield from references(value, assigned, seen | {name})
        case ast.Call(func=function, args=args):
            called = last_part(function)
            if called == "get" and isinstance(function, ast.Attribute):
                if _is_custom_objects(function.value) and args:
                    yield from _looked_up(args[0], assigned, seen)
                # Of a dictionary; of a module, such as `keras.losses.get`, it stands for nothing here.
                yield from references(function.value, assigned, seen)
            elif called == "partial" and args:
                yield from references(args[0], assigned, seen)
            elif called is not None and called not in seen:
                yield called, False
                # A selector, `get_loss("dice")`, stands for what it may return.
                for value in assigned.returns.get(called, ()):
                    if isinstance(value, ast.Name | ast.Attribute | ast.Subscript | ast.Dict):
                        yield from references(value, assigned, seen | {called})
        case ast.Dict(values=values):
            for value in values:
                yield from references(value, assigned, seen)
        case ast.List(elts=values) | ast.Tuple(elts=values) | ast.Set(elts=values):
            for value in values:
                yield from references(value, assigned, seen)
        case ast.IfExp(body=first, orelse=second):
            yield from references(first, assigned, seen)
            yield from references(second, assigned, seen)
        case ast.Subscript(value=value, slice=key) if _is_custom_objects(value):
            yield from _looked_up(key, assigned, seen)
        case ast.Subscript(value=value) | ast.Starred(value=value):
            yield from references(value, assigned, seen)
        case ast.BinOp(left=first, right=second):
            yield from references(first, assigned, seen)
            yield from references(second, assigned, seen)


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


def _looked_up(
    key: ast.expr, assigned: Assigned, seen: frozenset[str]
) -> Iterator[tuple[str, bool]]:
    """What may stand in Keras' custom objects under a name; ``*`` where the name is not known."""
    if isinstance(key, ast.Constant):
        yield from references(key, assigned, seen)
        return
    yield repr(ANY_STRING), True
    if ANY_STRING not in seen:
        for values in assigned.registered.values():
            for value in values:
                yield from references(value, assigned, seen | {ANY_STRING})
