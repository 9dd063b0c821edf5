"""Integers or conditions meet the predictions, or targets are positions without being integers

## What it does

Finds arithmetic between the predictions and what was cast to an integer, is a position (`tf.argmax`), a
constant of integers (`tf.constant([1, 3, 10])`) or a condition on the targets (`y_true > 0`), and targets
that are used as positions (`tf.one_hot`, `tf.gather`), stacked with a `tf.range` or made a tensor of
integers as they come, and casts them. So are numbers by which `tf.where` is to choose.

## Why is this bad

TensorFlow converts no tensor by itself: an integer tensor, or one of booleans, times a float raises
`InvalidArgumentError` or `TypeError` at the first batch, before there is a gradient (measured on TensorFlow
2.21), and so do a sum of booleans and a `tf.where` whose condition is a number. Positions have to be
integers, and in `fit` the targets arrive as `float32`, whatever they were in the data, which
`tf.convert_to_tensor(y_true, tf.int32)` does not convert.

## Example

```python
import tensorflow as tf


def label_loss(y_true, y_pred):
    wanted = tf.one_hot(y_true, 10)
    return -tf.reduce_sum(wanted * tf.math.log_sigmoid(y_pred), axis=-1)
```

## Use instead

```python
import tensorflow as tf


def label_loss(y_true, y_pred):
    wanted = tf.one_hot(tf.cast(y_true, tf.int32), 10)
    return -tf.reduce_sum(wanted * tf.math.log_sigmoid(y_pred), axis=-1)
```

## Fix safety

Exact: what is mended raised before. Targets that are multiplied as they come are left alone: in `fit` they
are floats. So are operations of `keras.ops`, which convert what they are given. Nothing is said of positions
where only a training loop of one's own calls the loss: there the targets are what the data set gives.

## References

- https://www.tensorflow.org/guide/tensor#more_on_dtypes
- https://www.tensorflow.org/api_docs/python/tf/one_hot
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.conditions import named_value, uses
from lossfix.losses.code.dtypes import Dtype, dtype_of, is_a_table_of_integers, named_dtype
from lossfix.losses.code.in_fit import may_be_in_fit, severity_in_fit
from lossfix.losses.code.liveness import arguments, part_called
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.tensors import is_array, is_boolean
from lossfix.losses.operations.gradients import ELEMENTWISE
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.build import expression
from lossfix.syntax.tree import walk

_POSITIONS = {
    "tensorflow.one_hot": ("indices", 0),
    "tensorflow.gather": ("indices", 1),
    "tensorflow.gather_nd": ("indices", 1),
    "tensorflow.keras.backend.one_hot": ("indices", 0),
    "tensorflow.keras.backend.gather": ("indices", 1),
    "keras.ops.take": ("indices", 1),
    "tensorflow.nn.embedding_lookup": ("ids", 1),
    "tensorflow.nn.sparse_softmax_cross_entropy_with_logits": ("labels", 0),
    **dict.fromkeys(
        (
            f"tensorflow.math.{kind}segment_{reduction}"
            for kind in ("", "unsorted_")
            for reduction in ("sum", "mean", "max", "min", "prod")
        ),
        ("segment_ids", 1),
    ),
}
"""Operations of TensorFlow that take integers only, and which of their arguments that is."""
_SHAPES = frozenset({"tf.reshape", "tf.squeeze", "tf.expand_dims", "tf.identity"})
_APART = frozenset({"tf.cast", "tf.where"})
_ARITHMETIC = (cst.Add, cst.Subtract, cst.Multiply, cst.Divide, cst.Power)
_AUGMENTED = (cst.AddAssign, cst.SubtractAssign, cst.MultiplyAssign, cst.DivideAssign)
_ARITHMETIC_CALLS = frozenset({"tf.add", "tf.subtract", "tf.multiply", "tf.divide"})
_CALCULATING = (cst.BinaryOperation, cst.AugAssign, cst.Comparison, cst.Call)
_TOTALS = frozenset({"tensorflow.reduce_sum", "tensorflow.reduce_mean", "tensorflow.reduce_prod"})
"""Operations of TensorFlow that take no booleans; those of Keras convert them."""


def match(loss: Loss) -> Iterator[Match]:
    for node in walk(loss.function.body, *_CALCULATING):
        odd, flag = _odd_operand(loss, node), _flag(loss, node)
        if flag is not None:
            yield Match(
                flag,
                f"`{loss.tree.code(flag)}` holds booleans, with which TensorFlow does not calculate",
            )
        elif (condition := _condition(loss, node)) is not None:
            yield Match(
                condition,
                f"`{loss.tree.code(condition)}` holds numbers, by which `tf.where` does not choose",
                severity=None if _is_a_cast_condition(loss, condition) else severity_in_fit(loss),
            )
        elif odd is not None:
            yield Match(
                odd,
                f"`{loss.tree.code(odd)}` holds integers, which do not mix with the predictions",
            )
        elif (
            may_be_in_fit(loss)
            and isinstance(node, cst.Call)
            and (position := _position(loss, node)) is not None
        ):
            yield Match(
                position,
                f"`{loss.tree.code(position)}` arrives as float32 in fit, and positions are integers",
                severity=severity_in_fit(loss),
            )
        elif may_be_in_fit(loss) and (stacked := _stacked(loss, node)) is not None:
            yield Match(
                stacked,
                f"`{loss.tree.code(stacked)}` arrives as float32 in fit, and is stacked with integers",
                severity=severity_in_fit(loss),
            )
        elif may_be_in_fit(loss) and (converted := _converted(loss, node)) is not None:
            yield Match(
                node,
                f"`{loss.tree.code(converted[0])}` arrives as float32 in fit, which this does not convert",
                severity=severity_in_fit(loss),
            )


def _operands(
    loss: Loss, node: cst.CSTNode
) -> tuple[cst.BaseExpression, cst.BaseExpression] | None:
    match node:
        case cst.BinaryOperation(left=left, right=right):
            return left, right
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget() as target]):
            return left, target.comparator
        case cst.Call(
            args=[
                cst.Arg(value=left, keyword=None, star=""),
                cst.Arg(value=right, keyword=None, star=""),
            ]
        ):
            converts = "keras.ops." in (loss.qualified(node.func) or "")
            mixes = loss.operation(node) in ELEMENTWISE - _APART and not converts
            return (left, right) if mixes else None
    return None


def _odd_operand(loss: Loss, node: cst.CSTNode) -> cst.BaseExpression | None:
    """The operand that is an integer tensor where the other one is not."""
    operands = _operands(loss, node)
    if operands is None:
        return None
    for odd, other in (operands, operands[::-1]):
        if dtype_of(loss, other) is Dtype.FLOAT and dtype_of(loss, odd) is Dtype.INTEGER:
            return odd
    return None


def _flag(loss: Loss, node: cst.CSTNode) -> cst.BaseExpression | None:
    """The condition on the targets that ``node`` calculates with as if it were a number."""
    for each in _calculated_with(loss, node):
        # Conditions on the predictions are gates, and of those other rules speak.
        if is_array(loss, each) and is_boolean(loss, each) and not loss.predicts(each):
            return each
    return None


def _condition(loss: Loss, node: cst.CSTNode) -> cst.BaseExpression | None:
    """What TensorFlow's ``where`` is to choose by, where that is no condition but numbers."""
    match node:
        case cst.Call(args=[cst.Arg(value=chooser, keyword=None, star=""), _, _]) if (
            loss.qualified(node.func) == "tensorflow.where"
        ):
            numbers = _comes_as_it_is(loss, chooser) and may_be_in_fit(loss)
            return chooser if numbers or _is_a_cast_condition(loss, chooser) else None
    return None


