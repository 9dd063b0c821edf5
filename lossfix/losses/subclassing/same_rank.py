"""``same_rank``: the function of a file that aligns the ranks of targets and predictions, as Keras does."""

from __future__ import annotations

from functools import lru_cache

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.code.methods import function_from
from lossfix.losses.subclassing.alignment import needs_alignment
from lossfix.syntax.remembered import remembered
from lossfix.syntax.tree import walk

_SAME_RANK = '''def {name}(y_true, y_pred):
    """Targets and predictions of the same rank, as Keras aligns them for a plain function."""
{ranks}
    if true_rank == pred_rank + 1 and y_true.shape[-1] == 1:
        if pred_rank == 1:
            return y_true, {expand_dims}(y_pred, -1)
        return {squeeze}(y_true, -1), y_pred
    if pred_rank == true_rank + 1 and y_pred.shape[-1] == 1:
        if true_rank == 1:
            return {expand_dims}(y_true, -1), y_pred
        return y_true, {squeeze}(y_pred, -1)
    return y_true, y_pred
'''
"""Mirrors ``squeeze_or_expand_to_same_rank`` of Keras 3, which ``compile`` applies to functions only.

Takes NumPy arrays, too, as the function did where it is called directly."""

_RANKS_OF_TENSORFLOW = """\
    true_rank = {tf}.TensorShape(y_true.shape).rank
    pred_rank = {tf}.TensorShape(y_pred.shape).rank
    if true_rank is None or pred_rank is None:
        return y_true, y_pred"""
_RANKS_OF_KERAS = """\
    true_rank, pred_rank = len(y_true.shape), len(y_pred.shape)"""
"""As Keras 3 asks for them itself, whatever its backend."""


def aligning_statement(
    loss: Loss,
) -> cst.SimpleStatementLine | cst.BaseCompoundStatement | None:
    """The first line of ``call``, where targets and predictions could differ by a trailing axis of one."""
    if not needs_alignment(loss):
        return None
    return cst.parse_statement(
        f"{loss.y_true}, {loss.y_pred} = {rank_function(loss)}({loss.y_true}, {loss.y_pred})"
    )


def rank_function(loss: Loss) -> str:
    """The name of the file's ``same_rank``, there already or to be added."""
    return "same_rank" if is_rank_function(loss, "same_rank") else loss.fresh("same_rank")


def _code(loss: Loss, name: str) -> str:
    """The code of ``same_rank`` under a name, for the backend that the loss computes with."""
    expand_dims, squeeze = loss.spell("tf.expand_dims"), loss.spell("tf.squeeze")
    of_tensorflow = _RANKS_OF_TENSORFLOW.format(tf=loss.tensorflow)
    ranks = _RANKS_OF_KERAS if loss.computes_with_ops else of_tensorflow
    return _SAME_RANK.format(name=name, ranks=ranks, expand_dims=expand_dims, squeeze=squeeze)


@remembered(64)
def is_rank_function(loss: Loss, name: str) -> bool:
    """Whether this file's function of that name only aligns ranks, as ours does."""
    found = [
        [type(node) for node in walk(each.body)]
        for each in loss.tree.module.body
        if isinstance(each, cst.FunctionDef) and each.name.value == name
    ]
    return any(each in _shapes_of_rank_functions() for each in found)


@lru_cache(maxsize=1)
def _shapes_of_rank_functions() -> tuple[list[type], ...]:
    shapes = []
    for ranks in (_RANKS_OF_TENSORFLOW.format(tf="tf"), _RANKS_OF_KERAS):
        code = _SAME_RANK.format(name="f", ranks=ranks, expand_dims="tf.e", squeeze="tf.s")
        parsed = cst.parse_statement(code)
        assert isinstance(parsed, cst.FunctionDef)
        shapes.append([type(node) for node in walk(parsed.body)])
    return tuple(shapes)


def rank_function_definition(loss: Loss) -> tuple[cst.BaseStatement, ...]:
    """The definition of ``same_rank`` where this loss needs it and the file has none yet."""
    return rank_function_to_add(loss) if needs_alignment(loss) else ()


def rank_function_to_add(loss: Loss) -> tuple[cst.BaseStatement, ...]:
    """The same for a loss that aligns ranks in any case."""
    if is_rank_function(loss, rank_function(loss)):
        return ()
    return (function_from(loss, _code(loss, rank_function(loss)), blank_lines=2),)
