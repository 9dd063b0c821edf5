"""A keyword of TensorFlow 1

## What it does

Renames keywords that TensorFlow 2 calls otherwise: `reduction_indices=` and `dimension=` are `axis=`,
`keep_dims=` is `keepdims=`, in a loss and in whatever it reaches in the same file. `strict=True` of
`tf.cond`, which is always so today, is left out. In other functions that are named losses it reports them.

## Why is this bad

The call raises `TypeError: got an unexpected keyword argument` at the first batch, before there is a gradient
(measured on TensorFlow 2.21).

## Example

```python
import tensorflow as tf


def cosine_loss(y_true, y_pred):
    length = tf.norm(y_pred, axis=-1, keep_dims=True)
    return -tf.reduce_sum(y_true * y_pred / (length + 1e-6), reduction_indices=-1)
```

## Use instead

```python
import tensorflow as tf


def cosine_loss(y_true, y_pred):
    length = tf.norm(y_pred, axis=-1, keepdims=True)
    return -tf.reduce_sum(y_true * y_pred / (length + 1e-6), axis=-1)
```

## Fix safety

Exact: the parameter is the same one. A call that gives the old and the new keyword is reported, and so is
a `tf.cond` that is not to be strict.

## References

- https://www.tensorflow.org/guide/migrate/upgrade
- https://www.tensorflow.org/api_docs/python/tf/math/reduce_sum
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.code.reach import Use, uses
from lossfix.losses.discovery.apart import NOT_MEASURED, keywords_gone_apart
from lossfix.losses.discovery.wiring import Misuse, Wiring
from lossfix.losses.operations.removed import REMOVED_KEYWORDS
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.tree import dotted


def _found(loss: Loss) -> Iterator[tuple[Use, cst.Call, cst.Name, str]]:
    """The calls with an old keyword, the keyword, and its new name."""
    for use in uses(loss):
        call = loss.tree.parents.get(use.node)
        renamed = REMOVED_KEYWORDS.get(use.qualified)
        if not renamed or not isinstance(call, cst.Call) or call.func is not use.node:
            continue
        for each in call.args:
            if each.keyword is not None and each.keyword.value in renamed:
                yield use, call, each.keyword, renamed[each.keyword.value]


def match(loss: Loss) -> Iterator[Match]:
    for use, call, keyword, new in _found(loss):
        yield Match(
            keyword,
            _message(loss.tree.code(use.node), keyword.value, new),
            _obstacle(call, keyword, new),
        )


def _obstacle(call: cst.Call, keyword: cst.Name, new: str) -> str:
    """Why a keyword stays; empty where it need not."""
    for each in call.args:
        if each.keyword is keyword and not new and dotted(each.value) != "True":
            return f"it asks for what `{keyword.value}=True` is not"
        if each.keyword is not None and new and each.keyword.value == new:
            return f"`{new}=` is given too"
    return ""


def rewrite(loss: Loss, match: Match) -> Edit | None:
    for use, call, keyword, new in _found(loss):
        if keyword is match.node:
            if new:
                return Edit({keyword: cst.Name(new)}, call_sites=(keyword,) if use.outside else ())
            left_out = partial(_without, keyword=keyword.value)
            return Edit({call: left_out}, call_sites=(call,) if use.outside else ())
    return None


def _without(node: cst.CSTNode, keyword: str) -> cst.CSTNode:
    """A call without one of its keywords."""
    assert isinstance(node, cst.Call)
    *before, last = node.args
    kept = [each for each in node.args if each.keyword is None or each.keyword.value != keyword]
    if kept[-1] is not last:
        ending = {"comma": last.comma, "whitespace_after_arg": last.whitespace_after_arg}
        kept[-1] = before[-1].with_changes(**ending)
    return node.with_changes(args=kept)


def _message(called: str, keyword: str, new: str) -> str:
    return f"`{called}` has no `{keyword}=`: today it is {f'`{new}=`' if new else 'always so'}"


def wiring(wiring: Wiring) -> Iterator[Misuse]:
    for call, keyword, new in keywords_gone_apart(wiring):
        yield Misuse(call, _message(ast.unparse(call.func), keyword, new), NOT_MEASURED)


RULE = Rule("LF404", Safety.EXACT, Severity.ERROR, match, rewrite, __doc__, __name__, wiring)