def _is_a_cast_condition(loss: Loss, node: cst.BaseExpression) -> bool:
    return is_boolean(loss, _uncast(loss, node)) and dtype_of(loss, node) is not None


def _uncast(loss: Loss, node: cst.BaseExpression) -> cst.BaseExpression:
    """What is cast to another type by ``node``, or by what it is the name of."""
    match named_value(loss, node) or node:
        case cst.Call(args=[cst.Arg(value=inner), *_]) as call if loss.operation(call) == "tf.cast":
            return inner
    return node


def _calculated_with(loss: Loss, node: cst.CSTNode) -> tuple[cst.BaseExpression, ...]:
    match node:
        case cst.BinaryOperation(left=left, operator=operator, right=right):
            return (left, right) if isinstance(operator, _ARITHMETIC) else ()
        case cst.AugAssign(operator=operator, value=value):
            return (value,) if isinstance(operator, _AUGMENTED) else ()
        case cst.Call(args=[cst.Arg(value=first, keyword=None, star=""), *_]):
            if loss.qualified(node.func) in _TOTALS:
                return (first,)
            arithmetic = loss.operation(node) in _ARITHMETIC_CALLS
            operands = _operands(loss, node) if arithmetic else None
            return operands or ()
    return ()


def _position(loss: Loss, node: cst.Call) -> cst.BaseExpression | None:
    """The targets, where they are used as positions as they come."""
    known = _POSITIONS.get(loss.qualified(node.func) or "")
    if known is None or any(each.star for each in node.args):
        return None
    keyword, number = known
    for position, each in enumerate(node.args):
        named = each.keyword.value if each.keyword is not None else None
        if named == keyword or (named is None and position == number):
            return each.value if _comes_as_it_is(loss, each.value) else None
    return None


