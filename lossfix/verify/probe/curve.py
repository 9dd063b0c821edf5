"""The picture of a loss: its value and its slope along one line of predictions."""

from __future__ import annotations

from typing import Optional

import numpy as np

from .facts import CurveFacts
from .families import Batch, Family, one_hot
from .numeric import Objective, fast_slope

POINTS = 41


def draw_curve(
    family: Family, before: Objective, after: Optional[Objective], seed: int
) -> Optional[CurveFacts]:
    """The scalar loss of one sample as all its predictions move together from one end of the
    family's domain to the other, for one fixed target.

    On a simplex, and for logits of classes, what moves is the true class. ``None`` where the
    original cannot be evaluated on a batch of one, and where no target is the class of one prediction
    alone, as in a connectionist loss.
    """
    batch = family.batches(seed + 9, 1, 1)[0]
    if family.labels == "index" and batch.y_true.size * batch.y_pred.shape[-1] != batch.y_pred.size:
        return None
    truth, target = _target(family, batch.y_true)
    line = np.linspace(family.low, family.high, POINTS)
    if family.domain == "simplex":
        line = np.linspace(0.01, 0.99, POINTS)
    predictions = [_prediction(family, batch.y_pred.shape, truth, at) for at in line]
    values = _along(before, truth, predictions, line)
    if all(value is None for value, _ in values):
        return None
    facts = CurveFacts(
        y_true=target,
        y_pred=tuple(float(at) for at in line),
        before=tuple(value for value, _ in values),
        before_slope=tuple(slope for _, slope in values),
    )
    if after is None:
        return facts
    values = _along(after, truth, predictions, line)
    return CurveFacts(
        facts.y_true,
        facts.y_pred,
        facts.before,
        facts.before_slope,
        tuple(value for value, _ in values),
        tuple(slope for _, slope in values),
    )


def _target(family: Family, y_true: np.ndarray) -> tuple[np.ndarray, float]:
    """A target with one value throughout, well inside the domain, and that value."""
    if family.labels in ("binary", "sign"):
        return np.ones_like(y_true), 1.0
    if family.labels in ("onehot", "index"):
        return y_true, 1.0
    value = float(f"{family.low + 0.7 * (family.high - family.low):.3g}")
    if family.labels == "count":
        value = float(round(value))
    return np.full_like(y_true, value), value


def _prediction(
    family: Family, shape: tuple[int, ...], y_true: np.ndarray, at: float
) -> np.ndarray:
    if family.labels not in ("onehot", "index"):
        return np.full(shape, at)
    if family.labels == "onehot":
        classes = np.argmax(y_true, axis=-1)
    else:
        classes = np.asarray(y_true, int).reshape(shape[:-1])
    one = one_hot(classes, shape[-1])
    if family.domain == "simplex":
        rest: np.ndarray = at * one + (1.0 - at) * (1.0 - one) / (shape[-1] - 1)
        return rest
    logits: np.ndarray = at * one
    return logits


def _along(
    objective: Objective, y_true: np.ndarray, predictions: list[np.ndarray], line: np.ndarray
) -> list[tuple[Optional[float], Optional[float]]]:
    """(value, slope along the line) at every point; ``None`` where one is missing or not finite."""
    direction = (predictions[-1] - predictions[0]) / (line[-1] - line[0])
    found: list[tuple[Optional[float], Optional[float]]] = []
    try:
        along = fast_slope(objective, Batch("", y_true, predictions[0]))
    except Exception:
        return [(None, None)] * len(line)
    for y_pred in predictions:
        try:
            value, gradient = along(y_true, y_pred)
        except Exception:
            found.append((None, None))
            continue
        slope = None if gradient is None else float(np.sum(gradient * direction))
        finite = slope is not None and np.isfinite(slope)
        found.append((value if np.isfinite(value) else None, slope if finite else None))
    return found
