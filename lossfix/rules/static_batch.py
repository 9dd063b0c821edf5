"""The batch size is read from the static shape, or mixed with floats as an integer

## What it does

Finds `y_pred.shape[0]` and the `len` of any tensor in arithmetic and in shapes, and `tf.shape(...)` in
arithmetic with floats, and writes the number that the batch really has, in the dtype of the predictions where
it is divided by or multiplied with. Where a tensor or an array is made of the whole of `y_pred.shape`, as by
`np.ones(y_pred.shape)`, it is made of the shape that the batch has.

## Why is this bad

The batch size is unknown when the graph is built: `y_pred.shape[0]` is `None` with a last batch that is
smaller than the others and with most `tf.data` pipelines, and dividing by it raises then (measured; where the
batches are all alike it trains, with the right gradient).
`tf.shape(y_pred)[0]` is known, but it is an integer tensor, which TensorFlow does not mix with floats.

## Example

```python
import tensorflow as tf


def summed_loss(y_true, y_pred):
    return tf.reduce_sum(tf.square(y_true - y_pred)) / y_pred.shape[0]
```

## Use instead

```python
import tensorflow as tf


def summed_loss(y_true, y_pred):
    return tf.reduce_sum(tf.square(y_true - y_pred)) / tf.cast(
        tf.shape(y_pred)[0], y_pred.dtype
    )
```

## Fix safety

Exact: wherever the static size was known, it is the same number. A size that a loop or a plain `if` uses is
left alone.

## References

- https://www.tensorflow.org/api_docs/python/tf/shape
- https://www.tensorflow.org/guide/tensor#about_shapes
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

import libcst as cst

from lossfix.losses.code.conditions import uses
from lossfix.losses.code.in_fit import may_be_in_fit
from lossfix.losses.code.liveness import is_live
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.tensors import (
    batch_of,
    called_builtin,
    converted_by_autograph,
    is_array,
    is_count,
    is_static_size,
    shape_of,
)
from lossfix.losses.smoothing.gates import is_plain
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.build import Replacement, expression
from lossfix.syntax.tree import walk

_TAKES_A_SHAPE = frozenset(
    {"tf.reshape", "tf.zeros", "tf.ones", "tf.fill", "tf.broadcast_to", "tf.tile", "tf.eye"}
    | {"tf.random.normal", "tf.random.uniform", "tf.random.truncated_normal"}
)


_NUMPY_MADE = {"np.ones": "tf.ones_like", "np.zeros": "tf.zeros_like"}
_MADE_OF_A_SHAPE = _TAKES_A_SHAPE | _NUMPY_MADE.keys() | {"np.full", "np.random.rand"}
_CONVERTS = ("float", "int")


class _Place(Enum):
    """What a batch size is used for."""

    FLOAT = "arithmetic with floats"
    WHOLE = "a shape, or a cast"
    NEITHER = "anything else"


def match(loss: Loss) -> Iterator[Match]:
    for node in walk(loss.function.body):
        if not isinstance(node, cst.BaseExpression):
            continue
        if _reads_batch(loss, node) and _place(loss, node) is not _Place.NEITHER:
            by_len = called_builtin(loss, node) == "len"
            consequence = (
                "raises in fit, where tensors are symbolic"
                if by_len
                else "is None where the batch size is not known beforehand"
            )
            severity = None if by_len else Severity.WARNING
            yield Match(node, f"`{loss.tree.code(node)}` {consequence}", severity=severity)
        elif isinstance(node, cst.Call) and (shape := _made_of(loss, node)) is not None:
            yield Match(
                shape,
                f"`{loss.tree.code(shape)}` has no batch size where that is not known beforehand: "
                f"`{loss.tree.code(node.func)}` raises",
                "" if _rewritten_shape(loss, shape) else "say what takes its place by `tf.shape`",
                Severity.WARNING,
            )
        elif _mixes(loss, node):
            yield Match(
                node,
                f"`{loss.tree.code(node)}` is an integer tensor, which does not mix with floats",
            )


def _made_of(loss: Loss, call: cst.Call) -> cst.BaseExpression | None:
    """The static shape that a tensor or an array is made of, all of it: ``y_pred.shape``."""
    if loss.operation(call) not in _MADE_OF_A_SHAPE or not may_be_in_fit(loss):
        return None
    if loss.only_reached:
        # It may be handed one sample of the batch, by `tf.map_fn`.
        return None
    for each in call.args:
        tensor = None if isinstance(each.value, cst.Name) else shape_of(loss, each.value)
        if isinstance(tensor, cst.Name) and is_plain(loss, tensor) and not _is_a_part(loss, tensor):
            return each.value
    return None


def _is_a_part(loss: Loss, name: cst.Name) -> bool:
    """Whether a name stands for what was taken out of a tensor, whose sizes may all be known."""
    return any(isinstance(each, cst.Subscript) for each in _values_below(loss, name.value))


def _rewritten_shape(loss: Loss, shape: cst.CSTNode) -> dict[cst.CSTNode, Replacement]:
    """What is made of the shape that the batch has, in place of what is made of the static one."""
    call = loss.tree.parents[loss.tree.parents[shape]]
    tensor = shape_of(loss, shape)
    if not isinstance(call, cst.Call) or tensor is None:
        return {}
    operation = loss.operation(call) or ""
    if operation in _TAKES_A_SHAPE:
        return {shape: expression(f"{loss.spell('tf.shape')}({{x}})", x=tensor)}
    if operation in _NUMPY_MADE and len(call.args) == 1:
        return {call: expression(f"{loss.spell(_NUMPY_MADE[operation])}({{x}})", x=tensor)}
    return {}


def _reads_batch(loss: Loss, node: cst.BaseExpression) -> bool:
    tensor = batch_of(loss, node)
    if tensor is not None and called_builtin(loss, node) == "len":
        # It raises of whatever tensor it is asked, where AutoGraph does not convert it.
        return not converted_by_autograph(loss)
    if not isinstance(tensor, cst.Name) or not is_plain(loss, tensor):
        return False
    if _is_a_part(loss, tensor):
        return False
    return not isinstance(loss.tree.parents.get(node), cst.Attribute)


def _values_below(loss: Loss, name: str) -> Iterator[cst.CSTNode]:
    for binding in loss.flow.values(name):
        yield from walk(binding.value)


def _place(loss: Loss, node: cst.CSTNode) -> _Place:
    """What ``node`` is used for, followed through the name that it may be given."""
    above = loss.tree.parents.get(node)
    match above:
        case cst.BinaryOperation(left=left, operator=operator, right=right):
            other = right if node is left else left
            if is_array(loss, other):
                return _Place.FLOAT
            if isinstance(operator, cst.Divide) and loss.is_tensor(other):
                return _Place.FLOAT
            if isinstance(operator, cst.Multiply) and is_static_size(loss, other):
                # `n * y_pred.shape[1]`: still a number of elements.
                return _place(loss, above)
            if isinstance(other, cst.Float) or (
                isinstance(other, cst.Integer) and isinstance(operator, cst.Divide)
            ):
                # `1 / n * x`: the number is a float by then.
                return _place(loss, above)
            return _Place.NEITHER
        case cst.Element():
            call = next(
                (each for each in loss.tree.ancestors(node) if isinstance(each, cst.Call)), None
            )
            takes = call is not None and loss.operation(call) in _TAKES_A_SHAPE
            return _Place.WHOLE if takes else _Place.NEITHER
        case cst.Arg():
            around = loss.tree.parents[above]
            if isinstance(around, cst.Call) and loss.operation(around) in ("tf.cast", "tf.eye"):
                return _Place.WHOLE
            converted = called_builtin(loss, around) in _CONVERTS
            return _place(loss, around) if converted else _Place.NEITHER
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]):
            if len(loss.flow.values(name)) != 1:
                return _Place.NEITHER
            places = {_place(loss, use) for use in uses(loss, name)}
            return places.pop() if len(places) == 1 else _Place.NEITHER
    return _Place.NEITHER


def _mixes(loss: Loss, node: cst.BaseExpression) -> bool:
    above = loss.tree.parents.get(node)
    if not isinstance(above, cst.BinaryOperation) or not is_count(loss, node):
        return False
    return is_live(loss, above.right if node is above.left else above.left)


def rewrite(loss: Loss, match: Match) -> Edit | None:
    node = match.node
    assert isinstance(node, cst.BaseExpression)
    if shape_of(loss, node) is not None:
        return Edit(_rewritten_shape(loss, node))
    tensor = batch_of(loss, node)
    cast = f"{loss.spell('tf.cast')}({{n}}, {loss.y_pred}.dtype)"
    if tensor is None:
        return Edit({node: expression(cast, n=node)})
    size = expression(f"{loss.spell('tf.shape')}({{x}})[0]", x=tensor)
    if isinstance(node, cst.Name) and (taken := _taken_apart(loss, node, size)) is not None:
        return Edit(taken)
    if _place(loss, node) is _Place.WHOLE:
        return Edit({node: size})
    around = loss.tree.parents[loss.tree.parents[node]]
    written = around if called_builtin(loss, around) in _CONVERTS else node
    return Edit({written: expression(cast, n=size)})


def _taken_apart(
    loss: Loss, name: cst.Name, size: cst.BaseExpression
) -> dict[cst.CSTNode, Replacement] | None:
    """Have ``batch`` of ``batch, width = y_pred.shape`` from a line below that, where several shapes need it.

    ``None`` where one does, which takes the size itself, or where anything else reads the name.
    """
    (binding,) = loss.flow.values(name.value)
    match binding.node, loss.tree.parents.get(binding.node):
        case (
            cst.Assign(targets=[cst.AssignTarget(target=cst.Tuple(elements=[first, *_]))]),
            cst.SimpleStatementLine(body=[_]) as line,
        ):
            read = [each for each in uses(loss, name.value) if each is not first.value]
            if len(read) < 2 or any(_place(loss, each) is not _Place.WHOLE for each in read):
                return None
            assigned = cst.Assign([cst.AssignTarget(cst.Name(name.value))], size)
            below = cst.SimpleStatementLine([assigned])
            return {first.value: cst.Name("_"), line: lambda node: [node, below]}
    return None


RULE = Rule("LF109", Safety.EXACT, Severity.ERROR, match, rewrite, __doc__, __name__)
