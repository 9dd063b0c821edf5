"""The constructor of a loss does not call the constructor of its parent

## What it does

Finds subclasses of `keras.losses.Loss` whose `__init__` does not call `super().__init__`, and adds the call.

## Why is this bad

The parent's constructor sets the reduction, the name and the dtype. Without it `compile` or the first
batch raises `AttributeError` (measured on Keras 3.15: the object has no attribute `name`).

## Example

```python
import keras
import tensorflow as tf


class WeightedLoss(keras.losses.Loss):
    def __init__(self, weight=2.0, **kwargs):
        self.weight = weight

    def call(self, y_true, y_pred):
        return self.weight * keras.losses.mean_squared_error(y_true, y_pred)
```

## Use instead

```python
import keras
import tensorflow as tf


class WeightedLoss(keras.losses.Loss):
    def __init__(self, weight=2.0, **kwargs):
        super().__init__(**kwargs)
        self.weight = weight

    def call(self, y_true, y_pred):
        return self.weight * keras.losses.mean_squared_error(y_true, y_pred)
```

## Fix safety

Exact: before, the loss did not run.

## References

- https://keras.io/api/losses/#creating-custom-losses
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.code.parameters import PASSED_ON, parameter_names
from lossfix.losses.code.subclass import derives_directly, method, super_call, with_first_statement
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule


def match(loss: Loss) -> Iterator[Match]:
    init = method(loss, "__init__") if derives_directly(loss) else None
    if init is None or super_call(init) is not None:
        return
    yield Match(
        init.name,
        f"`{loss.name}.__init__` does not call `super().__init__`: the loss has no reduction and no name",
        (
            ""
            if isinstance(init.body, cst.IndentedBlock)
            else "its body stands on the line of its def"
        ),
    )


def rewrite(loss: Loss, match: Match) -> Edit | None:
    init = method(loss, "__init__")
    if init is None:
        return None
    passed = [f"{each}={each}" for each in PASSED_ON if each in parameter_names(init)]
    if isinstance(init.params.star_kwarg, cst.Param):
        passed.append(f"**{init.params.star_kwarg.name.value}")
    call = cst.parse_statement(f"super().__init__({', '.join(passed)})")
    return Edit({init: with_first_statement(call)})


RULE = Rule("LF306", Safety.EXACT, Severity.ERROR, match, rewrite, __doc__, __name__)
