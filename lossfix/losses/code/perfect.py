"""What a loss computes where the predictions equal the targets: the point that training heads for.

An expression is asked whether it is exactly zero there. The answer "yes" can be relied on; "no" may
be too cautious: whatever is not understood does not vanish.
"""

from __future__ import annotations

import re

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.discovery.wording import SCORES, names_a_loss
from lossfix.losses.discovery.wording import words as name_words
from lossfix.losses.operations.words import words
from lossfix.syntax.literals import number_of
from lossfix.syntax.tree import children, dotted, last_part, walk

_KEEPS_ZERO = words("""
    builtins.abs tf.abs tf.nn.relu tf.square tf.sqrt tf.negative tf.identity tf.cast tf.convert_to_tensor
    tf.reshape tf.squeeze tf.expand_dims tf.transpose tf.reduce_sum tf.reduce_mean tf.reduce_max
    tf.math.reduce_variance tf.math.reduce_std tf.sin tf.tan tf.tanh tf.asin tf.atan tf.math.erf
    tf.math.log1p tf.math.expm1 keras.backend.flatten keras.backend.batch_flatten
    keras.backend.cast_to_floatx
    """)
_NONNEGATIVE = words("""
    builtins.abs tf.abs tf.nn.relu tf.square tf.math.squared_difference tf.math.reduce_variance tf.sqrt tf.exp
    tf.zeros_like tf.ones_like
    """)
_KEEPS_SIGN = words("""
    tf.identity tf.cast tf.convert_to_tensor tf.reshape tf.squeeze tf.expand_dims tf.transpose
    tf.reduce_sum tf.reduce_mean tf.reduce_max tf.reduce_min keras.backend.flatten
    keras.backend.batch_flatten keras.backend.cast_to_floatx
    """)
_TRANSPARENT = words("""
    tf.cast tf.convert_to_tensor tf.identity tf.reshape tf.squeeze tf.expand_dims
    keras.backend.cast_to_floatx keras.backend.flatten
    """)
"""Changes of dtype and shape: what they are given decides whether a difference vanishes."""

_DISTANCES = frozenset("keras.losses." + name for name in words("""
    mean_squared_error mean_absolute_error mean_squared_logarithmic_error
    mean_absolute_percentage_error huber log_cosh
    """))
_DISTANCE_CLASSES = frozenset("keras.losses." + name for name in words("""
    MeanSquaredError MeanAbsoluteError MeanSquaredLogarithmicError MeanAbsolutePercentageError Huber
    LogCosh
    """))
_ONE_OF_TWO = re.compile("(.+?)(?:[12ab]|_?(?:true|pred|target|hat))")
_QUOTIENTS = ("tf.divide", "tf.truediv", "tf.math.divide_no_nan")
_LAYOUT = (
    cst.Comma,
    cst.Dot,
    cst.LeftParen,
    cst.RightParen,
    cst.LeftSquareBracket,
    cst.RightSquareBracket,
    cst.BaseParenthesizableWhitespace,
)


