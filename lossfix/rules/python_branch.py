"""A plain `if` on the value of a tensor

## What it does

Finds `if`, `a if c else b`, `and`, `or`, `not` and chained comparisons on tensors, and writes them with
`tf.where`, `&`, `|` and `~`. Where a branch is not finite everywhere, both go into a `tf.cond`.

## Why is this bad

Python needs to know now whether the condition holds, and in `fit` there is no value yet: it raises
`OperatorNotAllowedInGraphError`. Eagerly, and in a `tf.function` of one's own, a single value works and has
its gradient, which is why it is noticed late; several values raise there too (measured on Keras 3.15).

## Example

```python
import tensorflow as tf


def sided_loss(y_true, y_pred):
    error = tf.reduce_mean(tf.square(y_true - y_pred))
    if tf.reduce_mean(y_pred - y_true) > 0:
        error = error * 2
    return error
```

## Use instead

```python
import tensorflow as tf


def sided_loss(y_true, y_pred):
    error = tf.reduce_mean(tf.square(y_true - y_pred))
    error = tf.where(tf.reduce_mean(y_pred - y_true) > 0, error * 2, error)
    return error
```

## Fix safety

Exact for a single condition. A condition per element, on which Python would have raised, is taken to be meant
per element. A branch that does more than compute (it prints, assigns to an attribute, raises) is left as it
is, and so are flags, `None`, `x.shape` and `len(x.shape)`, which are known when the graph is built. What
`tf.shape`, `tf.size` and `tf.rank` give are tensors: an `if` on them is reported.

## References

- https://www.tensorflow.org/api_docs/python/tf/where
- https://www.tensorflow.org/api_docs/python/tf/cond
- https://www.tensorflow.org/guide/function#autograph_transformations
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import libcst as cst

from lossfix.losses.batches.branches import Unmergeable, chosen, merged_if
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.parameters import parameter_names
from lossfix.losses.code.sizes import is_told_by_a_size
from lossfix.losses.code.tensors import (
    converted_by_autograph,
    is_array,
    stands_in_a_graph_function,
)
from lossfix.losses.code.truth import operated
from lossfix.model import Evidence, Form, Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.build import Replacement
from lossfix.syntax.tree import walk


def match(loss: Loss) -> Iterator[Match]:
    if converted_by_autograph(loss):
        return
    for node in walk(loss.function.body, *_DECIDING):
        decided = _decided(node)
        if decided is None or _is_in_a_test(loss, node):
            continue
        by_size = is_told_by_a_size(loss, decided)
        if not by_size and not is_array(loss, decided):
            continue
        if _is_a_flag(loss, decided) or stands_in_a_graph_function(loss, node):
            continue
        text = loss.tree.line(decided)
        yield Match(
            node,
            f"`{text}` has no truth value while the graph is built: fit raises",
            _OF_A_SIZE if by_size else _reason(loss, node),
            _severity(loss),
        )


def _is_a_flag(loss: Loss, decided: cst.BaseExpression) -> bool:
    """Whether a part of a loss asks whether a parameter is true, and computes nothing with it.

    Its caller may have it from a function that gives a tensor and `True`.
    """
    if isinstance(decided, cst.BooleanOperation):
        joined = (decided.left, decided.right)
        return all(not is_array(loss, each) or _is_a_flag(loss, each) for each in joined)
    if isinstance(decided, cst.UnaryOperation):
        decided = decided.expression
    if set(loss.candidate.evidence) != {Evidence.REACHED} or not isinstance(decided, cst.Name):
        return False
    return decided.value in parameter_names(loss.function) and _is_only_asked(
        loss, decided.value, frozenset()
    )


def _is_only_asked(loss: Loss, name: str, seen: frozenset[str]) -> bool:
    """Whether a name, and what it is handed on to as it is, only decides or goes back to the caller."""
    asked = {_decided(node) for node in walk(loss.function.body, *_DECIDING)}
    for node in walk(loss.function.body, cst.Name):
        if node.value != name or node in asked or _is_of_another(loss, node):
            continue
        match [*islice(loss.tree.ancestors(node), 3)]:
            case [cst.AssignTarget(), *_] | [cst.Element(), cst.Tuple(), cst.Return()]:
                continue
            case [cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=copy))]), *_]:
                if copy not in seen and not _is_only_asked(loss, copy, seen | {name, copy}):
                    return False
            case _:
                return False
    return True


def _is_of_another(loss: Loss, node: cst.Name) -> bool:
    """Whether a name stands for an attribute or a keyword: `ops.squeeze`, `squeeze=1`."""
    match next(iter(loss.tree.ancestors(node))):
        case cst.Attribute(attr=attribute):
            return attribute is node
        case cst.Arg(keyword=keyword):
            return keyword is node
    return False


def _reason(loss: Loss, node: cst.CSTNode) -> str:
    """Why this is not rewritten; empty where it can be."""
    match node:
        case cst.While():
            return "write it with `tf.while_loop`"
        case cst.Assert():
            return "write it with `tf.debugging`"
    if _calls_itself(loss, node):
        return "a branch calls the loss itself: computed for either case, that never ends"
    try:
        return "" if _replaced(loss, node) else "its operands are not certainly conditions"
    except Unmergeable:
        return "a branch does more than compute, or computes what is not finite everywhere"


def _calls_itself(loss: Loss, node: cst.CSTNode) -> bool:
    own = loss.function.name
    return loss.form is Form.FUNCTION and any(
        each.func.deep_equals(own) for each in walk(node, cst.Call)
    )


def _is_in_a_test(loss: Loss, node: cst.CSTNode) -> bool:
    """Whether an ``and`` or ``not`` is a part of what an ``if`` decides by: that is settled first."""
    if not isinstance(node, cst.BaseExpression):
        return False
    for above in loss.tree.ancestors(node):
        if isinstance(above, cst.IfExp | cst.If | cst.While | cst.Assert):
            return node is above.test
        if not isinstance(above, cst.BooleanOperation | cst.UnaryOperation):
            return False
        node = above
    return False


def _severity(loss: Loss) -> Severity | None:
    # Under a tape of one's own it may work, as long as nobody compiles it.
    evidence = loss.candidate.evidence
    own_loop = Evidence.GRADIENT in evidence and Evidence.COMPILED not in evidence
    return Severity.WARNING if own_loop else None


_OF_A_SIZE = "it is told by a size, which is a tensor: write it with `tf.cond`"
_DECIDING = (
    *(cst.If, cst.While, cst.Assert, cst.IfExp),
    *(cst.BooleanOperation, cst.UnaryOperation, cst.Comparison),
)


def _decided(node: cst.CSTNode) -> cst.BaseExpression | None:
    """Whose truth value Python asks for at ``node``."""
    match node:
        case cst.If(test=test) | cst.While(test=test) | cst.Assert(test=test):
            return test
        case cst.IfExp(test=test):
            return test
        case cst.BooleanOperation(
            operator=cst.Or(), right=cst.Tuple() | cst.List() | cst.Dict() | cst.Call(args=[])
        ):
            # `weights = weights or [1.0]`: what an empty container stands in for is none of tensors.
            return None
        case cst.BooleanOperation(left=left):
            return left
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            return inner
        case cst.Comparison(comparisons=[_, _, *_]):
            return node
    return None


def _replaced(loss: Loss, node: cst.CSTNode) -> dict[cst.CSTNode, Replacement]:
    match node:
        case cst.If():
            return merged_if(loss, node)
        case cst.IfExp(test=test, body=body, orelse=orelse):
            return {node: chosen(loss, test, body, orelse)}
    new = operated(loss, node)
    return {} if new is None else {node: new}


def rewrite(loss: Loss, match: Match) -> Edit | None:
    try:
        replaced = _replaced(loss, match.node)
    except Unmergeable:
        return None
    return Edit(replaced) if replaced else None


RULE = Rule("LF105", Safety.EXACT, Severity.ERROR, match, rewrite, __doc__, __name__)
