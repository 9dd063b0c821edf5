"""Batches without a single row, which the last step of an epoch leaves to some of several devices."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np
import tensorflow as tf

from .facts import Check
from .families import Batch
from .numeric import as_tensors
from .subject import Candidate


class Outcome(IntEnum):
    """What a loss gives for no rows, the better the lower."""

    FINITE = 0
    """A number, or no value at all, which Keras adds nothing for."""
    NOT_FINITE = 1
    RAISES = 2


_WORDS = {Outcome.NOT_FINITE: "the value is not finite", Outcome.RAISES: "it raises"}


def check_empty_batch(before: Candidate, after: Candidate, batch: Batch) -> Check:
    """Whether the rewrite does no worse than the original in a graph that is handed no rows."""
    new = _outcome(after, batch)
    if new is Outcome.FINITE:
        return Check("empty batch", "", "")
    lost = _outcome(before, batch) < new
    return Check("empty batch", "" if lost else _WORDS[new], _WORDS[new])


def _outcome(candidate: Candidate, batch: Batch) -> Outcome:
    wrapped = candidate.wrapped()
    tensors = as_tensors(batch.y_true, batch.y_pred)
    signature = [tf.TensorSpec([None, *each.shape[1:]], each.dtype) for each in tensors]
    traced = tf.function(wrapped, autograph=False, input_signature=signature)
    try:
        value: Any = np.asarray(traced(*(each[:0] for each in tensors)))
    except Exception:  # what it raises is the outcome
        return Outcome.RAISES
    return Outcome.FINITE if np.all(np.isfinite(value)) else Outcome.NOT_FINITE
