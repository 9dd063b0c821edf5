"""Families of inputs: what they promise to everything that is measured on them."""

import numpy as np
import pytest

from lossfix.report.inputs import WORDS
from lossfix.verify.probe.families import BY_NAME, FAMILIES, ROWS, edges, one_hot
from lossfix.verify.probe.hints import suggest

NAMES = [family.name for family in FAMILIES]
BOUNDS = {"unit": (0, 1), "probability": (0, 1), "positive": (0, np.inf), "simplex": (0, 1)}


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_draws_the_same_batches(name):
    family = BY_NAME[name]
    for one, other in zip(family.batches(3, 2), family.batches(3, 2), strict=True):
        np.testing.assert_array_equal(one.y_true, other.y_true)
        np.testing.assert_array_equal(one.y_pred, other.y_pred)


@pytest.mark.parametrize("name", NAMES)
def test_predictions_stay_in_their_domain_also_between_two_of_them(name):
    family = BY_NAME[name]
    low, high = BOUNDS.get(family.domain, (-np.inf, np.inf))
    batch = family.batches(0, 1)[0]
    start, end = family.sweep(np.random.default_rng(0), batch)
    for share in (0.0, 0.3, 1.0):
        point = start + share * (end - start)
        assert point.shape == batch.y_pred.shape
        assert np.all((point >= low) & (point <= high))
        if family.domain == "simplex":
            np.testing.assert_allclose(point.sum(-1), 1.0)


@pytest.mark.parametrize("name", NAMES)
def test_no_inner_size_equals_the_rows_so_that_a_wrong_broadcast_raises(name):
    batch = BY_NAME[name].batches(0, 1)[0]
    assert ROWS not in batch.y_pred.shape[1:]
    assert ROWS not in batch.y_true.shape[1:]


def test_every_domain_has_a_member_with_more_than_one_trailing_element():
    wide = {
        family.domain
        for family in FAMILIES
        if np.prod(family.batches(0, 1)[0].y_pred.shape[1:], dtype=int) > 1
    }
    assert wide == {family.domain for family in FAMILIES}


def test_a_scaled_family_scales_targets_predictions_and_sweeps_alike():
    plain, scaled = BY_NAME["reg"], BY_NAME["reg"].scaled(1e3, 5.0)
    one, other = plain.batches(0, 1)[0], scaled.batches(0, 1)[0]
    np.testing.assert_allclose(other.y_true, 1e3 * one.y_true + 5.0)
    np.testing.assert_allclose(other.y_pred, 1e3 * one.y_pred + 5.0)
    assert (scaled.low, scaled.high) == (1e3 * plain.low + 5.0, 1e3 * plain.high + 5.0)


def test_probabilities_are_never_scaled():
    assert BY_NAME["bin_prob"].scaled(10.0, 0.0) is BY_NAME["bin_prob"]


def test_edges_name_the_exact_values_at_which_losses_break():
    family = BY_NAME["bin_prob"]
    found = dict(edges(family, family.batches(0, 1)[0]))
    assert set(found) >= {"y_pred = 0", "y_pred = 1", "y_pred = y_true", "y_true all 0"}
    assert not found["y_true all 0"].y_true.any()


@pytest.mark.parametrize(
    ("source", "family"),
    [
        ("def f(t, p): return mean(square(t - p))", "reg"),
        ("def f(t, p): return mean(-t * log(p) - (1 - t) * log(1 - p))", "bin_prob"),
        ("def f(t, p): return mean(argmax(t, -1) == argmax(p, -1))", "onehot_prob"),
        ("def f(y, q): return sum(y * q, axis=[1, 2, 3])", "seg_bin"),
        ("def f(y, q): return sum(square(y - q), axis=(0, 1, 2))", "seg_bin"),
        ("def f(y, q): return square(log1p(y) - log1p(q))", "pos"),
        ("def f(t, p): return mean(np.fmax(t - p, 0))", "gaps"),
        ("def f(t, p): return np.nanmean(np.abs(t - p))", "gaps"),
        ("def f(t, p): return one_hot(cast(t, int32), 4) * p + one_hot(t)", "sparse"),
        ("def f(t, p):\n    x1 = p[..., 2]\n    return x1 - t[..., 3]", "boxes"),
    ],
)
def test_the_text_of_a_loss_suggests_its_inputs(source, family):
    assert family in [found.name for found, _ in suggest(source)][:2]


def test_thresholds_between_zero_and_one_suggest_the_unit_interval():
    found = suggest("def f(t, p): return where(p > 0.5, t, p)", thresholds=(0.5,))
    assert found[0][0].name == "unit"


def test_families_of_the_configuration_lead():
    found = suggest("def f(t, p): return square(t - p)", families=("rating", "boxes"))
    assert [family.name for family, _ in found[:2]] == ["rating", "boxes"]


def test_every_family_is_known_in_words():
    assert set(NAMES) <= set(WORDS)


def test_classes_are_made_one_hot_also_where_an_identity_matrix_would_not_fit() -> None:
    index = np.array([[0, 2], [1, 0]])
    np.testing.assert_array_equal(one_hot(index, 3), np.eye(3)[index])
    many = one_hot(np.array([5, 299_999]), 300_000)
    assert many.shape == (2, 300_000)
    np.testing.assert_array_equal(many.argmax(-1), [5, 299_999])