def vanishes(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether ``node`` is exactly 0 where the predictions equal the targets, and depends on both."""
    return loss.predicts(node) and _vanishes(loss, node, frozenset())


def _vanishes(loss: Loss, node: cst.BaseExpression, seen: frozenset[str]) -> bool:
    def zero(each: cst.BaseExpression) -> bool:
        return _vanishes(loss, each, seen)

    match node:
        case cst.Name(value=name):
            values = loss.flow.values(name)
            if name in (loss.y_true, loss.y_pred) or not values:
                return False
            return name in seen or all(
                each.whole and _vanishes(loss, each.value, seen | {name}) for each in values
            )
        case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
            return zero(inner)
        case cst.BinaryOperation(left=left, operator=cst.Subtract(), right=right):
            return _agree(loss, left, right) or (zero(left) and zero(right))
        case cst.BinaryOperation(left=left, operator=cst.Add(), right=right):
            return zero(left) and zero(right)
        case cst.BinaryOperation(left=left, operator=cst.Multiply(), right=right):
            return zero(left) or zero(right)
        case cst.BinaryOperation(left=left, operator=cst.Divide()):
            return zero(left)
        case cst.BinaryOperation(left=left, operator=cst.Power(), right=right):
            return zero(left) and _is_positive(right)
        case cst.Subscript(value=value):
            return zero(value)
        case cst.Call(args=[cst.Arg(value=first, keyword=None, star=""), *rest]):
            operation = _operation(loss, node)
            second = rest[0].value if rest and rest[0].keyword is None else None
            if operation in _KEEPS_ZERO:
                return zero(first)
            if second is None:
                return False
            if operation == "tf.where" and len(rest) == 2:
                branches = (rest[0].value, rest[1].value)
                vanishing = [zero(each) for each in branches]
                return any(vanishing) and all(
                    gone or is_zero(each) or _is_filled_with_zeros(loss, each)
                    for gone, each in zip(vanishing, branches, strict=True)
                )
            if operation == "tf.maximum":
                bounds = [each for each in (first, second) if is_zero(each)]
                return bool(bounds) and any(zero(each) for each in (first, second))
            if operation in ("tf.subtract", "tf.math.squared_difference") or (
                operation in _DISTANCES
            ):
                return _agree(loss, first, second)
            if operation == "tf.multiply":
                return zero(first) or zero(second)
            if operation == "tf.pow":
                return zero(first) and _is_positive(second)
            if operation in _QUOTIENTS:
                return zero(first)
    return False


def is_zero(node: cst.BaseExpression) -> bool:
    """Whether it is the number zero, as it is written."""
    return number_of(node) == 0.0


def _is_filled_with_zeros(loss: Loss, node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Call) and loss.operation(node) == "tf.zeros_like"


def is_lack_of_a_score(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether ``node`` is what a score of overlap, known by its name, lacks to 1."""
    match node:
        case cst.BinaryOperation(
            left=cst.Integer() | cst.Float() as one, operator=cst.Subtract(), right=score
        ) if float(one.evaluated_value) == 1.0 and loss.predicts(score):
            return _is_a_score(loss, score, frozenset())
        case cst.Name(value=name):
            values = loss.flow.values(name)
            return (
                len(values) == 1 and values[0].whole and is_lack_of_a_score(loss, values[0].value)
            )
    return False


def _is_a_score(loss: Loss, node: cst.BaseExpression, seen: frozenset[str]) -> bool:
    match node:
        case cst.Call(func=function, args=[cst.Arg(value=first), *_]):
            called = last_part(function) or ""
            means_one = not names_a_loss(called) and bool(name_words(called) & SCORES)
            averaged = loss.operation(node) in ("tf.reduce_mean", "tf.cast")
            return means_one or (averaged and _is_a_score(loss, first, seen))
        case cst.Name(value=name) if name not in seen:
            if name_words(name) & SCORES and not names_a_loss(name):
                return True
            values = loss.flow.values(name)
            return bool(values) and all(
                each.whole and _is_a_score(loss, each.value, seen | {name}) for each in values
            )
    return False


def is_nonnegative(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether ``node`` can be shown to be nowhere negative, if what it is divided by is what its author took
    it for: a number of samples or a width, by which a square is still no negative number."""
    return _is_nonnegative(loss, node, frozenset())


def _is_nonnegative(loss: Loss, node: cst.BaseExpression, seen: frozenset[str]) -> bool:
    def positive(each: cst.BaseExpression) -> bool:
        return _is_nonnegative(loss, each, seen)

    match node:
        case cst.Integer() | cst.Float():
            return True
        case cst.Name(value=name):
            values = loss.flow.values(name)
            if name in (loss.y_true, loss.y_pred) or not values:
                return False
            # `error = a - b`, then `error = tf.square(error)`: what was bound last is what is read.
            last = values[-1]
            return name in seen or (last.whole and _is_nonnegative(loss, last.value, seen | {name}))
        case cst.BinaryOperation(left=left, operator=cst.Multiply(), right=right):
            # The same of the targets and of the predictions, `cos(a) * cos(b)`: where they meet, a square.
            squared = left.deep_equals(right) or _agree(loss, left, right)
            return squared or (positive(left) and positive(right))
        case cst.BinaryOperation(left=left, operator=cst.Add(), right=right):
            return positive(left) and positive(right)
        case cst.BinaryOperation(left=left, operator=cst.Divide(), right=right):
            return positive(left) and (not loss.predicts(right) or positive(right))
        case cst.BinaryOperation(left=left, operator=cst.Power(), right=right):
            return _is_even(right) or positive(left)
        case cst.Subscript(value=value):
            return positive(value)
        case cst.Call(args=[cst.Arg(value=first, keyword=None, star=""), *rest]):
            operation = _operation(loss, node)
            if operation in _NONNEGATIVE or operation in _DISTANCES:
                return True
            if operation == "tf.pow" and rest:
                return _is_even(rest[0].value) or positive(first)
            if operation == "tf.where" and len(rest) == 2:
                return all(positive(each.value) for each in rest)
            if operation in _QUOTIENTS and rest:
                below = rest[0].value
                return positive(first) and (not loss.predicts(below) or positive(below))
            if operation == "tf.maximum" and rest:
                return positive(first) or positive(rest[0].value)
            if operation == "tf.multiply" and rest:
                return first.deep_equals(rest[0].value) or (
                    positive(first) and positive(rest[0].value)
                )
            return operation in _KEEPS_SIGN and positive(first)
    return False


def _operation(loss: Loss, node: cst.Call) -> str | None:
    match node.func:
        case cst.Name(value="abs") if not loss.scope.binds("abs"):
            return "builtins.abs"
    if _is_made_distance(loss, node.func):
        return "keras.losses.mean_squared_error"
    return loss.operation(node)


def _is_made_distance(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether it is an instance of one of Keras' distances, made here or under a name."""
    match node:
        case cst.Call():
            return loss.operation(node) in _DISTANCE_CLASSES
        case cst.Name(value=name):
            return any(
                isinstance(each.value, cst.Call) and loss.operation(each.value) in _DISTANCE_CLASSES
                for each in loss.flow.values(name)
            )
    return False


def _is_positive(node: cst.BaseExpression) -> bool:
    return (number_of(node) or 0.0) > 0.0


def _is_even(node: cst.BaseExpression) -> bool:
    return _is_positive(node) and (number_of(node) or 0.0) % 2 == 0.0


def _agree(loss: Loss, left: cst.BaseExpression, right: cst.BaseExpression) -> bool:
    """Whether two expressions are the same one, of the targets and of the predictions."""
    of_both = not loss.flow.depends(left) | loss.flow.depends(right) < {"y_true", "y_pred"}
    if not of_both and not _are_counterparts(loss, left, right):
        return False
    if "fake" in name_words(loss.y_pred) and any(map(_judges, (left, right))):
        # A critic tells samples that were drawn from samples that were made: none is the other.
        return False
    return _shape(loss, left, frozenset()) == _shape(loss, right, frozenset())


def _judges(node: cst.BaseExpression) -> bool:
    """Whether a model of the instance is called: `self.critic(real)`."""
    return any((dotted(each.func) or "").startswith("self.") for each in walk(node, cst.Call))


def _are_counterparts(loss: Loss, left: cst.BaseExpression, right: cst.BaseExpression) -> bool:
    """Whether a part was handed one for the targets and the other for the predictions, as their names
    say: ``lon1`` and ``lon2``."""
    match left, right:
        case cst.Name(value=one), cst.Name(value=other):
            return one != other and _stem(loss, one) == _stem(loss, other) != ""
    return False


def _stem(loss: Loss, name: str) -> str:
    """What the names of two parameters of a part have in common, of which one is handed predictions;
    empty for any other name."""
    found = _ONE_OF_TWO.fullmatch(name) if loss.only_reached else None
    if found is None:
        return ""
    names = [each.name.value for each in loss.function.params.params]
    alike = [each for each in names if (of := _ONE_OF_TWO.fullmatch(each)) and of[1] == found[1]]
    predicted = [each for each in alike if each in loss.predictions]
    return found[1] if name in alike and len(alike) == 2 and len(predicted) == 1 else ""


def _shape(loss: Loss, node: cst.CSTNode, seen: frozenset[str]) -> str:
    """What ``node`` computes, with targets and predictions under one name."""
    match node:
        case cst.Name(value=name):
            if name in seen:
                return "y"
            values = loss.flow.values(name)
            if not values:
                stem = _stem(loss, name)
                return stem or ("y" if name in (loss.y_true, loss.y_pred) else name)
            inner = sorted({_shape(loss, each.value, seen | {name}) for each in values} - {"y"})
            if not all(each.whole for each in values):
                return f"{name}:{inner}"
            return inner[0] if len(inner) == 1 else f"{inner}" if inner else "y"
        case cst.Integer() | cst.Float() | cst.SimpleString():
            return node.value
        case cst.Call(args=[cst.Arg(value=first, keyword=None, star=""), *_]) if (
            loss.operation(node) in _TRANSPARENT
        ):
            return _shape(loss, first, seen)
        case cst.Attribute():
            return dotted(node) or f"{_shape(loss, node.value, seen)}.{node.attr.value}"
    inner = [
        _shape(loss, child, seen) for child in children(node) if not isinstance(child, _LAYOUT)
    ]
    return f"{type(node).__name__}({','.join(inner)})"


def reduces_everything(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether a mean or sum over all samples stands in ``node``."""
    stack: list[cst.CSTNode] = [node]
    seen: set[str] = set()
    while stack:
        for each in walk(stack.pop()):
            match each:
                case cst.Call(args=[_]) if loss.operation(each) in (
                    "tf.reduce_mean",
                    "tf.reduce_sum",
                    "tf.math.reduce_std",
                    "tf.math.reduce_variance",
                    "tf.norm",
                ):
                    return True
                case cst.Call() if _is_made_distance(loss, each.func):
                    return True
                case cst.Name(value=name) if name not in seen:
                    seen.add(name)
                    stack += [binding.value for binding in loss.flow.values(name)]
    return False
