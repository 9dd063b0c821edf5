"""NumPy or `math` computes a part of the loss

## What it does

Finds functions of NumPy, `math`, SciPy, scikit-learn, scikit-image, OpenCV, pandas and statsmodels that are
called with tensors, and replaces each by the TensorFlow function that gives the same values.

## Why is this bad

NumPy computes on arrays: outside of a graph it converts the tensor and the gradient is lost (measured:
`None`), inside of `fit` it raises `NotImplementedError: Cannot convert a symbolic tf.Tensor to a numpy
array`.

## Example

```python
import numpy as np
import tensorflow as tf


def weighted_loss(y_true, y_pred):
    error = np.abs(y_true - y_pred)
    return tf.reduce_mean(np.where(error > 1, 1.5, 0.5) * error, axis=-1)
```

## Use instead

```python
import numpy as np
import tensorflow as tf


def weighted_loss(y_true, y_pred):
    error = tf.abs(y_true - y_pred)
    return tf.reduce_mean(tf.where(error > 1, 1.5, 0.5) * error, axis=-1)
```

## Fix safety

Exact, to rounding: NumPy computes in the dtype of its operands, often double precision, and TensorFlow in
that of the predictions. Calls with arguments that have no counterpart (`out=`, `where=`) are reported.
An expression that TensorFlow has to read several times, as for `np.nansum`, gets a name on a line above.
`np.ndim(y_pred)` and `np.shape(y_pred)[1]` read what is known while the graph is built, and are left alone.

## References

- https://www.tensorflow.org/guide/autodiff#2_did_calculations_outside_of_tensorflow
- https://numpy.org/doc/stable/reference/ufuncs.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from lossfix.losses.calls.rewrite_call import Translated, translated_function
from lossfix.losses.code.arrays_only import is_for_arrays
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.tensors import called_builtin, may_be_tensor
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.tree import walk

_MODULES = ("np.", "math.", "scipy.", "sklearn.", "skimage.", "cv2.", "pandas.", "statsmodels.")
_SETTLED_ELSEWHERE = frozenset(
    {"np.array", "np.asarray", "np.asanyarray", "np.float32", "np.float64"}
)


def match(loss: Loss) -> Iterator[Match]:
    stuck: list[cst.Call] = []
    # The innermost first: what is written several times is to be TensorFlow's by then.
    for node in reversed(list(walk(loss.function.body, cst.Call))):
        operation = loss.operation(node)
        if (
            operation is None
            or not operation.startswith(_MODULES)
            or operation in _SETTLED_ELSEWHERE
        ):
            continue
        if not any(may_be_tensor(loss, each.value) for each in node.args):
            continue
        if _reads_what_is_known(loss, node) or is_for_arrays(loss, node):
            continue
        called = loss.tree.code(node.func)
        new = translated_function(loss, node)
        reason = new if isinstance(new, str) else _multiplied(loss, new, stuck)
        if reason:
            stuck.append(node)
        if operation == "np.shape":
            message = f"`{called}` gives None for sizes that are not known beforehand"
            yield Match(node, message, reason, Severity.WARNING)
            continue
        yield Match(
            node,
            f"`{called}` computes outside of the graph: no gradient passes, and fit raises",
            reason,
        )


def _multiplied(loss: Loss, new: Translated, stuck: Sequence[cst.Call]) -> str:
    """Why ``new`` must not be written: which call that stays would then stand several times."""
    for node in stuck:
        for around in (node, *loss.tree.ancestors(node)):
            if count := new.repeated.get(around, 0):
                return (
                    f"`{loss.tree.code(node.func)}` in its argument cannot be rewritten, and would be "
                    f"written {count} times: name the argument on a line above"
                )
    return ""


def _reads_what_is_known(loss: Loss, node: cst.Call) -> bool:
    """Whether NumPy reads an attribute that tensors have, too, and no size that may be missing counts."""
    if loss.operation(node) != "np.shape":
        return loss.operation(node) == "np.ndim"
    above = loss.tree.parents.get(node)
    match above:
        case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Index(value=index))]):
            # The batch size is the first one.
            return not (isinstance(index, cst.Integer) and index.evaluated_value == 0)
        case cst.Arg():
            call = loss.tree.parents.get(above)
            return isinstance(call, cst.Call) and called_builtin(loss, call) in ("len", "print")
    return isinstance(above, cst.FormattedStringExpression)


def rewrite(loss: Loss, match: Match) -> Edit | None:
    assert isinstance(match.node, cst.Call)
    new = translated_function(loss, match.node)
    if isinstance(new, str):
        return None
    return Edit({**new.naming, _with_its_wrap(loss, match.node): new.node})


def _with_its_wrap(loss: Loss, node: cst.Call) -> cst.Call:
    """``tf.convert_to_tensor(np.mean(x))``: what brings an array back has nothing to do any more."""
    argument = loss.tree.parents.get(node)
    call = loss.tree.parents.get(argument) if isinstance(argument, cst.Arg) else None
    if isinstance(call, cst.Call) and len(call.args) == 1 and argument is call.args[0]:
        return call if loss.operation(call) == "tf.convert_to_tensor" else node
    return node


RULE = Rule("LF102", Safety.EXACT, Severity.ERROR, match, rewrite, __doc__, __name__)
