"""One job in, all its facts out: of a loss as it is, or of a rewrite beside its original."""

from __future__ import annotations

import platform
import time
from dataclasses import replace

import keras
import numpy as np
import tensorflow as tf

from .comparison import Comparison
from .contract import contract
from .curve import draw_curve
from .facts import ContractFacts, Facts
from .gradient import along_paths
from .guard import replaced, snapshot
from .job import Job
from .likeness import built_alike
from .original import Original, find_original
from .prediction import at_once


def measure(job: Job, directory: str) -> Facts:
    """Measures ``job``; files of the subjects are written to ``directory``.

    Raises ``OSError`` where they cannot be; whatever the user's code raises is in the facts.
    """
    started = time.perf_counter()
    tf.random.set_seed(job.seed)
    np.random.seed(job.seed)
    with at_once():
        intact = snapshot()
        facts, original = find_original(job, directory)
        if original is None and job.after is not None and job.leaves_gradient:
            facts = replace(facts, alike=built_alike(job, directory))
        if original is not None:
            if job.after is None:
                facts = _described(job, directory, facts, original)
            else:
                facts = Comparison(job, directory, facts, original).compare()
        facts = replace(facts, replaced=replaced(intact))
    seconds = time.perf_counter() - started
    return replace(facts, seconds=seconds, environment=_environment())


def _environment() -> tuple[tuple[str, str], ...]:
    return (
        ("python", platform.python_version()),
        ("tensorflow", str(tf.__version__)),
        ("keras", str(keras.__version__)),
        ("numpy", str(np.__version__)),
    )


def _described(job: Job, directory: str, facts: Facts, original: Original) -> Facts:
    """The original as it is."""
    before, family = facts.before, original.choice.family
    assert before is not None
    if not original.oracle:
        before = along_paths(before, original.side, family, job.seed)
    return replace(
        facts,
        before=before,
        notes=(*facts.notes, *_shape(original)),
        contract=_ranks(original, directory),
        curve=draw_curve(family, original.side.best, None, job.seed),
        stage="done",
    )


def _shape(original: Original) -> list[str]:
    """Of a value that is neither one number nor one per sample."""
    batch = original.batches[0]
    shape = original.side.plain.unreduced(batch.y_true, batch.y_pred).shape
    rows = len(batch.y_pred)
    if not shape or shape[0] == rows:
        return []
    return [f"for a batch of {rows} the value has the shape {shape}: no weights act on it"]


def _ranks(original: Original, directory: str) -> ContractFacts:
    """Whether targets of shape (N,) and (N, 1) are the same to it, where a sample is one number."""
    candidate, batch = original.side.plain.candidate, original.batches[0]
    if original.oracle or batch.y_pred.size != len(batch.y_pred):
        return ContractFacts()
    return contract(candidate, candidate, batch, directory, checks=("rank",))
