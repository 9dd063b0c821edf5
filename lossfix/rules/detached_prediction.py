"""The predictions reach the loss only through `stop_gradient`

## What it does

Finds losses in which every path from the predictions goes through one `tf.stop_gradient`, and takes it away.
Where it stands in a function that the loss calls, it is reported.

## Why is this bad

Nothing is left to learn from: the gradient is `None` (measured, eagerly and in a graph), and `fit` raises `No
gradients provided for any variable`. `stop_gradient` is
right on a target or a weight that stands beside a path with a gradient.

## Example

```python
import tensorflow as tf


def fixed_loss(y_true, y_pred):
    error = tf.stop_gradient(y_pred) - y_true
    return tf.reduce_mean(tf.square(error))
```

## Use instead

```python
import tensorflow as tf


def fixed_loss(y_true, y_pred):
    error = y_pred - y_true
    return tf.reduce_mean(tf.square(error))
```

## Fix safety

Exact: `stop_gradient` changes no value. Where several of them stand in the way it is not clear which was
meant, and they are reported. A loss with any other path from the predictions is left alone.

## References

- https://www.tensorflow.org/api_docs/python/tf/stop_gradient
- https://www.tensorflow.org/guide/autodiff#stop_recording
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.liveness import is_live, part_called
from lossfix.losses.code.loss import Loss
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.tree import walk

_STOP = "tf.stop_gradient"
_OWN_GRADIENT = frozenset({"tf.custom_gradient", "tf.grad_pass_through"})


def match(loss: Loss) -> Iterator[Match]:
    # A part gives what the loss that calls it may weigh with: only of the loss itself it is known to be all.
    if loss.only_reached:
        return
    calls = [*walk(loss.function, cst.Call)]
    decorators = [each.decorator for each in loss.function.decorators]
    if any(loss.operation(node) in _OWN_GRADIENT for node in (*calls, *decorators)):
        return
    stops = [
        node
        for node in calls
        if loss.operation(node) == _STOP and node.args and is_live(loss, node.args[0].value)
    ]
    returned = [node.value for node in walk(loss.function, cst.Return) if node.value is not None]
    if not returned or any(is_live(loss, each) for each in returned):
        return
    if not stops:
        yield from _in_parts(loss)
    for node in stops:
        yield Match(
            node,
            f"`{loss.tree.code(node)}` cuts the only path from the predictions to the loss",
            "it is not clear which one of several was meant" if len(stops) > 1 else "",
        )


def _in_parts(loss: Loss) -> Iterator[Match]:
    """The calls of parts that are alive but for their `stop_gradient`, of which all is made."""
    for call in walk(loss.function.body, cst.Call):
        part = part_called(loss, call)
        if part is None or not loss.predicts(call):
            continue
        stops = [each for each in walk(part.function, cst.Call) if part.operation(each) == _STOP]
        given = [each.args[0].value for each in stops if each.args]
        if given and all(is_live(part, each) for each in given):
            called = loss.tree.code(call.func)
            yield Match(
                call,
                f"`{loss.tree.line(call)}` cuts the only path from the predictions to the loss: `{called}` "
                f"gives what `{loss.tree.line(stops[0])}` does",
                f"whether `{called}` is to detach what others hand it, too, is not known",
            )


def rewrite(loss: Loss, match: Match) -> Edit | None:
    match match.node:
        case cst.Call(args=[cst.Arg(value=value), *_]) as call:
            return Edit({call: value})
    return None


RULE = Rule("LF110", Safety.EXACT, Severity.ERROR, match, rewrite, __doc__, __name__)
