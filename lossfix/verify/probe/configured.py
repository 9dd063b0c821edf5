"""The family of inputs that a configuration describes by shapes and ranges."""

from __future__ import annotations

from typing import Optional

import numpy as np

from .families import Family

Shape = tuple[int, ...]
Range = tuple[float, float]

NAME = "configured"


def configured(
    true_shape: Optional[Shape],
    pred_shape: Optional[Shape],
    true_range: Optional[Range],
    pred_range: Optional[Range],
) -> Optional[Family]:
    """A family of samples with these shapes, drawn evenly from these ranges; ``None`` where nothing
    is said.

    Shapes are those of one sample, without the batch. What is said of predictions alone holds for
    targets, too, and the reverse; without a range the values are standard normal. Targets in a
    range of whole numbers that have one axis less than the predictions are indices of classes.
    """
    if true_shape is None and pred_shape is None and true_range is None and pred_range is None:
        return None
    shape = pred_shape if pred_shape is not None else true_shape
    pred = shape if shape is not None else (1,)
    true = true_shape if true_shape is not None else pred
    of_pred = pred_range or true_range
    of_true = true_range or pred_range
    index = of_true is not None and true == pred[:-1] and true != pred and _whole(of_true)

    def draw(rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
        if index and of_true is not None:
            low, high = map(int, of_true)
            y_true: np.ndarray = rng.integers(low, high + 1, (rows, *true))
        else:
            y_true = _values(rng, (rows, *true), of_true)
        return y_true, _values(rng, (rows, *pred), of_pred)

    low, high = of_pred or (-3.0, 3.0)
    return Family(
        NAME,
        "unit" if of_pred == (0.0, 1.0) else "rating",
        draw,
        activation="linear" if of_pred is None else "sigmoid",
        low=low,
        high=high,
        labels="index" if index else "real",
        offset=0.0 if of_pred is None else low,
        scale=1.0 if of_pred is None else high - low,
    )


def _whole(bounds: Range) -> bool:
    return all(float(bound).is_integer() for bound in bounds)


def _values(rng: np.random.Generator, shape: Shape, bounds: Optional[Range]) -> np.ndarray:
    drawn: np.ndarray = (
        rng.normal(0.0, 1.0, shape) if bounds is None else rng.uniform(*bounds, shape)
    )
    return drawn
