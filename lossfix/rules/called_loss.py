"""A loss is called where it should be compiled

## What it does

Reports `compile(loss=my_loss(targets, outputs))` where `my_loss` computes a value and makes no loss.

## Why is this bad

`compile` wants something to call for every batch. What it gets is the result of one call on symbolic
tensors, and that call raises already: a Keras tensor cannot be passed to a TensorFlow function (measured
on Keras 3.15).

## Example

```python
import tensorflow as tf


def absolute_loss(y_true, y_pred):
    return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)


def build(model, targets):
    model.compile(loss=absolute_loss(targets, model.output))
```

## Use instead

```python
import tensorflow as tf


def absolute_loss(y_true, y_pred):
    return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)


def build(model, targets):
    model.compile(loss=absolute_loss)
```

## Fix safety

There is no rewrite: what is passed may be other tensors than the targets and the output of the model, and
the loss then belongs into a layer or a model's own `compute_loss`.

## References

- https://keras.io/api/losses/#usage-of-losses-with-compile--fit
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.discovery.candidate import Settings
from lossfix.losses.discovery.wiring import Misuse, Wiring
from lossfix.losses.discovery.wording import pair_of
from lossfix.losses.subclassing.reads import is_compiled, reads
from lossfix.model import Form, Safety, Severity
from lossfix.rules.rule import Match, Rule, no_rewrite
from lossfix.syntax.nodes import below
from lossfix.syntax.scope import Definition, parameters

_MORE = "what it is called with may be more than targets and predictions"


def match(loss: Loss) -> Iterator[Match]:
    if loss.form is not Form.FUNCTION:
        return
    for read in reads(loss, loss.function.name.value):
        call = loss.tree.parents.get(read)
        if not isinstance(call, cst.Call) or call.func is not read or len(call.args) < 2:
            continue
        if is_compiled(loss, call):
            yield Match(call, _said(loss.tree.code(call)), _MORE)


def wiring(wiring: Wiring) -> Iterator[Misuse]:
    """The same of a function that nothing but its parameters says to be a loss."""
    known = {each.path for each in wiring.candidates}
    for value in wiring.compiled:
        match value:
            case ast.Call(func=ast.Name(id=name), args=[_, _, *_]) if (name,) not in known:
                if any(path == (name,) and _is_a_loss(node) for path, node in wiring.functions):
                    yield Misuse(value, _said(ast.unparse(value)), _MORE)


def _is_a_loss(node: Definition) -> bool:
    """Whether a function of targets and predictions gives a value, and no function of them."""
    if not isinstance(node, ast.FunctionDef) or node.decorator_list:
        return False
    inner = (part for part in below(node) if part is not node)
    if any(isinstance(part, ast.Lambda | Definition) for part in inner):
        return False
    return pair_of(parameters(node), Settings()) is not None


def _said(code: str) -> str:
    return f"`{' '.join(code.split())}` is a tensor, and `compile` wants something to call"


RULE = Rule("LF315", Safety.MANUAL, Severity.ERROR, match, no_rewrite, __doc__, __name__, wiring)
