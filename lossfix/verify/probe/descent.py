"""Does following this gradient lower the original loss? Asked of the predictions themselves.

No model stands between the gradient and the answer: Adam and plain gradient descent move the
predictions of many rows at once, and where they end up is scored row by row with the original. A
steep sigmoid gate between two live branches fails here: its own slope adds a barrier that the
original's gradient never had, and rows that start below it stay there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np
import tensorflow as tf

from .facts import DescentFacts
from .families import Batch
from .numeric import as_tensors
from .trace import Call

ROWS = 192
"""Rows of a batch to descend on: enough to see one in twenty."""

STEPS = 200
_RATE = 0.05
"""The first step, as a share of the predictions' range; it falls to zero linearly."""
_STUCK = 0.025
"""Share of stuck rows that is let pass. A gentle gate leaves none; on the article's loss k = 5 leaves 4
to 14 % from one family of inputs to the next, so one in twenty would decide by the draw."""
_WORSE = 0.1
"""A row is stuck when it ends worse than under the original by this share of the start's median."""
_NEAR = 0.02
"""A batch whose end lies this close to the original's, as a share of the start, passes anyway."""
_DEAD = 1e-4
_OPTIMUM = 1e-3


@dataclass(frozen=True)
class Yardstick:
    """A batch, and where the original's own gradient leads from it."""

    batch: Batch
    score: Callable[[Any], Any]
    """Predictions to the original's value per row, float64 of shape (rows,); of shape (1,) where
    the rows cannot be told apart."""
    start: Any
    ends: tuple[Any, ...]
    """The rows' values after each way of descending; those of the start where the original has no
    gradient."""
    gradient: Any
    """The original's gradient at the start, of y_pred's shape; ``None`` where it has none."""

    @property
    def unit(self) -> float:
        """The median size of a row's value at the start."""
        median = float(np.median(np.abs(self.start)))
        return median if median > 0 else max(float(np.mean(np.abs(self.start))), 1e-12)


def yardstick(original: Call, batch: Batch) -> Yardstick:
    """Descends once along the original's own gradient.

    ``batch`` has about ``ROWS`` rows. Raises what the original raises eagerly on it; an original
    that gives no gradient (detached, dead, or eager NumPy) stays where it starts.
    """
    score = _scorer(original, batch)
    start = score(batch.y_pred)
    gradient = _gradient(original, batch)
    ends: tuple[Any, ...] = (start, start)
    if gradient is not None:
        paths = _descend(original, batch, gradient)
        if paths is not None:
            ends = tuple(score(path) for path in paths)
    return Yardstick(batch, score, start, ends, gradient)


def descent(rewrite: Call, steepness: Optional[float], against: Yardstick) -> DescentFacts:
    """Descends along the rewrite's gradient from the same start.

    Of Adam and plain gradient descent the worse one is reported. Never raises: what the rewrite
    raises becomes the note of a test that did not pass.
    """
    start = float(np.mean(against.start))
    gradient = _gradient(rewrite, against.batch)
    if gradient is None:
        return DescentFacts(
            steepness,
            stuck=1.0,
            start=start,
            rewrite=start,
            dead=1.0,
            passed=False,
            note="no gradient",
        )
    paths = _descend(rewrite, against.batch, gradient)
    if paths is None:
        return DescentFacts(
            steepness, stuck=1.0, start=start, rewrite=start, passed=False, note="raises in a graph"
        )
    results = [
        _compare(against, end, against.score(path)) for path, end in zip(paths, against.ends)
    ]
    stuck, original, value, passed = max(results, key=lambda result: (not result[3], result[0]))
    return DescentFacts(
        steepness=steepness,
        stuck=stuck,
        start=start,
        original=original if against.gradient is not None else None,
        rewrite=value,
        dead=_dead(against, gradient),
        passed=passed,
        note="" if against.start.size > 1 else "scored as a batch: its rows depend on one another",
    )


