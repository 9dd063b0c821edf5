"""What a file gives names and attributes, or puts into what has one, without regard to the order.

Assignments, defaults of parameters, registries and loops, over what is spelt out, all give something.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest

from lossfix.losses.discovery.holders import PUTS_IN, put_in
from lossfix.losses.discovery.registering import Decoration, decoration_of, keepers, registry_of
from lossfix.syntax.nodes import every
from lossfix.syntax.remembered import remembered
from lossfix.syntax.scope import defaults

Binding = tuple[ast.Name | ast.Attribute, ast.expr]
"""A name or an attribute, and a value that it stands for or keeps."""

_SERIES = (ast.List, ast.Tuple, ast.Set, ast.ListComp, ast.SetComp)
_INDEX = ast.Constant(0)


@remembered(2)
def bindings(module: ast.Module) -> tuple[Binding, ...]:
    """All that a file gives a name or an attribute, and all that it puts into what has one."""
    found: list[Binding] = []
    for target, value in _bound(module):
        found += _bind(target, value)
    # Loops last: what they run over may have been given a name further down.
    values: dict[str, list[ast.expr]] = {}
    for named, value in found:
        values.setdefault(last_of(named), []).append(value)
    for node in every(module, ast.For, ast.comprehension):
        match node:
            case ast.For(target=target, iter=series) | ast.comprehension(
                target=target, iter=series
            ):
                for element in _elements(series, values):
                    for named, value in _bind(target, element):
                        values.setdefault(last_of(named), []).append(value)
                        found.append((named, value))
    return tuple(found)


def last_of(target: ast.Name | ast.Attribute) -> str:
    """A name, or the last part of an attribute."""
    return target.id if isinstance(target, ast.Name) else target.attr


def _bound(module: ast.Module) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What stands for a value, or keeps it, and the value; loops apart."""
    keeping: dict[Decoration, list[ast.expr]] = {}
    for keeper in keepers(module):
        if keeper.position == 0:
            keeping.setdefault(keeper.decoration, []).append(keeper.holder)
    kinds = (
        *(ast.Assign, ast.AnnAssign, ast.AugAssign),
        *(ast.NamedExpr, ast.Call, ast.FunctionDef, ast.Lambda),
    )
    for node in every(module, *kinds):
        match node:
            case ast.Assign(targets=targets, value=value):
                yield from ((target, value) for target in targets)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield target, value
            case ast.AugAssign(target=target, op=ast.Add() | ast.BitOr(), value=value):
                # `LOSSES += [gap]` and `LOSSES |= {"gap": gap}` keep it beside what was there.
                yield target, value
            case ast.NamedExpr(target=target, value=value):
                yield target, value
            case ast.Call(func=ast.Attribute(value=holder, attr=attr)) if attr in PUTS_IN:
                yield from ((holder, value) for value in put_in(node))
            case ast.Call(args=[*args]) if (taking := registry_of(node)) is not None:
                yield from ((taking, each) for each in args if isinstance(each, ast.Name))
            case ast.FunctionDef(name=name, args=arguments, decorator_list=decorators):
                for decorator in decorators:
                    if (taking := registry_of(decorator)) is not None:
                        yield taking, ast.copy_location(ast.Name(name, ast.Load()), decorator)
                    for holder in keeping.get(decoration_of(decorator), ()):
                        yield holder, ast.Name(name, ast.Load())
                for parameter, default in defaults(arguments):
                    if default is not None:
                        yield ast.Name(parameter, ast.Store()), default
            case ast.Lambda(args=arguments):
                for parameter, default in defaults(arguments):
                    if default is not None:
                        yield ast.Name(parameter, ast.Store()), default


def _bind(target: ast.expr, value: ast.expr) -> Iterator[Binding]:
    match target, value:
        case (ast.Name() | ast.Attribute()) as named, _:
            yield named, value
        case ast.Subscript(value=holder), _:
            yield from _bind(holder, value)
        case (
            (ast.Tuple(elts=targets) | ast.List(elts=targets)),
            (ast.Tuple(elts=parts) | ast.List(elts=parts)),
        ) if len(targets) == len(parts):
            for each, part in zip(targets, parts, strict=True):
                yield from _bind(each, part)
        case (
            (ast.Tuple(elts=targets) | ast.List(elts=targets)),
            ast.Call() | ast.Name() | ast.Attribute() | ast.Subscript(),
        ):
            # Any of what it gives in turn.
            given = ast.copy_location(ast.Subscript(value, _INDEX, ast.Load()), value)
            for each in targets:
                yield from _bind(each, given)


def _elements(series: ast.expr, values: Mapping[str, Sequence[ast.expr]]) -> list[ast.expr]:
    """What a loop's variable is set to in turn, as far as the file spells it out."""
    match series:
        case ast.ListComp(elt=element) | ast.SetComp(elt=element) | ast.GeneratorExp(elt=element):
            return [element]
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            return elements
        case ast.Name(id=name) | ast.Attribute(attr=name):
            if name not in values:
                # What another file keeps: any of it may come of that name.
                return [series]
            return [
                each
                for value in values[name]
                if isinstance(value, _SERIES)
                for each in _elements(value, {})
            ]
        case ast.Call(func=ast.Attribute(value=holder, attr="values"), args=[]):
            return _entries(holder, values)
        case ast.Call(func=ast.Attribute(value=holder, attr="items"), args=[]):
            return [ast.Tuple([_INDEX, each]) for each in _entries(holder, values)]
        case ast.Call(func=ast.Name(id="enumerate"), args=[inner, *_]):
            return [ast.Tuple([_INDEX, each]) for each in _elements(inner, values)]
        case ast.Call(func=ast.Name(id=("list" | "tuple" | "sorted" | "reversed")), args=[inner]):
            return _elements(inner, values)
        case ast.Call(func=ast.Name(id="zip"), args=columns):
            rows = zip_longest(*(_elements(each, values) for each in columns), fillvalue=_INDEX)
            return [ast.Tuple(list(row)) for row in rows]
        case ast.Call(func=ast.Name() | ast.Attribute()):
            return [series]
    return []


def _entries(holder: ast.expr, values: Mapping[str, Sequence[ast.expr]]) -> list[ast.expr]:
    """The values of a dictionary."""
    match holder:
        case ast.Dict(values=entries):
            return entries
        case ast.DictComp(value=entry):
            return [entry]
        case ast.Call(func=ast.Name() | ast.Attribute()):
            return [holder]
        case ast.Name(id=name) | ast.Attribute(attr=name):
            if name not in values:
                return [holder]
            bound = values[name]
            kinds = ast.Dict | ast.DictComp
            return [e for value in bound if isinstance(value, kinds) for e in _entries(value, {})]
    return []
