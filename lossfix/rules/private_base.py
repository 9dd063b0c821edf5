"""A base class that was internal to Keras

## What it does

Finds losses that subclass `LossFunctionWrapper`, and turns them into subclasses of `Loss` whose `call` calls
the function that was wrapped.

## Why is this bad

`LossFunctionWrapper` was never public, and cannot be imported from Keras 3: nothing trains, since the import
raises `ImportError` (measured on Keras 3.15). The one in `tensorflow.python.keras` can be imported and
trains, but belongs to Keras 2: Keras 3 takes its objects for plain functions, or rejects them.

## Example

```python
import keras


class CloseLoss(keras.losses.LossFunctionWrapper):
    def __init__(self, delta=0.1, name="close"):
        super().__init__(keras.losses.huber, name=name, delta=delta)
```

## Use instead

```python
import keras


class CloseLoss(keras.losses.Loss):
    def __init__(self, delta=0.1, name="close"):
        super().__init__(name=name)
        self.delta = delta

    def call(self, y_true, y_pred):
        return keras.losses.huber(y_true, y_pred, delta=self.delta)

    def get_config(self):
        return {**super().get_config(), "delta": self.delta}
```

## Fix safety

Exact: the wrapper aligned ranks, kept the arguments and saved them, and so does the class; a small function
that aligns ranks is added where the wrapped one is not from Keras. A class with a `call` of its own, with
other parents, or one that reads the attributes of the wrapper, is reported.

## References

- https://keras.io/api/losses/#creating-custom-losses
- https://keras.io/guides/migrating_to_keras_3/
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.operations.keras_names import WRAPPER
from lossfix.losses.operations.names import canonical
from lossfix.losses.subclassing.unwrap import unwrapped
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule

_KERAS_3 = "keras.src."
"""Where Keras 3 has its own, which works: it is as private there, and that is its user's choice."""


def match(loss: Loss) -> Iterator[Match]:
    definition = loss.definition
    if not isinstance(definition, cst.ClassDef):
        return
    scope = loss.tree.module_scope
    for each in definition.bases:
        name = loss.tree.code(each.value)
        resolved = scope.resolve(name)
        if resolved is None or resolved.startswith(_KERAS_3):
            continue
        if canonical(resolved) == WRAPPER:
            new = unwrapped(loss)
            # TensorFlow still carries this one along, and Keras 3 calls it as it would a function.
            works = resolved.startswith("tensorflow.python.keras.")
            yield Match(
                each.value,
                f"`{name}` was internal to Keras 2: a loss subclasses `keras.losses.Loss`",
                new if isinstance(new, str) else "",
                Severity.WARNING if works else None,
            )


def rewrite(loss: Loss, match: Match) -> Edit | None:
    new = unwrapped(loss)
    return None if isinstance(new, str) else Edit(new.replace, before=new.before)


RULE = Rule("LF406", Safety.EXACT, Severity.ERROR, match, rewrite, __doc__, __name__)
