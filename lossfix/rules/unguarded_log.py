"""A cross-entropy takes the logarithm of a probability that can be zero

## What it does

Finds cross-entropies written by hand, in which `log(p)` or `log(1 - p)` of the predictions is weighed or
picked by the targets and nothing keeps the probability away from zero, and keeps it above 1e-12. So it does
with an entropy, `p * log(p)`, and with logits that are computed back, `log(p / (1 - p))`. In divergences,
`y_true * log(y_true / y_pred)`, a target of zero is not a number: it is kept above that, too.

## Why is this bad

In single precision a sigmoid is exactly 1 from a logit of about 17 on, and a softmax exactly 0 some 100 below
the largest logit. The logarithm is then `-inf`, and `0 * -inf` is not a number (measured: the loss is `nan`,
and so are its gradient and the weights after the next step). Where the targets pick the probability, as
`tf.where(y_true == 1, y_pred, 1 - y_pred)` in a focal loss, the loss is infinite. This happens just when the
model gets good.

## Example

```python
import tensorflow as tf


def entropy_loss(y_true, y_pred):
    positive = y_true * tf.math.log(y_pred)
    negative = (1.0 - y_true) * tf.math.log(1.0 - y_pred)
    return -tf.reduce_mean(positive + negative, axis=-1)
```

## Use instead

```python
import tensorflow as tf


def entropy_loss(y_true, y_pred):
    positive = y_true * tf.math.log(tf.maximum(y_pred, 1e-12))
    negative = (1.0 - y_true) * tf.math.log(tf.maximum(1.0 - y_pred, 1e-12))
    return -tf.reduce_mean(positive + negative, axis=-1)
```

## Fix safety

Exact for probabilities from 1e-12 on: in single precision `1 - p` is either 0 or at least 6e-8. If the
last layer of the model has no sigmoid or softmax, then the predictions are no probabilities and the loss
should take logits: `keras.losses.BinaryCrossentropy(from_logits=True)`. The rewrite does not mend that;
it makes `nan` a large number.

## References

- https://keras.io/api/losses/probabilistic_losses/#binarycrossentropy-class
- https://www.tensorflow.org/api_docs/python/tf/nn/sigmoid_cross_entropy_with_logits
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.bare import is_bare
from lossfix.losses.code.conditions import named_value, uses
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.recorded import is_only_recorded
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.build import Replacement, expression
from lossfix.syntax.tree import walk

_POWERS = ("tf.pow", "keras.ops.power", "keras.backend.pow")


def match(loss: Loss) -> Iterator[Match]:
    for node in walk(loss.function.body, cst.Call):
        guarded = _guarded(loss, node)
        if not (guarded or _diverging(loss, node)) or is_only_recorded(loss, node):
            continue
        if guarded:
            yield Match(
                node,
                f"`{' '.join(loss.tree.code(node).split())}` is infinite where a probability "
                "is 0: the loss is then infinite or nan",
                _unsquashed(loss),
            )
        else:
            code = loss.tree.line(node)
            yield Match(node, f"`{code}` is infinite where a target is 0, and 0 times that is nan")


def _diverging(loss: Loss, node: cst.Call) -> dict[cst.CSTNode, Replacement]:
    """The logarithm of a divergence, of the targets or of them over the predictions, kept away from 0.

    The targets themselves weigh it, so that it counts for nothing where they are 0.
    """
    if loss.operation(node) != "tf.math.log" or not _is_weighed(loss, node, frozenset()):
        return {}
    match node.args:
        case [cst.Arg(value=cst.BinaryOperation(left=left, operator=cst.Divide(), right=right))]:
            if is_bare(loss, left, loss.y_true) and _is_bare_probability(loss, right):
                return {each: _above_zero(loss, each) for each in (left, right)}
        case [cst.Arg(value=value, keyword=None, star="")] if is_bare(loss, value, loss.y_true):
            return {value: _above_zero(loss, value)}
    return {}


def _guarded(loss: Loss, node: cst.Call) -> dict[cst.CSTNode, Replacement]:
    """The logarithm with what is 0 in it kept away from 0; empty where nothing may be."""
    match node.args:
        case [cst.Arg(value=value, keyword=None, star="")]:
            return _guarded_log(loss, node, value)
        case [cst.Arg(value=weight, keyword=None), cst.Arg(value=value, keyword=None)] if (
            loss.operation(node) == "tf.math.xlogy"
        ):
            if _is_of_targets(loss, weight) and _is_bare_probability(loss, value):
                return {value: _above_zero(loss, value)}
    return {}


def _guarded_log(
    loss: Loss, node: cst.Call, value: cst.BaseExpression
) -> dict[cst.CSTNode, Replacement]:
    operation = loss.operation(node)
    if operation not in ("tf.math.log", "tf.math.log1p"):
        return {}
    if operation == "tf.math.log" and _is_picked_by_targets(loss, value):
        return {value: _above_zero(loss, value)}
    odds = _odds(loss, value) if operation == "tf.math.log" else ()
    if odds:
        return {each: _above_zero(loss, each) for each in odds}
    if operation == "tf.math.log" and _is_of_an_entropy(loss, node, value):
        return {value: _above_zero(loss, value)}
    if not _is_weighed(loss, node, frozenset()):
        return {}
    match value:
        case cst.UnaryOperation(
            operator=cst.Minus(), expression=inner
        ) if operation == "tf.math.log1p" and is_bare(loss, inner, loss.y_pred, 1.0):
            rest = _above_zero(loss, expression("1.0 - {p}", p=inner))
            return {node: expression(f"{loss.spell('tf.math.log')}({{x}})", x=rest)}
    if operation == "tf.math.log" and _is_bare_probability(loss, value):
        return {} if _is_an_exponent(loss, value) else {value: _above_zero(loss, value)}
    return {}


def _odds(loss: Loss, node: cst.BaseExpression) -> tuple[cst.BaseExpression, ...]:
    """Both sides of ``p / (1 - p)``, or the other way round, of the predictions as they are."""
    match node:
        case cst.BinaryOperation(left=left, operator=cst.Divide(), right=right):
            for one, rest in ((left, right), (right, left)):
                match rest:
                    case cst.BinaryOperation(
                        left=cst.Integer() | cst.Float() as whole,
                        operator=cst.Subtract(),
                        right=other,
                    ) if float(whole.evaluated_value) == 1.0 and other.deep_equals(one):
                        return (left, right) if is_bare(loss, one, loss.y_pred) else ()
    return ()


def _is_of_an_entropy(loss: Loss, node: cst.Call, value: cst.BaseExpression) -> bool:
    """Whether a logarithm is weighed by what it is taken of: ``p * log(p)`` of a probability."""
    match loss.tree.parents.get(node):
        case cst.BinaryOperation(left=left, operator=cst.Multiply(), right=right):
            weight = right if left is node else left
        case cst.Arg() as argument:
            call = loss.tree.parents.get(argument)
            if not isinstance(call, cst.Call) or loss.operation(call) != "tf.multiply":
                return False
            weight = next((each.value for each in call.args if each is not argument), node)
        case _:
            return False
    return _is_bare_probability(loss, value) and weight.deep_equals(value)


def _is_an_exponent(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether a power is taken to what ``node`` is: the shape of a distribution, and no probability."""
    return any(
        each is not node and each.deep_equals(node)
        for above in walk(loss.function.body)
        for exponent in _exponents(loss, above)
        for each in walk(exponent)
    )


