"""What a rewrite may not lose: ranks, weights, odd batches, graphs, training, saving, precision."""

import numpy as np
import pytest
from pairs.pair import ALIGN

from lossfix.model import Ruling, State
from lossfix.verify.probe.contract import contract
from lossfix.verify.probe.facts import Facts, ValueFacts
from lossfix.verify.probe.families import BY_NAME, edges
from lossfix.verify.probe.job import CHECKS, SubjectSource
from lossfix.verify.probe.subject import Candidate, load
from lossfix.verify.probe.training import fit
from lossfix.verify.wording import summary

BEFORE = """
import tensorflow as tf

def article(y_true, y_pred):
    e = y_true - y_pred
    return tf.reduce_mean(tf.where(y_pred > 0.5, 2 * tf.abs(e), 0.5 * tf.abs(e)), axis=-1)
"""

AFTER = "import keras\nimport tensorflow as tf\n" + ALIGN + """
@keras.saving.register_keras_serializable(package="tests")
class ArticleLoss(keras.losses.Loss):
    def __init__(self, steepness=3.0, reduction="sum_over_batch_size", name="article", dtype=None):
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.steepness = steepness

    def call(self, y_true, y_pred):
        y_true, y_pred = same_rank(y_true, y_pred)
        s = tf.sigmoid(self.steepness * (y_pred - 0.5))
        return tf.reduce_mean((2 * s + 0.5 * (1 - s)) * tf.abs(y_true - y_pred), axis=-1)

    def get_config(self):
        return {**super().get_config(), "steepness": self.steepness}
"""

RETURN = "return tf.reduce_mean((2 * s + 0.5 * (1 - s)) * tf.abs(y_true - y_pred), axis=-1)"


@pytest.fixture
def measured(tmp_path):
    """Runs checks on a pair of sources and gives them by name."""

    def run(before, after, checks, family="unit", target="article", steepness=3.0, compat=False):
        old = load(SubjectSource(before, target), str(tmp_path), "before.py", compat)
        steepened = "ArticleLoss(steepness={steepness})" if steepness else ""
        new = load(SubjectSource(after, "ArticleLoss()", steepened), str(tmp_path), "after.py")
        assert isinstance(old, Candidate), old
        assert isinstance(new, Candidate), new
        kind = BY_NAME[family]
        batch = kind.batch(np.random.default_rng(0), 192)
        few = kind.batch(np.random.default_rng(0))
        facts = contract(old, new, batch, str(tmp_path), list(edges(kind, few)), steepness, checks)
        return {check.name: check for check in facts.checks}, facts

    return run


def changed(old, new):
    assert old in AFTER
    return AFTER.replace(old, new)


def test_a_careful_rewrite_keeps_the_whole_contract(measured):
    found, facts = measured(BEFORE, AFTER, CHECKS)
    assert tuple(found) == CHECKS
    assert {name: check.after for name, check in found.items() if check.after} == {}
    assert (facts.weights_before, facts.weights_after) == ("per sample", "per sample")
    assert "original" in found["fit"].detail


WRONG = [
    ("rank", "y_true, y_pred = same_rank(y_true, y_pred)", "pass"),
    ("weights", ", axis=-1)", ")"),
    ("batch of one", RETURN, RETURN + " / tf.cast(tf.shape(y_pred)[0] > 1, y_pred.dtype)"),
    ("empty batch", RETURN, RETURN + " * tf.reduce_max(tf.ones_like(s)[0])"),
    ("empty batch", RETURN, "return tf.reduce_mean(s * (y_pred - y_true) ** 2)"),
    ("dynamic batch", RETURN, RETURN + " * tf.ones(y_pred.shape[0])"),
    ("dynamic batch", RETURN, "if tf.reduce_mean(s) > 2:\n            s = -s\n        " + RETURN),
    ("fit", RETURN, "return tf.reduce_mean(1 - y_pred, axis=-1)"),
    ("fit", "tf.sigmoid(self", "tf.sigmoid(self.missing + self"),
    ("fit", RETURN, "y_pred = tf.stop_gradient(y_pred)\n        " + RETURN),
    ("xla", RETURN, RETURN + " + 0 * tf.py_function(lambda x: x, [y_pred], tf.float32)[0, 0]"),
    ("serialisation", '"steepness": self.steepness', ""),
    ("serialisation", '@keras.saving.register_keras_serializable(package="tests")', ""),
    ("serialisation", "self.steepness = steepness", "self.steepness = steepness + 1"),
    ("name", 'name="article"', 'name="article_loss"'),
    ("edges", RETURN, RETURN + " + tf.sqrt(tf.reduce_sum(tf.square(y_true - y_pred), -1))"),
]


@pytest.mark.parametrize(("check", "old", "new"), WRONG)
def test_what_the_original_could_do_is_missed(measured, check, old, new):
    found, _ = measured(BEFORE, changed(old, new), (check,))
    assert found[check].after
    assert found[check].regressed


PARTS = """
import keras
import tensorflow as tf


def article(y_true, y_pred):
    anchor, other = y_pred[:, :2], y_pred[:, 2:]
    return tf.reduce_mean(tf.square(anchor - other), axis=1)


class ArticleLoss(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return article(y_true, y_pred)
"""


