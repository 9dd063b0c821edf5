"""A root is taken of what is zero at perfect predictions

## What it does

Finds square roots, norms and standard deviations of something that is exactly zero where the predictions
equal the targets (or, for a standard deviation, one another; or, in distances between all pairs, where each
meets itself; or, between two parts of the predictions, as in a triplet, where a model gives the same twice;
or, of the edges of an image, where it is flat), and keeps what stands under the root above 1e-12. A power
below one, `tf.abs(y_true - y_pred) ** 0.7`, is such a root, too, also of what a score lacks,
`(1 - tversky) ** 0.75`, and so is that of a variance that is written out,
`tf.sqrt(tf.reduce_mean((x - tf.reduce_mean(x)) ** 2))`. Of predictions as they come a root is told beside
a model that nothing in the file keeps positive.

## Why is this bad

The slope of a square root at zero is infinite, the slope of the square below it is zero, and the product
of both is not a number (measured: the gradient is `nan`, eagerly, in graphs and under XLA). One such
sample turns all weights into `nan`, and from then on the model predicts nothing else.

## Example

```python
import tensorflow as tf


def distance_loss(y_true, y_pred):
    return tf.sqrt(tf.reduce_sum(tf.square(y_true - y_pred), axis=-1))
```

## Use instead

```python
import tensorflow as tf


def distance_loss(y_true, y_pred):
    return tf.sqrt(
        tf.maximum(tf.reduce_sum(tf.square(y_true - y_pred), axis=-1), 1e-12)
    )
```

## Fix safety

Exact: above 1e-12 nothing changes, and below it the root is 1e-6 in place of something smaller. The
gradient there is zero, a subgradient of the distance. Adding an epsilon under the root would work as
well, but changes every value a little.

## References

- https://www.tensorflow.org/api_docs/python/tf/norm
- https://github.com/tensorflow/tensorflow/issues/12071
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.bare import is_bare
from lossfix.losses.code.edges import is_edge, is_length_of_edges
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.pairs import is_between_parts, is_zero_on_the_diagonal
from lossfix.losses.code.parameters import default_of
from lossfix.losses.code.perfect import (
    is_lack_of_a_score,
    is_nonnegative,
    reduces_everything,
    vanishes,
)
from lossfix.losses.code.recorded import is_only_recorded
from lossfix.losses.code.roots import TINIER, TINY, above_zero
from lossfix.losses.code.variances import is_variance
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.build import expression
from lossfix.syntax.tree import walk

_TWO_THIRDS = 2 / 3
"""From this power on, `TINY` to the power is below 1e-8."""
_NORMS = ("tf.norm", "tf.math.reduce_euclidean_norm")
_REDUCTION = frozenset({"axis", "keepdims", "name"})
_UNUSUAL = "its arguments are not the usual ones"
_SMALL = "to a smaller power than a half, 1e-12 is not next to zero: add a small number to what is below it"
_SQUASHES = re.compile("sigmoid|softmax|softplus|activation")
"""What keeps the outputs of a model positive, or may."""
_SHOWN = 40
"""Characters of the code that a message quotes."""


def match(loss: Loss) -> Iterator[Match]:
    for node in walk(loss.function.body, cst.BinaryOperation, cst.Call):
        under = _under_root(loss, node)
        told = _elsewhere(loss, node) if under is None and isinstance(node, cst.Call) else ""
        if (under is None and not told) or is_only_recorded(loss, node):
            continue
        if under is not None:
            yield _finding(loss, node, under)
        else:
            rooted = loss.operation(node) == "tf.sqrt" or _is_plain_reduction(node)
            yield Match(
                node,
                f"`{loss.tree.line(node, _SHOWN)}` {told}",
                "" if rooted else _UNUSUAL,
                Severity.WARNING,
            )


def _elsewhere(loss: Loss, node: cst.Call) -> str:
    """Where else than at perfect predictions a root or a norm fails, and how; empty where it does not."""
    of, of_all = _distance(loss, node), _rooted(loss, node)
    if of is not None and is_zero_on_the_diagonal(loss, of):
        return (
            "has no gradient on its diagonal, where each prediction meets itself: it is nan where that "
            "counts, and spreads to all weights"
        )
    if of_all is not None and is_between_parts(loss, of_all):
        return (
            "has no gradient where both parts of a prediction are equal, as for the same input twice: it "
            "is nan there, and spreads to all weights"
        )
    if _is_of_edges(loss, node):
        return (
            "has no gradient where the predictions are flat, as in a uniform background: it is nan "
            "there, and spreads to all weights"
        )
    if _is_of_predictions(loss, node):
        return "is nan where a prediction is negative, and has no gradient where one is zero"
    if node.args and _is_deviation(loss, node):
        return (
            "has no gradient where all values are equal, as in a batch of one: it is nan, and spreads to "
            "all weights"
        )
    return ""


def _finding(loss: Loss, node: cst.BaseExpression, under: cst.BaseExpression) -> Match:
    is_norm = isinstance(node, cst.Call) and loss.operation(node) in _NORMS
    power = _power(loss, node)
    reason = _UNUSUAL if is_norm and not _is_plain_reduction(node) else ""
    return Match(
        node,
        f"`{loss.tree.line(node, _SHOWN)}` has no gradient at perfect predictions: it is nan there, "
        "and spreads to all weights",
        _SMALL if power is not None and power < 0.5 else reason,
        # One perfect sample is common; a perfect batch, or a score of exactly one, is not.
        (
            Severity.WARNING
            if reduces_everything(loss, node) or not vanishes(loss, under)
            else Severity.ERROR
        ),
    )


def _under_root(loss: Loss, node: cst.BaseExpression) -> cst.BaseExpression | None:
    """What the root is taken of, where that is zero at perfect predictions."""
    match node:
        case cst.BinaryOperation(left=left, operator=cst.Power(), right=right):
            under, power = left, right
        case cst.Call(args=[cst.Arg(value=first, keyword=None, star=""), *rest]):
            operation = loss.operation(node)
            if operation in _NORMS:
                return first if vanishes(loss, first) else None
            if operation == "tf.sqrt":
                return first if _is_zero_when_perfect(loss, first) else None
            if operation != "tf.pow" or len(rest) != 1:
                return None
            under, power = first, rest[0].value
        case _:
            return None
    if _is_root_of_a_lack(loss, under, power):
        return under
    exponent = _constant(loss, power)
    is_a_root = exponent is not None and 0.0 < exponent < 1.0
    return under if is_a_root and _is_zero_when_perfect(loss, under) else None


def _rooted(loss: Loss, node: cst.BaseExpression) -> cst.BaseExpression | None:
    """What a square root or a norm is taken of."""
    match node:
        case cst.Call(args=[cst.Arg(value=first, keyword=None, star=""), *_]):
            return first if _is_norm(loss, node) or loss.operation(node) == "tf.sqrt" else None
    return None


def _distance(loss: Loss, node: cst.BaseExpression) -> cst.BaseExpression | None:
    """What a square root is taken of, or a norm of the last axis."""
    match node:
        case cst.Call(args=[cst.Arg(value=first, keyword=None, star="")]):
            return first if loss.operation(node) == "tf.sqrt" else None
        case cst.Call(args=[cst.Arg(value=first, keyword=None, star=""), cst.Arg() as axis]):
            last = axis.keyword is not None and axis.keyword.value == "axis"
            last = last and loss.tree.code(axis.value) in ("-1", "2")
            return first if last and _is_norm(loss, node) else None
    return None


def _is_norm(loss: Loss, node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Call) and loss.operation(node) in _NORMS


def _is_zero_when_perfect(loss: Loss, under: cst.BaseExpression) -> bool:
    return vanishes(loss, under) and is_nonnegative(loss, under)


def _power(loss: Loss, node: cst.BaseExpression) -> float | None:
    """The power that is taken, where it is none of the functions."""
    match node:
        case cst.BinaryOperation(operator=cst.Power(), right=right):
            return _constant(loss, right)
        case cst.Call(args=[_, cst.Arg(value=right)]) if loss.operation(node) == "tf.pow":
            return _constant(loss, right)
    return None


def _is_root_of_a_lack(loss: Loss, under: cst.BaseExpression, power: cst.BaseExpression) -> bool:
    """Whether a power between a half and one is taken of ``1 - score``, which is 0 at perfect predictions.

    A smaller power than a half would tell 1e-12 from zero.
    """
    exponent = _constant(loss, power)
    return exponent is not None and 0.5 <= exponent < 1.0 and is_lack_of_a_score(loss, under)


def _constant(loss: Loss, node: cst.BaseExpression) -> float | None:
    match node:
        case cst.Integer() | cst.Float():
            return float(node.evaluated_value)
        case cst.BinaryOperation(left=left, operator=cst.Divide(), right=right):
            above, below = _constant(loss, left), _constant(loss, right)
            return above / below if above is not None and below else None
        case cst.Name(value=name):
            bound = loss.flow.values(name)
            if bound:
                return (
                    _constant(loss, bound[0].value) if len(bound) == 1 and bound[0].whole else None
                )
            for function in (loss.function, loss.factory):
                default = None if function is None else default_of(function, name)
                if default is not None and not isinstance(default, cst.Name):
                    return _constant(loss, default)
    return None


def _is_of_edges(loss: Loss, node: cst.Call) -> bool:
    """Whether a root is taken of how much the predictions change from one place to the next."""
    match node.args:
        case [cst.Arg(value=first, keyword=None, star="")] if loss.operation(node) == "tf.sqrt":
            return is_length_of_edges(loss, first)
        case [cst.Arg(value=first, keyword=None, star=""), *_] if _is_norm(loss, node):
            named = {each.keyword.value for each in node.args if each.keyword is not None}
            return "axis" in named and is_edge(loss, first)
    return False


def _is_of_predictions(loss: Loss, node: cst.Call) -> bool:
    """Whether a root is taken of predictions as they come, beside a model of linear outputs."""
    text = loss.tree.text
    if loss.operation(node) != "tf.sqrt" or "Dense(" not in text or _SQUASHES.search(text):
        return False
    return is_bare(loss, node.args[0].value, loss.y_pred)


def _is_deviation(loss: Loss, node: cst.Call) -> bool:
    operation, of = loss.operation(node), node.args[0].value
    known = operation == "tf.math.reduce_std" or (operation == "tf.sqrt" and is_variance(loss, of))
    return known and loss.predicts(of)


def _is_plain_reduction(node: cst.BaseExpression) -> bool:
    # A second positional argument of a norm is its order; `ord=` makes another norm of it.
    return isinstance(node, cst.Call) and all(
        each.star == ""
        and (number == 0 or (each.keyword is not None and each.keyword.value in _REDUCTION))
        for number, each in enumerate(node.args)
    )


def rewrite(loss: Loss, match: Match) -> Edit | None:
    node = match.node
    if isinstance(node, cst.BinaryOperation):
        return Edit({node.left: above_zero(loss, node.left, _least(loss, node.left, node.right))})
    if not isinstance(node, cst.Call):
        return None
    operation = loss.operation(node)
    first = node.args[0]
    if operation == "tf.pow":
        least = _least(loss, first.value, node.args[1].value)
        return Edit({first.value: above_zero(loss, first.value, least)})
    if operation == "tf.sqrt":
        return Edit({first.value: above_zero(loss, first.value)})
    if not _is_plain_reduction(node):
        return None
    if operation in _NORMS:
        square = expression(f"{loss.spell('tf.square')}({{x}})", x=first.value)
        inner, reduction = square, "tf.reduce_sum"
    else:
        inner, reduction = first.value, "tf.math.reduce_variance"
    name = cst.parse_expression(loss.spell(reduction))
    rest = [each for each in node.args[1:] if each.keyword and each.keyword.value != "name"]
    under = cst.Call(name, [cst.Arg(inner), *(_without_comma(each) for each in rest)])
    root = cst.Call(cst.parse_expression(loss.spell("tf.sqrt")), [cst.Arg(above_zero(loss, under))])
    return Edit({node: root.deep_clone()})


def _without_comma(argument: cst.Arg) -> cst.Arg:
    return argument.with_changes(comma=cst.MaybeSentinel.DEFAULT)


def _least(loss: Loss, under: cst.BaseExpression, power: cst.BaseExpression) -> str:
    """What keeps a root away from zero: of a lack, such that the root of it is nothing beside a score."""
    exponent = _constant(loss, power)
    small = exponent is not None and exponent < _TWO_THIRDS and is_lack_of_a_score(loss, under)
    return TINIER if small else TINY


RULE = Rule("LF501", Safety.EXACT, Severity.ERROR, match, rewrite, __doc__, __name__)