def _compare(against: Yardstick, end: Any, ours: Any) -> tuple[float, float, float, bool]:
    """(share of stuck rows, the original's end, ours, whether that will do)."""
    if not np.all(np.isfinite(ours)):
        return 1.0, float(np.mean(end)), float(np.mean(ours)), False
    stuck = float(np.mean(ours > end + _WORSE * against.unit))
    original, value, start = (float(np.mean(x)) for x in (end, ours, against.start))
    passed = stuck <= _STUCK or value <= original + _NEAR * max(abs(start), against.unit)
    if against.gradient is None:
        # Staying put is no feat: where the original leads nowhere, the value has to fall.
        passed = passed and value < start
    return stuck, original, value, passed


def alignment(rewrite: Call, original: Call, batch: Batch, end: Any, nodes: int = 24) -> float:
    """Cosine between what the rewrite's gradient promises and what the original's value does.

    Over segments from ``batch.y_pred`` to ``end`` (same shape), one per row: the gradient of the
    rewrite integrated along the segment (midpoint rule), against the change of the original's row
    value. 1 for a gradient that accounts for the value, -1 for one that points uphill, 0 where
    either is flat. Batches whose rows cannot be told apart count as one segment, which gives the
    sign alone. Raises what either raises.
    """
    score = _scorer(original, batch)
    change = score(end) - score(batch.y_pred)
    start = np.asarray(batch.y_pred, dtype=np.float64)
    along = np.asarray(end, dtype=np.float64) - start
    promised = np.zeros(len(start))
    for node in range(nodes):
        point = start + (node + 0.5) / nodes * along
        gradient = _gradient(rewrite, batch, point)
        if gradient is None:
            return 0.0
        promised += np.sum((gradient * along).reshape(len(start), -1), axis=1) / nodes
    if change.size == 1:
        promised = promised.sum(keepdims=True)
    size = float(np.linalg.norm(promised) * np.linalg.norm(change))
    return float(np.dot(promised, change) / size) if size > 0 else 0.0


def project(batch: Batch) -> Callable[[Any], Any]:
    """The nearest prediction of the batch's domain, up to a margin at which logarithms are finite."""
    low, high = batch.offset, batch.offset + batch.scale
    margin = 1e-4 * abs(batch.scale)
    if batch.activation in ("sigmoid", "tanh"):
        low = batch.offset - batch.scale if batch.activation == "tanh" else low
        return lambda p: tf.clip_by_value(p, low + margin, high - margin)
    if batch.activation == "softplus":
        return lambda p: tf.maximum(p, tf.cast(low + margin, p.dtype))
    if batch.activation == "softmax":

        def onto_simplex(p: Any) -> Any:
            p = tf.maximum(p, tf.cast(margin, p.dtype))
            return p / tf.reduce_sum(p, axis=-1, keepdims=True)

        return onto_simplex
    return lambda p: p


def _tensors(batch: Batch, y_pred: Any = None) -> tuple[Any, Any]:
    return as_tensors(batch.y_true, batch.y_pred if y_pred is None else y_pred)


def _gradient(call: Call, batch: Batch, y_pred: Any = None) -> Any:
    """The float32 gradient of the summed value; ``None`` where it is none, zero or raises."""
    true, pred = _tensors(batch, y_pred)
    try:
        with tf.GradientTape() as tape:
            tape.watch(pred)
            value = tf.reduce_sum(call(true, pred))
        gradient = tape.gradient(value, pred)
    except Exception:
        # What it raises is a fact of its own, measured where gradients are.
        return None
    if gradient is None:
        return None
    gradient = tf.convert_to_tensor(gradient).numpy().astype(np.float64)
    return gradient if np.any(gradient) else None


