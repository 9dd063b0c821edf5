from __future__ import annotations

import math

from hypothesis import example, given
from hypothesis import strategies as st
from sample_report import article_curve

from lossfix.model import Curve
from lossfix.report.spark import BARS, fitting, sparkline, sparklines

VALUES = st.lists(st.none() | st.floats(allow_nan=True, allow_infinity=True), max_size=60)


@given(VALUES)
def test_every_value_is_one_character(values):
    assert len(sparkline(values)) == len(values)


@given(VALUES)
@example([0.0, 5e-324])
def test_a_gap_is_a_space_and_nothing_else_is(values):
    for value, char in zip(values, sparkline(values), strict=True):
        assert (char == " ") == (value is None or not math.isfinite(value))


def test_the_lowest_and_the_highest_bar_are_the_ends_of_the_range():
    assert sparkline([0.0, 1.0, 2.0]) == BARS[0] + BARS[4] + BARS[7]


def test_a_flat_curve_lies_at_the_bottom():
    assert sparkline([3.0, 3.0]) == BARS[0] * 2


def test_before_and_after_share_one_scale():
    curve = Curve(0.0, (0.0, 1.0), (0.0, 1.0), (1.0, 1.0), (0.0, 0.5), (0.5, 0.5))
    loss_before, loss_after = sparklines(curve).splitlines()[1:3]
    assert BARS[7] in loss_before
    assert BARS[7] not in loss_after


def test_a_loss_that_is_only_measured_has_no_after():
    curve = article_curve()
    alone = Curve(curve.y_true, curve.y_pred, curve.before, curve.before_slope)
    assert "after" not in sparklines(alone)


def test_no_line_is_wider_than_a_narrow_terminal():
    assert max(map(len, sparklines(article_curve()).splitlines())) < 80


def test_a_curve_fits_into_the_terminal_that_shows_it():
    for columns in (50, 60, 80, 100):
        drawn = sparklines(article_curve(), fitting(columns)).splitlines()
        assert max(map(len, drawn)) <= columns - 4
    assert fitting(0) == fitting(200) == 48
    assert fitting(20) == 8
