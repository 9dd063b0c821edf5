"""The constructor of a loss does not take what its configuration holds

## What it does

Finds subclasses of `keras.losses.Loss` whose `__init__` takes neither `name` and `reduction` nor
`**kwargs`, and lets it take them and pass them on. So it does where `**kwargs` are passed on beside a
name that is written there: `super().__init__(name="power", **kwargs)`. A constructor that does not take what
its own `get_config` adds to that is reported.

## Why is this bad

Keras saves the name and the reduction of a loss, and gives them to the constructor when the model is
loaded. This one raises then, also with `custom_objects` (measured on Keras 3.15): the model trains and can
be saved, and cannot be loaded. A name that stands beside `**kwargs` is given twice.

## Example

```python
import keras
import tensorflow as tf


class PowerLoss(keras.losses.Loss):
    def __init__(self, exponent=4.0):
        super().__init__(name="power")
        self.exponent = exponent

    def call(self, y_true, y_pred):
        y_true = tf.reshape(y_true, tf.shape(y_pred))
        return tf.reduce_mean(tf.abs(y_true - y_pred) ** self.exponent, axis=-1)

    def get_config(self):
        return {**super().get_config(), "exponent": self.exponent}
```

## Use instead

```python
import keras
import tensorflow as tf


class PowerLoss(keras.losses.Loss):
    def __init__(self, exponent=4.0, name="power", **kwargs):
        super().__init__(name=name, **kwargs)
        self.exponent = exponent

    def call(self, y_true, y_pred):
        y_true = tf.reshape(y_true, tf.shape(y_pred))
        return tf.reduce_mean(tf.abs(y_true - y_pred) ** self.exponent, axis=-1)

    def get_config(self):
        return {**super().get_config(), "exponent": self.exponent}
```

## Fix safety

Exact: every call of the constructor that worked gives the same loss. Whether the constructor has to take what
`get_config` saves, or `get_config` to save what it takes, is its author's to say.

## References

- https://keras.io/guides/serialization_and_saving/#custom-objects
- https://keras.io/api/losses/#creating-custom-losses
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.inherited import constructor_above, takes_keywords_above
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.parameters import PASSED_ON, parameter_names, with_parameter
from lossfix.losses.code.saved_keys import saved_keys
from lossfix.losses.code.subclass import method, super_call
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.build import appended, with_arguments
from lossfix.syntax.tree import dotted, walk

_SAVED = ("reduction", "name")
_OF_KERAS = (*_SAVED, "dtype")


def match(loss: Loss) -> Iterator[Match]:
    init = method(loss, "__init__") if takes_keywords_above(loss) else None
    if init is None:
        return
    call, config = super_call(init), method(loss, "get_config")
    if call is None or method(loss, "from_config") is not None:
        return
    if config is not None and super_call(config) is None:
        return
    fault, strange = _fault(loss, init, call, config), _not_taken(loss, init, call, config)
    if strange:
        yield Match(
            init.name,
            f"`{loss.name}` does not take `{'`, `'.join(strange)}`, which its `get_config` saves: a saved "
            "model with it cannot be loaded",
            "save what the constructor takes, each by its name",
        )
    elif fault:
        yield Match(
            init.name,
            f"`{loss.name}` {fault}: a saved model with it cannot be loaded",
            _obstacle(init, call, constructor_above(loss)),
        )


def _fault(
    loss: Loss, init: cst.FunctionDef, call: cst.Call, config: cst.FunctionDef | None
) -> str:
    if isinstance(init.params.star_kwarg, cst.Param):
        twice = [each for each in _given_twice(loss, init, call) if not _says(config, each)]
        return f"gives its parent `{'`, `'.join(twice)}` itself and in `**kwargs`" if twice else ""
    missing = [each for each in _SAVED if each not in parameter_names(init)]
    return f"does not take `{'`, `'.join(missing)}`" if missing else ""


def _not_taken(
    loss: Loss, init: cst.FunctionDef, call: cst.Call, config: cst.FunctionDef | None
) -> tuple[str, ...]:
    """What is saved and neither the constructor of a class nor that of Keras' takes."""
    if config is None or constructor_above(loss) is not None:
        return ()
    if isinstance(init.params.star_kwarg, cst.Param) and not _only_passes_on(init, call):
        return ()
    known = {*parameter_names(init), *_OF_KERAS}
    return tuple(each for each in saved_keys(config) if each not in known)


