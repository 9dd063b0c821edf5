"""Originals that raise on an ordinary batch, and are asked for their values all the same."""

import numpy as np
import pytest
import tensorflow as tf
from test_measure import facts_of, single, verdict_of

from lossfix.model import Probe, Ruling, Safety, State, Subject
from lossfix.verify.probe.calling import Calling, promotion, sums_up, unanimous
from lossfix.verify.probe.families import BY_NAME
from lossfix.verify.probe.hints import batch_sizes

IMPORTS = "import numpy as np\nimport tensorflow as tf\n"
BY_HALF = """
def loss(y_true, y_pred):
    if y_pred > 0.5:
        each = 3.0 * tf.abs(y_true - y_pred)
    else:
        each = tf.square(y_true - y_pred)
    return tf.reduce_{}(each)
"""
SELECTED = """
def loss(y_true, y_pred):
    each = tf.where(y_pred > 0.5, 3.0 * tf.abs(y_true - y_pred), tf.square(y_true - y_pred))
    return {}
"""
SIXTEEN = """
BATCH = 16
def loss(y_true, y_pred):
    total = 0.0
    for i in range(BATCH):
        total += tf.reduce_sum(tf.square(y_true[i] - y_pred[i]))
    return total / BATCH
"""
UNCAST = """
def loss(y_true, y_pred):
    return tf.reduce_sum(tf.abs(y_true - y_pred)) / tf.shape(y_pred)[0]
"""
CAST = UNCAST.replace("tf.shape(y_pred)[0]", "tf.cast(tf.shape(y_pred)[0], tf.float32)")
MEAN = """
def loss(y_true, y_pred):
    return tf.reduce_mean(tf.abs(y_true - y_pred))
"""

TRACED = MEAN.replace("tf.abs", "np.abs").replace("def", "@tf.function\ndef")
"""It raises when it is traced, which its decorator has done on every batch."""
INTEGERS = """
def loss(y_true, y_pred):
    return tf.reduce_mean(tf.abs(y_true - tf.where(y_pred > 0.5, 1, 0)))
"""
FLOATS = INTEGERS.replace("1, 0", "1.0, 0.0")


def pair(before: str, after: str) -> Probe:
    subjects = (Subject(IMPORTS + source, "loss") for source in (before, after))
    return Probe("loss", *subjects, Safety.EXACT)


@pytest.mark.parametrize(
    ("before", "after", "passes"),
    [
        (BY_HALF.format("mean"), SELECTED.format("tf.reduce_mean(each, axis=-1)"), True),
        (BY_HALF.format("mean"), SELECTED.format("tf.reduce_sum(each)"), False),
        (BY_HALF.format("sum"), SELECTED.format("tf.reduce_sum(each)"), True),
        (BY_HALF.format("sum"), SELECTED.format("tf.reduce_mean(each)"), False),
        (BY_HALF.format("mean"), SELECTED.format("tf.reduce_mean(each)").replace(">", "<"), False),
        (UNCAST, CAST, True),
        (UNCAST, CAST.replace("reduce_sum", "reduce_mean"), False),
        # The same for one prediction to a row, and for no other.
        (UNCAST, MEAN, False),
        (TRACED, MEAN, True),
        (TRACED, MEAN.replace("tf.abs", "2.0 * tf.abs"), False),
    ],
)
def test_a_rewrite_is_held_to_what_its_original_means(before, after, passes, tmp_path):
    verdict = verdict_of(pair(before, after), tmp_path)
    assert verdict.before is State.RAISES
    assert verdict.writable is passes, verdict
    assert passes or verdict.ruling is Ruling.CHANGED_MEANING


@pytest.mark.parametrize(
    ("after", "ruling"),
    [
        (FLOATS, Ruling.STILL_BROKEN),
        (FLOATS.replace("y_true -", "tf.round(y_true) -"), Ruling.CHANGED_MEANING),
    ],
)
def test_integers_that_floats_meet_are_floats_and_no_array_loses_its_fractions(
    after, ruling, tmp_path
):
    verdict = verdict_of(pair(INTEGERS, after), tmp_path)
    assert verdict.before is State.RAISES
    assert verdict.ruling is ruling, verdict


@pytest.mark.parametrize(
    ("after", "ruling"),
    [
        (
            "tf.reduce_sum(tf.square(y_true - y_pred)) "
            "/ tf.cast(tf.shape(y_pred)[0], y_pred.dtype)",
            Ruling.FIXED,
        ),
        ("tf.reduce_sum(tf.square(y_true - y_pred)) / 32.0", Ruling.CHANGED_MEANING),
        ("tf.reduce_sum(tf.square(y_true[:15] - y_pred[:15])) / 16.0", Ruling.CHANGED_MEANING),
    ],
)
def test_a_loss_for_one_size_of_batches_is_measured_on_that(after, ruling, tmp_path):
    rewrite = f"def loss(y_true, y_pred):\n    return {after}\n"
    verdict = verdict_of(pair(SIXTEEN, rewrite), tmp_path)
    assert verdict.ruling is ruling, verdict
    assert verdict.family.endswith("in batches of 16")
    assert any("batches of 16 alone" in note for note in verdict.notes)


def test_the_verdict_says_how_the_values_were_had(tmp_path):
    verdict = verdict_of(single(BY_HALF.format("sum")), tmp_path)
    assert verdict.ruling is Ruling.MEASURED
    assert verdict.before is State.RAISES
    assert any("row by row and summed" in note for note in verdict.notes)


