"""A part of the loss is computed by Python code that TensorFlow cannot look into

## What it does

Finds `tf.py_function` and `tf.numpy_function` of a lambda or of a function of the same file, and calls the
function itself.

## Why is this bad

`numpy_function` has no gradient (measured: `None`). `py_function` loses the shape, so that `fit` raises,
cannot be saved and cannot be compiled by XLA. Where its result gets a shape again, as by a mean over all of
it, `fit` runs if TensorFlow computes in it, and raises if NumPy does: the gradient is then a single zero.

## Example

```python
import tensorflow as tf


def distance_loss(y_true, y_pred):
    return tf.py_function(lambda a, b: tf.abs(a - b), [y_true, y_pred], tf.float32)
```

## Use instead

```python
import tensorflow as tf


def distance_loss(y_true, y_pred):
    return tf.abs(y_true - y_pred)
```

## Fix safety

Exact: the same expressions on the same values. NumPy within the function is settled by the rules for NumPy.
A function that other code uses too, that has effects, or that has a gradient of its own
(`tf.custom_gradient`) is left as it is.

## References

- https://www.tensorflow.org/api_docs/python/tf/py_function
- https://www.tensorflow.org/api_docs/python/tf/numpy_function
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.calls.inlining import called_directly, function_of
from lossfix.losses.calls.wrapped import WRAPPERS
from lossfix.losses.code.conditions import uses
from lossfix.losses.code.loss import Loss
from lossfix.losses.operations.gradients import REDUCTIONS
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.tree import walk

_SHAPED = frozenset({"tf.ensure_shape", "tf.reshape"})
_OWN_GRADIENT = frozenset({"tf.custom_gradient", "tf.grad_pass_through"})


def match(loss: Loss) -> Iterator[Match]:
    if _has_own_gradient(loss):
        return
    for node in walk(loss.function.body, cst.Call):
        operation = loss.operation(node)
        if operation not in WRAPPERS or not loss.predicts(node):
            continue
        if isinstance(loss.tree.parents.get(node), cst.Expr):
            # What it prints or keeps is seen all the same; nothing of it gets into the loss.
            continue
        new = called_directly(loss, node)
        consequence, severity = "fit raises without a shape", RULE.severity
        if operation == "tf.numpy_function":
            consequence = "no gradient passes"
        elif _gets_a_shape(loss, node, frozenset()):
            if _may_use_numpy(loss, node):
                consequence = (
                    "what NumPy computes in it has a gradient without a shape, and fit raises"
                )
            else:
                consequence, severity = "XLA cannot compile it", Severity.WARNING
        yield Match(
            node,
            f"`{loss.tree.code(node.func)}` computes outside of the graph: {consequence}",
            new if isinstance(new, str) else "",
            severity,
        )


def _may_use_numpy(loss: Loss, node: cst.Call) -> bool:
    """Whether a wrapped function leaves TensorFlow, or cannot be looked into."""
    written = [each.value for each in node.args if isinstance(each.value, cst.Lambda)]
    named = [each for path, each in loss.tree.definitions if path[-1] == function_of(node)]
    return not (written or named) or any(
        (isinstance(each, cst.Attribute) and each.attr.value == "numpy")
        or (isinstance(each, cst.Name) and (loss.qualified(each) or "").startswith("numpy"))
        for body in (*written, *named)
        for each in walk(body)
    )


def _gets_a_shape(loss: Loss, node: cst.CSTNode, seen: frozenset[cst.CSTNode]) -> bool:
    """Whether a value of no known shape has one by the time that it is returned, on each of its ways."""
    for above in loss.tree.ancestors(node):
        match above:
            case cst.Call(args=args):
                operation = loss.operation(above)
                whole = len(args) == 1 and args[0].keyword is None
                if operation in _SHAPED or (operation in REDUCTIONS and whole):
                    return True
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]):
                if above in seen:
                    return False
                reads = [*uses(loss, name, above)]
                return any(_is_told_its_shape(loss, each) for each in reads) or (
                    bool(reads) and all(_gets_a_shape(loss, each, seen | {above}) for each in reads)
                )
            case cst.BaseSmallStatement() | cst.BaseCompoundStatement():
                return False
    return False


def _is_told_its_shape(loss: Loss, node: cst.Name) -> bool:
    above = loss.tree.parents.get(node)
    return isinstance(above, cst.Attribute) and above.attr.value == "set_shape"


def _has_own_gradient(loss: Loss) -> bool:
    decorators = (each.decorator for each in walk(loss.function, cst.Decorator))
    named = (*walk(loss.function, cst.Call), *decorators)
    return any(loss.operation(each) in _OWN_GRADIENT for each in named)


def rewrite(loss: Loss, match: Match) -> Edit | None:
    assert isinstance(match.node, cst.Call)
    new = called_directly(loss, match.node)
    return None if isinstance(new, str) else Edit({match.node: new})


RULE = Rule("LF104", Safety.EXACT, Severity.ERROR, match, rewrite, __doc__, __name__)
