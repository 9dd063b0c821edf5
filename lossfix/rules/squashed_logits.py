"""A cross-entropy of logits is given probabilities

## What it does

Reports TensorFlow's `..._cross_entropy_with_logits` where its logits went through a sigmoid or a softmax
before: in the loss, or in the last layer of the one model of the file, which is compiled with it.

## Why is this bad

The operation applies the sigmoid or the softmax itself, and twice it is another function: of a probability of
one it makes 0.73. The loss cannot fall below 0.31, and its gradient is a fraction of what it should be
(measured on Keras 3.15: 60 epochs end at 0.55, where those of a model that gives logits end at 0.08). Keras'
own functions look for the logits behind such probabilities, and are not told of.

## Example

```python
import tensorflow as tf


def label_loss(y_true, y_pred):
    shares = tf.nn.softmax(y_pred)
    return tf.nn.softmax_cross_entropy_with_logits(labels=y_true, logits=shares)
```

## Use instead

```python
import tensorflow as tf


def label_loss(y_true, y_pred):
    return tf.nn.softmax_cross_entropy_with_logits(labels=y_true, logits=y_pred)
```

## Fix safety

There is no rewrite: without the second sigmoid it is another loss, and which of both has to go, that of the
model or that of the loss, the code does not say.

## References

- https://www.tensorflow.org/api_docs/python/tf/nn/sigmoid_cross_entropy_with_logits
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.conditions import current_value
from lossfix.losses.code.loss import Loss
from lossfix.losses.discovery.endings import ending_of_the_model
from lossfix.model import Evidence, Safety, Severity
from lossfix.rules.rule import Match, Rule, no_rewrite
from lossfix.syntax.tree import walk

_OF_LOGITS = {
    "tf.nn.sigmoid_cross_entropy_with_logits": "sigmoid",
    "tf.nn.weighted_cross_entropy_with_logits": "sigmoid",
    "tf.nn.softmax_cross_entropy_with_logits": "softmax",
    "tf.nn.sparse_softmax_cross_entropy_with_logits": "softmax",
}
"""What each applies to its logits."""
_SQUASHING = {
    "tf.sigmoid": "sigmoid",
    "keras.activations.sigmoid": "sigmoid",
    "tf.nn.softmax": "softmax",
    "keras.activations.softmax": "softmax",
}
_SAME_VALUES = frozenset(
    {"tf.reshape", "tf.squeeze", "tf.expand_dims", "tf.identity", "tf.cast", "tf.convert_to_tensor"}
    | {"tf.clip_by_value", "keras.backend.flatten", "keras.ops.ravel"}
)


def match(loss: Loss) -> Iterator[Match]:
    for node in walk(loss.function.body, cst.Call):
        applied = _OF_LOGITS.get(loss.operation(node) or "")
        logits = None if applied is None else _logits(node)
        if logits is None or not loss.predicts(logits):
            continue
        squashed = _squashed_by(loss, logits)
        if squashed == applied or (squashed == "softmax" and applied == "sigmoid"):
            yield Match(
                node,
                f"`{loss.tree.line(logits)}` went through a {squashed} before, and this applies a {applied} "
                "itself: the loss cannot come near zero",
                "give it the logits",
            )


def _logits(call: cst.Call) -> cst.BaseExpression | None:
    """The logits of a call; these operations are given them by name, or second."""
    if any(each.star for each in call.args):
        return None
    for each in call.args:
        if each.keyword is not None and each.keyword.value == "logits":
            return each.value
    positional = [each.value for each in call.args if each.keyword is None]
    return positional[1] if len(positional) > 1 else None


def _squashed_by(loss: Loss, node: cst.BaseExpression, seen: frozenset[str] = frozenset()) -> str:
    """The activation that a value went through last; empty for none, or where that is unsure."""
    match node:
        case cst.Name(value=name):
            value = current_value(loss, node)
            if value is not None and name not in seen:
                return _squashed_by(loss, value, seen | {name})
            untouched = name == loss.y_pred and not loss.flow.values(name)
            compiled = Evidence.COMPILED in loss.candidate.evidence
            return ending_of_the_model(loss.tree.outline) if untouched and compiled else ""
        case cst.Subscript(value=value):
            return _squashed_by(loss, value, seen)
        case cst.Call(args=[cst.Arg(value=inner, star=""), *_]):
            operation = loss.operation(node) or ""
            if operation in _SAME_VALUES:
                return _squashed_by(loss, inner, seen)
            return _SQUASHING.get(operation, "")
    return ""


RULE = Rule("LF217", Safety.MANUAL, Severity.WARNING, match, no_rewrite, __doc__, __name__)
