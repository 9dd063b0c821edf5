"""The steepnesses that are tried for one rewrite, from the gates of its original.

``steepness.py`` has the bounds for one gate each; here they are asked for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .descent import ROWS
from .gates import HARD, Gate
from .job import Job
from .original import Original
from .steepness import ladder, steepest_alive, steepest_unblocked


def rungs(job: Job, original: Original) -> tuple[float, ...]:
    """Steepnesses to try, steepest first."""
    if job.steepness is not None:
        return (job.steepness,)
    hard = [gate for gate in original.gates if gate.facts.kind in HARD and len(gate.margins)]
    scales = [gate.facts.scale for gate in hard if gate.facts.scale]
    margins = [gate.margins for gate in hard if gate.facts.scale]
    if not scales:
        margins = [_distances(job, original)]
        scales = [float(np.median(margins[0]))]
    limits = [steepest_alive(m) for m in margins] + _barriers(job, original, hard)
    return ladder(scales, min(limits))


def _barriers(job: Job, original: Original, gates: Sequence[Gate]) -> list[float]:
    """Steepnesses from which a sigmoid in place of these gates is sure to fail the descent."""
    if job.surrogate:
        return []
    batch = original.choice.family.batches(job.seed + 11, 1, ROWS)[0]
    return [
        steepest_unblocked(original.side.plain.candidate.call, batch, gate.facts.threshold)
        for gate in gates
        if gate.facts.kind == "jump" and gate.facts.threshold is not None
    ]


def _distances(job: Job, original: Original) -> np.ndarray:
    """|y_pred - threshold|, for gates that were not traced; the median where none is known."""
    predictions = np.concatenate([b.y_pred.ravel() for b in original.batches])
    thresholds = job.thresholds or (float(np.median(predictions)),)
    distances: np.ndarray = np.concatenate([np.abs(predictions - t) for t in thresholds])
    return distances
