"""What it is worth to find the one element of a large map that is there: whether the background drowns it.

The batches of the families have few elements. A sigmoid in the place of a gate is a little more than 0 for
each of a background, and a count of them over a real map may be mostly that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Optional

import numpy as np

from .facts import MAP
from .families import Batch, Family
from .gates import Gate
from .numeric import Objective

_SIDE = 64
_LOGIT = 2.0
"""Logits of what is certain lie this many times as far out as those of the family."""


def found_worth(
    before: Objective, after: Objective, family: Family, gates: Sequence[Gate]
) -> Optional[float]:
    """By how much the rewrite falls when the one element is found, as a share of how much the original falls.

    1 where a gate's smoothing does not depend on how many others there are; ``None`` where that says
    nothing: the original does not fall, raises on such a batch, or is on something else than elements
    that are there or not.
    """
    batches = _missed_and_found(family)
    pairs = any(gate.elements > family.batches(0, 1)[0].y_pred.size for gate in gates)
    if batches is None or pairs or before.candidate.calling.slots:
        return None
    try:
        falls = [_falls(each, *batches) for each in (before, after)]
    except Exception:  # it is written for a certain size
        return None
    share = falls[1] / falls[0] if falls[0] > 0.0 else np.nan
    return float(share) if np.isfinite(share) else None


def _falls(objective: Objective, missed: Batch, found: Batch) -> float:
    called = replace(objective, graph=None)
    first, second = (called.value(each.y_true, each.y_pred) for each in (missed, found))
    return first - second


def _missed_and_found(family: Family) -> Optional[tuple[Batch, Batch]]:
    """One element of a large map as a positive that is not predicted, and is; ``None`` for other families."""
    batch = family.batches(0, 1)[0]
    classes = family.domain in ("simplex", "class logits")
    if family.rows or (not classes and family.domain not in ("probability", "logits")):
        return None
    shape = _enlarged(batch.y_pred.shape, classes)
    if classes:
        nothing, something = np.zeros(shape), np.zeros(shape)
        nothing[..., 0] = something[..., 0] = 1.0
        first = (0,) * (len(shape) - 1)
        something[first] = np.eye(shape[-1])[1]
        high = 1.0 if family.domain == "simplex" else _LOGIT * family.high
        truth = something if family.labels == "onehot" else np.argmax(something, axis=-1)
        if truth.ndim < batch.y_true.ndim:
            truth = truth[..., None]
        missed, found = high * nothing, high * something
    else:
        truth = np.zeros(shape)
        truth[(0,) * len(shape)] = 1.0
        far = _LOGIT if family.domain == "logits" else 1.0
        missed = np.full(shape, far * family.low)
        found = np.where(truth > 0.0, far * family.high, missed)
    truth = truth.astype(np.int32) if family.labels == "index" else truth
    return replace(batch, y_true=truth, y_pred=missed), replace(batch, y_true=truth, y_pred=found)


def _enlarged(shape: tuple[int, ...], classes: bool) -> tuple[int, ...]:
    """A batch of one large map where samples are maps, and of many samples where they are not."""
    if len(shape) == 4:
        return (1, _SIDE, _SIDE, shape[-1])
    each = int(np.prod(shape[1:-1] if classes else shape[1:]))
    return (MAP // each, *shape[1:])
