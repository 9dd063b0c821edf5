"""A branch that is not taken is infinite or not a number

## What it does

Finds `tf.where(x > 0, f(x), c)` where `f` is a root, a logarithm or a quotient that breaks down where the
condition does not hold, and `tf.where(tf.math.is_nan(y_true), 0.0, f(y_true, y_pred))`, and gives the
branch harmless values there.

## Why is this bad

`tf.where` computes both branches and picks afterwards, in the gradient as well: the gradient of the
branch that was not taken is zero times infinity, which is `nan`. Measured: with a logarithm or a quotient
always; with a root only under XLA, which Keras turns on by itself on a GPU; with targets that are `nan`
always, as soon as one of them is.

## Example

```python
import tensorflow as tf


def root_loss(y_true, y_pred):
    root = tf.where(y_pred > 0.0, tf.sqrt(y_pred), 0.0)
    return tf.reduce_mean(tf.square(y_true - root), axis=-1)
```

## Use instead

```python
import tensorflow as tf


def root_loss(y_true, y_pred):
    root = tf.where(
        y_pred > 0.0, tf.sqrt(tf.where(y_pred > 0.0, y_pred, tf.ones_like(y_pred))), 0.0
    )
    return tf.reduce_mean(tf.square(y_true - root), axis=-1)
```

## Fix safety

Exact: what is picked does not change, and what is not picked no longer matters.

## References

- https://www.tensorflow.org/api_docs/python/tf/where
- https://github.com/tensorflow/tensorflow/issues/38349
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from lossfix.losses.code.conditions import comparison, named_value, uses
from lossfix.losses.code.loss import Loss
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.build import expression
from lossfix.syntax.tree import children, walk

_BREAKS = ("tf.sqrt", "tf.math.log", "tf.math.rsqrt", "tf.math.reciprocal")
_AT_ZERO = ("tf.math.log", "tf.math.reciprocal")
_QUOTIENTS = ("tf.divide", "tf.truediv")
_SMALL = 1e-3
"""A threshold below this is one that keeps clear of zero."""


@dataclass(frozen=True, eq=False)
class _Unsafe:
    """An operand in a branch that must be given other values where the branch is not taken."""

    operands: tuple[cst.BaseExpression, ...]
    taken: str
    """A template of the condition under which the operand may stay."""
    condition: cst.BaseExpression
    harmless: str
    message: str
    reason: str = ""


def match(loss: Loss) -> Iterator[Match]:
    for node in walk(loss.function.body, cst.Call):
        if (unsafe := _unsafe(loss, node)) is not None:
            yield Match(node, unsafe.message, unsafe.reason)


def _unsafe(loss: Loss, node: cst.Call) -> _Unsafe | None:
    if loss.operation(node) != "tf.where" or len(node.args) != 3:
        return None
    if any(each.star or each.keyword for each in node.args):
        return None
    condition, then, otherwise = (each.value for each in node.args)
    meant = named_value(loss, condition) or condition
    return _unsafe_domain(loss, condition, meant, then, otherwise) or _unsafe_targets(
        loss, condition, meant, then, otherwise
    )


def _branch(loss: Loss, node: cst.BaseExpression) -> tuple[cst.BaseExpression, bool]:
    """What a branch computes, and whether nothing else uses it."""
    if isinstance(node, cst.Name) and (value := named_value(loss, node)) is not None:
        return value, len(list(uses(loss, node.value))) == 1
    return node, True


def _unsafe_domain(
    loss: Loss,
    condition: cst.BaseExpression,
    meant: cst.BaseExpression,
    then: cst.BaseExpression,
    otherwise: cst.BaseExpression,
) -> _Unsafe | None:
    sides = comparison(loss, meant)
    if sides is None:
        return None
    left, operator, right = sides
    if not _is_near_zero(right):
        return None
    if operator in (">", ">=", "!="):
        branch, own = _branch(loss, then)
        taken = "{c}"
    elif operator in ("<", "<=", "=="):
        branch, own = _branch(loss, otherwise)
        taken = ""
    else:
        return None
    if not loss.predicts(branch) or isinstance(left, cst.BaseNumber):
        return None
    operands = tuple(_breaking(loss, branch, left, operator in ("!=", "==")))
    if not operands:
        return None
    return _Unsafe(
        operands,
        taken,
        condition,
        f"{loss.spell('tf.ones_like')}({{x}})",
        f"`{_code(loss, branch)}` is computed also where `{_code(loss, meant)}` picks the other branch, "
        "and its gradient is nan there",
        "" if own else "the branch is used elsewhere too",
    )


def _breaking(
    loss: Loss, branch: cst.BaseExpression, left: cst.BaseExpression, only_zero: bool
) -> Iterator[cst.BaseExpression]:
    """The places of ``left`` in ``branch`` where an operation has no finite slope at zero or below."""
    for node in walk(branch):
        match node:
            case cst.BinaryOperation(left=above, operator=cst.Divide(), right=below):
                at, matters = below, loss.predicts(below) or loss.predicts(above)
            case cst.BinaryOperation(left=base, operator=cst.Power(), right=cst.Float() as power):
                at, matters = base, loss.predicts(base) and float(power.evaluated_value) < 1
            case cst.Call(args=[cst.Arg(value=first, star=""), *rest]):
                operation = loss.operation(node)
                if operation in _QUOTIENTS and rest:
                    at = rest[0].value
                    matters = loss.predicts(at) or loss.predicts(first)
                else:
                    # Of a negative number the condition `!= 0` knows nothing.
                    known = operation in (_AT_ZERO if only_zero else _BREAKS)
                    at, matters = first, known and loss.predicts(first)
            case _:
                continue
        if matters and at.deep_equals(left):
            yield at


def _unsafe_targets(
    loss: Loss,
    condition: cst.BaseExpression,
    meant: cst.BaseExpression,
    then: cst.BaseExpression,
    otherwise: cst.BaseExpression,
) -> _Unsafe | None:
    """A loss of targets that are ``nan``, masked only afterwards."""
    match meant:
        case cst.Call(args=[cst.Arg(value=cst.Name(value=name))]) if name == loss.y_true:
            operation = loss.operation(meant)
        case _:
            return None
    if loss.flow.values(name):
        return None
    if operation == "tf.math.is_nan":
        (branch, own), taken = _branch(loss, otherwise), ""
    elif operation == "tf.math.is_finite":
        (branch, own), taken = _branch(loss, then), "{c}"
    else:
        return None
    # `where(is_nan(t), 0, t)` computes nothing of what it masks.
    if not loss.predicts(branch) or isinstance(branch, cst.Name):
        return None
    operands = tuple(_unguarded(loss, branch, name))
    through_names = any(
        isinstance(each, cst.Name)
        and each.value not in (loss.y_true, loss.y_pred)
        and "y_true" in loss.flow.depends(each)
        for each in walk(branch)
    )
    if not operands and not through_names:
        return None
    reason = "" if own else "the branch is used elsewhere too"
    if through_names:
        reason = f"the branch uses `{name}` through other names"
    elif condition is not meant and not _precedes(loss, condition, branch):
        reason = "the mask is made after the branch"
    return _Unsafe(
        operands,
        taken,
        condition,
        f"{loss.spell('tf.zeros_like')}({{x}})",
        f"`{_code(loss, branch)}` is nan where `{name}` is, and so is its gradient, "
        "though the value is masked",
        reason,
    )


def _unguarded(loss: Loss, node: cst.CSTNode, name: str) -> Iterator[cst.Name]:
    """The places of a name, apart from those in another ``tf.where``."""
    if isinstance(node, cst.Call) and loss.operation(node) == "tf.where":
        return
    if isinstance(node, cst.Name) and node.value == name:
        yield node
    for child in children(node):
        yield from _unguarded(loss, child, name)


def _precedes(loss: Loss, condition: cst.BaseExpression, branch: cst.BaseExpression) -> bool:
    """Whether the name of a mask is bound on a line before the branch is computed."""
    assert isinstance(condition, cst.Name)
    spans = loss.tree.spans
    bound = loss.flow.values(condition.value)[0].node
    return spans[bound].line < spans[branch].line


def _is_near_zero(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Integer | cst.Float) and float(node.evaluated_value) <= _SMALL


def _code(loss: Loss, node: cst.CSTNode) -> str:
    return loss.tree.line(node, 40)


def rewrite(loss: Loss, match: Match) -> Edit | None:
    assert isinstance(match.node, cst.Call)
    unsafe = _unsafe(loss, match.node)
    if unsafe is None or unsafe.reason:
        return None
    where = loss.spell("tf.where")
    pick = (
        f"{where}({{c}}, {{x}}, {unsafe.harmless})"
        if unsafe.taken
        else f"{where}({{c}}, {unsafe.harmless}, {{x}})"
    )
    return Edit({each: expression(pick, c=unsafe.condition, x=each) for each in unsafe.operands})


RULE = Rule("LF505", Safety.EXACT, Severity.WARNING, match, rewrite, __doc__, __name__)
