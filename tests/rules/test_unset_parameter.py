"""A parameter that a loss reads of itself and does not keep is told, unless something may set it unseen."""

from __future__ import annotations

import pytest

from lossfix.checking import Options, check
from lossfix.rules import unset_parameter

LOSS = """import tensorflow as tf
{before}

class RatedLoss({parent}):
    def __init__(self, rate=2.0, **kwargs):
        super().__init__(**kwargs)
        {kept}

    def call(self, y_true, y_pred):
        return tf.reduce_mean({read} * tf.abs(y_true - y_pred), axis=-1)
{after}
"""
PARENT = """
class Rated(tf.keras.losses.Loss):
    pass
"""


def told(
    kept: str = "pass",
    read: str = "self.rate",
    parent: str = "tf.keras.losses.Loss",
    before: str = "",
    after: str = "",
) -> list[str]:
    text = LOSS.format(kept=kept, read=read, parent=parent, before=before, after=after)
    found = check("losses.py", text, Options((unset_parameter.RULE,)))
    return [each.message for each in found]


def test_a_parameter_that_is_read_and_not_kept_is_told() -> None:
    assert told() == ["`RatedLoss` never sets `self.rate`: it raises at the first batch"]
    assert told("self._rate = rate", "(self.rate + self._rate)")


@pytest.mark.parametrize(
    ("kept", "read"),
    [
        ("self.rate = rate", "self.rate"),
        ("self.rate: float = float(rate)", "self.rate"),
        ("self.a, self.rate = 1.0, rate", "self.rate"),
        ("setattr(self, 'rate', rate)", "self.rate"),
        ("vars(self).update(rate=rate)", "self.rate"),
        ("self.__dict__.update(rate=rate)", "self.rate"),
        ("pass", "self.other"),
        ("pass", "1.0"),
    ],
)
def test_what_is_set_or_no_parameter_is_left_alone(kept: str, read: str) -> None:
    assert told(kept, read) == []


def test_what_a_parent_a_property_or_the_file_may_set_is_left_alone() -> None:
    assert told(parent="Rated", before=PARENT) == []
    assert told(after="\n    @property\n    def rate(self):\n        return 1.0\n") == []
    assert told(after="\n    rate = 3.0\n") == []
    assert told(after="\n\nloss = RatedLoss()\nloss.rate = 4.0\n") == []
