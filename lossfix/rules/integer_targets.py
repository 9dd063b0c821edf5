"""Integers meet the predictions, or targets are positions without being integers

## What it does

Finds arithmetic between the predictions and what was cast to an integer, or is a position (`tf.argmax`), and
targets that are used as positions (`tf.one_hot`, `tf.gather`) as they come, and casts them.

## Why is this bad

TensorFlow converts no tensor by itself: an integer tensor times a float raises `InvalidArgumentError` or
`TypeError` at the first batch, before there is a gradient (measured on TensorFlow 2.21). Positions have to be
integers, and in `fit` the targets arrive as `float32`, whatever they were in the data.

## Example

```python
import tensorflow as tf


def label_loss(y_true, y_pred):
    wanted = tf.one_hot(y_true, 10)
    return -tf.reduce_sum(wanted * tf.math.log_sigmoid(y_pred), axis=-1)
```

## Use instead

```python
import tensorflow as tf


def label_loss(y_true, y_pred):
    wanted = tf.one_hot(tf.cast(y_true, tf.int32), 10)
    return -tf.reduce_sum(wanted * tf.math.log_sigmoid(y_pred), axis=-1)
```

## Fix safety

Exact: what is mended raised before, or, under a tape of one's own with integer targets, keeps its value.
Targets that are multiplied as they come are left alone: in `fit` they are floats.

## References

- https://www.tensorflow.org/guide/tensor#more_on_dtypes
- https://www.tensorflow.org/api_docs/python/tf/one_hot
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.conditions import named_value
from lossfix.losses.code.dtypes import Dtype, dtype_of
from lossfix.losses.code.loss import Loss
from lossfix.losses.operations.gradients import ELEMENTWISE
from lossfix.model import Evidence, Form, Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.build import expression
from lossfix.syntax.tree import walk

_POSITIONS = {
    "tensorflow.one_hot": ("indices", 0),
    "tensorflow.gather": ("indices", 1),
    "tensorflow.gather_nd": ("indices", 1),
    "tensorflow.keras.backend.one_hot": ("indices", 0),
    "tensorflow.keras.backend.gather": ("indices", 1),
    "keras.ops.take": ("indices", 1),
    "tensorflow.nn.embedding_lookup": ("ids", 1),
    "tensorflow.nn.sparse_softmax_cross_entropy_with_logits": ("labels", 0),
}
"""Operations of TensorFlow that take integers only, and which of their arguments that is."""
_SHAPES = frozenset({"tf.reshape", "tf.squeeze", "tf.expand_dims", "tf.identity"})
_APART = frozenset({"tf.cast", "tf.where"})


def match(loss: Loss) -> Iterator[Match]:
    for node in walk(loss.function.body):
        odd = _odd_operand(loss, node)
        if odd is not None:
            yield Match(
                odd,
                f"`{loss.tree.code(odd)}` holds integers, which do not mix with the predictions",
            )
        elif (
            _in_fit(loss)
            and isinstance(node, cst.Call)
            and (position := _position(loss, node)) is not None
        ):
            yield Match(
                position,
                f"`{loss.tree.code(position)}` arrives as float32 in fit, and positions are integers",
                severity=_severity(loss),
            )


def _in_fit(loss: Loss) -> bool:
    """Whether it may be Keras that calls the loss: a method of a task has a caller of its own."""
    return loss.form is not Form.METHOD or Evidence.COMPILED in loss.candidate.evidence


def _severity(loss: Loss) -> Severity:
    # Under a tape of one's own the targets are what the data set gives.
    evidence = loss.candidate.evidence
    in_fit = Evidence.COMPILED in evidence or Evidence.SUBCLASS in evidence
    return Severity.ERROR if in_fit else Severity.WARNING


def _operands(
    loss: Loss, node: cst.CSTNode
) -> tuple[cst.BaseExpression, cst.BaseExpression] | None:
    match node:
        case cst.BinaryOperation(left=left, right=right):
            return left, right
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget() as target]):
            return left, target.comparator
        case cst.Call(
            args=[
                cst.Arg(value=left, keyword=None, star=""),
                cst.Arg(value=right, keyword=None, star=""),
            ]
        ):
            operation = loss.operation(node)
            return (left, right) if operation in ELEMENTWISE - _APART else None
    return None


def _odd_operand(loss: Loss, node: cst.CSTNode) -> cst.BaseExpression | None:
    """The operand that is an integer tensor where the other one is not."""
    operands = _operands(loss, node)
    if operands is None:
        return None
    for odd, other in (operands, operands[::-1]):
        if dtype_of(loss, other) is Dtype.FLOAT and dtype_of(loss, odd) is Dtype.INTEGER:
            return odd
    return None


def _position(loss: Loss, node: cst.Call) -> cst.BaseExpression | None:
    """The targets, where they are used as positions as they come."""
    known = _POSITIONS.get(loss.qualified(node.func) or "")
    if known is None or any(each.star for each in node.args):
        return None
    keyword, number = known
    for position, each in enumerate(node.args):
        named = each.keyword.value if each.keyword is not None else None
        if named == keyword or (named is None and position == number):
            return each.value if _comes_as_it_is(loss, each.value) else None
    return None


def _comes_as_it_is(loss: Loss, node: cst.BaseExpression) -> bool:
    match node:
        case cst.Name(value=name):
            if name == loss.y_true:
                return not loss.flow.values(name)
            value = named_value(loss, node)
            return value is not None and _comes_as_it_is(loss, value)
        case cst.Subscript(value=inner):
            return _comes_as_it_is(loss, inner)
        case cst.Call(args=[cst.Arg(value=inner), *_]) if loss.operation(node) in _SHAPES:
            return _comes_as_it_is(loss, inner)
    return False


def rewrite(loss: Loss, match: Match) -> Edit | None:
    node = match.node
    assert isinstance(node, cst.BaseExpression)
    cast = loss.spell("tf.cast")
    if dtype_of(loss, node) is None:
        integers = loss.spell("tf.int32")
        return Edit({node: expression(f"{cast}({{x}}, {integers})", x=node)})
    return Edit({node: expression(f"{cast}({{x}}, {loss.y_pred}.dtype)", x=node)})


RULE = Rule("LF111", Safety.EXACT, Severity.ERROR, match, rewrite, __doc__, __name__)
