"""Parameters of a factory or a constructor that have to be given something to be measured.

Those without a default, and those whose default is ``None`` where the code calculates with it all the same:
``def __init__(self, theta=None)`` and ``tf.minimum(self.theta, 1e6)``. Every caller hands them something.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from lossfix.losses.discovery.constants import PURE_ROOTS
from lossfix.losses.probing.pared import family_of
from lossfix.syntax.nodes import below, parents
from lossfix.syntax.scope import Scope, defaults, dotted, last_part, scope_of_module

_ASKING = frozenset({"isinstance", "issubclass", "callable", "hasattr", "getattr", "type", "bool"})
_OF_TWO = frozenset("""
    add subtract multiply divide pow minimum maximum
    equal not_equal less less_equal greater greater_equal
    """.split())
"""Functions of libraries that take `None` as their second argument as little as as their first."""


def unsaid(
    module: ast.Module, holder: ast.FunctionDef, skipped: bool
) -> Iterator[tuple[ast.FunctionDef, str]]:
    """The parameters that need a value, each with the function whose it is: the factory or the
    constructor itself, or that of a class of the file which it hands its ``**kwargs`` on to.

    Args:
        skipped: the first parameter is the instance, and no argument.
    """
    owner = next(
        (each for each in below(module) if isinstance(each, ast.ClassDef) and holder in each.body),
        None,
    )
    around: ast.FunctionDef | ast.ClassDef = owner or holder
    listed = list(defaults(holder.args))[1 if skipped else 0 :]
    taken = {name for name, _ in listed}
    for name, default in listed:
        if default is None or (_is_none(default) and _is_needed(module, around, name)):
            yield holder, name
    if owner is None or holder.name != "__init__" or not _hands_on(holder):
        return
    classes = {each.name: each for each in module.body if isinstance(each, ast.ClassDef)}
    for base in list(family_of(owner, classes))[1:]:
        for each in base.body:
            if isinstance(each, ast.FunctionDef) and each.name == "__init__":
                yield from (pair for pair in unsaid(module, each, True) if pair[1] not in taken)
                return


def _hands_on(constructor: ast.FunctionDef) -> bool:
    """Whether a constructor passes the keywords on that it does not know."""
    kwarg = constructor.args.kwarg
    return kwarg is not None and any(
        isinstance(each, ast.Call)
        and isinstance(each.func, ast.Attribute)
        and each.func.attr == "__init__"
        and any(k.arg is None and dotted(k.value) == kwarg.arg for k in each.keywords)
        for each in below(constructor)
    )


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_needed(module: ast.Module, around: ast.AST, name: str) -> bool:
    """Whether a parameter is calculated with, and nowhere asked whether it is there."""
    above, scope = parents(module), scope_of_module(module)
    names = {name}
    needed = False
    while True:
        before = len(names)
        for node in below(around):
            if not isinstance(node, ast.Name | ast.Attribute) or dotted(node) not in names:
                continue
            if not isinstance(node.ctx, ast.Load):
                continue
            if _is_asked(above, node):
                return False
            needed |= _is_calculated_with(scope, above, node)
            match above.get(node):
                case ast.Assign(targets=targets, value=value) if value is node:
                    names.update(filter(None, map(dotted, targets)))
        if len(names) == before:
            return needed


def _is_asked(above: Mapping[ast.AST, ast.AST], node: ast.expr) -> bool:
    match above.get(node):
        case ast.Compare(ops=[ast.Is() | ast.IsNot() | ast.Eq() | ast.NotEq() | ast.In()]):
            return True
        case (
            ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test) | ast.Assert(test=test)
        ):
            return test is node
        case ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
            return True
        case ast.Call(func=ast.Name(id=asked)):
            return asked in _ASKING
    return False


def _is_calculated_with(scope: Scope, above: Mapping[ast.AST, ast.AST], node: ast.expr) -> bool:
    match above.get(node):
        case ast.BinOp() | ast.UnaryOp():
            return True
        case ast.Subscript(value=value):
            return value is node
        case ast.For(iter=iterated) | ast.comprehension(iter=iterated):
            return iterated is node
        case ast.Call(func=function) if function is node:
            return True
        case ast.Call(func=function, args=args) if node in args:
            of = scope.resolve(dotted(function) or "") or ""
            first = args[0] is node or last_part(function) in _OF_TWO
            return first and of.partition(".")[0] in PURE_ROOTS
    return False
