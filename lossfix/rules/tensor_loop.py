"""A Python loop runs over a tensor

## What it does

Finds `for i in tf.range(n)` and loops over other tensors that a loss makes: constants become a list by
`tf.unstack`, and `tf.range` of numbers and of sizes that are known beforehand becomes Python's `range`. A
loop over what `tf.unique` finds is reported. (Loops over the samples of a batch are LF107's.)

## Why is this bad

In `fit`, where tensors are symbolic and AutoGraph is off, that raises `OperatorNotAllowedInGraphError`
(measured on Keras 3.15). Eagerly, and in a `tf.function` of one's own, it works.

## Example

```python
import tensorflow as tf


def channel_loss(y_true, y_pred):
    total = 0.0
    for channel in tf.range(3):
        total += tf.reduce_mean(tf.abs(y_true[..., channel] - y_pred[..., channel]))
    return total
```

## Use instead

```python
import tensorflow as tf


def channel_loss(y_true, y_pred):
    total = 0.0
    for channel in range(3):
        total += tf.reduce_mean(tf.abs(y_true[..., channel] - y_pred[..., channel]))
    return total
```

## Fix safety

Exact. A loss under `tf.function`, or under a training loop of one's own, is left alone: AutoGraph converts
its loops.

## References

- https://www.tensorflow.org/guide/function#loops
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.batches.rows import rows_of
from lossfix.losses.code.conditions import named_value, uses
from lossfix.losses.code.in_fit import may_be_in_fit, severity_in_fit
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.sizes import is_told_by_a_size, known_beforehand
from lossfix.losses.code.tensors import converted_by_autograph
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.build import expression
from lossfix.syntax.tree import dotted, walk

_COUNTS = "tf.range"
_CONSTANTS = frozenset({"tf.constant", "tf.linspace", "keras.backend.constant"})
_UNIQUE = frozenset({"tf.unique", "tf.unique_with_counts"})
_OF_TENSORS = frozenset({"dtype", "numpy", "shape"})
"""What only a tensor has."""


def match(loss: Loss) -> Iterator[Match]:
    if converted_by_autograph(loss) or not may_be_in_fit(loss):
        return
    for node in walk(loss.function.body, cst.For, cst.CompFor):
        assert isinstance(node, cst.For | cst.CompFor)
        over = _made(loss, node)
        if over is None or rows_of(loss, node.target, node.iter) is not None:
            continue
        yield Match(
            node.iter,
            f"`{loss.tree.line(node.iter)}` is a tensor, over which no loop of Python runs in fit",
            "" if _listed(loss, node, over) is not None else _reason(loss, over),
            severity_in_fit(loss),
        )


def _made(loss: Loss, node: cst.For | cst.CompFor) -> cst.Call | None:
    """The operation that makes the tensor over which a loop runs."""
    over = node.iter
    call = _value(loss, over)
    match over:
        case cst.Attribute(value=inner, attr=cst.Name(value="y")) | cst.Subscript(
            value=inner,
            slice=[cst.SubscriptElement(slice=cst.Index(value=cst.Integer(value="0")))],
        ):
            call = _value(loss, inner)
            return call if loss.operation(call) in _UNIQUE else None
        case cst.Name(value=name):
            call = call or _first_of_several(loss, name)
    if not isinstance(call, cst.Call) or any(each.star for each in call.args):
        return None
    operation = loss.operation(call)
    if operation in _UNIQUE:
        return call if isinstance(over, cst.Name) and _value(loss, over) is None else None
    return call if operation == _COUNTS or operation in _CONSTANTS else None


def _value(loss: Loss, node: cst.BaseExpression) -> cst.Call | None:
    """The call that a value is, through the name that the loss or the module gives it once."""
    if isinstance(node, cst.Name) and loss.flow.values(node.value):
        node = named_value(loss, node) or node
    elif isinstance(node, cst.Name):
        node = _of_the_module(loss, node.value) or node
    return node if isinstance(node, cst.Call) else None


def _of_the_module(loss: Loss, name: str) -> cst.BaseExpression | None:
    if name in (loss.y_true, loss.y_pred) or name in loss.predictions:
        return None
    found = [
        part.value
        for line in loss.tree.module.body
        if isinstance(line, cst.SimpleStatementLine)
        for part in line.body
        if isinstance(part, cst.Assign)
        and any(dotted(each.target) == name for each in part.targets)
    ]
    return found[0] if len(found) == 1 else None


def _first_of_several(loss: Loss, name: str) -> cst.Call | None:
    """The call whose first result has this name: ``classes, _ = tf.unique(x)``."""
    match [each.node for each in loss.flow.values(name)]:
        case [
            cst.Assign(
                targets=[
                    cst.AssignTarget(
                        target=cst.Tuple(elements=[cst.Element(value=cst.Name(value=first)), *_])
                    )
                ],
                value=cst.Call() as call,
            )
        ] if (
            first == name
        ):
            return call
    return None


def _listed(loss: Loss, node: cst.For | cst.CompFor, made: cst.Call) -> cst.BaseExpression | None:
    """What Python can run over in the place of the tensor; ``None`` where its length is not known."""
    operation = loss.operation(made)
    if operation in _UNIQUE or (operation == _COUNTS and made is not node.iter):
        return None
    if operation in _CONSTANTS:
        return expression(f"{loss.spell('tf.unstack')}({{x}})", x=node.iter)
    odd = loss.scope.binds("range") or any(each.keyword is not None for each in made.args)
    if odd or _is_asked_as_a_tensor(loss, node):
        return None
    known = [_number(loss, each.value) for each in made.args]
    args = [cst.Arg(each) for each in known if each is not None]
    return cst.Call(cst.Name("range"), args) if len(args) == len(made.args) else None


def _number(loss: Loss, node: cst.BaseExpression) -> cst.BaseExpression | None:
    if is_told_by_a_size(loss, node):
        return known_beforehand(loss, node)
    if loss.is_tensor(node) or isinstance(node, cst.Call | cst.Float):
        return None
    return node


def _is_asked_as_a_tensor(loss: Loss, node: cst.For | cst.CompFor) -> bool:
    """Whether the loop reads of what it counts by what a number lacks."""
    if not isinstance(node.target, cst.Name):
        return True
    parents = loss.tree.parents
    return any(
        isinstance(above := parents.get(use), cst.Attribute) and above.attr.value in _OF_TENSORS
        for use in uses(loss, node.target.value)
    )


def _reason(loss: Loss, made: cst.Call) -> str:
    if loss.operation(made) in _UNIQUE:
        return "how many it finds is not known beforehand: loop over all that there may be"
    return "how long it is is not known beforehand"


def rewrite(loss: Loss, match: Match) -> Edit | None:
    node = loss.tree.parents[match.node]
    if not isinstance(node, cst.For | cst.CompFor):
        return None
    made = _made(loss, node)
    new = None if made is None else _listed(loss, node, made)
    return None if new is None else Edit({match.node: new})


RULE = Rule("LF117", Safety.EXACT, Severity.ERROR, match, rewrite, __doc__, __name__)
