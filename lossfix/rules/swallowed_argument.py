"""The constructor of a loss takes an argument of its parent and drops it

## What it does

Finds subclasses of `keras.losses.Loss` whose `__init__` takes `reduction`, `name`, `dtype` or `**kwargs`,
calls `super().__init__` without it and reads it nowhere else; `**kwargs` where `reduction` or `name` can only
be among them.

## Why is this bad

Whoever asks for `reduction="none"` gets the mean over the batch, and is not told (measured on Keras 3.15).
Loaded with its saved model, the loss has lost its reduction and its name: it trains as another one.

## Example

```python
import keras
import tensorflow as tf


class GapLoss(keras.losses.Loss):
    def __init__(self, reduction="sum_over_batch_size", name="gap_loss"):
        super().__init__()

    def call(self, y_true, y_pred):
        y_true = tf.reshape(y_true, tf.shape(y_pred))
        return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)
```

## Use instead

```python
import keras
import tensorflow as tf


class GapLoss(keras.losses.Loss):
    def __init__(self, reduction="sum_over_batch_size", name="gap_loss"):
        super().__init__(reduction=reduction, name=name)

    def call(self, y_true, y_pred):
        y_true = tf.reshape(y_true, tf.shape(y_pred))
        return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)
```

## Fix safety

Exact where the default is what the parent takes anyway, so that only what was asked for and not given
changes. Another default, such as `"none"`, or a name that is not the one which Keras makes of the class's,
would change the loss of everybody who relies on today's, and what `**kwargs` have swallowed may be more than
the parent takes: all these are reported.

## References

- https://keras.io/api/losses/#creating-custom-losses
- https://keras.io/guides/serialization_and_saving/#custom-objects
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.code.parameters import PASSED_ON, default_of, parameter_names
from lossfix.losses.code.subclass import automatic_name, derives_directly, method, super_calls
from lossfix.losses.operations.removed_table import REDUCTIONS
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.build import tight_equal, with_arguments
from lossfix.syntax.tree import dotted, walk

_AUTOMATIC = frozenset({"sum_over_batch_size", "auto"})


def match(loss: Loss) -> Iterator[Match]:
    init = method(loss, "__init__") if derives_directly(loss) else None
    call = _only_call(init) if init is not None else None
    if init is None or call is None:
        return
    dropped = _dropped(init, call)
    kwargs = init.params.star_kwarg
    # What the constructor takes by its own name is never among them.
    lost = [each for each in ("reduction", "name") if each not in parameter_names(init)]
    if isinstance(kwargs, cst.Param) and lost and not _is_read(init, kwargs.name.value):
        yield Match(
            call,
            f"`{loss.name}` takes `**{kwargs.name.value}` and drops them, "
            f"{' and '.join(f'`{each}`' for each in lost)} among them",
            "they may hold more than its parent takes",
        )
    exact = _exact(loss, init, dropped)
    for names in (exact, *((each,) for each in dropped if each not in exact)):
        if names:
            them = "it" if len(names) == 1 else "them"
            yield Match(
                call,
                f"`{loss.name}` takes `{'`, `'.join(names)}` and does not pass {them} on",
                _obstacle(loss, init, call, names[0]),
            )


def _only_call(init: cst.FunctionDef) -> cst.Call | None:
    """The one call of the parent's constructor; of two nobody can tell which one runs."""
    calls = list(super_calls(init))
    return calls[0] if len(calls) == 1 and not any(each.star for each in calls[0].args) else None


def _dropped(init: cst.FunctionDef, call: cst.Call) -> tuple[str, ...]:
    passed = {each.keyword.value for each in call.args if each.keyword is not None}
    own = parameter_names(init)[1:]
    return tuple(
        each
        for each in PASSED_ON
        if each in own and each not in passed and not _is_read(init, each)
    )


def _is_read(init: cst.FunctionDef, name: str) -> bool:
    return any(node.value == name for node in walk(init.body, cst.Name))


def _exact(loss: Loss, init: cst.FunctionDef, dropped: tuple[str, ...]) -> tuple[str, ...]:
    """Those that may be passed on, since nothing changes for who does not give them."""
    return tuple(each for each in dropped if _is_what_the_parent_takes(loss, init, each))


def _obstacle(loss: Loss, init: cst.FunctionDef, call: cst.Call, name: str) -> str:
    own_self = len(call.args) == 1 and dotted(call.args[0].value) == "self"
    if any(each.keyword is None for each in call.args) and not own_self:
        return "it passes positional arguments to its parent"
    default = default_of(init, name)
    if default is None or _is_what_the_parent_takes(loss, init, name):
        return ""
    told = " ".join(loss.tree.code(default).split())
    changes = "what Keras calls the loss" if name == "name" else "what the loss gives today"
    return f"its default, `{name}={told}`, would change {changes}"


def _is_what_the_parent_takes(loss: Loss, init: cst.FunctionDef, name: str) -> bool:
    default = default_of(init, name)
    if default is None:
        return True
    if name == "name" and isinstance(default, cst.SimpleString):
        return default.evaluated_value == automatic_name(loss.candidate.path[-1])
    if name in ("name", "dtype"):
        return dotted(default) == "None"
    if isinstance(default, cst.SimpleString):
        return default.evaluated_value in _AUTOMATIC
    _, _, member = (dotted(default) or "").rpartition("Reduction.")
    return REDUCTIONS.get(member, "").strip('"') in _AUTOMATIC


def rewrite(loss: Loss, match: Match) -> Edit | None:
    init = method(loss, "__init__")
    call = match.node
    if init is None or not isinstance(call, cst.Call):
        return None
    names = _exact(loss, init, _dropped(init, call))
    return Edit({call: partial(_with_keywords, names)}) if names else None


def _with_keywords(names: tuple[str, ...], node: cst.CSTNode) -> cst.CSTNode:
    assert isinstance(node, cst.Call)
    equal = tight_equal()
    new = [cst.Arg(cst.Name(each), keyword=cst.Name(each), equal=equal) for each in names]
    return with_arguments(node, new)


RULE = Rule("LF321", Safety.EXACT, Severity.WARNING, match, rewrite, __doc__, __name__)