def _exponents(loss: Loss, node: cst.CSTNode) -> Iterator[cst.BaseExpression]:
    match node:
        case cst.BinaryOperation(operator=cst.Power(), right=right):
            yield right
        case cst.Call(args=[_, cst.Arg(value=right)]) if loss.operation(node) in _POWERS:
            yield right


def _above_zero(loss: Loss, node: cst.BaseExpression) -> cst.BaseExpression:
    return expression(f"{loss.spell('tf.maximum')}({{p}}, 1e-12)", p=node)


def _unsquashed(loss: Loss) -> str:
    """Why the predictions seem to be no probabilities; empty where they may well be."""
    text = loss.tree.text
    if "Dense(" in text and not any(word in text for word in ("sigmoid", "softmax")):
        return (
            "no layer in this file has a sigmoid or softmax: if the predictions are logits, "
            "use a cross-entropy with from_logits=True"
        )
    return ""


def _is_picked_by_targets(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether ``node`` is the probability that the targets pick, as in a focal loss, and may be zero."""
    match node:
        case cst.BinaryOperation(
            left=cst.Integer() | cst.Float() as one, operator=cst.Subtract(), right=right
        ):
            return float(one.evaluated_value) == 1.0 and _is_picked_by_targets(loss, right)
        case cst.Name() if (value := named_value(loss, node)) is not None:
            return _is_picked_by_targets(loss, value)
        case cst.Call(args=[cst.Arg(value=cst.BinaryOperation() as product), _, *_]) if (
            loss.operation(node) == "tf.reduce_sum"
        ):
            # Over all axes it would be an overlap, and no probability.
            sides = (product.left, product.right)
            return (
                isinstance(product.operator, cst.Multiply)
                and any(is_bare(loss, each, loss.y_true) for each in sides)
                and any(is_bare(loss, each, loss.y_pred) for each in sides)
            )
        case cst.Call(args=[condition, *branches]) if loss.operation(node) == "tf.where":
            values = [each.value for each in branches]
            picked = [each for each in values if loss.predicts(each)]
            return (
                loss.flow.depends(condition.value) == {"y_true"}
                and bool(picked)
                and all(_is_bare_probability(loss, each) for each in picked)
            )
    return False


def _is_bare_probability(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether ``node`` is the predictions as they are, or one less them, and nothing keeps it from zero:
    a clip to the numbers from 0 to 1 does not."""
    match node:
        case cst.BinaryOperation(
            left=cst.Integer() | cst.Float() as one, operator=cst.Subtract(), right=right
        ):
            return float(one.evaluated_value) == 1.0 and is_bare(loss, right, loss.y_pred, 1.0)
        case cst.Name() if (value := named_value(loss, node)) is not None:
            return _is_bare_probability(loss, value)
    return is_bare(loss, node, loss.y_pred, 0.0)


def _is_weighed(loss: Loss, node: cst.CSTNode, seen: frozenset[str]) -> bool:
    """Whether, on the way up, the targets alone multiply it: the mark of a cross-entropy."""
    parents = loss.tree.parents
    while (above := parents.get(node)) is not None and above is not loss.function:
        match above:
            case cst.BinaryOperation(left=left, operator=cst.Multiply(), right=right):
                if _is_of_targets(loss, right if node is left else left):
                    return True
            case cst.BinaryOperation(operator=cst.Add() | cst.Subtract()):
                pass
            case cst.UnaryOperation(operator=cst.Minus()):
                pass
            case cst.Arg():
                call = parents.get(above)
                if not isinstance(call, cst.Call) or loss.operation(call) != "tf.multiply":
                    return False
                return any(_is_of_targets(loss, each.value) for each in call.args)
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]):
                return name not in seen and any(
                    _is_weighed(loss, use, seen | {name}) for use in uses(loss, name)
                )
            case _:
                return False
        node = above
    return False


def _is_of_targets(loss: Loss, node: cst.BaseExpression) -> bool:
    return loss.flow.depends(node) == {"y_true"}


def rewrite(loss: Loss, match: Match) -> Edit | None:
    assert isinstance(match.node, cst.Call)
    return Edit(_guarded(loss, match.node) or _diverging(loss, match.node))


RULE = Rule("LF502", Safety.EXACT, Severity.WARNING, match, rewrite, __doc__, __name__)
