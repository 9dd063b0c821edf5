"""A product with zero gives the loss a gradient that is zero

## What it does

Reports `0 * tf.reduce_sum(y_pred)` in a loss that has no other path from the predictions.

## Why is this bad

The term is there to silence `No gradients provided for any variable`, which was right: the gradient is now
zero instead of missing (measured), and the weights stay where they are without any error.

## Example

```python
import tensorflow as tf


def spread_loss(y_true, y_pred):
    spread = tf.math.reduce_std(y_true)
    return spread + 0.0 * tf.reduce_sum(y_pred)
```

## Use instead

```python
import tensorflow as tf


def spread_loss(y_true, y_pred):
    spread = tf.math.reduce_std(y_true - y_pred)
    return spread
```

## Fix safety

Manual: the term is not the fault but hides it. What else stands in the loss has to get a gradient, and
where a gate or a rounding is in the way, that is a finding of its own. Where the rest of the loss has a
gradient, the term is harmless and left alone. So is a loss that is zero on purpose, in which all of the
targets and the predictions are multiplied by zero: an output that the model does not learn is given it.

## References

- https://www.tensorflow.org/guide/autodiff#getting_a_gradient_of_none
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.liveness import is_live, is_nothing
from lossfix.losses.code.loss import Loss
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Match, Rule, no_rewrite
from lossfix.syntax.tree import walk


def match(loss: Loss) -> Iterator[Match]:
    returned = [each.value for each in walk(loss.function, cst.Return) if each.value]
    if not returned or any(is_live(loss, each) for each in returned) or _is_zero_on_purpose(loss):
        return
    for node in walk(loss.function, cst.BinaryOperation):
        reaches = any(is_live(loss, each) for each in (node.left, node.right))
        if _is_product_with_zero(node) and reaches:
            yield Match(
                node,
                f"`{loss.tree.code(node)}` hides that no gradient reaches the predictions",
                "the rest of the loss has to get a gradient; then this term can go",
            )


def _is_zero_on_purpose(loss: Loss) -> bool:
    """Whether targets and predictions are both read, and only to be multiplied by zero."""
    both = {loss.y_true, loss.y_pred}
    read = [each for each in walk(loss.function.body, cst.Name) if each.value in both]
    return {each.value for each in read} == both and all(
        any(
            isinstance(above, cst.BinaryOperation) and _is_product_with_zero(above)
            for above in loss.tree.ancestors(each)
        )
        for each in read
    )


def _is_product_with_zero(node: cst.BinaryOperation) -> bool:
    return isinstance(node.operator, cst.Multiply) and is_nothing(node)


RULE = Rule("LF214", Safety.MANUAL, Severity.ERROR, match, no_rewrite, __doc__, __name__)
