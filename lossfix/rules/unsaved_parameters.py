"""The parameters of a loss are not saved

## What it does

Finds subclasses of `keras.losses.Loss` whose constructor takes parameters of its own and that have no
`get_config`, and adds it.

## Why is this bad

Keras builds a loaded loss from its configuration. What is missing there takes its default again, without
a word; a parameter without a default makes loading fail (measured on Keras 3.15). Training itself is not
affected, and the gradient is the same.

## Example

```python
import keras
import tensorflow as tf


class ScaledLoss(keras.losses.Loss):
    def __init__(self, scale=2.0, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, y_true, y_pred):
        return self.scale * keras.losses.mean_absolute_error(y_true, y_pred)
```

## Use instead

```python
import keras
import tensorflow as tf


class ScaledLoss(keras.losses.Loss):
    def __init__(self, scale=2.0, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, y_true, y_pred):
        return self.scale * keras.losses.mean_absolute_error(y_true, y_pred)

    def get_config(self):
        return {**super().get_config(), "scale": self.scale}
```

## Fix safety

Exact: nothing but the configuration changes. A parameter that is stored in another form than it was given
is reported and left to the author.

## References

- https://keras.io/guides/serialization_and_saving/#custom-objects
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import libcst as cst

from lossfix.losses.loss import Loss
from lossfix.losses.subclass import derives_directly, method, own_parameters
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.tree import walk


def match(loss: Loss) -> Iterator[Match]:
    init = method(loss, "__init__") if derives_directly(loss) else None
    if init is None or method(loss, "get_config") is not None:
        return
    names = own_parameters(init)
    if not names:
        return
    stored = _stored(init)
    lost = [each for each in names if each not in stored]
    yield Match(
        init.name,
        f"`{loss.name}` has no `get_config`: `{'`, `'.join(names)}`"
        f" {'is' if len(names) == 1 else 'are'} lost when a model is saved",
        f"`{lost[0]}` is not kept as it was given" if lost else "",
    )


def _stored(init: cst.FunctionDef) -> Mapping[str, str]:
    """Which attribute keeps which parameter as it was given."""
    stored: dict[str, str] = {}
    for node in walk(init.body):
        match node:
            case cst.Assign(
                targets=[
                    cst.AssignTarget(
                        target=cst.Attribute(
                            value=cst.Name(value="self"), attr=cst.Name(value=attribute)
                        )
                    )
                ],
                value=(
                    cst.Name(value=name)
                    | cst.Call(
                        func=cst.Name(value="float" | "int" | "str" | "bool" | "list" | "tuple"),
                        args=[cst.Arg(value=cst.Name(value=name))],
                    )
                ),
            ):
                stored.setdefault(name, attribute)
            case cst.AnnAssign(
                target=cst.Attribute(value=cst.Name(value="self"), attr=cst.Name(value=attribute)),
                value=cst.Name(value=name),
            ):
                stored.setdefault(name, attribute)
    for node in walk(init.body):
        # A parameter that is assigned again is not what was given.
        if isinstance(node, cst.AssignTarget | cst.AugAssign) and isinstance(node.target, cst.Name):
            stored.pop(node.target.value, None)
    return stored


def rewrite(loss: Loss, match: Match) -> Edit | None:
    init = method(loss, "__init__")
    definition = loss.definition
    if init is None or not isinstance(definition.body, cst.IndentedBlock):
        return None
    stored = _stored(init)
    entries = ", ".join(f'"{each}": self.{stored[each]}' for each in own_parameters(init))
    code = f"def get_config(self):\n    return {{**super().get_config(), {entries}}}\n"
    added = cst.parse_statement(code, config=loss.tree.module.config_for_parsing)
    assert isinstance(added, cst.FunctionDef)
    added = added.with_changes(leading_lines=[cst.EmptyLine(indent=False)])

    def with_config(node: cst.CSTNode) -> cst.CSTNode:
        assert isinstance(node, cst.IndentedBlock)
        return node.with_changes(body=[*node.body, added])

    return Edit({definition.body: with_config})


RULE = Rule("LF308", Safety.EXACT, Severity.WARNING, match, rewrite, __doc__, __name__)
