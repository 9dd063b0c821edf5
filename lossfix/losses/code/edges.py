"""How much the predictions differ from one pixel to the next: exactly zero where they are flat."""

from __future__ import annotations

import re

import libcst as cst

from lossfix.losses.code.conditions import named_value
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.variances import squared_in
from lossfix.losses.operations.words import words

_EDGES = words("tf.image.sobel_edges tf.image.image_gradients")
_FILTERS = words("""
    tf.nn.conv2d tf.nn.conv1d tf.nn.conv3d tf.nn.depthwise_conv2d tf.nn.convolution keras.backend.conv2d
    keras.backend.depthwise_conv2d keras.ops.conv keras.ops.depthwise_conv
    """)
_KERNEL = re.compile(r"(?i)sobel|scharr|prewitt|edge|grad|(?<![a-z])[dg][xy](?![a-z])")
"""Names of kernels whose numbers add up to zero."""


def is_length_of_edges(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether ``node`` is ``dx ** 2 + dy ** 2``, or the sum over an axis of such squares."""
    match named_value(loss, node) or node:
        case cst.BinaryOperation(left=left, operator=cst.Add(), right=right):
            return all(_is_squared_edge(loss, each) for each in (left, right))
        case cst.Call(args=[cst.Arg(value=squares), cst.Arg() as axis, *_]) as call:
            over_one = axis.keyword is None or axis.keyword.value == "axis"
            summed = loss.operation(call) == "tf.reduce_sum" and over_one
            return summed and _is_squared_edge(loss, squares)
    return False


def _is_squared_edge(loss: Loss, node: cst.BaseExpression) -> bool:
    inner = squared_in(loss, node)
    return inner is not None and is_edge(loss, inner)


def is_edge(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether ``node`` is zero where the predictions do not differ from one place to the next."""
    if not loss.predicts(node):
        return False
    meant = named_value(loss, node) or node
    if isinstance(meant, cst.Name):
        # `dy, dx = tf.image.image_gradients(y_pred)`
        values = loss.flow.values(meant.value)
        return len(values) == 1 and not values[0].whole and _is_of_edges(loss, values[0].value)
    match meant:
        case cst.Subscript(value=value):
            return _is_of_edges(loss, named_value(loss, value) or value)
        case cst.BinaryOperation(
            left=cst.Subscript(value=one, slice=first),
            operator=cst.Subtract(),
            right=cst.Subscript(value=other, slice=second),
        ):
            return one.deep_equals(other) and any(map(_is_all_but_the_last, (*first, *second)))
    return _is_of_edges(loss, meant)


def _is_all_but_the_last(element: cst.SubscriptElement) -> bool:
    """``:-1``, which stands beside ``1:`` where neighbours are compared."""
    match element.slice:
        case cst.Slice(lower=None, upper=cst.UnaryOperation(operator=cst.Minus())):
            return True
    return False


def _is_of_edges(loss: Loss, node: cst.BaseExpression) -> bool:
    if not isinstance(node, cst.Call):
        return False
    operation, kernels = loss.operation(node), node.args[1:2]
    if operation in _EDGES:
        return True
    named = any(_KERNEL.search(loss.tree.code(each.value)) for each in kernels)
    return operation in _FILTERS and named