def _descend(call: Call, batch: Batch, gradient: Any) -> Optional[tuple[Any, Any]]:
    """Where Adam and plain gradient descent lead; ``None`` where the loss raises in a graph.

    ``gradient`` is the one at the start. One graph serves both: tracing costs ten times what its two
    hundred steps do.
    """
    true, start = _tensors(batch)
    reach = float(np.quantile(start, 0.95) - np.quantile(start, 0.05)) or 1.0
    onto = project(batch)
    # In units of the mean slope at the start, so that neither way depends on the loss's scale.
    unit = float(np.mean(np.abs(gradient))) + 1e-30

    def slope(pred: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(pred)
            value = tf.reduce_sum(call(true, pred))
        gradient = tape.gradient(value, pred)
        return tf.zeros_like(pred) if gradient is None else tf.convert_to_tensor(gradient)

    def run(pred: Any, adam: Any) -> Any:
        def step(i: Any, p: Any, m: Any, v: Any) -> Any:
            g = slope(p) / unit
            n = tf.cast(i + 1, p.dtype)
            m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g * g
            moved = (m / (1 - 0.9**n)) / (tf.sqrt(v / (1 - 0.99**n)) + _DEAD)
            rate = _RATE * reach * (1 - (n - 1) / STEPS)
            return i + 1, onto(p - rate * tf.where(adam, moved, g)), m, v

        zero = tf.zeros_like(pred)
        return tf.while_loop(lambda i, *_: i < STEPS, step, (tf.constant(0), pred, zero, zero))[1]

    for autograph in (False, True):
        traced = tf.function(run, autograph=autograph)
        try:
            return tuple(traced(start, tf.constant(adam)).numpy() for adam in (True, False))
        except Exception:
            # Keras traces without AutoGraph; a Python ``if`` on a tensor needs it.
            continue
    return None


def _scorer(original: Call, batch: Batch) -> Callable[[Any], Any]:
    """How the original values each row.

    Per row where it returns a value per row; else one row at a time where the batch's value is the
    mean or the sum of its rows'; else the batch as a whole.
    """

    def whole(y_pred: Any) -> Any:
        return np.asarray(original(*_tensors(batch, y_pred)), dtype=np.float64)

    rows = len(batch.y_pred)
    value = whole(batch.y_pred)
    if value.ndim and value.shape[0] == rows:
        return lambda y_pred: whole(y_pred).reshape(rows, -1).mean(axis=1)
    if not _separable(original, batch):
        return lambda y_pred: whole(y_pred).mean().reshape(1)
    return _row_by_row(original, batch)


def _row(original: Call, true: Any, pred: Any) -> Any:
    return tf.reduce_mean(tf.cast(original(true[None], pred[None]), tf.float32))


def _separable(original: Call, batch: Batch) -> bool:
    true, pred = _tensors(batch)
    few = 5
    try:
        each = [float(_row(original, true[i], pred[i])) for i in range(few)]
        together = float(np.mean(np.asarray(original(true[:few], pred[:few]))))
    except Exception:
        # A loss that cannot value one row alone is valued as a batch.
        return False
    size = 1e-4 * (abs(together) + float(np.std(each))) + 1e-12
    return abs(together - np.mean(each)) <= size or abs(together - np.sum(each)) <= size


def _row_by_row(original: Call, batch: Batch) -> Callable[[Any], Any]:
    def each(true: Any, pred: Any) -> Any:
        return tf.map_fn(
            lambda row: _row(original, *row), (true, pred), fn_output_signature=tf.float32
        )

    compiled = tf.function(each, autograph=False)

    def score(y_pred: Any) -> Any:
        true, pred = _tensors(batch, y_pred)
        try:
            values = compiled(true, pred).numpy()
        except Exception:
            # It runs eagerly only.
            values = [float(_row(original, true[i], pred[i])) for i in range(len(pred))]
        return np.asarray(values, dtype=np.float64)

    return score


def _dead(against: Yardstick, gradient: Any) -> float:
    """Share of rows with next to no gradient that are not at their optimum.

    Where rows cannot be told apart all of them may still be improved.
    """
    rows = len(against.batch.y_pred)
    size = np.abs(gradient).reshape(rows, -1).max(axis=1)
    flat = size <= _DEAD * size.max()
    if against.start.size == rows:
        best = np.minimum(against.start, np.minimum.reduce(against.ends))
        improvable = against.start > min(best.min(), 0.0) + _OPTIMUM * against.unit
        flat = flat & improvable
    return float(np.mean(flat))
