"""A value that is not a number is replaced after the fact

## What it does

Finds `tf.where(tf.math.is_nan(x), 0.0, x)` where `x` comes from divisions that nothing guards, and guards
those with `tf.math.divide_no_nan`. Where `x` can only be `nan` because a target is, and is more than a
difference, the prediction takes the target's place before anything is computed with it.

## Why is this bad

The patch mends the value and not the gradient: the gradient of the branch that was not taken is
multiplied by zero, and zero times `nan` is `nan` (measured, eagerly, in graphs and under XLA). The loss
looks fine, and all weights are `nan` after the first such batch.

## Example

```python
import tensorflow as tf


def recall_loss(y_true, y_pred):
    recall = tf.reduce_sum(y_true * y_pred) / tf.reduce_sum(y_true)
    recall = tf.where(tf.math.is_nan(recall), tf.zeros_like(recall), recall)
    return 1.0 - recall
```

## Use instead

```python
import tensorflow as tf


def recall_loss(y_true, y_pred):
    recall = tf.math.divide_no_nan(
        tf.reduce_sum(y_true * y_pred), tf.reduce_sum(y_true)
    )
    recall = tf.where(tf.math.is_nan(recall), tf.zeros_like(recall), recall)
    return 1.0 - recall
```

## Fix safety

Exact wherever the old value was finite. The patch itself stays: it now only catches what is not a number
in the data. It is reported and left alone where the patch puts in something else than zero, where a
logarithm or a root is the source, where something else reads whether the value is a number (a mean over
those that are), and where targets that are not numbers are read for something else, too.

## References

- https://www.tensorflow.org/api_docs/python/tf/math/divide_no_nan
- https://www.tensorflow.org/api_docs/python/tf/where
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.divisions import Division, divisions, guarded, is_sheltered
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.perfect import vanishes
from lossfix.losses.operations.words import words
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.build import expression
from lossfix.syntax.tree import walk

_GUARDS = words("tf.maximum tf.clip_by_value keras.backend.epsilon tf.exp tf.nn.softplus")
_OTHER_SOURCES = words("tf.math.log tf.sqrt tf.math.rsqrt tf.math.reciprocal tf.pow tf.norm")

_CURVED = words("tf.square tf.abs tf.exp tf.math.log_cosh")
"""Operations whose gradient depends on the value that they are given."""
_SETTLED = words("tf.where tf.math.divide_no_nan")
"""What has an answer for values that are no numbers already."""
_TESTS = words("tf.math.is_nan tf.math.is_inf tf.math.is_finite")
_SHOWN = 40
"""Characters of the code that a message quotes."""


def match(loss: Loss) -> Iterator[Match]:
    for node in walk(loss.function.body, cst.Call):
        if (patch := _patch(loss, node)) is None:
            continue
        patched, put_in = patch
        if not loss.predicts(patched):
            continue
        reach = _reach(loss, patched)
        bare = [each for each in divisions(loss) if id(each.node) in reach and _is_bare(loss, each)]
        if not bare:
            if _is_of_targets(loss, node, reach):
                yield Match(
                    node,
                    f"`{loss.tree.line(patched, _SHOWN)}` is patched where a target is nan, and its "
                    "gradient is nan there all the same",
                    _elsewhere(loss, node, patched, put_in),
                )
            continue
        reason = ""
        divided = {id(each.node) for each in bare}
        tests = (each for each in _other_tests(loss, node) if divided & _reach(loss, each))
        if (test := next(tests, None)) is not None:
            reason = f"`{loss.tree.line(test, _SHOWN)}` is read for something else, too, and would change"
        elif not _is_zero(loss, put_in):
            reason = "it puts in something else than zero, which a guarded division would not give"
        elif any(
            id(each) in reach
            and isinstance(each, cst.Call)
            and loss.operation(each) in _OTHER_SOURCES
            for each in walk(loss.function.body)
        ):
            reason = "a logarithm, a power or a root may be what is not a number"
        yield Match(
            node,
            f"`{' '.join(loss.tree.code(patched).split())}` is patched where it is nan, "
            "and its gradient stays nan",
            reason,
        )


def _is_of_targets(loss: Loss, patch: cst.Call, reach: set[int]) -> bool:
    """Whether only targets can be what is not a number, and more is done to them than to subtract.

    The gradient of a difference does not depend on its value, and survives.
    """
    distances = 0
    for each in walk(loss.function.body):
        if id(each) not in reach or each is patch:
            continue
        match each:
            case cst.Call(args=[cst.Arg(value=inner), *_]):
                operation = loss.operation(each)
                if operation in _OTHER_SOURCES or operation in _SETTLED:
                    return False
                distances += operation in _CURVED and _is_of_both(loss, inner)
            case cst.BinaryOperation(operator=cst.Divide()):
                return False
            case cst.BinaryOperation(left=left, operator=cst.Multiply() | cst.Power()):
                distances += _is_of_both(loss, left)
    return distances > 0


def _elsewhere(
    loss: Loss, patch: cst.Call, patched: cst.BaseExpression, put_in: cst.BaseExpression
) -> str:
    """Why a prediction must not simply take the place of a target that is nan; empty where it may."""
    cure = (
        f"put `tf.where(tf.math.is_nan({loss.y_true}), {loss.y_pred}, {loss.y_true})` in place of the "
        "targets before anything is computed with them"
    )
    targets = _targets(loss)
    for test in _other_tests(loss, patch):
        asked = test.args[0].value
        if "y_true" in loss.flow.depends(asked) and asked not in targets:
            return (
                f"`{loss.tree.line(test, _SHOWN)}` is read for something else, too: take that from "
                f"`tf.math.is_nan({loss.y_true})`, and then {cure}"
            )
    if len(targets) == 1 and vanishes(loss, patched) and _is_zero(loss, put_in):
        return ""
    return cure


def _other_tests(loss: Loss, patch: cst.Call) -> Iterator[cst.Call]:
    """Where else it is asked whether something is a number, as in a count of what is.

    What a patch by zero asks does not matter: it gives that zero still.
    """
    settled: set[cst.CSTNode] = {patch.args[0].value}
    for node in walk(loss.function.body, cst.Call):
        found = _patch(loss, node)
        if found is not None and _is_zero(loss, found[1]):
            settled.add(node.args[0].value)
    for node in walk(loss.function.body, cst.Call):
        if loss.operation(node) in _TESTS and node.args and node not in settled:
            yield node


def _targets(loss: Loss) -> list[cst.Name]:
    """Where the function reads its targets."""
    return [each for each in walk(loss.function.body, cst.Name) if each.value == loss.y_true]


def _is_of_both(loss: Loss, node: cst.BaseExpression) -> bool:
    return loss.flow.depends(node) >= {"y_true", "y_pred"}


def _patch(loss: Loss, node: cst.Call) -> tuple[cst.BaseExpression, cst.BaseExpression] | None:
    """What is patched, and what is put in its place."""
    match node:
        case cst.Call(
            args=[
                cst.Arg(value=cst.Call(args=[cst.Arg(value=tested)]) as test),
                cst.Arg(value=then),
                cst.Arg(value=otherwise),
            ]
        ) if (
            loss.operation(node) == "tf.where"
        ):
            operation = loss.operation(test)
            if operation in ("tf.math.is_nan", "tf.math.is_inf") and tested.deep_equals(otherwise):
                return otherwise, then
            if operation == "tf.math.is_finite" and tested.deep_equals(then):
                return then, otherwise
    return None


def _reach(loss: Loss, node: cst.BaseExpression) -> set[int]:
    """Everything from which the value of ``node`` is computed, through local names."""
    stack: list[cst.CSTNode] = [node]
    names: set[str] = set()
    reach: set[int] = set()
    while stack:
        for each in walk(stack.pop()):
            reach.add(id(each))
            if isinstance(each, cst.Name) and each.value not in names:
                names.add(each.value)
                stack += [binding.value for binding in loss.flow.values(each.value)]
    return reach


def _is_bare(loss: Loss, division: Division) -> bool:
    below = division.denominator
    if not loss.is_tensor(below) or is_sheltered(loss, division.node):
        return False
    reach = _reach(loss, below)
    for each in walk(loss.function.body):
        if id(each) not in reach:
            continue
        match each:
            case cst.BinaryOperation(left=left, operator=cst.Add(), right=right) if not (
                loss.is_tensor(left) and loss.is_tensor(right)
            ):
                return False
            case cst.Call() if loss.operation(each) in _GUARDS:
                return False
    return True


def _is_zero(loss: Loss, node: cst.BaseExpression) -> bool:
    match node:
        case cst.Integer() | cst.Float():
            return float(node.evaluated_value) == 0.0
        case cst.Call(args=[cst.Arg(value=cst.Integer() | cst.Float() as value), *_]):
            return loss.operation(node) == "tf.constant" and float(value.evaluated_value) == 0.0
        case cst.Call():
            return loss.operation(node) in ("tf.zeros_like", "tf.zeros")
    return False


def rewrite(loss: Loss, match: Match) -> Edit | None:
    assert isinstance(match.node, cst.Call)
    patch = _patch(loss, match.node)
    if patch is None:
        return None
    reach = _reach(loss, patch[0])
    bare = [each for each in divisions(loss) if id(each.node) in reach and _is_bare(loss, each)]
    if not bare:
        (target,) = _targets(loss)
        where, is_nan = loss.spell("tf.where"), loss.spell("tf.math.is_nan")
        code = f"{where}({is_nan}({loss.y_true}), {loss.y_pred}, {loss.y_true})"
        return Edit({target: expression(code)})
    return Edit({each.node: guarded(loss) for each in bare})


RULE = Rule("LF504", Safety.EXACT, Severity.WARNING, match, rewrite, __doc__, __name__)