PACKED = """
import keras
import tensorflow as tf


def article(y_true, y_pred):
    gap = tf.abs(y_true[..., :-1] - y_pred)
    return tf.reduce_sum(gap * y_true[..., -1:]) / tf.maximum(tf.reduce_sum(y_true[..., -1:]), 1.0)


class ArticleLoss(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return article(y_true, y_pred)
"""


@pytest.mark.parametrize("code", [PARTS, PACKED])
def test_a_sample_that_is_cut_in_parts_is_never_one_number(measured, code):
    found, _ = measured(code, code, ("rank",), family="reg_vec3")
    assert found["rank"].after is None


def test_a_table_of_columns_is_spread_over_samples_of_one_number(measured):
    weighed = BEFORE.replace(
        "def article", "TABLE = tf.constant([0.1, 0.35, 0.55])\n\n\ndef article"
    )
    weighed = weighed[: weighed.index("    e =")] + (
        "    return tf.reduce_sum(tf.abs(y_true - y_pred) * TABLE, axis=-1)\n"
    )
    after = changed("y_true, y_pred = same_rank(y_true, y_pred)", "pass")
    found, _ = measured(weighed, after, ("rank",), family="reg_vec3", steepness=None)
    assert found["rank"].regressed


def test_a_tuple_that_json_gives_back_as_a_list_is_the_same_configuration(measured):
    counted = changed("steepness=3.0", "steepness=3.0, axes=(1,)").replace(
        "self.steepness = steepness", "self.steepness, self.axes = steepness, axes"
    )
    counted = counted.replace('"steepness": self', '"axes": self.axes, "steepness": self')
    for lost, regressed in (("", False), ("= steepness, axes", True)):
        after = counted.replace(lost, "= steepness, (*axes, 1)") if lost else counted
        found, _ = measured(BEFORE, after, ("serialisation",))
        assert found["serialisation"].regressed is regressed


def test_a_mask_without_its_last_axis_is_aligned_as_keras_does(measured):
    kept, _ = measured(BEFORE, AFTER, ("trailing axis",), family="seg_bin")
    assert kept["trailing axis"].after == ""
    unaligned = changed("y_true, y_pred = same_rank(y_true, y_pred)", "pass")
    lost, _ = measured(BEFORE, unaligned, ("trailing axis",), family="seg_bin")
    assert lost["trailing axis"].regressed


def test_a_sample_that_is_no_image_has_no_such_axis(measured):
    found, _ = measured(BEFORE, AFTER, ("trailing axis",))
    assert found["trailing axis"].after is None


def test_what_the_original_could_not_do_either_is_no_regression(measured):
    raising = BEFORE.replace("    e =", "    if tf.reduce_mean(y_pred) > 9:\n        pass\n    e =")
    after = changed(RETURN, "if tf.reduce_mean(s) > 2:\n            s = -s\n        " + RETURN)
    found, _ = measured(raising, after, ("dynamic batch", "fit"))
    assert found["dynamic batch"].after
    assert found["dynamic batch"].before
    assert not found["dynamic batch"].regressed
    assert not found["fit"].regressed


def test_a_class_that_could_not_run_keeps_what_it_never_lost(measured):
    unregistered = changed('@keras.saving.register_keras_serializable(package="tests")', "")
    nameless = unregistered.replace(
        "super().__init__(reduction=reduction, name=name, dtype=dtype)", "pass"
    )
    found, _ = measured(nameless, AFTER, ("name",), target="ArticleLoss()")
    assert not found["name"].regressed
    selfless = """
import keras
import tensorflow as tf

class ArticleLoss(keras.losses.Loss):
    def call(y_true, y_pred):
        return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)
"""
    mended = selfless.replace("call(y_true", "call(self, y_true")
    found, _ = measured(
        selfless, mended, ("name", "serialisation"), target="ArticleLoss.call", steepness=None
    )
    assert not any(check.regressed for check in found.values())


def test_what_a_module_draws_is_drawn_alike(tmp_path):
    source = """
import keras
import numpy as np
import tensorflow as tf

TEACHER = keras.layers.Dense(1)
TEACHER.build((None, 1))
AIMS = np.random.normal(size=1)

def drawn(y_true, y_pred):
    return tf.reduce_mean(tf.abs(TEACHER(y_true) + AIMS[0] + tf.random.normal(()) * 0 - y_pred), axis=-1)
"""
    values = []
    for name in ("one.py", "other.py"):
        loaded = load(SubjectSource(source, "drawn"), str(tmp_path), name)
        assert isinstance(loaded, Candidate), loaded
        values.append(loaded.call(np.ones((2, 1), "float32"), np.ones((2, 1), "float32")).numpy())
    np.testing.assert_array_equal(*values)


def test_a_weight_per_image_may_not_begin_to_raise(measured):
    before = BEFORE.replace(", axis=-1)", ")")
    found, _ = measured(before, AFTER, ("weights",), family="seg_multi")
    assert found["weights"].regressed


