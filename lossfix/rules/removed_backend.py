"""A function that Keras' backend lost

## What it does

Replaces the functions of Keras 2's `keras.backend` that Keras 3 no longer has by those of TensorFlow, in a
loss and in whatever it reaches in the same file: helpers, factories, constants. In other functions that are
named losses, such as `triplet_loss(anchor, positive, negative)`, it reports them: what those take is
their own, and nothing can be measured.

## Why is this bad

`from keras import backend as K` still works, and `K.epsilon()`, `K.floatx()` and a few others do; `K.sum` and
nearly all the rest raise `AttributeError: module 'keras.backend' has no attribute 'sum'` at the first batch,
before there is a gradient (measured on Keras 3.15). The name `K` alone says nothing: `tf.keras.backend` still
has its functions, and is left alone.

## Example

```python
import tensorflow as tf
from keras import backend as K


def dice_loss(y_true, y_pred):
    t = K.flatten(y_true)
    p = K.flatten(y_pred)
    shared = 2.0 * K.sum(t * p)
    return 1.0 - shared / (K.sum(t) + K.sum(p) + K.epsilon())
```

## Use instead

```python
import tensorflow as tf
from keras import backend as K


def dice_loss(y_true, y_pred):
    t = tf.reshape(y_true, [-1])
    p = tf.reshape(y_pred, [-1])
    shared = 2.0 * tf.reduce_sum(t * p)
    return 1.0 - shared / (tf.reduce_sum(t) + tf.reduce_sum(p) + K.epsilon())
```

## Fix safety

Exact: each function is replaced by what Keras 2 computed with TensorFlow. Where that depends on the ranks
of tensors (`K.batch_dot`), what TensorFlow still bundles is called; where the function has no counterpart
(`K.learning_phase`), it is reported. A helper that metrics share is mended in place, as it raised for them
too.

## References

- https://keras.io/guides/migrating_to_keras_3/
- https://keras.io/api/utils/config_utils/
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lossfix.losses.calls.gone import Gone, current, gone_names, told
from lossfix.losses.code.loss import Loss
from lossfix.losses.discovery.apart import backend_gone_apart
from lossfix.losses.discovery.wiring import Misuse, Wiring
from lossfix.model import Safety, Severity
from lossfix.rules.removed_name import misused, replaced
from lossfix.rules.rule import Edit, Match, Rule

_BACKENDS = ("keras.backend.", "tensorflow.keras.backend.")


def _found(loss: Loss) -> Iterator[Gone]:
    return (each for each in gone_names(loss) if each.entry.name.startswith(_BACKENDS))


def match(loss: Loss) -> Iterator[Match]:
    for each in _found(loss):
        new = current(each)
        called = loss.tree.code(each.node)
        if isinstance(new, str):
            yield Match(each.place, f"`{called}` is gone from Keras 3", new)
        else:
            now = told(each, new)
            yield Match(each.place, f"`{called}` is gone from Keras 3: today it is `{now}`")


def rewrite(loss: Loss, match: Match) -> Edit | None:
    return replaced(_found(loss), match)


def wiring(wiring: Wiring) -> Iterator[Misuse]:
    for node, entry in backend_gone_apart(wiring):
        yield misused(node, entry, f"`{ast.unparse(node)}` is gone from Keras 3")


RULE = Rule("LF402", Safety.EXACT, Severity.ERROR, match, rewrite, __doc__, __name__, wiring)