def _only_passes_on(init: cst.FunctionDef, call: cst.Call) -> bool:
    """Whether all that becomes of ``**kwargs`` is that the parent gets them."""
    keywords = init.params.star_kwarg
    if not isinstance(keywords, cst.Param):
        return False
    passed = [each.value for each in call.args if each.star == "**"]
    read = [each for each in walk(init.body, cst.Name) if each.value == keywords.name.value]
    return len(passed) == 1 and read == passed


def _given_twice(loss: Loss, init: cst.FunctionDef, call: cst.Call) -> tuple[str, ...]:
    """What stands in the call of the parent's constructor beside ``**kwargs`` that hold it, too."""
    if not _only_passes_on(init, call):
        # What is taken out of them before is not given twice.
        return ()
    given = {each.keyword.value: each.value for each in call.args if each.keyword is not None}
    return tuple(
        name
        for name in _SAVED
        if name in given
        and name not in parameter_names(init)
        and (isinstance(given[name], cst.SimpleString) or loss.qualified(given[name]) is not None)
    )


def _says(config: cst.FunctionDef | None, name: str) -> bool:
    """Whether a ``get_config`` names what it takes away: ``del config["name"]``."""
    return config is not None and any(
        each.evaluated_value == name for each in walk(config.body, cst.SimpleString)
    )


def _obstacle(init: cst.FunctionDef, call: cst.Call, parent: cst.FunctionDef | None) -> str:
    positional = [each for each in call.args if each.keyword is None]
    if isinstance(init.params.star_kwarg, cst.Param):
        if positional and dotted(positional[0].value) == "self":
            del positional[0]
        positional = [each for each in positional if not each.star]
    elif isinstance(init.params.star_arg, cst.Param):
        return "it takes *args"
    if parent is not None and set(PASSED_ON).isdisjoint(
        parameter_names(parent)[1 : len(positional) + 1]
    ):
        return ""
    return "it passes positional arguments to its parent" if positional else ""


def rewrite(loss: Loss, match: Match) -> Edit | None:
    init = method(loss, "__init__")
    call = super_call(init) if init is not None else None
    if init is None or call is None:
        return None
    params, passed = init.params, []
    has_keywords = isinstance(params.star_kwarg, cst.Param)
    fixed = _given_twice(loss, init, call) if has_keywords else PASSED_ON
    for each in call.args:
        name = each.keyword.value if each.keyword is not None else ""
        if name in fixed and name not in parameter_names(init):
            params = with_parameter(params, name, loss.tree.code(each.value))
            passed.append(each.with_changes(value=cst.Name(name)))
        else:
            passed.append(each)
    call_with = call.with_changes(args=passed)
    if has_keywords:
        return Edit({init.params: params, call: call_with})
    keywords = cst.Arg(cst.Name("kwargs"), star="**")
    return Edit({init.params: _with_keywords(params), call: with_arguments(call_with, [keywords])})


def _with_keywords(params: cst.Parameters) -> cst.Parameters:
    """``params`` and ``**kwargs``, laid out as they are."""
    kind = "kwonly_params" if params.kwonly_params else "params"
    *others, keywords = appended(getattr(params, kind), cst.Param(cst.Name("kwargs"), star="**"))
    comma = keywords.comma
    # `(self,)` becomes `(self, **kwargs)`: a comma at the end stays where it ends a line.
    if isinstance(comma, cst.Comma) and isinstance(comma.whitespace_after, cst.SimpleWhitespace):
        keywords = keywords.with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return params.with_changes(**{kind: others, "star_kwarg": keywords})


RULE = Rule("LF307", Safety.EXACT, Severity.WARNING, match, rewrite, __doc__, __name__)
