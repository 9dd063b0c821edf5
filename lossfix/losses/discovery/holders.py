"""What keeps losses, a dictionary or a list, and what code asks of it: names, or what it keeps.

``sorted(LOSSES)`` and ``name in LOSSES`` read the names that a dictionary has; ``LOSSES.get(name)`` and
``list(LOSSES.values())`` hand on what it keeps, and are followed to where that is used.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping

from lossfix.syntax.nodes import every
from lossfix.syntax.scope import last_part

NAMES = "keys"
"""The method of a dictionary that gives the names alone."""
TAKES_OUT = frozenset({"items", "values", "get", "pop", "copy"})
"""The methods that give what is kept."""
PUTS_IN = frozenset({"append", "extend", "insert", "setdefault", "update"})
"""The methods that are handed what is to be kept."""
REGISTERS = "register"
"""How the methods of registries begin by which losses are put there."""
RUNS_OVER = frozenset(
    {"enumerate", "frozenset", "iter", "list", "max", "min", "next", "reversed", "set", "sorted"}
    | {"tuple", "zip"}
)
"""Functions that give what they run over: of a dictionary its names."""
COPIES = frozenset({"ChainMap", "MappingProxyType", "OrderedDict", "copy", "deepcopy", "dict"})
"""Functions that give what keeps the same."""
TELLS = frozenset({"bool", "callable", "format", "id", "len", "print", "repr", "str"})
"""Functions that call nothing of what they are handed."""
HANDS_ON = frozenset(
    {
        "abstractmethod",
        "cache",
        "cached_property",
        "classmethod",
        "function",
        "lru_cache",
        "override",
    }
    | {"property", "staticmethod"}
)
"""Decorators of functions that are called by their names all the same; of others nobody knows who calls what
they return: a fixture's goes to every test with a parameter of that name."""
CHOICES = "choices"
"""The keyword by which ``argparse`` and others are told the names to choose from."""

_DICTIONARIES = frozenset({"OrderedDict", "defaultdict", "dict"})


def dictionaries(module: ast.Module) -> frozenset[str]:
    """The names of a module that are set to dictionaries and to nothing else."""
    kinds: dict[str, set[bool]] = defaultdict(set)
    bound = [(each.targets, each.value) for each in every(module, ast.Assign)]
    for each in every(module, ast.AnnAssign):
        bound += [([each.target], each.value)] if each.value is not None else []
    for targets, value in bound:
        for target in targets:
            if isinstance(target, ast.Name):
                kinds[target.id].add(_is_dictionary(value))
    return frozenset(name for name, kind in kinds.items() if kind == {True})


def _is_dictionary(value: ast.expr) -> bool:
    match value:
        case ast.Dict() | ast.DictComp():
            return True
        case ast.Call(func=function):
            return last_part(function) in _DICTIONARIES
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _is_dictionary(left) or _is_dictionary(right)
    return False


def put_in(call: ast.Call) -> list[ast.expr]:
    """What a call of one of ``PUTS_IN`` is handed to keep: the last argument, or those by keyword."""
    return [*call.args[-1:], *(each.value for each in call.keywords)]


def outermost(node: ast.expr, parents: Mapping[ast.AST, ast.AST]) -> tuple[ast.expr, bool]:
    """The largest expression that is ``node``, keeps it or gives what it keeps.

    Also whether, were ``node`` a dictionary, that would be one of its names, or all of them.
    """
    names = False
    while True:
        above = parents.get(node)
        match above:
            case ast.Attribute(attr=attr) if attr in TAKES_OUT and _is_called(above, parents):
                above = parents[above]
            case ast.Call(func=function, args=args) if node in args:
                called = last_part(function)
                if called not in RUNS_OVER | COPIES:
                    return node, names
                names |= called in RUNS_OVER and not _gives_values(node)
            case ast.keyword() if _makes_a_dictionary(outer := parents[above]):
                above = outer
            case ast.Dict(values=values) if node in values:
                pass
            case ast.DictComp(value=inner) if inner is node:
                pass
            case ast.ListComp(elt=inner) | ast.SetComp(elt=inner) | ast.GeneratorExp(elt=inner) if (
                inner is node
            ):
                pass
            case ast.Subscript(value=inner) | ast.NamedExpr(value=inner) if inner is node:
                pass
            case ast.IfExp(body=first, orelse=second) if node in (first, second):
                pass
            case ast.List() | ast.Tuple() | ast.Set() | ast.Starred() | ast.BoolOp():
                pass
            case _:
                return node, names
        assert isinstance(above, ast.expr)
        node = above


def _makes_a_dictionary(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and last_part(node.func) == "dict"


def _is_called(node: ast.expr, parents: Mapping[ast.AST, ast.AST]) -> bool:
    above = parents.get(node)
    return isinstance(above, ast.Call) and above.func is node


def _gives_values(node: ast.expr) -> bool:
    """Whether something is no dictionary for sure: ``LOSSES.values()``, ``[dice, edge]``."""
    match node:
        case ast.Call(func=ast.Attribute(attr=attr)):
            return attr in TAKES_OUT
    return isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Starred)


def asks_for_names(call: ast.Call, keyword: str | None) -> bool:
    """Whether a call reads nothing but the names of the dictionary that it is handed."""
    joins = isinstance(call.func, ast.Attribute) and call.func.attr == "join"
    return keyword == CHOICES or (joins and keyword is None)


def only_tells(call: ast.Call) -> bool:
    """Whether a call calls nothing of what it is handed: ``print(loss)``."""
    return isinstance(call.func, ast.Name) and call.func.id in TELLS


def only_compared(comparison: ast.Compare, node: ast.expr) -> bool:
    """Whether a comparison says nothing of what ``node`` is: ``name in LOSSES``, ``loss is None``."""
    match comparison:
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[right]):
            return right is node
        case ast.Compare(
            ops=[ast.Is() | ast.IsNot() | ast.Eq() | ast.NotEq()], comparators=[right]
        ):
            return isinstance(right, ast.Constant) and right.value is None
    return False
