"""The width of a smoothed gate, at k and at 2k."""

import pytest
from pairs import BY_NAME
from pairs.pair import Pair, function, rewritten
from test_measure import facts_of, verdict_of

from lossfix.model import Ruling

GATED = function("return tf.reduce_mean(tf.abs(y_true - tf.cast(y_pred > 0.5, tf.float32)))")


def soft(steepness: str) -> Pair:
    body = f"s = tf.sigmoid({steepness} * (y_pred - 0.5))\nreturn tf.reduce_mean(tf.abs(y_true - s), axis=-1)"
    return Pair("gated", GATED, rewritten(body, 16.0), (), thresholds=(0.5,))


@pytest.mark.parametrize(
    ("steepness", "power"),
    [("self.steepness", 1.0), ("3.0 * self.steepness", 1.0), ("self.steepness ** 2", 2.0)],
)
def test_the_power_of_the_steepness_is_read_off_the_width(steepness, power, tmp_path):
    assert facts_of(soft(steepness).probe, tmp_path).sharpening == pytest.approx(power, abs=0.1)


def test_a_squared_steepness_is_refused_though_its_values_converge(tmp_path):
    verdict = verdict_of(soft("self.steepness ** 2").probe, tmp_path)
    assert verdict.ruling is Ruling.CHANGED_MEANING
    assert "to the power of -2" in verdict.reasons[0]


def test_it_is_found_where_only_single_precision_runs(tmp_path):
    facts = facts_of(BY_NAME["top two: margin to the second other"].probe, tmp_path)
    assert facts.before is not None
    assert facts.before.precision == "float32"
    assert facts.sharpening == pytest.approx(1.0, abs=0.1)
