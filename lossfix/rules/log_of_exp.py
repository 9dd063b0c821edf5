"""The logarithm of an exponential overflows

## What it does

Finds `log(1 + exp(x))`, `log(cosh(x))`, also as `log((exp(x) + exp(-x)) / 2)`, `log(sigmoid(x))`,
`log(1 - sigmoid(x))`, `log(softmax(x))`, `log(sum(exp(x)))` and, as in a partial likelihood,
`log(cumsum(exp(x)))` of the predictions, and writes the function that computes the same without the detour.

## Why is this bad

In single precision `exp` is infinite from 89 on and `sigmoid` exactly 0 from -104 down. The logarithm
would undo that, but sees only infinity or zero (measured: the value is infinite, the gradient is `nan`,
and after one step so are all weights).

## Example

```python
import tensorflow as tf


def count_loss(y_true, y_pred):
    return tf.reduce_mean(tf.math.log(1.0 + tf.exp(y_pred)) - y_true * y_pred, axis=-1)
```

## Use instead

```python
import tensorflow as tf


def count_loss(y_true, y_pred):
    return tf.reduce_mean(tf.nn.softplus(y_pred) - y_true * y_pred, axis=-1)
```

## Fix safety

Exact wherever the old value was finite, up to rounding, and finite elsewhere too. Where the predictions are
squashed under their own name, `y_pred = tf.sigmoid(y_pred)`, what the model gives is kept as `logits`.

## References

- https://www.tensorflow.org/api_docs/python/tf/math/softplus
- https://www.tensorflow.org/api_docs/python/tf/nn/log_softmax
- https://www.tensorflow.org/api_docs/python/tf/math/reduce_logsumexp
- https://www.tensorflow.org/api_docs/python/tf/math/cumulative_logsumexp
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.conditions import is_stable, named_value
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.naming import named, orphaned
from lossfix.losses.code.perfect import is_nonnegative
from lossfix.losses.code.recorded import is_only_recorded
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.build import Replacement, expression
from lossfix.syntax.literals import number_of
from lossfix.syntax.tree import walk

_LOGS = ("tf.math.log", "tf.math.log1p")
_NAMES = {
    "softplus": "log(1 + exp(x))",
    "log_cosh": "log(cosh(x))",
    "log_sigmoid": "log(sigmoid(x))",
    "log_rest": "log(1 - sigmoid(x))",
    "log_softmax": "log(softmax(x))",
    "logsumexp": "log(sum(exp(x)))",
    "cumulative_logsumexp": "log(cumsum(exp(x)))",
}
_SUMS = {"tf.reduce_sum": "logsumexp", "tf.cumsum": "cumulative_logsumexp"}
_OF_SUMS = {
    "log_softmax": ("tf.nn.log_softmax", frozenset({"axis"})),
    "logsumexp": ("tf.reduce_logsumexp", frozenset({"axis", "keepdims"})),
    "cumulative_logsumexp": (
        "tf.math.cumulative_logsumexp",
        frozenset({"axis", "exclusive", "reverse"}),
    ),
}
"""What is written for those that are given more than a tensor, and what else they may be given, by name."""


def match(loss: Loss) -> Iterator[Match]:
    for node in walk(loss.function.body, cst.Call):
        found = _recognised(loss, node)
        if found is not None and not is_only_recorded(loss, node):
            kind, inner = found
            reason = ""
            if not _is_the_same(loss, node, inner) and _logits(loss, inner) is None:
                reason = "a name in it is assigned more than once"
            elif kind in _OF_SUMS and not _has_known_arguments(kind, inner):
                reason = "its arguments are not the usual ones"
            yield Match(
                node,
                f"`{' '.join(loss.tree.code(node).split())}` is {_NAMES[kind]}, which overflows",
                reason,
            )


def _recognised(loss: Loss, node: cst.Call) -> tuple[str, cst.Call] | None:
    """Which function this is, and the call that is given its argument, where it may overflow."""
    found = _composed(loss, node)
    if found is None or found[0] not in ("softplus", *_SUMS.values()):
        return found
    exponent = found[1].args[0].value
    if found[0] in _SUMS.values():
        exponential = _meaning(loss, exponent)
        assert isinstance(exponential, cst.Call)
        exponent = exponential.args[0].value
    return None if _is_bounded(loss, exponent) or _is_a_logarithm(loss, exponent) else found


def _is_a_logarithm(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether an exponent is a logarithm, or its opposite: `logits = log(p / (1 - p))` of probabilities."""
    match _meaning(loss, node):
        case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
            return _is_a_logarithm(loss, inner)
        case cst.Call() as call:
            return loss.operation(call) == "tf.math.log"
    return False


