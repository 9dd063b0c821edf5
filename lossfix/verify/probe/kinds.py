"""The kinds of operations that a trace tells apart, by the type names of TensorFlow's kernels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


COMPARISONS = frozenset({"Greater", "GreaterEqual", "Less", "LessEqual", "Equal", "NotEqual"})
FINITENESS = frozenset({"IsNan", "IsInf", "IsFinite"})
ROUNDING = frozenset({"Round", "Rint", "Floor", "Ceil", "FloorDiv", "Sign"})

CONSTANT = frozenset({"Shape", "ShapeN", "Size", "Rank", "ZerosLike", "OnesLike"})
"""Operations whose output says nothing of the values they are fed."""
UNGRADED = ROUNDING | frozenset({"StopGradient", "PreventGradient", "PyFunc", "PyFuncStateless"})
"""Float outputs through which no gradient flows; integer and boolean outputs never carry one."""
ADDITIVE = frozenset({"Add", "AddV2", "AddN", "Sub", "ConcatV2", "Pack", "BiasAdd"})
LINEAR = ADDITIVE | _names(
    "BroadcastTo Cast Cumsum ExpandDims GatherNd GatherV2 Identity Mean Neg Pad PadV2 Reshape "
    "ReverseV2 Slice Split SplitV Squeeze StopGradient StridedSlice Sum Tile Transpose Unpack "
    "EnsureShape"
)
PRODUCTS = frozenset({"Mul", "RealDiv", "Div", "DivNoNan", "MulNoNan", "MatMul", "BatchMatMulV2"})
SELECTS = frozenset({"Select", "SelectV2"})
SORTS = frozenset({"TopK", "TopKV2"})
"""Their values have a gradient, their indices (the last output) do not."""
ELEMENTWISE = (
    ADDITIVE - {"ConcatV2", "Pack"}
    | SELECTS
    | ROUNDING
    | {"Mul", "RealDiv", "Div", "DivNoNan", "MulNoNan", "FloorMod", "Maximum", "Minimum"}
    | _names(
        "Abs Cast ClipByValue Exp ExpandDims Expm1 Identity Log Log1p Neg Pow Reciprocal Relu "
        "Reshape Rsqrt Sigmoid Slice Softplus Split Sqrt Square SquaredDifference Squeeze "
        "StridedSlice Tanh Unpack EnsureShape StopGradient BroadcastTo Tile"
    )
)
"""A margin made of these alone is an elementwise expression of y_pred, y_true and constants."""

SINGULAR: dict[str, Callable[[Any], Any]] = {
    "Log": lambda x: x <= 0,
    "Log1p": lambda x: x <= -1,
    "Sqrt": lambda x: x <= 0,
    "Rsqrt": lambda x: x <= 0,
    "Reciprocal": lambda x: x == 0,
    "Acos": lambda x: np.abs(x) >= 1,
    "Asin": lambda x: np.abs(x) >= 1,
    "Acosh": lambda x: x <= 1,
    "Lgamma": lambda x: x <= 0,
}
"""Where the value or the slope of an operation is not finite."""


def margin_of(op: str, inputs: list[Any]) -> Any:
    """Signed distance of a hard operation's inputs to where its outcome changes, elementwise, in their units.

    Args:
        op: the operation's type, one of the hard ones.
        inputs: what it is fed, as NumPy arrays.

    Returns:
        An array of floats that broadcasts to the outcome, or ``None`` where there is no such distance.
    """
    if op in COMPARISONS:
        with np.errstate(all="ignore"):
            return np.subtract(inputs[0], inputs[1], dtype=np.float64)
    x = np.asarray(inputs[0])
    if op in ("Round", "Rint"):
        return x - np.floor(x) - 0.5
    if op in ("Floor", "Ceil", "Cast"):
        return x - np.round(x)
    if op == "FloorDiv":
        with np.errstate(all="ignore"):
            ratio = x / inputs[1]
        return (ratio - np.round(ratio)) * inputs[1]
    if op == "Sign":
        return x
    if op in ("ArgMax", "ArgMin"):
        ordered = np.sort(np.moveaxis(x, int(inputs[1]), -1), axis=-1)
        if ordered.shape[-1] < 2:
            return None
        if op == "ArgMax":
            return ordered[..., -1] - ordered[..., -2]
        return ordered[..., 1] - ordered[..., 0]
    return None
