"""Whether targets may lack the trailing axis of one that predictions have, or have it where those lack it.

Keras aligns the ranks of what it hands to a plain function, and not of what it hands to a subclass of
``Loss``: there, targets of shape (N,) against predictions of shape (N, 1) broadcast to (N, N). Each
check gives ``""`` where it passed, a text on what failed, and ``None`` where it does not apply.
"""

from __future__ import annotations

from typing import Optional

import numpy as np
import tensorflow as tf

from .demands import Demand
from .families import Batch
from .numeric import as_tensors, same
from .reading import read
from .shaped import meets
from .subject import Candidate


def check_flat_targets(candidate: Candidate, original: Candidate, batch: Batch) -> Optional[str]:
    """Targets of shape (N,) and (N, 1) are the same to predictions of shape (N, 1), and the
    other way around."""
    y_true, y_pred = as_tensors(batch.y_true, batch.y_pred)
    rows = len(batch.y_pred)
    if y_true.shape != y_pred.shape or (
        batch.activation == "softmax" and int(np.prod(y_pred.shape)) != rows
    ):
        return None
    demands = read(original.function)
    # Columns that it meets may be spread over: only those that are cut out have to be there.
    inputs = () if demands is None else demands.parameters[:2]
    cut = [] if demands is None else [demands.at((each,)).least for each in inputs]
    if not all(meets(Demand(least=each), (1,)) for each in cut):
        # Slices of one number are empty, and no error: only the code tells that it takes more.
        return None
    # Of wider samples one element each: an original that does not take these fails, too.
    y_true, y_pred = (tf.reshape(each, [rows, -1])[:, :1] for each in (y_true, y_pred))
    flat, column = [rows], [rows, 1]

    def value(of_true: list[int], of_pred: list[int]) -> float:
        return candidate.mean(tf.reshape(y_true, of_true), tf.reshape(y_pred, of_pred))

    aligned = value(column, column)
    for of_true, of_pred in ((flat, column), (column, flat)):
        other = value(of_true, of_pred)
        if not same(aligned, other):
            return _apart(tuple(of_true), tuple(of_pred), other, aligned)
    return ""


def check_masks_without_channel(candidate: Candidate, batch: Batch) -> Optional[str]:
    """Targets of shape (N, H, W) are the same as (N, H, W, 1) to predictions of the latter shape: masks
    come without the axis that a convolution leaves."""
    y_true, y_pred = as_tensors(batch.y_true, batch.y_pred)
    if y_true.shape != y_pred.shape or len(y_pred.shape) < 3 or y_pred.shape[-1] != 1:
        return None
    aligned = candidate.mean(y_true, y_pred)
    other = candidate.mean(tf.squeeze(y_true, -1), y_pred)
    if same(aligned, other):
        return ""
    return _apart(tuple(y_true.shape[:-1]), tuple(y_pred.shape), other, aligned)


def _apart(of_true: tuple[int, ...], of_pred: tuple[int, ...], other: float, aligned: float) -> str:
    return f"y_true {of_true} against y_pred {of_pred} gives {other:.4g} instead of {aligned:.4g}"