def test_weights_that_become_per_sample_are_told_and_no_regression(measured):
    found, facts = measured(BEFORE.replace(", axis=-1", ""), AFTER, ("weights",))
    assert (facts.weights_before, facts.weights_after) == ("global", "per sample")
    assert not found["weights"].regressed


SCALAR = AFTER.replace(", axis=-1)", ")")
IGNORING = SCALAR.replace(
    "def call(self, y_true, y_pred", "def __call__(self, y_true, y_pred, sample_weight=None"
)


def test_weights_that_were_taken_and_ignored_are_told_to_act_now(measured):
    _, facts = measured(IGNORING, SCALAR, ("weights",), target="ArticleLoss()")
    assert (facts.weights_before, facts.weights_after) == ("ignored", "global")
    equal = Facts("article", values=(ValueFacts("reg", "equal"),), contract=facts)
    said = summary(equal, Ruling.PRESERVED, State.LIVE, State.LIVE)
    assert said.endswith("values equal (exactly), sample weights, which it ignored, act now")


def test_weights_that_begin_to_be_ignored_are_lost(measured):
    found, _ = measured(SCALAR, IGNORING, ("weights",), target="ArticleLoss()")
    assert found["weights"].regressed


def test_a_dead_original_still_shows_how_it_weighs(measured):
    dead = """
import tensorflow as tf

def article(y_true, y_pred):
    return tf.reduce_mean(tf.abs(y_true - tf.cast(y_pred > 0.5, y_pred.dtype)), axis=-1)
"""
    _, facts = measured(dead, AFTER, ("weights",))
    assert facts.weights_before == "per sample"


def test_nothing_is_left_in_the_directory_but_the_sources(measured, tmp_path):
    measured(BEFORE, AFTER, ("fit", "serialisation"))
    assert all(path.suffix in (".py", "") for path in tmp_path.iterdir())


@pytest.mark.parametrize(
    ("family", "body"),
    [
        ("vec", "tf.square(y_true - y_pred)"),
        ("seq", "tf.reduce_mean(tf.square(y_true - y_pred), axis=-1)"),
        ("onehot_prob", "-tf.reduce_sum(y_true * tf.math.log(y_pred + 1e-7), axis=-1)"),
        ("sparse", "tf.keras.losses.sparse_categorical_crossentropy(y_true, y_pred)"),
        ("seg_bin", "1 - tf.reduce_sum(y_true * y_pred) / tf.reduce_sum(y_true + y_pred)"),
        ("rating", "tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)"),
        ("pos_vec3", "tf.reduce_mean(tf.square(tf.math.log(y_true / y_pred)), axis=-1)"),
    ],
)
def test_a_plain_loss_trains_on_every_family(tmp_path, family, body):
    source = f"import tensorflow as tf\n\ndef loss(y_true, y_pred):\n    return {body}\n"
    candidate = load(SubjectSource(source, "loss"), str(tmp_path), "plain.py")
    assert isinstance(candidate, Candidate)
    batch = BY_NAME[family].batch(np.random.default_rng(0), 192)
    fitted = fit(candidate, candidate, batch)
    assert fitted.failure == ""
    assert "→" in fitted.detail


HALF = "half = keras.config.dtype_policy().compute_dtype"


@pytest.mark.parametrize(
    ("error", "failing", "said"),
    [
        ("tf.cast(1e5 * tf.cast(e, half), tf.float32) / 1e5", "mixed_float16", "in float16"),
        ("tf.stop_gradient(e) if half == 'bfloat16' else e", "mixed_bfloat16", "is lost"),
    ],
)
def test_both_half_precisions_are_checked_each_by_itself(measured, error, failing, said):
    plain = BEFORE.replace("tf.where(y_pred > 0.5, 2 * tf.abs(e), 0.5 * tf.abs(e))", "tf.square(e)")
    lines = f"{HALF}\n        e = y_true - y_pred\n        e = {error}\n        "
    after = AFTER.replace(RETURN, f"{lines}return tf.reduce_mean(tf.square(e), axis=-1)")
    checks, _ = measured(plain, after, ("mixed_float16", "mixed_bfloat16"), steepness=None)
    assert {name for name, check in checks.items() if check.regressed} == {failing}
    assert said in checks[failing].after


UNREGISTERED = changed('@keras.saving.register_keras_serializable(package="tests")', "")
OBJECT = BEFORE + """
class Article:
    def __init__(self):
        self.name = "article"

    def __call__(self, y_true, y_pred):
        return article(y_true, y_pred)
"""


@pytest.mark.parametrize("compat", [False, True])
def test_an_object_of_a_class_of_its_own_needed_custom_objects_before(measured, compat):
    checks = ("name", "serialisation")
    found, _ = measured(
        OBJECT, UNREGISTERED, checks, target="Article()", steepness=None, compat=compat
    )
    assert not found["serialisation"].regressed
    # Keras calls any object by its name, where it has one.
    assert not found["name"].regressed


@pytest.mark.parametrize("compat", [False, True])
def test_a_function_did_not_need_its_class_registered(measured, compat):
    found, _ = measured(BEFORE, UNREGISTERED, ("serialisation",), steepness=None, compat=compat)
    assert found["serialisation"].regressed