def _stacked(loss: Loss, node: cst.CSTNode) -> cst.BaseExpression | None:
    """The targets, where they are made one tensor with numbers that are counted: pairs of positions."""
    match node:
        case cst.Call(args=[cst.Arg(value=cst.List(elements=elements)), *_]) if loss.qualified(
            node.func
        ) in ("tensorflow.stack", "tensorflow.concat"):
            values = [each.value for each in elements]
            if any(_is_counted(loss, each) for each in values):
                return next((each for each in values if _comes_as_it_is(loss, each)), None)
    return None


def _is_counted(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether ``node`` is ``tf.range(n)``, of the integers that TensorFlow counts with by itself."""
    value = named_value(loss, node) or node
    match value:
        case cst.Call(args=[cst.Arg(value=most, keyword=None)]):
            counts = loss.qualified(value.func) == "tensorflow.range"
            return counts and not any(walk(most, cst.Float)) and "int64" not in loss.tree.code(most)
    return False


def _converted(
    loss: Loss, node: cst.CSTNode
) -> tuple[cst.BaseExpression, cst.BaseExpression] | None:
    """The targets and the type, where TensorFlow is asked for a tensor of integers of them as they come."""
    match node:
        case cst.Call(
            args=[
                cst.Arg(value=value, keyword=None | cst.Name(value="value"), star=""),
                cst.Arg(value=kind, keyword=None | cst.Name(value="dtype"), star=""),
            ]
        ) if (
            loss.qualified(node.func) == "tensorflow.convert_to_tensor"
        ):
            if named_dtype(loss, kind) is Dtype.INTEGER and _comes_as_it_is(loss, value):
                return value, kind
    return None


def _comes_as_it_is(
    loss: Loss, node: cst.BaseExpression, below: frozenset[Loss] = frozenset()
) -> bool:
    """Whether ``node`` is the targets, or a part of them, in the type that Keras hands them over in.

    ``below`` are the parts that are called with it.
    """
    match node:
        case cst.Name(value=name):
            if name == loss.y_true:
                return not loss.flow.values(name) and _may_get_them_bare(loss, below | {loss})
            value = named_value(loss, node)
            return value is not None and _comes_as_it_is(loss, value, below)
        case cst.Subscript(value=inner):
            return _comes_as_it_is(loss, inner, below)
        case cst.Call(args=[cst.Arg(value=inner), *_]) if loss.operation(node) in _SHAPES:
            return _comes_as_it_is(loss, inner, below)
    return False


def _may_get_them_bare(part: Loss, below: frozenset[Loss]) -> bool:
    """Whether a part may be handed the targets as they come: its callers may have cast them before."""
    if not part.only_reached:
        return True
    calls = [
        (each, call)
        for each in part.among
        if each not in below
        for call in walk(each.function, cst.Call)
        if part_called(each, call) is part
    ]
    for caller, call in calls:
        given = (arguments(part, call) or {}).get(part.y_true)
        if given is None or _comes_as_it_is(caller, given, below):
            return True
    return not calls


def rewrite(loss: Loss, match: Match) -> Edit | None:
    node = match.node
    assert isinstance(node, cst.BaseExpression)
    cast = loss.spell("tf.cast")
    argument = loss.tree.parents.get(node)
    around = None if argument is None else loss.tree.parents.get(argument)
    if around is not None and _condition(loss, around) is node:
        made = named_value(loss, node) or node
        alone = not isinstance(node, cst.Name) or len([*uses(loss, node.value)]) == 1
        if alone and is_boolean(loss, _uncast(loss, made)):
            return Edit({made: _uncast(loss, made)})
        return Edit({node: expression(f"{cast}({{x}}, {loss.spell('tf.bool')})", x=node)})
    converted = _converted(loss, node)
    if converted is not None:
        return Edit({node: expression(f"{cast}({{x}}, {{t}})", x=converted[0], t=converted[1])})
    if dtype_of(loss, node) is None and not is_boolean(loss, node):
        integers = loss.spell("tf.int32")
        return Edit({node: expression(f"{cast}({{x}}, {integers})", x=node)})
    if isinstance(node, cst.Call) and is_a_table_of_integers(loss, node):
        called = f"{loss.tree.code(node.func)}({{table}}, dtype={loss.y_pred}.dtype)"
        return Edit({node: expression(called, table=node.args[0].value)})
    return Edit({node: expression(f"{cast}({{x}}, {loss.y_pred}.dtype)", x=node)})


RULE = Rule("LF111", Safety.EXACT, Severity.ERROR, match, rewrite, __doc__, __name__)
