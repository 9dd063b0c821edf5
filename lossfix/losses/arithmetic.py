"""What the operations of a loss do to one number: elementwise TensorFlow in plain floats."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import libcst as cst

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
