"""The picture of a loss, as SVG: a curve along the predictions, before dashed and after solid.

Colours come from the page (``--ink``, ``--grid``, ``--before``, ``--after``), so that one picture
serves a dark page and a light one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from lossfix.model import Curve
from lossfix.report.spark import finite

WIDTH, HEIGHT = 460, 250
SMALL_WIDTH, SMALL_HEIGHT = 84, 34
LEFT, RIGHT, TOP, BOTTOM = 56, 22, 26, 42

Values = Sequence["float | None"]


class Scale(NamedTuple):
    """A straight map from data to pixels."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def loss_picture(curve: Curve) -> str:
    """The loss along ``y_pred`` as an ``<svg>`` element."""
    return _plot("loss", curve, curve.before, curve.after)


def slope_picture(curve: Curve) -> str:
    """The slope that training sees along ``y_pred`` as an ``<svg>`` element."""
    return _plot("slope", curve, curve.before_slope, curve.after_slope)


def thumbnails(curve: Curve) -> tuple[str, str]:
    """Both, so small that they fit into a row of a table."""
    return (
        _thumbnail("loss", curve, curve.before, curve.after),
        _thumbnail("slope", curve, curve.before_slope, curve.after_slope),
    )


def _thumbnail(name: str, curve: Curve, before: Values, after: Values) -> str:
    before, after = _drawable(before), _drawable(after)
    x = _scale(finite(curve.y_pred), 3, SMALL_WIDTH - 3, margin=0)
    y = _scale(finite([*before, *after]), SMALL_HEIGHT - 3, 3, margin=0)
    curves = (("after", after), ("before", before))
    drawn = [(when, _path(curve.y_pred, values, x, y)) for when, values in curves]
    paths = "".join(f'<path class="{when}" d="{path}"/>' for when, path in drawn if path)
    return (
        f'<svg class="small" viewBox="0 0 {SMALL_WIDTH} {SMALL_HEIGHT}" role="img" '
        f'aria-label="{name} along y_pred">{paths}</svg>'
    )


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers between ``low`` and ``high``: multiples of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / most
    power: float = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [step * count for count in range(first, last + 1)]


def _drawable(values: Values) -> Values:
    """The values without those whose differences would be too large for a float."""
    return [None if value is None or abs(value) > 1e300 else value for value in values]


def _plot(name: str, curve: Curve, before: Values, after: Values) -> str:
    before, after = _drawable(before), _drawable(after)
    x = _scale(finite(curve.y_pred), LEFT, WIDTH - RIGHT, margin=0)
    y = _scale(finite([*before, *after]), HEIGHT - BOTTOM, TOP, margin=0.06)
    parts = [*_axes(name, x, y), _target(curve.y_true, x)]
    # The dashes go on top: where both coincide, both are seen.
    for when, values in (("after", after), ("before", before)):
        path = _path(curve.y_pred, values, x, y)
        if path:
            parts.append(f'<path class="{when}" d="{path}"/>')
    missing = [
        w for w, values in (("before", before), ("after", after)) if values and not finite(values)
    ]
    if missing:
        what = "no slope at all" if name == "slope" else "no value"
        parts.append(
            _label(LEFT + 10, TOP + 16, f"{' and '.join(missing)}: {what}", "start", "gone")
        )
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{name} along y_pred, '
        f'before dashed, after solid">{"".join(parts)}</svg>'
    )


def _scale(values: Sequence[float], start: float, end: float, margin: float) -> Scale:
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if high - low <= 1e-12 * max(abs(low), abs(high), 1e-300):
        low, high = low - 1.0, high + 1.0
    room = margin * (high - low)
    return Scale(low - room, high + room, start, end)


def _axes(name: str, x: Scale, y: Scale) -> list[str]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    parts = []
    for value in ticks(x.low, x.high):
        parts.append(f'<path class="grid" d="M{x(value):.1f} {TOP}V{bottom}"/>')
        parts.append(_label(x(value), bottom + 16, _number(value), "middle"))
    for value in ticks(y.low, y.high):
        zero = " zero" if _number(value) == "0" else ""
        parts.append(f'<path class="grid{zero}" d="M{LEFT} {y(value):.1f}H{right}"/>')
        parts.append(_label(LEFT - 8, y(value) + 4, _number(value), "end"))
    parts.append(_label((LEFT + right) / 2, HEIGHT - 8, "y_pred", "middle", "axis"))
    middle = (TOP + bottom) / 2
    turned = f' transform="rotate(-90 12 {middle:.1f})"'
    parts.append(_label(12, middle + 4, name, "middle", "axis", turned))
    return parts


def _target(y_true: float, x: Scale) -> str:
    if not x.low <= y_true <= x.high:
        return ""
    line = f'<path class="target" d="M{x(y_true):.1f} {TOP}V{HEIGHT - BOTTOM}"/>'
    return line + _label(x(y_true), TOP - 8, "y_true", "middle", "axis")


def _path(places: Sequence[float], values: Values, x: Scale, y: Scale) -> str:
    """The curve, lifted from the paper where it has no value."""
    pieces, drawing = [], False
    for place, value in zip(places, values, strict=False):
        if value is None or not math.isfinite(value):
            drawing = False
            continue
        pieces.append(f"{'L' if drawing else 'M'}{x(place):.1f} {y(value):.1f}")
        drawing = True
    return "".join(pieces)


def _label(x: float, y: float, text: str, anchor: str, kind: str = "", more: str = "") -> str:
    style = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{style}{more}>{text}</text>'


def _number(value: float) -> str:
    text = f"{value:.4g}"
    return "0" if float(text) == 0 or abs(value) < 1e-12 else text.replace("-", "\N{MINUS SIGN}")
