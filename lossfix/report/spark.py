"""Curves for the terminal: the loss and its slope along the predictions, in one line each."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lossfix.model import Curve

BARS = "▁▂▃▄▅▆▇█"
WIDTH = 48
_NARROWEST = 8
_BESIDE = 41
"""Columns that a line may take besides its bars: an indent, its name, and the lowest and highest value."""


def sparkline(
    values: Sequence[float | None], low: float | None = None, high: float | None = None
) -> str:
    """One bar per value between ``low`` and ``high`` (by default the values' own); a gap is a space.

    A curve without any height is drawn at the bottom.
    """
    known = finite(values)
    if not known:
        return " " * len(values)
    low = min(known) if low is None else low
    high = max(known) if high is None else high
    return "".join(_bar(value, low, high) for value in values)


def sparklines(curve: Curve, width: int = WIDTH) -> str:
    """The picture of a loss as text: value and slope, each before and after on one common scale."""
    title = (
        f"y_pred from {curve.y_pred[0]:.3g} to {curve.y_pred[-1]:.3g}, y_true = {curve.y_true:.3g}"
    )
    rows = [
        *_rows("loss ", curve.before, curve.after, width),
        *_rows("slope", curve.before_slope, curve.after_slope, width),
    ]
    return "\n".join([title, *rows])


def fitting(columns: int) -> int:
    """How many bars a line may have in a terminal of so many columns; 0 columns: no terminal."""
    return max(_NARROWEST, min(WIDTH, columns - _BESIDE)) if columns else WIDTH


def finite(values: Sequence[float | None]) -> list[float]:
    """The values that can be drawn."""
    return [value for value in values if value is not None and math.isfinite(value)]


def _rows(
    name: str, before: Sequence[float | None], after: Sequence[float | None], width: int
) -> list[str]:
    known = finite([*before, *after])
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    rows = []
    for when, values in (("before", before), ("after", after)):
        if not values:
            continue
        own = finite(values)
        if not own:
            rows.append(f"{name} {when:6} none at all")
            continue
        picture = sparkline(_resample(values, width), low, high)
        tiny = 1e-9 * max(abs(low), abs(high))
        first, last = (f"{0.0 if abs(end) < tiny else end:.3g}" for end in (min(own), max(own)))
        rows.append(f"{name} {when:6} {picture}  {first} … {last}")
    return rows


def _bar(value: float | None, low: float, high: float) -> str:
    if value is None or not math.isfinite(value):
        return " "
    # Halved: the difference of two floats may be too large for one; half of the smallest is none.
    height = high / 2 - low / 2
    share = (value / 2 - low / 2) / height if height > 0.0 else 0.0
    return BARS[min(len(BARS) - 1, max(0, int(share * len(BARS))))]


def _resample(values: Sequence[float | None], width: int) -> list[float | None]:
    """The values nearest to ``width`` evenly spaced places."""
    last = len(values) - 1
    if last < width:
        return list(values)
    return [values[round(place * last / (width - 1))] for place in range(width)]
