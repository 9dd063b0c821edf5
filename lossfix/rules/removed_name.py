"""A name that TensorFlow or Keras no longer has

## What it does

Replaces names of TensorFlow 1 (`tf.log`, `tf.to_float`, `tf.losses.log_loss`), names that NumPy has and
TensorFlow never had (`tf.mean`, `tf.clip`), and names of losses and metrics that moved
(`tf.keras.losses.mean_squared_error`, `keras.losses.mse`) by today's, in a loss and in whatever it reaches in
the same file, and calls that only TensorFlow 1 took (`tf.name_scope(name, "loss", [y_pred])`). In other
functions that are named losses it reports names of TensorFlow 1.

## Why is this bad

They raise `AttributeError` when they are looked up, which for a loss is at the first batch, before there is a
gradient (measured on TensorFlow 2.21). Keras 3 splits
the names of its losses in two: the long spellings are in `keras.losses` alone, the short ones in
`tf.keras.losses` alone.

## Example

```python
import tensorflow as tf


def poisson_loss(y_true, y_pred):
    y_true = tf.to_float(y_true)
    scale = tf.keras.losses.mean_absolute_error(y_true, y_pred)
    return scale + tf.reduce_mean(y_pred - y_true * tf.log(y_pred + 1e-7), axis=-1)
```

## Use instead

```python
import tensorflow as tf


def poisson_loss(y_true, y_pred):
    y_true = tf.cast(y_true, tf.float32)
    scale = tf.keras.losses.MAE(y_true, y_pred)
    return scale + tf.reduce_mean(y_pred - y_true * tf.math.log(y_pred + 1e-7), axis=-1)
```

## Fix safety

Exact: a renamed function is the same function, and a removed one is written out only where its default
arguments are used. What has no counterpart (`tf.Print`, `tf.contrib`, a base class that was internal) is
reported with what to do.

## References

- https://www.tensorflow.org/guide/migrate/upgrade
- https://keras.io/guides/migrating_to_keras_3/
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from lossfix.losses.calls.gone import Gone, current, gone_names, told
from lossfix.losses.code.loss import Loss
from lossfix.losses.discovery.apart import NOT_MEASURED, function_of_today, names_gone_apart
from lossfix.losses.discovery.wiring import Misuse, Wiring
from lossfix.losses.operations.keras_names import WRAPPER
from lossfix.losses.operations.names import canonical
from lossfix.losses.operations.removed import Removed
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule

_SETTLED_ELSEWHERE = ("keras.backend.", "tensorflow.keras.backend.")


def _found(loss: Loss) -> Iterator[Gone]:
    for each in gone_names(loss):
        name = each.entry.name
        if name.startswith(_SETTLED_ELSEWHERE) or ".Reduction" in name:
            continue
        if canonical(name) != WRAPPER:
            yield each


def match(loss: Loss) -> Iterator[Match]:
    for each in _found(loss):
        new = current(each)
        code = loss.tree.code(each.node)
        if each.entry.never and not isinstance(new, str):
            yield Match(each.place, f"`{code}` does not exist: it is `{told(each, new)}`")
            continue
        message = f"`{code}` {'takes less than it did' if each.entry.form else 'was removed'}"
        if isinstance(new, str):
            yield Match(each.place, message, new)
        else:
            yield Match(each.place, f"{message}: today it is `{told(each, new)}`")


def rewrite(loss: Loss, match: Match) -> Edit | None:
    return replaced(_found(loss), match)


def replaced(found: Iterable[Gone], match: Match) -> Edit | None:
    """The edit that writes today's name for the one that was matched, where there is one."""
    for each in found:
        if each.place is match.node:
            new = current(each)
            if isinstance(new, str):
                return None
            return Edit({each.place: new}, call_sites=(each.place,) if each.use.outside else ())
    return None


def wiring(wiring: Wiring) -> Iterator[Misuse]:
    for node, entry in names_gone_apart(wiring):
        yield misused(node, entry, f"`{ast.unparse(node)}` was removed")


def misused(node: ast.expr, entry: Removed, message: str) -> Misuse:
    """A name that is gone, in a function that is named a loss and that Keras does not call."""
    today = function_of_today(entry)
    message = f"{message}: today it is `{today}`" if today else message
    return Misuse(node, message, entry.reason or NOT_MEASURED)


RULE = Rule("LF403", Safety.EXACT, Severity.ERROR, match, rewrite, __doc__, __name__, wiring)
