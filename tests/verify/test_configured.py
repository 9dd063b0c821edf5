"""The family of inputs that a configuration describes."""

from __future__ import annotations

import numpy as np

from lossfix.verify.probe.configured import configured


def test_shapes_and_ranges_are_those_of_every_batch():
    family = configured((2, 3), (4,), (-1.0, 1.0), (0.0, 5.0))
    assert family is not None
    for batch in family.batches(0, 3):
        assert batch.y_true.shape[1:] == (2, 3)
        assert batch.y_pred.shape[1:] == (4,)
        assert batch.y_true.min() >= -1.0
        assert batch.y_true.max() <= 1.0
        assert 0.0 <= batch.y_pred.min() < 1.0
        assert 4.0 < batch.y_pred.max() <= 5.0
        assert (batch.offset, batch.scale, batch.activation) == (0.0, 5.0, "sigmoid")


def test_what_is_said_of_predictions_holds_for_targets_too():
    family = configured(None, (5,), None, (0.0, 1.0))
    assert family is not None
    batch = family.batches(0, 1)[0]
    assert batch.y_true.shape == batch.y_pred.shape
    assert family.domain == "unit"
    assert batch.y_true.min() >= 0.0


def test_whole_targets_with_an_axis_less_are_classes():
    family = configured((), (10,), (0.0, 9.0), (0.0, 1.0))
    assert family is not None
    batch = family.batches(0, 1, rows=200)[0]
    assert batch.y_true.dtype == np.int32
    assert set(batch.y_true) == set(range(10))


def test_nothing_said_is_no_family():
    assert configured(None, None, None, None) is None
