"""Which keys a ``get_config`` adds to those that its parent gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from lossfix.syntax.tree import walk


def saved_keys(config: cst.FunctionDef) -> tuple[str, ...]:
    """The texts that are surely keys of what is returned, in the order in which they stand in the code.

    What functions give and what is taken out again is left aside, and so are the keys of values.
    """
    found = dict.fromkeys(
        key
        for each in walk(config.body, cst.Return)
        for key in _keys(config, each.value, frozenset())
    )
    gone = {
        str(each.evaluated_value)
        for node in walk(config.body, cst.Call, cst.Del)
        if isinstance(node, cst.Del) or (isinstance(node, cst.Call) and _method(node) == "pop")
        for each in walk(node, cst.SimpleString)
    }
    return tuple(each for each in found if each not in gone)


def _keys(
    config: cst.FunctionDef, node: cst.BaseExpression | None, seen: frozenset[str]
) -> Iterator[str]:
    match node:
        case cst.Dict(elements=elements):
            for each in elements:
                if isinstance(each, cst.StarredDictElement):
                    yield from _keys(config, each.value, seen)
                elif isinstance(each, cst.DictElement) and isinstance(each.key, cst.SimpleString):
                    yield str(each.key.evaluated_value)
        case cst.BinaryOperation(left=left, right=right):
            yield from _keys(config, left, seen)
            yield from _keys(config, right, seen)
        case cst.Call(func=cst.Attribute(value=of, attr=cst.Name(value="items" | "copy"))):
            yield from _keys(config, of, seen)
        case cst.Call(func=cst.Name(value="dict" | "list"), args=args):
            yield from _given(config, args, seen)
        case cst.Name(value=name) if name not in seen:
            for statement in walk(config.body, cst.Assign, cst.Call):
                yield from _kept_under(config, name, statement, seen | {name})


def _given(config: cst.FunctionDef, args: Sequence[cst.Arg], seen: frozenset[str]) -> Iterator[str]:
    """The keys of what ``dict`` or ``update`` is given, which takes them as keywords, too."""
    for each in args:
        if each.keyword is not None:
            yield each.keyword.value
        else:
            yield from _keys(config, each.value, seen)


def _kept_under(
    config: cst.FunctionDef, name: str, statement: cst.CSTNode, seen: frozenset[str]
) -> Iterator[str]:
    """The keys that a statement puts into a dictionary of this name."""
    match statement:
        case cst.Call(
            func=cst.Attribute(value=cst.Name(value=of), attr=cst.Name(value="update")), args=args
        ) if (of == name):
            yield from _given(config, args, seen)
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=of))], value=value) if (
            of == name
        ):
            yield from _keys(config, value, seen)
        case cst.Assign(
            targets=[
                cst.AssignTarget(
                    target=cst.Subscript(
                        value=cst.Name(value=of),
                        slice=[
                            cst.SubscriptElement(slice=cst.Index(value=cst.SimpleString() as key))
                        ],
                    )
                )
            ]
        ) if (
            of == name
        ):
            yield str(key.evaluated_value)


def _method(call: cst.Call) -> str:
    return call.func.attr.value if isinstance(call.func, cst.Attribute) else ""
