"""What finding the one element of a large map is worth once a gate was smoothed."""

import pytest

from lossfix.verify.probe.families import BY_NAME
from lossfix.verify.probe.foreground import found_worth
from lossfix.verify.probe.job import SubjectSource
from lossfix.verify.probe.numeric import objective
from lossfix.verify.probe.subject import Failure, load

HARD, GENTLE = "tf.cast(y_pred > 0.3, tf.float32)", "tf.sigmoid(10.0 * (y_pred - 0.3))"
SCALED = "(tf.sigmoid(10.0 * (y_pred - 0.3)) - 0.0474) / (0.9991 - 0.0474)"
LOGIT, SOFT_LOGIT = "tf.cast(y_pred > 0.0, tf.float32)", "tf.sigmoid(3.0 * y_pred)"
CHOICE = "tf.one_hot(tf.argmax(y_pred, axis=-1), 4)"
RATIO = "1.0 - tf.reduce_sum(y_true * hit) / (tf.reduce_sum(hit) + 1e-6)"
PER_MAP = "1.0 - tf.reduce_sum(y_true * hit, [1, 2, 3]) / (tf.reduce_sum(hit, [1, 2, 3]) + 1e-6)"
GAP = "tf.abs(tf.reduce_sum(hit) - tf.reduce_sum(y_true))"
MEAN = "tf.reduce_mean(tf.abs(y_true - hit))"
CLASSES = "1.0 - tf.reduce_mean(tf.reduce_sum(y_true * hit, 0) / (tf.reduce_sum(hit, 0) + 1e-6))"
FIXED = "tf.reduce_mean(tf.abs(tf.reshape(y_true - hit, [7, 16])))"


def worth(before: str, after: str, value: str, family: str, tmp_path) -> float:
    sides = []
    for number, hit in enumerate((before, after)):
        code = f"def loss(y_true, y_pred):\n    hit = {hit}\n    return {value}\n"
        source = SubjectSource(f"import tensorflow as tf\n{code}", "loss")
        candidate = load(source, str(tmp_path), f"side{number}.py")
        assert not isinstance(candidate, Failure), candidate
        sides.append(objective(candidate))
    return found_worth(sides[0], sides[1], BY_NAME[family], ())


@pytest.mark.parametrize(
    ("value", "family"),
    [(RATIO, "bin_prob"), (RATIO, "seg_bin"), (PER_MAP, "seg_bin"), (GAP, "vec_prob")],
)
def test_a_background_that_adds_up_drowns_what_is_found(value, family, tmp_path):
    assert worth(HARD, GENTLE, value, family, tmp_path) < 0.05
    assert worth(HARD, SCALED, value, family, tmp_path) > 0.7


@pytest.mark.parametrize(
    ("before", "after", "value", "family"),
    [
        (HARD, GENTLE, MEAN, "seg_bin"),
        (LOGIT, SOFT_LOGIT, RATIO, "bin_logits"),
        (CHOICE, "tf.nn.softmax(20.0 * y_pred)", CLASSES, "onehot_prob"),
    ],
)
def test_what_does_not_add_up_is_worth_what_it_was(before, after, value, family, tmp_path):
    assert worth(before, after, value, family, tmp_path) == pytest.approx(1.0, abs=0.1)


def test_a_gentle_choice_of_a_class_drowns_too(tmp_path):
    assert worth(CHOICE, "tf.nn.softmax(3.0 * y_pred)", CLASSES, "onehot_prob", tmp_path) < 0.1


@pytest.mark.parametrize(
    ("value", "family"),
    [(FIXED, "seg_bin"), (MEAN, "reg"), ("0.0 * tf.reduce_sum(hit)", "vec_prob")],
)
def test_nothing_is_said_of_other_losses(value, family, tmp_path):
    assert worth(HARD, GENTLE, value, family, tmp_path) is None
