"""A reduction that Keras 3 does not know

## What it does

Replaces `Reduction.AUTO` by `"sum_over_batch_size"`, and other members of the removed enumeration by their
names, where a loss is subclassed, and where one is built that another loss makes use of. A reduction that
`super().__init__(reduction, name)` passes by position gets its keyword.

## Why is this bad

Keras 3 has no `keras.losses.Reduction`; `tf.keras.losses.Reduction` is still there, but its `AUTO` is
rejected: `Invalid value for argument reduction` before the first batch, so that nothing trains (measured on
Keras 3.15). And where Keras 2's `Loss` took the
reduction first, Keras 3's takes the name: what is passed by position is silently taken for the other.

## Example

```python
import tensorflow as tf


class ScaledLoss(tf.keras.losses.Loss):
    def __init__(self, reduction=tf.keras.losses.Reduction.AUTO, name="scaled"):
        super().__init__(reduction=reduction, name=name)

    def call(self, y_true, y_pred):
        return tf.reduce_mean(tf.square(y_true - y_pred), axis=-1) * 2.0
```

## Use instead

```python
import tensorflow as tf


class ScaledLoss(tf.keras.losses.Loss):
    def __init__(self, reduction="sum_over_batch_size", name="scaled"):
        super().__init__(reduction=reduction, name=name)

    def call(self, y_true, y_pred):
        return tf.reduce_mean(tf.square(y_true - y_pred), axis=-1) * 2.0
```

## Fix safety

Exact: `AUTO` meant the sum over the batch size wherever Keras itself ran the training loop.

## References

- https://keras.io/guides/migrating_to_keras_3/
- https://keras.io/api/losses/
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import libcst as cst

from lossfix.losses.calls.gone import Gone, current, gone_names
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.parameters import PASSED_ON
from lossfix.losses.code.reach import uses
from lossfix.losses.code.subclass import derives_directly, is_of_keras_2, method, super_calls
from lossfix.losses.operations.keras_names import LOSS_CLASSES
from lossfix.losses.operations.names import canonical
from lossfix.losses.operations.removed_table import REDUCTIONS
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.build import Replacement, tight_equal
from lossfix.syntax.tree import walk

_ENUMERATIONS = (".Reduction.", ".ReductionV2.")


def match(loss: Loss) -> Iterator[Match]:
    for call in _by_position(loss):
        yield Match(
            call,
            f"`{loss.tree.code(call)}` passes the reduction first, and Keras 3 takes the name first",
            (
                ""
                if len(call.args) <= len(PASSED_ON[:2])
                else "it passes more than reduction and name"
            ),
        )
    for node, new, _ in _found(loss):
        member = new.value if isinstance(new, cst.SimpleString) else loss.tree.code(new)
        yield Match(
            node,
            f"`{loss.tree.code(node)}` was removed: Keras 3 takes a string such as `{member}`",
        )


def _found(loss: Loss) -> Iterator[tuple[cst.CSTNode, cst.BaseExpression, bool]]:
    """Each place, what belongs there, and whether it is outside of the loss's own statement."""
    for each in gone_names(loss):
        if any(mark in each.entry.name for mark in _ENUMERATIONS):
            new = current(each)
            if not isinstance(new, str) and not _is_only_compared(each):
                yield each.node, new, each.use.outside
    for node, outside in _automatic(loss):
        yield node, cst.SimpleString(REDUCTIONS["AUTO"]), outside


def _is_only_compared(found: Gone) -> bool:
    """Whether a member that is still there is asked about: ``self.reduction in [Reduction.AUTO, ...]``."""
    if found.entry.name.startswith("keras."):
        return False
    around = found.use.loss.tree.ancestors(found.node)
    return any(isinstance(each, cst.ComparisonTarget | cst.Comparison) for each in around)


def _by_position(loss: Loss) -> Iterator[cst.Call]:
    """The calls of Keras 3's ``Loss.__init__`` whose first argument is a reduction without a keyword."""
    init = method(loss, "__init__") if derives_directly(loss) else None
    if init is None or is_of_keras_2(loss):
        return
    for call in super_calls(init):
        match call.args:
            case [cst.Arg(value=first, keyword=None, star=""), *_] if _is_a_reduction(loss, first):
                yield call


def _is_a_reduction(loss: Loss, node: cst.BaseExpression) -> bool:
    match node:
        case cst.Name(value=name):
            return name == "reduction"
        case cst.SimpleString():
            return str(node.evaluated_value).upper() in REDUCTIONS
        case cst.Attribute():
            return ".Reduction." in (loss.qualified(node) or "")
    return False


def _automatic(loss: Loss) -> Iterator[tuple[cst.SimpleString, bool]]:
    """The strings ``"auto"`` that a loss is built with."""
    if isinstance(loss.outermost, cst.ClassDef):
        for node in walk(loss.outermost, cst.Param, cst.Call):
            match node:
                case cst.Param(
                    name=cst.Name(value="reduction"), default=cst.SimpleString() as text
                ):
                    if text.evaluated_value == "auto":
                        yield text, False
                case cst.Call(
                    func=cst.Attribute(value=cst.Call(), attr=cst.Name(value="__init__"))
                ):
                    for text in _given(node):
                        yield text, False
    for use in uses(loss):
        call = loss.tree.parents.get(use.node)
        if canonical(use.qualified) in LOSS_CLASSES and isinstance(call, cst.Call):
            for text in _given(call):
                yield text, use.outside


def _given(call: cst.Call) -> Iterator[cst.SimpleString]:
    for each in call.args:
        match each:
            case cst.Arg(keyword=cst.Name(value="reduction"), value=cst.SimpleString() as text):
                if text.evaluated_value == "auto":
                    yield text


def rewrite(loss: Loss, match: Match) -> Edit | None:
    for call in _by_position(loss):
        if call is match.node:
            return Edit(
                {
                    each: partial(_with_keyword, name)
                    for each, name in zip(call.args, PASSED_ON[:2], strict=False)
                    if each.keyword is None
                }
            )
    for node, new, outside in _found(loss):
        if node is match.node:
            if isinstance(new, cst.SimpleString):
                mark = node.quote if isinstance(node, cst.SimpleString) else loss.tree.quote
                new = cst.SimpleString(f"{mark}{new.raw_value}{mark}")
            return Edit(
                {node: new, **_typed(loss, node, new)}, call_sites=(node,) if outside else ()
            )
    return None


def _typed(
    loss: Loss, node: cst.CSTNode, new: cst.BaseExpression
) -> dict[cst.CSTNode, Replacement]:
    """The type of a parameter whose default was a member of the enumeration and is a string now."""
    match loss.tree.parents.get(node):
        case cst.Param(annotation=cst.Annotation(annotation=kind)) if isinstance(
            new, cst.SimpleString
        ) and f"{loss.qualified(kind)}.".endswith(_ENUMERATIONS):
            return {kind: cst.Name("str")}
    return {}


def _with_keyword(name: str, node: cst.CSTNode) -> cst.CSTNode:
    equal = tight_equal()
    return node.with_changes(keyword=cst.Name(name), equal=equal)


RULE = Rule("LF401", Safety.EXACT, Severity.ERROR, match, rewrite, __doc__, __name__)
