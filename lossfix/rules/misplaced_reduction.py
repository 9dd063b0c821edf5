"""A reduction is given to a loss of Keras where it takes something else

## What it does

Reports reductions, `"none"` or `Reduction.SUM`, that a loss of Keras is given by position, where that is not
the place of the reduction: `BinaryCrossentropy("none")`.

## Why is this bad

The first parameter of many losses is not the reduction. A cross-entropy takes `"none"` for `from_logits`,
which is true then: probabilities go through a sigmoid or a softmax once more, the loss is another one, and it
is reduced all the same (measured on Keras 3.15: 0.57 in place of 0.16, without a word). `Huber` takes it for
`delta`, and raises at the first batch.

## Example

```python
import tensorflow as tf

entropy = tf.keras.losses.BinaryCrossentropy("none")


def padded_loss(y_true, y_pred):
    return tf.reduce_mean(entropy(y_true, y_pred))
```

## Use instead

```python
import tensorflow as tf

entropy = tf.keras.losses.BinaryCrossentropy(reduction="none")


def padded_loss(y_true, y_pred):
    return tf.reduce_mean(entropy(y_true, y_pred))
```

## Fix safety

There is no rewrite: the loss would have other values, and what is done with them may rely on those that it
has.

## References

- https://keras.io/api/losses/probabilistic_losses/#binarycrossentropy-class
- https://keras.io/api/losses/#base-loss-api
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lossfix.losses.discovery.wiring import Misuse, Wiring
from lossfix.losses.operations.keras_names import BEFORE_REDUCTION
from lossfix.losses.operations.removed_table import REDUCTIONS
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Rule, no_match, no_rewrite
from lossfix.syntax.nodes import every
from lossfix.syntax.scope import dotted


def wiring(wiring: Wiring) -> Iterator[Misuse]:
    for call in every(wiring.module, ast.Call):
        if not any(map(_is_a_reduction, call.args)):
            continue
        before = BEFORE_REDUCTION.get(wiring.operation(call) or "", ())
        for taken, given in zip(before, call.args, strict=False):
            if _is_a_reduction(given):
                yield Misuse(
                    given,
                    f"`{ast.unparse(given)}` is taken for `{taken}` by `{ast.unparse(call.func)}`",
                    f"`reduction={ast.unparse(given)}` is what is meant: the loss is then another one",
                )


def _is_a_reduction(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=str(text)):
            return text.upper() in REDUCTIONS
        case ast.Attribute():
            return ".Reduction." in f".{dotted(node) or ''}"
    return False


RULE = Rule("LF330", Safety.MANUAL, Severity.ERROR, no_match, no_rewrite, __doc__, __name__, wiring)
