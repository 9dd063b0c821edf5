"""A softmax or a sigmoid is written by hand, and overflows

## What it does

Finds `exp(x) / sum(exp(x))`, `1 / (1 + exp(-x))` and `exp(x) / (1 + exp(x))` of the predictions, and writes
the function of TensorFlow that computes the same.

## Why is this bad

In single precision `exp` is infinite from 89 on, and infinity divided by infinity is not a number. Even where
the value of a sigmoid is still right, its gradient is none (measured: a softmax of 100 is `nan`, and so is
the gradient of `1 / (1 + exp(-x))` at -100; one such prediction turns all weights into `nan`). Of large
negative numbers all exponentials are 0, and their softmax 0 divided by 0.

## Example

```python
import tensorflow as tf


def rank_loss(y_true, y_pred):
    odds = tf.exp(y_pred)
    share = odds / tf.reduce_sum(odds, axis=-1, keepdims=True)
    return tf.reduce_sum(tf.square(y_true - share), axis=-1)
```

## Use instead

```python
import tensorflow as tf


def rank_loss(y_true, y_pred):
    share = tf.nn.softmax(y_pred, axis=-1)
    return tf.reduce_sum(tf.square(y_true - share), axis=-1)
```

## Fix safety

Exact wherever the old value was finite, up to rounding, and finite elsewhere too. Where a small number is
added to the sum, or the sum loses its axis, it is reported. Nothing is said of exponents that something keeps
small: cosines, what was squashed or clipped, what is less its own maximum, and probabilities.

## References

- https://www.tensorflow.org/api_docs/python/tf/nn/softmax
- https://www.tensorflow.org/api_docs/python/tf/math/sigmoid
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from lossfix.losses.code.conditions import current_value, is_stable
from lossfix.losses.code.divisions import divisions
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.naming import orphaned
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.build import expression
from lossfix.syntax.literals import number_of
from lossfix.syntax.tree import argument_of, walk

_KEEPS_SMALL = re.compile(
    r"sigmoid|softmax|tanh|normalize|cosine|clip|minimum|reduce_max|softsign|relu6|activation"
)
"""Operations, of Keras' layers too, after which no exponential is large, or may not be."""
_LINEAR_HEAD = re.compile(r"\bDense\(")
_CHANGES_VALUES = "what is added to the sum changes the values"
_NO_AXIS = "without `keepdims` it is another function than a softmax over one axis"


@dataclass(frozen=True, eq=False)
class _Composed:
    """A division that is a softmax or a sigmoid."""

    name: str
    """``tf.nn.softmax`` or ``tf.sigmoid``."""
    value: cst.BaseExpression
    """What it is taken of."""
    axis: cst.BaseExpression | None = None
    reason: str = ""
    """Why it is not rewritten."""


def match(loss: Loss) -> Iterator[Match]:
    for each in divisions(loss):
        found = _composed(loss, each.numerator, each.denominator)
        if found is not None and not _is_kept_small(loss, found.value):
            called = found.name.rpartition(".")[2]
            moved = (
                "" if is_stable(loss, found.value) else "a name in it is assigned more than once"
            )
            yield Match(
                each.node,
                f"`{loss.tree.line(each.node)}` is a {called} by hand, which overflows",
                found.reason or moved,
            )


def _composed(loss: Loss, above: cst.BaseExpression, below: cst.BaseExpression) -> _Composed | None:
    below = current_value(loss, below) or below
    exponent = _exponent(loss, above)
    if exponent is not None and (total := _sum_of(loss, below, exponent)) is not None:
        return total
    match below:
        case cst.BinaryOperation(left=left, operator=cst.Add(), right=right):
            rest = right if number_of(left) == 1.0 else left if number_of(right) == 1.0 else None
            other = None if rest is None else _exponent(loss, rest)
            if other is None or not loss.predicts(other):
                return None
            if number_of(above) == 1.0:
                return _Composed("tf.sigmoid", _opposite(other))
            if exponent is not None and exponent.deep_equals(other):
                return _Composed("tf.sigmoid", other)
    return None