def test_of_a_removed_name_and_another_fault_the_other_one_is_told(tmp_path):
    before = """
from keras.backend import binary_crossentropy
from nowhere import scaled
def loss(y_true, y_pred):
    return scaled(binary_crossentropy(y_true, y_pred))
"""
    verdict = verdict_of(pair(before, before), tmp_path)
    assert verdict.ruling is Ruling.UNVERIFIABLE
    assert "nowhere" in " ".join((verdict.summary, *verdict.reasons))


def test_the_gates_of_a_loss_that_is_asked_row_by_row_are_seen(tmp_path):
    facts = facts_of(single(BY_HALF.format("mean"), thresholds=(0.5,)), tmp_path)
    assert facts.apart == "rows"
    assert any(gate.crossed and gate.threshold == 0.5 for gate in facts.gates_before)


def test_flat_targets_do_not_meet_columns_of_samples_that_are_asked_one_by_one(tmp_path):
    before = """
def loss(y_true, y_pred):
    total = 0.0
    for index, level in enumerate((0.2, 0.5, 0.8)):
        error = y_true - y_pred[:, index : index + 1]
        total += max(level * error, (level - 1) * error)
    return total
"""
    verdict = verdict_of(pair(before, before.replace("max(", "tf.maximum(")), tmp_path)
    assert verdict.ruling is Ruling.FIXED, verdict


def test_rows_that_depend_on_one_another_cannot_be_put_together(tmp_path):
    source = BY_HALF.format("mean").replace("tf.reduce_mean(each)", "tf.sqrt(tf.reduce_mean(each))")
    assert verdict_of(single(source), tmp_path).ruling is Ruling.UNVERIFIABLE


@pytest.mark.parametrize("name", ["reg", "unit_vec3", "vec"])
@pytest.mark.parametrize("sums", [False, True])
def test_batches_of_one_branch_tell_a_sum_from_a_mean(name, sums):
    def loss(y_true, y_pred):
        error = 2.0 * (y_pred - y_true) if y_pred > y_true else y_true - y_pred
        return (tf.reduce_sum if sums else tf.reduce_mean)(error)

    parts = "elements" if name == "unit_vec3" else "rows"
    assert sums_up(loss, parts, BY_NAME[name], 0) is sums


def test_elements_are_put_together_in_the_shape_that_the_loss_gives_back():
    y_true, y_pred = tf.zeros((4, 3)), tf.reshape(tf.range(12.0) - 5.0, (4, 3))

    def each(y_true, y_pred):
        return y_pred if y_pred > 0.0 else -y_pred

    whole = Calling(apart="elements").around(each)(y_true, y_pred)
    last = Calling(apart="elements").around(lambda t, p: tf.reduce_mean(each(t, p), axis=-1))
    np.testing.assert_allclose(whole, np.abs(y_pred))
    np.testing.assert_allclose(last(y_true, y_pred), np.abs(y_pred).mean(-1))


def test_a_tensor_has_a_truth_value_where_its_elements_agree_and_only_within():
    with unanimous() as decided:
        assert tf.constant([True, True])
        assert not tf.constant([False, False])
        with pytest.raises(ValueError, match="truth value"):
            bool(tf.constant([True, False]))
    assert decided == [True, False]
    with pytest.raises(ValueError, match="truth value"):
        bool(tf.constant([True, True]))


def test_dtypes_mix_within_and_only_within():
    with promotion():
        assert (tf.constant(3) / tf.constant(2.0)).numpy() == 1.5
        assert (tf.constant(3.0) * tf.constant(2.0, tf.float64)).dtype == tf.float64
        assert (2.0 * tf.constant(1.5)).dtype == tf.float32
        seen = tf.constant([True, True, False])
        assert (1.0 - seen).numpy().tolist() == [0.0, 0.0, 1.0]
        assert tf.multiply(tf.constant(3.0), seen).numpy().tolist() == [3.0, 3.0, 0.0]
        assert tf.multiply(x=tf.constant(3.0), y=seen).numpy().tolist() == [3.0, 3.0, 0.0]
        assert tf.math.reduce_sum(seen).numpy() == 2.0
        assert tf.reduce_sum(input_tensor=seen, axis=0).numpy() == 2.0
        assert tf.where(tf.constant([0.0, 2.0]), 5.0, 7.0).numpy().tolist() == [7.0, 5.0]
        assert tf.where(tf.constant([0, 2])).numpy().tolist() == [[1]]
    with pytest.raises((TypeError, tf.errors.InvalidArgumentError)):
        tf.constant(3) / tf.constant(2.0)
    with pytest.raises((TypeError, tf.errors.InvalidArgumentError)):
        tf.reduce_sum(tf.constant([True]))
    with pytest.raises((TypeError, tf.errors.InvalidArgumentError)):
        tf.where(tf.constant([0.0, 2.0]), 5.0, 7.0)


@pytest.mark.parametrize(
    ("source", "first"),
    [
        ("BATCH = 24\nEPOCHS = 3\ndef f(t, p):\n    return sum(p[i] for i in range(BATCH))", 24),
        ("def f(t, p, batch_size=8):\n    return reshape(p, (batch_size, 10))", 8),
        ("def f(t, p):\n    for i in range(0, 12):\n        g(p[i])", 12),
        ("N, M = 20, 4\ndef f(t, p):\n    return reshape(p, [N, 3])", 20),
        ("def f(t, p):\n    return p[0::2] - p[1::2]", 12),
    ],
)
def test_the_size_of_a_batch_is_read_off_the_code(source, first):
    assert batch_sizes(source)[0] == first
