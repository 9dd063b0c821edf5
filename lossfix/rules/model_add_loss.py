"""A loss is added to a functional model

## What it does

Reports `model.add_loss(...)` of a model that was made of its inputs and outputs.

## Why is this bad

Keras 3 has no such method for functional models: it raises `NotImplementedError`, whatever it is given, and
where the value was computed with TensorFlow from symbolic tensors, that raises `ValueError` before
(measured on Keras 3.15). The script ends there, and nothing trains.

## Example

```python
import keras

inputs = keras.Input((4,))
code = keras.layers.Dense(2)(inputs)
model = keras.Model(inputs, keras.layers.Dense(4)(code))
model.add_loss(0.01 * keras.ops.mean(keras.ops.square(code)))
model.compile(optimizer="adam", loss="mean_squared_error")
```

## Use instead

```python
import keras


class Penalised(keras.layers.Layer):
    def call(self, inputs):
        self.add_loss(0.01 * keras.ops.mean(keras.ops.square(inputs)))
        return inputs


inputs = keras.Input((4,))
code = Penalised()(keras.layers.Dense(2)(inputs))
model = keras.Model(inputs, keras.layers.Dense(4)(code))
model.compile(optimizer="adam", loss="mean_squared_error")
```

## Fix safety

There is no rewrite: what is added has to be computed in the `call` of a layer or of the model, and which
tensors that needs is a matter of how the model is built. In `call`, `self.add_loss` works as before.

## References

- https://keras.io/api/losses/#the-addloss-api
- https://keras.io/guides/migrating_to_keras_3/
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lossfix.losses.discovery.wiring import MODEL, Misuse, Wiring
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Rule, no_match, no_rewrite
from lossfix.syntax.nodes import every


def wiring(wiring: Wiring) -> Iterator[Misuse]:
    for call in every(wiring.module, ast.Call):
        match call.func:
            case ast.Attribute(value=ast.Name() as receiver, attr="add_loss") if _is_functional(
                wiring, receiver
            ):
                yield Misuse(
                    call,
                    f"`{receiver.id}.add_loss` raises: functional models lost it in Keras 3",
                    "call `self.add_loss` in a layer's `call`, on the tensors that it is given",
                )


def _is_functional(wiring: Wiring, receiver: ast.Name) -> bool:
    value = wiring.value(receiver)
    return (
        isinstance(value, ast.Call)
        and wiring.operation(value) == MODEL
        and bool(value.args or value.keywords)
    )


RULE = Rule("LF407", Safety.MANUAL, Severity.ERROR, no_match, no_rewrite, __doc__, __name__, wiring)
