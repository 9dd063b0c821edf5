"""A builtin function of Python goes through a tensor

## What it does

Finds `max`, `min`, `sum`, `sorted` and `round` of tensors, and writes the function of TensorFlow that gives
the same value, and `range` of sizes that are tensors, such as `tf.shape(y_pred)[-1]`, and reads these off the
static shape. `int`, `bool`, `any` and `all` of tensors are reported.

## Why is this bad

These functions compare, iterate or count: in `fit`, where tensors are symbolic, that raises
`OperatorNotAllowedInGraphError`, and `TypeError` of `range` (measured on Keras 3.15). Eagerly they work,
element by element, and have a gradient. (`abs` and `pow` are fine: they are operators.)

## Example

```python
import tensorflow as tf


def worst_loss(y_true, y_pred):
    error = tf.reshape(tf.abs(y_true - y_pred), [-1])
    return max(error) + sum(error)
```

## Use instead

```python
import tensorflow as tf


def worst_loss(y_true, y_pred):
    error = tf.reshape(tf.abs(y_true - y_pred), [-1])
    return tf.reduce_max(error) + tf.reduce_sum(error, axis=0)
```

## Fix safety

Exact wherever the builtin works at all, but for `nan`: of `max(0, nan)` Python keeps the 0, and TensorFlow
gives `nan`. A `max` of several numbers and a list of tensors are left alone:
only what is certainly a tensor is touched. A `range` over the samples of a batch is LF107's.

## References

- https://www.tensorflow.org/guide/function#python_side_effects
- https://docs.python.org/3/library/functions.html
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.batches.rows import rows_of
from lossfix.losses.calls.rewrite_call import translated_function
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.several import is_handed_several
from lossfix.losses.code.sizes import is_told_by_a_size, known_beforehand
from lossfix.losses.code.tensors import called_builtin, converted_by_autograph, is_array
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.tree import walk

_FUNCTIONS = frozenset({"max", "min", "sum", "sorted", "round", "int", "bool", "any", "all"})


def match(loss: Loss) -> Iterator[Match]:
    for node in walk(loss.function.body, cst.Call):
        name = called_builtin(loss, node)
        reason = None
        if name in _FUNCTIONS and any(_is_a_tensor(loss, node, each.value) for each in node.args):
            new = translated_function(loss, node, name)
            reason = new if isinstance(new, str) else ""
        elif name == "range" and _counts_by_a_tensor(loss, node):
            reason = "" if _known_range(loss, node) else "its size is not known beforehand"
        if reason is not None:
            yield Match(
                node,
                f"Python's `{name}` needs the values of a tensor before there are any: fit raises",
                reason,
            )


def _is_a_tensor(loss: Loss, call: cst.Call, given: cst.BaseExpression) -> bool:
    """Whether a tensor is given, be it that its name stands for the result from there on."""
    if is_array(loss, given):
        return True
    match given:
        case cst.Name(value=name) if name in (loss.y_true, *loss.predictions):
            return [each.value for each in loss.flow.values(name)] == [call] and not (
                is_handed_several(loss)
            )
    return False


def _counts_by_a_tensor(loss: Loss, node: cst.Call) -> bool:
    if not any(is_told_by_a_size(loss, each.value) for each in node.args):
        return False
    above = loss.tree.parents.get(node)
    if isinstance(above, cst.For | cst.CompFor) and rows_of(loss, above.target, node) is not None:
        return False
    return not converted_by_autograph(loss)


def _known_range(loss: Loss, node: cst.Call) -> cst.Call | None:
    known = [known_beforehand(loss, each.value) for each in node.args]
    if any(each is None for each in known):
        return None
    new = zip(node.args, known, strict=True)
    return node.with_changes(args=[each.with_changes(value=value) for each, value in new])


def rewrite(loss: Loss, match: Match) -> Edit | None:
    assert isinstance(match.node, cst.Call)
    name = called_builtin(loss, match.node)
    if name == "range":
        known = _known_range(loss, match.node)
        return None if known is None else Edit({match.node: known})
    new = translated_function(loss, match.node, name or "")
    return None if isinstance(new, str) else Edit({**new.naming, match.node: new.node})


RULE = Rule("LF106", Safety.EXACT, Severity.ERROR, match, rewrite, __doc__, __name__)
