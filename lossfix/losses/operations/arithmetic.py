"""What the operations of a loss do to one number: elementwise TensorFlow in plain floats."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import libcst as cst

from lossfix.losses.operations.gradients import REDUCTIONS

UNARY: Mapping[str, Callable[[float], float]] = {
    "tf.abs": abs,
    "tf.square": lambda x: x * x,
    "tf.sqrt": math.sqrt,
    "tf.math.rsqrt": lambda x: 1 / math.sqrt(x),
    "tf.exp": math.exp,
    "tf.math.expm1": math.expm1,
    "tf.math.log": math.log,
    "tf.math.log1p": math.log1p,
    "tf.sigmoid": lambda x: 1 / (1 + math.exp(-x)) if x > -500 else 0.0,
    "tf.tanh": math.tanh,
    "tf.sinh": math.sinh,
    "tf.cosh": math.cosh,
    "tf.sin": math.sin,
    "tf.cos": math.cos,
    "tf.negative": lambda x: -x,
    "tf.math.reciprocal": lambda x: 1 / x,
    "tf.nn.relu": lambda x: max(x, 0.0),
    "tf.nn.softplus": lambda x: x + math.log1p(math.exp(-x)) if x > 0 else math.log1p(math.exp(x)),
    "tf.sign": lambda x: float((x > 0) - (x < 0)),
    "tf.round": lambda x: float(round(x)),
    "tf.floor": math.floor,
    "tf.math.ceil": math.ceil,
    "tf.identity": lambda x: x,
    "tf.stop_gradient": lambda x: x,
    "tf.convert_to_tensor": lambda x: x,
    "tf.squeeze": lambda x: x,
    "tf.zeros_like": lambda x: 0.0,
    "tf.ones_like": lambda x: 1.0,
    "keras.backend.flatten": lambda x: x,
    "keras.backend.batch_flatten": lambda x: x,
    "tf.constant": lambda x: x,
}
FIRST = frozenset({"tf.reshape", "tf.expand_dims", "tf.cast", "tf.tile", "tf.transpose"})
BINARY: Mapping[str, Callable[[float, float], float]] = {
    "tf.add": lambda x, y: x + y,
    "tf.subtract": lambda x, y: x - y,
    "tf.multiply": lambda x, y: x * y,
    "tf.divide": lambda x, y: x / y,
    "tf.truediv": lambda x, y: x / y,
    "tf.math.divide_no_nan": lambda x, y: x / y if y else 0.0,
    "tf.maximum": max,
    "tf.minimum": min,
    "tf.pow": lambda x, y: x**y,
    "tf.math.squared_difference": lambda x, y: (x - y) ** 2,
    "tf.math.floormod": lambda x, y: x % y,
}
_CLIP = 1e-7
"""What Keras keeps probabilities away from 0 and 1 by."""


def _cross_entropy(target: float, probability: float) -> float:
    kept = min(max(probability, _CLIP), 1.0 - _CLIP)
    return -target * math.log(kept) - (1.0 - target) * math.log(1.0 - kept)


def _huber(target: float, prediction: float) -> float:
    error = abs(target - prediction)
    return 0.5 * error * error if error <= 1.0 else error - 0.5


CHECKS: Mapping[str, Callable[[float], bool]] = {
    "tf.math.is_nan": math.isnan,
    "tf.math.is_inf": math.isinf,
    "tf.math.is_finite": math.isfinite,
}
"""What is asked of one number."""
LOSSES: Mapping[str, Callable[[float, float], float]] = {
    "keras.losses.mean_squared_error": lambda t, p: (t - p) ** 2,
    "keras.losses.mean_absolute_error": lambda t, p: abs(t - p),
    "keras.losses.huber": _huber,
    "keras.losses.log_cosh": lambda t, p: math.log(math.cosh(p - t)),
    "keras.losses.hinge": lambda t, p: max(1.0 - t * p, 0.0),
    "keras.losses.squared_hinge": lambda t, p: max(1.0 - t * p, 0.0) ** 2,
    "keras.losses.binary_crossentropy": _cross_entropy,
}
"""Losses of Keras with their default arguments, on one target and one prediction."""
LOSS_OBJECTS: Mapping[str, str] = {
    "keras.losses.MeanSquaredError": "keras.losses.mean_squared_error",
    "keras.losses.MeanAbsoluteError": "keras.losses.mean_absolute_error",
    "keras.losses.Huber": "keras.losses.huber",
    "keras.losses.LogCosh": "keras.losses.log_cosh",
    "keras.losses.Hinge": "keras.losses.hinge",
    "keras.losses.SquaredHinge": "keras.losses.squared_hinge",
    "keras.losses.BinaryCrossentropy": "keras.losses.binary_crossentropy",
}
"""The classes of the same,"""
DEFAULTS: Mapping[str, float] = {
    "delta": 1.0,
    "from_logits": 0.0,
    "label_smoothing": 0.0,
    "axis": -1.0,
}
"""and their default arguments, where that is no matter of the reduction."""
OPERATORS: Mapping[type[cst.BaseBinaryOp], Callable[[float, float], float]] = {
    cst.Add: lambda x, y: x + y,
    cst.Subtract: lambda x, y: x - y,
    cst.Multiply: lambda x, y: x * y,
    cst.Divide: lambda x, y: x / y,
    cst.Power: lambda x, y: x**y,
    cst.Modulo: lambda x, y: x % y,
    cst.FloorDivide: lambda x, y: x // y,
    cst.BitAnd: lambda x, y: bool(x) and bool(y),
    cst.BitOr: lambda x, y: bool(x) or bool(y),
}
COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "<": lambda x, y: x < y,
    "<=": lambda x, y: x <= y,
    ">": lambda x, y: x > y,
    ">=": lambda x, y: x >= y,
    "==": lambda x, y: x == y,
    "!=": lambda x, y: x != y,
}
COMPARISON_TOKENS: Mapping[type[cst.BaseCompOp], str] = {
    cst.LessThan: "<",
    cst.LessThanEqual: "<=",
    cst.GreaterThan: ">",
    cst.GreaterThanEqual: ">=",
    cst.Equal: "==",
    cst.NotEqual: "!=",
}
JOINED: Mapping[str, Callable[[Sequence[bool]], bool]] = {
    "and": all,
    "or": any,
    "not": lambda truths: not truths[0],
    "xor": lambda truths: truths[0] != truths[-1],
}
"""Of truth values, by the words for them in ``gradients.LOGICAL``."""


def tensor_operation(operation: str) -> str:
    """What TensorFlow calls an elementwise function of NumPy, as these tables know it; else the same."""
    if not operation.startswith("np."):
        return operation
    bare = operation.removeprefix("np.")
    for known in (f"tf.{bare}", f"tf.math.{bare}", f"tf.reduce_{bare}"):
        if known in UNARY or known in BINARY or known in REDUCTIONS or known == "tf.where":
            return known
    return {"np.clip": "tf.clip_by_value", "np.power": "tf.pow"}.get(operation, operation)
