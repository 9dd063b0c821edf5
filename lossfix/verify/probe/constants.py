"""Computes what the code of a loss makes of values that do not depend on its inputs."""

from __future__ import annotations

import ast
from typing import Any, Callable, Optional

from .demands import Known

_COMPARE: dict[type, Callable[[Any, Any], Any]] = {
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
    ast.Is: lambda a, b: a is b,
    ast.IsNot: lambda a, b: a is not b,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}


def asked(compute: Callable[[], Any]) -> Optional[Known]:
    """What the user's own values give; ``None`` where they raise."""
    try:
        return Known(compute())
    except Exception:
        return None


def compare(left: Any, op: ast.cmpop, right: Any) -> Any:
    """``left op right``; raises what that raises."""
    return _COMPARE[type(op)](left, right)


def compute(left: Any, op: ast.operator, right: Any) -> Any:
    """``left op right``; raises what that raises."""
    operation = ast.BinOp(ast.Name("a", ast.Load()), op, ast.Name("b", ast.Load()))
    return evaluate(operation, {"a": left, "b": right})


def evaluate(node: ast.expr, world: dict[str, Any], names: Optional[dict[str, Any]] = None) -> Any:
    """The value of an expression whose names have these values; raises what it raises.

    Args:
        world: the names of its module.
        names: those of its function.
    """
    whole = ast.fix_missing_locations(ast.Expression(node))
    return eval(compile(whole, "<sizes>", "eval"), world, names)