def _is_bounded(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether an exponent is nowhere positive: the opposite of a magnitude, or less its own maximum."""
    match _meaning(loss, node):
        case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
            return is_nonnegative(loss, inner)
        case cst.BinaryOperation(operator=cst.Subtract(), left=left, right=right):
            highest = _meaning(loss, right)
            if isinstance(highest, cst.Call) and loss.operation(highest) == "tf.reduce_max":
                return True
            return _is_bounded(loss, left) and is_nonnegative(loss, right)
        case (
            cst.BinaryOperation(operator=cst.Multiply() | cst.Divide(), left=left, right=right)
            | cst.Call(args=[cst.Arg(value=left), cst.Arg(value=right)]) as product
        ) if (not isinstance(product, cst.Call) or loss.operation(product) == "tf.multiply"):
            return any(
                _is_bounded(loss, one) and is_nonnegative(loss, other)
                for one, other in ((left, right), (right, left))
            )
        case cst.Call(args=[cst.Arg(value=inner)]) as call:
            return loss.operation(call) == "tf.negative" and is_nonnegative(loss, inner)
        case cst.Call(
            func=cst.Attribute(attr=cst.Name(value="where" | "select")),
            args=[cst.Arg(value=test), cst.Arg(value=cst.UnaryOperation() as turned), other],
        ):
            # How TensorFlow writes `-abs(x)` for the sake of its gradient at zero.
            return (
                isinstance(turned.operator, cst.Minus)
                and turned.expression.deep_equals(other.value)
                and _is_positive(loss, test, other.value)
            )
    return False


def _is_positive(loss: Loss, test: cst.BaseExpression, value: cst.BaseExpression) -> bool:
    """Whether a condition asks if ``value`` is above zero, or not below it."""
    match _meaning(loss, test):
        case cst.Comparison(
            left=left,
            comparisons=[
                cst.ComparisonTarget(
                    operator=cst.GreaterThan() | cst.GreaterThanEqual(), comparator=bound
                )
            ],
        ):
            return left.deep_equals(value) and _is_zero(loss, bound)
    return False


def _is_zero(loss: Loss, node: cst.BaseExpression) -> bool:
    match _meaning(loss, node):
        case cst.Integer() | cst.Float() as number:
            return number_of(number) == 0.0
        case cst.Call() as call:
            return loss.operation(call) == "tf.zeros_like"
    return False


def _composed(loss: Loss, node: cst.Call) -> tuple[str, cst.Call] | None:
    """Which function this is composed as, and the call that is given its argument."""
    operation = loss.operation(node)
    if operation not in _LOGS or len(node.args) != 1 or node.args[0].keyword or node.args[0].star:
        return None
    value = _meaning(loss, node.args[0].value)
    if operation == "tf.math.log1p":
        inner = _call_of(loss, value, "tf.exp")
        return None if inner is None else ("softplus", inner)
    if (half := _half_of_a_cosh(loss, value)) is not None:
        return "log_cosh", half
    match value:
        case cst.BinaryOperation(left=left, operator=cst.Add(), right=right):
            for one, other in ((left, right), (right, left)):
                inner = _call_of(loss, _meaning(loss, other), "tf.exp")
                if _is_one(one) and inner is not None:
                    return "softplus", inner
        case cst.BinaryOperation(left=left, operator=cst.Subtract(), right=right) if _is_one(left):
            inner = _call_of(loss, _meaning(loss, right), "tf.sigmoid")
            return None if inner is None else ("log_rest", inner)
        case cst.Call():
            for kind, name in (
                ("log_cosh", "tf.cosh"),
                ("log_sigmoid", "tf.sigmoid"),
                ("log_softmax", "tf.nn.softmax"),
            ):
                if (inner := _call_of(loss, value, name)) is not None:
                    return kind, inner
            for name, kind in _SUMS.items():
                if (total := _call_of(loss, value, name)) is not None:
                    terms = total.args[0].value
                    inner = _call_of(loss, _meaning(loss, terms), "tf.exp")
                    if inner is not None and (
                        terms is inner or is_stable(loss, inner.args[0].value)
                    ):
                        return kind, total
    return None


def _half_of_a_cosh(loss: Loss, node: cst.BaseExpression) -> cst.Call | None:
    """``exp(x)`` of ``(exp(x) + exp(-x)) / 2``, which is a hyperbolic cosine."""
    match node:
        case cst.BinaryOperation(left=both, operator=cst.Divide(), right=two) if (
            number_of(two) == 2.0
        ):
            pass
        case cst.BinaryOperation(left=half, operator=cst.Multiply(), right=both) if (
            number_of(half) == 0.5
        ):
            pass
        case _:
            return None
    match both:
        case cst.BinaryOperation(left=left, operator=cst.Add(), right=right):
            for one, other in ((left, right), (right, left)):
                rising, falling = _call_of(loss, one, "tf.exp"), _call_of(loss, other, "tf.exp")
                match falling:
                    case cst.Call(
                        args=[
                            cst.Arg(
                                value=cst.UnaryOperation(operator=cst.Minus(), expression=opposite)
                            )
                        ]
                    ) if rising is not None and opposite.deep_equals(rising.args[0].value):
                        return rising
    return None


def _meaning(loss: Loss, node: cst.BaseExpression) -> cst.BaseExpression:
    value = named_value(loss, node)
    if value is None and isinstance(node, cst.Name) and node.value == loss.y_pred:
        # `y_pred = tf.nn.softmax(y_pred)`, and its logarithm below.
        value = loss.last_set(node)
    return value or node


def _logits(loss: Loss, inner: cst.Call) -> tuple[cst.Name, dict[cst.CSTNode, Replacement]] | None:
    """A name for the predictions as they come, where their softmax or sigmoid takes theirs.

    ``None`` where they are set in any other way, too.
    """
    value = inner.args[0].value
    sets = loss.flow.values(loss.y_pred)
    if not isinstance(value, cst.Name) or value.value != loss.y_pred:
        return None
    if len(sets) != 1 or sets[0].value is not inner:
        return None
    for statement in loss.statements:
        match statement:
            case cst.SimpleStatementLine(
                body=[
                    cst.Assign(
                        targets=[cst.AssignTarget(target=cst.Name(value=name) as kept)],
                        value=cst.Name(value=parameter) as read,
                    )
                ]
            ) if (
                parameter == loss.y_pred and loss.last_set(read) is None
            ):
                # Another logarithm of the same has had them named.
                if len(loss.flow.values(name)) == 1:
                    return kept, {}
    return named(loss, inner, value, "logits")


def _call_of(loss: Loss, node: cst.BaseExpression, operation: str) -> cst.Call | None:
    match node:
        case cst.Call(args=[cst.Arg(value=value, keyword=None, star=""), *_]) if loss.operation(
            node
        ) == operation and loss.predicts(value):
            return node
    return None


def _is_one(node: cst.BaseExpression) -> bool:
    return number_of(node) == 1.0


def _is_the_same(loss: Loss, node: cst.Call, inner: cst.Call) -> bool:
    """Whether what a call within the logarithm, or above it, is given means the same at the logarithm."""
    return any(each is inner for each in walk(node, cst.Call)) or is_stable(
        loss, inner.args[0].value
    )


def _has_known_arguments(kind: str, node: cst.Call) -> bool:
    return all(
        each.keyword is not None and each.keyword.value in _OF_SUMS[kind][1] and not each.star
        for each in node.args[1:]
    )


def rewrite(loss: Loss, match: Match) -> Edit | None:
    node = match.node
    assert isinstance(node, cst.Call)
    written = _written(loss, node)
    if written is None:
        return None
    new, replace = written
    return Edit({**replace, node: new, **orphaned(loss, (node,), new)})


def _written(
    loss: Loss, node: cst.Call
) -> tuple[cst.BaseExpression, dict[cst.CSTNode, Replacement]] | None:
    """What takes the place of a logarithm, and the names that it needs."""
    found = _recognised(loss, node)
    if found is None:
        return None
    kind, inner = found
    value = inner.args[0].value
    replace: dict[cst.CSTNode, Replacement] = {}
    if not _is_the_same(loss, node, inner):
        logits = _logits(loss, inner)
        if logits is None or kind not in ("log_softmax", "log_sigmoid", "log_rest"):
            return None
        value, replace = logits
        inner = inner.with_changes(args=[inner.args[0].with_changes(value=value), *inner.args[1:]])
    if kind == "log_cosh":
        if not isinstance(value, cst.Name):
            hoisted = named(loss, node, value, "error", "difference")
            if hoisted is None:
                return None
            value, replace = hoisted
        softplus, log = loss.spell("tf.nn.softplus"), loss.spell("tf.math.log")
        two = f"{loss.spell('tf.cast')}(2.0, {{x}}.dtype)"
        code = f"{{x}} + {softplus}(-2.0 * {{x}}) - {log}({two})"
        return expression(code, x=value), replace
    if kind in _OF_SUMS:
        if kind in _SUMS.values():
            exponential = _meaning(loss, inner.args[0].value)
            assert isinstance(exponential, cst.Call)
            value = exponential.args[0].value
        first = inner.args[0].with_changes(value=value)
        name = loss.spell(_OF_SUMS[kind][0])
        call = cst.Call(cst.parse_expression(name), [first, *inner.args[1:]])
        return call.deep_clone(), replace
    template = {
        "softplus": f"{loss.spell('tf.nn.softplus')}({{x}})",
        "log_sigmoid": f"{loss.spell('tf.math.log_sigmoid')}({{x}})",
        "log_rest": f"{loss.spell('tf.math.log_sigmoid')}(-{{x}})",
    }[kind]
    return expression(template, x=value), replace


RULE = Rule("LF507", Safety.EXACT, Severity.WARNING, match, rewrite, __doc__, __name__)
