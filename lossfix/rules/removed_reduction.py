"""A reduction that Keras 3 does not know

## What it does

Replaces `Reduction.AUTO` by `"sum_over_batch_size"`, and other members of the removed enumeration by their
names, where a loss is built or subclassed.

## Why is this bad

Keras 3 has no `keras.losses.Reduction`; `tf.keras.losses.Reduction` is still there, but its `AUTO` is
rejected: `Invalid value for argument reduction` before the first batch.

## Example

```python
import tensorflow as tf


class ScaledLoss(tf.keras.losses.Loss):
    def __init__(self, reduction=tf.keras.losses.Reduction.AUTO, name="scaled"):
        super().__init__(reduction=reduction, name=name)

    def call(self, y_true, y_pred):
        return tf.reduce_mean(tf.square(y_true - y_pred), axis=-1) * 2.0
```

## Use instead

```python
import tensorflow as tf


class ScaledLoss(tf.keras.losses.Loss):
    def __init__(self, reduction="sum_over_batch_size", name="scaled"):
        super().__init__(reduction=reduction, name=name)

    def call(self, y_true, y_pred):
        return tf.reduce_mean(tf.square(y_true - y_pred), axis=-1) * 2.0
```

## Fix safety

Exact: `AUTO` meant the sum over the batch size wherever Keras itself ran the training loop.

## References

- https://keras.io/guides/migrating_to_keras_3/
- https://keras.io/api/losses/
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.loss import Loss
from lossfix.model import Form, Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.tree import dotted, walk

_NAMES = {
    "AUTO": "sum_over_batch_size",
    "SUM_OVER_BATCH_SIZE": "sum_over_batch_size",
    "SUM": "sum",
    "NONE": "none",
}
_KERAS_2 = "tf_keras"
_STILL_THERE = "tensorflow"
"""``tf.keras.losses.Reduction`` survives, with all members but ``AUTO`` in working order."""


def match(loss: Loss) -> Iterator[Match]:
    if loss.form is not Form.SUBCLASS:
        return
    for node in walk(loss.definition):
        member = _removed(loss, node)
        if member is not None:
            yield Match(
                node,
                f"`{loss.tree.code(node)}` was removed: Keras 3 takes a string such as `{member}`",
            )


def _removed(loss: Loss, node: cst.CSTNode) -> str | None:
    match node:
        case cst.Attribute(attr=cst.Name(value=member)) if member in _NAMES:
            name = loss.qualified(node)
            if (
                name is None
                or name.split(".")[0] == _KERAS_2
                or not (dotted(node) or "").endswith(f"Reduction.{member}")
            ):
                return None
            if name.split(".")[0] == _STILL_THERE and member != "AUTO":
                return None
            return f'"{_NAMES[member]}"'
        case cst.SimpleString() if node.evaluated_value == "auto":
            above = loss.tree.parents.get(node)
            if isinstance(above, cst.Arg) and above.keyword and above.keyword.value == "reduction":
                return f'"{_NAMES["AUTO"]}"'
            if isinstance(above, cst.Param) and above.name.value == "reduction":
                return f'"{_NAMES["AUTO"]}"'
    return None


def rewrite(loss: Loss, match: Match) -> Edit | None:
    member = _removed(loss, match.node)
    return None if member is None else Edit({match.node: cst.SimpleString(member)})


RULE = Rule("LF401", Safety.EXACT, Severity.ERROR, match, rewrite, __doc__, __name__)
