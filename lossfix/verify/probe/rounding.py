"""Whether a loss works with numbers of single precision though its inputs have double.

Lifting reaches what a module takes from TensorFlow, Keras and NumPy under their names. A table that
was built elsewhere, or with an imported ``float32``, stays what it is: 0.3 in it is 0.30000001192.
A faithful rewrite that writes 0.3 is then off by 1e-8, which double precision would call another
loss.
"""

from __future__ import annotations

from typing import Any

import numpy as np

try:
    from tensorflow.python.framework import op_callbacks as _callbacks
except ImportError:  # pragma: no cover - a TensorFlow without the hook
    _callbacks = None

from .families import Batch
from .numeric import Objective

ROUNDED = 1e-6
"""Share of value and spread by which values may differ there: some ten units in the last place of
single precision."""
_SIGNIFICAND = 2.0**24
_ROUND = 2.0**10
"""A number whose last ten bits of a float32 significand are zero was not rounded: 0.375, 1/1024."""


def rounds(objective: Objective, batch: Batch) -> bool:
    """Whether any operation of a call in double precision is fed numbers that were rounded to single
    precision; false where that cannot be watched, or where the loss raises."""
    if _callbacks is None or objective.arrays:
        return False
    found: list[bool] = []

    def note(
        op: Any, inputs: Any, attrs: Any, outputs: Any, name: Any = None, graph: Any = None
    ) -> None:
        if graph is None and not any(found):
            found.extend(_rounded(x) for x in inputs if x.dtype.is_floating)

    _callbacks.add_op_callback(note)
    try:
        objective.value(batch.y_true, batch.y_pred)
    except Exception:  # told where the values are compared
        return False
    finally:
        _callbacks.remove_op_callback(note)
    return any(found)


def _rounded(tensor: Any) -> bool:
    """Whether all numbers of a tensor are of single precision, and some look rounded to it."""
    values = np.asarray(tensor).ravel().astype(np.float64)
    values = values[np.isfinite(values)]
    with np.errstate(over="ignore"):
        single = values.astype(np.float32).astype(np.float64)
    if not values.size or not np.array_equal(single, values):
        return False
    broken = values[values != np.round(values)]
    digits = np.abs(np.frexp(broken)[0]) * _SIGNIFICAND
    return bool(np.any(digits % _ROUND != 0.0))
