"""Whether a loss works with numbers of single precision though its inputs have double.

Lifting reaches what a module takes from TensorFlow, Keras and NumPy under their names. A table that
was built elsewhere, or with an imported ``float32``, stays what it is: 0.3 in it is 0.30000001192.
A faithful rewrite that writes 0.3 is then off by 1e-8, which double precision would call another
loss.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .families import Batch
from .numeric import Objective
from .watching import runs

ROUNDED = 1e-6
"""Share of value and spread by which values may differ there: some ten units in the last place of
single precision."""
_SIGNIFICAND = 2.0**24
_ROUND = 2.0**10
"""A number whose last ten bits of a float32 significand are zero was not rounded: 0.375, 1/1024."""


def rounds(objective: Objective, batch: Batch) -> bool:
    """Whether any operation of a call in double precision is fed numbers that were rounded to single
    precision; false where that cannot be watched, or where the loss raises."""
    return runs(objective, batch, lambda _, inputs: any(map(_is_rounded, inputs)))


def _is_rounded(tensor: Any) -> bool:
    return tensor.dtype.is_floating and _rounded(tensor)


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