def _exponent(loss: Loss, node: cst.BaseExpression) -> cst.BaseExpression | None:
    """``x`` of ``exp(x)``, also by the name that it has."""
    match current_value(loss, node) or node:
        case cst.Call(args=[cst.Arg(value=value, keyword=None, star="")]) as call:
            return value if loss.operation(call) == "tf.exp" else None
    return None


def _sum_of(loss: Loss, node: cst.BaseExpression, exponent: cst.BaseExpression) -> _Composed | None:
    """The softmax whose denominator ``node`` is: the sum of the exponentials that stand above it."""
    match node:
        case cst.BinaryOperation(left=left, operator=cst.Add(), right=right):
            for one, other in ((left, right), (right, left)):
                total = (
                    None if loss.is_tensor(other) else _sum_of(loss, _value(loss, one), exponent)
                )
                if total is not None:
                    return _Composed(total.name, total.value, total.axis, _CHANGES_VALUES)
        case cst.Call(args=[cst.Arg(value=first, keyword=None, star=""), *_]):
            summed = _exponent(loss, first)
            if loss.operation(node) != "tf.reduce_sum" or not loss.predicts(exponent):
                return None
            if summed is None or not summed.deep_equals(exponent):
                return None
            axis, keeps = argument_of(node, 1, "axis"), argument_of(node, 2, "keepdims")
            is_kept = keeps is not None and loss.tree.code(keeps) in ("True", "1")
            if (
                axis is None
                or not is_kept
                or not isinstance(axis, cst.Integer | cst.UnaryOperation)
            ):
                return _Composed("tf.nn.softmax", exponent, None, _NO_AXIS)
            return _Composed("tf.nn.softmax", exponent, axis)
    return None


def _value(loss: Loss, node: cst.BaseExpression) -> cst.BaseExpression:
    return current_value(loss, node) or node


def _opposite(node: cst.BaseExpression) -> cst.BaseExpression:
    """``-x`` of ``x``, without a second sign where it has one: of ``-k * x`` that is ``k * x``."""
    match node:
        case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
            return inner
        case cst.BinaryOperation(
            left=cst.UnaryOperation(operator=cst.Minus(), expression=inner),
            operator=cst.Multiply() | cst.Divide(),
        ):
            if number_of(inner) == 1.0 and isinstance(node.operator, cst.Multiply):
                return node.right
            return node.with_changes(left=inner)
    return expression("-{x}", x=node)


def _is_kept_small(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether something in an exponent, or in the model, keeps it from where exponentials overflow."""
    text = loss.tree.text
    if _LINEAR_HEAD.search(text) and _KEEPS_SMALL.search(text):
        return True
    seen = set[str]()
    stack: list[cst.CSTNode] = [node]
    while stack:
        for each in walk(stack.pop()):
            match each:
                case cst.Call():
                    called = loss.operation(each) or loss.tree.code(each.func)
                    if _KEEPS_SMALL.search(called):
                        return True
                case cst.BinaryOperation(operator=cst.Subtract(), right=right):
                    # A threshold of probabilities, which are at most 1.
                    if 0.0 < (number_of(right) or 0.0) < 1.0:
                        return True
                case cst.Name(value=name) if name not in seen:
                    seen.add(name)
                    stack += [binding.value for binding in loss.flow.values(name)]
    return False


def rewrite(loss: Loss, match: Match) -> Edit | None:
    node = match.node
    found = next(
        (
            _composed(loss, each.numerator, each.denominator)
            for each in divisions(loss)
            if each.node is node
        ),
        None,
    )
    if found is None:
        return None
    called = loss.spell(found.name)
    if found.axis is None:
        new = expression(f"{called}({{x}})", x=found.value)
    else:
        new = expression(f"{called}({{x}}, axis={{n}})", x=found.value, n=found.axis)
    return Edit({node: new, **orphaned(loss, (node,), new)})


RULE = Rule("LF509", Safety.EXACT, Severity.WARNING, match, rewrite, __doc__, __name__)
