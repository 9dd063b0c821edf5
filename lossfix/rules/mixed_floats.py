"""Targets or constants are of another floating-point type than the predictions

## What it does

Finds `tf.cast(y_true, tf.float64)` (or half precision) in a loss that leaves the predictions as they are,
and casts to the dtype of the predictions. So does a constant that is a tensor of a NumPy array of floats,
`tf.constant(np.array([0.5, 2.0]))`, which is of double precision.

## Why is this bad

TensorFlow does not mix floating-point types: the first operation on both raises `InvalidArgumentError`
(measured in eager mode, in graphs and in `fit`). Keras computes losses in single precision. A NumPy array is
converted to what it meets, the tensor that was made of one is not.

## Example

```python
import tensorflow as tf


def precise_loss(y_true, y_pred):
    y_true = tf.cast(y_true, tf.float64)
    return tf.reduce_mean(tf.square(y_true - y_pred), axis=-1)
```

## Use instead

```python
import tensorflow as tf


def precise_loss(y_true, y_pred):
    y_true = tf.cast(y_true, y_pred.dtype)
    return tf.reduce_mean(tf.square(y_true - y_pred), axis=-1)
```

## Fix safety

Exact: before, the loss did not run. For more precision cast both, and what is returned back.

## References

- https://www.tensorflow.org/api_docs/python/tf/cast
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.casts import cast_target
from lossfix.losses.code.conditions import named_value
from lossfix.losses.code.dtypes import Dtype, dtype_of
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.surroundings import value_around
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.build import expression
from lossfix.syntax.tree import last_part, walk

_DOUBLES = frozenset({"np.ones", "np.zeros", "np.random.rand"})
_TENSORS = frozenset({"tensorflow.constant", "tensorflow.convert_to_tensor"})
"""What keeps the type of an array; Keras converts it to its own."""
_OTHER = frozenset({"float64", "double", "float16", "half", "bfloat16"})


def match(loss: Loss) -> Iterator[Match]:
    yield from _of_arrays(loss)
    casts = [
        (node, target)
        for node in walk(loss.function.body, cst.Call)
        if loss.operation(node) == "tf.cast"
        and node.args
        and (target := cast_target(node)) is not None
        and _type(target) in _OTHER
    ]
    if any(loss.predicts(node.args[0].value) for node, _ in casts):
        return
    for node, target in casts:
        if loss.flow.depends(node) == {"y_true"} and _meets_predictions(loss, node):
            yield Match(
                target,
                f"`{' '.join(loss.tree.code(node).split())}` cannot be combined with predictions of "
                "another dtype",
            )


def _of_arrays(loss: Loss) -> Iterator[Match]:
    if "set_floatx" in loss.tree.text:
        # Predictions may then be of double precision too.
        return
    for node in walk(loss.function.body, cst.BinaryOperation):
        for one, other in ((node.left, node.right), (node.right, node.left)):
            if dtype_of(loss, other) is Dtype.FLOAT and _is_double(loss, one):
                yield Match(
                    one,
                    f"`{loss.tree.line(one)}` is a tensor of float64, as NumPy's array is: it cannot be "
                    "combined with predictions of another dtype",
                )


def _is_double(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether ``node`` is a tensor that was made of a NumPy array of floats, and given no other type."""
    match _set_to(loss, node):
        case cst.Call(args=[cst.Arg(value=array, keyword=None, star="")]) as call:
            made = loss.qualified(call.func) in _TENSORS
            return made and _is_array_of_floats(loss, array)
    return False


def _is_array_of_floats(loss: Loss, node: cst.BaseExpression) -> bool:
    match _set_to(loss, node):
        case cst.Call(args=[cst.Arg(value=first, keyword=None, star="")]) as call:
            operation = loss.operation(call)
            listed = operation in ("np.array", "np.asarray") and isinstance(first, cst.List)
            return operation in _DOUBLES or (listed and any(walk(first, cst.Float)))
        case cst.Call(args=[cst.Arg(), *rest]) as call:
            known = loss.operation(call) in ("np.linspace", "np.random.rand", "np.random.uniform")
            return known and all(each.keyword is None and each.star == "" for each in rest)
    return False


def _set_to(loss: Loss, node: cst.BaseExpression) -> cst.BaseExpression:
    return named_value(loss, node) or value_around(loss, node) or node


def _type(node: cst.BaseExpression | None) -> str:
    if isinstance(node, cst.SimpleString):
        return str(node.evaluated_value)
    return last_part(node) or ""


def _meets_predictions(loss: Loss, node: cst.CSTNode) -> bool:
    """Whether an operator joins the cast targets, under their name or directly, with predictions."""
    names: set[str] = set()
    above = loss.tree.parents.get(node)
    if isinstance(above, cst.Assign) and isinstance(above.targets[0].target, cst.Name):
        names.add(above.targets[0].target.value)
        if len(loss.flow.values(*names)) != 1:
            return False
    for each in walk(loss.function.body, cst.BinaryOperation):
        for one, other in ((each.left, each.right), (each.right, each.left)):
            same = one is node or (isinstance(one, cst.Name) and one.value in names)
            if same and _is_of_their_dtype(loss, other):
                return True
    return False


def _is_of_their_dtype(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether ``node`` is made of the predictions by arithmetic alone."""
    match node:
        case cst.Name(value=name):
            if name == loss.y_pred:
                return not loss.flow.values(name)
            value = named_value(loss, node)
            return value is not None and _is_of_their_dtype(loss, value)
        case cst.BinaryOperation(left=left, right=right):
            return _is_of_their_dtype(loss, left) or _is_of_their_dtype(loss, right)
        case cst.UnaryOperation(expression=inner):
            return _is_of_their_dtype(loss, inner)
        case cst.Subscript(value=value):
            return _is_of_their_dtype(loss, value)
        case cst.Call() if loss.operation(node) == "tf.cast":
            return loss.predicts(node) and _type(cast_target(node)) == "float32"
    return False


def rewrite(loss: Loss, match: Match) -> Edit | None:
    assert isinstance(match.node, cst.BaseExpression)
    if _is_double(loss, match.node):
        cast = f"{loss.spell('tf.cast')}({{x}}, {loss.y_pred}.dtype)"
        return Edit({match.node: expression(cast, x=match.node)})
    return Edit({match.node: expression("{p}.dtype", p=cst.Name(loss.y_pred))})


RULE = Rule("LF313", Safety.EXACT, Severity.ERROR, match, rewrite, __doc__, __name__)
