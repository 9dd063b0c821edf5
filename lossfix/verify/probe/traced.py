"""One graph for the values of a loss at every steepness.

An eager value costs about a millisecond, most of it Python; the graph a tenth of that, and one trace
serves all steepnesses where the steepness enters it as a tensor. What cannot be traced so, or comes
out different, is evaluated eagerly as before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Optional

import numpy as np
import tensorflow as tf

from .families import Batch
from .numeric import Objective, Side
from .subject import Failure

_SAME = {"float64": 1e-12, "float32": 1e-6}
"""Relative difference between the graph and an eager call that is rounding."""


class _Graph:
    """The values of one loss for batches of one trailing shape, the last ones remembered."""

    def __init__(self, objective: Objective, batch: Batch) -> None:
        truth, pred = objective.tensors(batch.y_true, batch.y_pred)
        self._objective = objective
        self._shapes = truth.shape[1:], pred.shape[1:]
        self._last: tuple[Any, ...] = ()
        self._found: Optional[tuple[float, np.ndarray]] = None
        signature = [
            tf.TensorSpec([None, *truth.shape[1:]], truth.dtype),
            tf.TensorSpec([None, *pred.shape[1:]], pred.dtype),
            tf.TensorSpec([], pred.dtype),
        ]
        with objective.in_precision():
            # Keras traces without AutoGraph, too.
            graph = tf.function(self._both, autograph=False)
            self._concrete = graph.get_concrete_function(*signature)

    def _both(self, y_true: Any, y_pred: Any, steepness: Any) -> Any:
        at = self._objective
        if at.steepness is not None:
            built = at.at(steepness)
            if isinstance(built, Failure):
                raise TypeError(str(built))
            at = built
        return at.scalar(y_true, y_pred), at.elements(y_true, y_pred)

    def __call__(
        self, y_true: np.ndarray, y_pred: np.ndarray, steepness: Optional[float]
    ) -> Optional[tuple[float, np.ndarray]]:
        """The scalar and the unreduced value; ``None`` for another shape than it was traced for."""
        asked = y_true, y_pred, steepness
        if len(self._last) == 3 and all(one is other for one, other in zip(asked, self._last)):
            return self._found
        if (y_true.shape[1:], y_pred.shape[1:]) != self._shapes:
            return None
        truth, pred = self._objective.tensors(y_true, y_pred)
        scalar, elements = self._concrete(truth, pred, tf.constant(steepness or 0.0, pred.dtype))
        self._last, self._found = asked, (float(scalar), np.asarray(elements))
        return self._found


def traced(objective: Objective, batch: Batch, steepnesses: Sequence[float] = ()) -> Objective:
    """``objective`` with a graph for inputs of the trailing shapes of ``batch``, where that gives
    what eager calls give, at each of ``steepnesses`` if there are any; else as it is."""
    if objective.arrays:
        return objective
    try:
        graph = _Graph(objective, batch)
        found = replace(objective, graph=graph)
        pairs = [(found, objective)]
        for steepness in steepnesses:
            eager = objective.at(steepness)
            if isinstance(eager, Failure):
                return objective
            pairs.append((replace(eager, graph=graph), eager))
        if all(_agree(one, other, batch) for one, other in pairs):
            return found
    except Exception:  # whatever does not trace is measured as it runs
        pass
    return objective


def traced_pair(
    before: Side, after: Side, batch: Batch, steepnesses: Sequence[float]
) -> tuple[Side, Side]:
    """A loss and its rewrite, both in graphs in the precision in which they are compared."""
    one, other = before.beside(after)
    one, other = traced(one, batch), traced(other, batch, steepnesses)
    if one.precision == "float64":
        return replace(before, wide=one), replace(after, wide=other)
    return replace(before, plain=one), replace(after, plain=other)


def _agree(one: Objective, other: Objective, batch: Batch) -> bool:
    tolerance = _SAME[other.precision]
    few = batch.y_true[:3], batch.y_pred[:3]
    return all(
        bool(np.allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True))
        and np.shape(a) == np.shape(b)
        for inputs in ((batch.y_true, batch.y_pred), few)
        for a, b in (
            (one.value(*inputs), other.value(*inputs)),
            (one.unreduced(*inputs), other.unreduced(*inputs)),
        )
    )
