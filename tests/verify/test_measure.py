"""The whole battery and the judge on pairs of losses, with the real TensorFlow."""

import dataclasses
from itertools import pairwise

import pytest
from pairs import BY_NAME, PAIRS

from lossfix.model import Probe, Ruling, Safety, State, Subject, Verdict
from lossfix.verify.judge import judge
from lossfix.verify.probe.facts import Facts
from lossfix.verify.probe.job import Job, SubjectSource
from lossfix.verify.probe.measure import measure
from lossfix.verify.probe.records import from_json, to_json

EVERY = 5
"""The default run takes every fifth pair, and those of ``KEY``; all run with ``-m slow``."""

KEY = (
    "threshold: sigmoid",
    "threshold: sigmoid at ten",
    "threshold: the article's upper weight",
    "threshold: steepness ignored",
    "threshold: sign flipped",
    "threshold: hard, claimed smooth",
    "threshold: hard, claimed exact",
    "threshold: detached gate, undeclared",
    "threshold: detached gate, declared",
    "two terms: one dropped",
    "two terms: left dead",
    "cubic: aligned",
    "cubic: not aligned",
    "Huber: kept",
    "Huber: smoothed",
    "focal: alpha lost",
    "per-sample function: one scalar",
    "numpy round trip: tensors",
    "NaN where: double where",
    "NaN where: NaN left",
    "removed backend: tensors",
    "cast: sigmoid",
    "argmax: softmax",
    "round: straight through, declared",
    "dollars: in units of the gate",
)


def subject(of: Subject | None) -> SubjectSource | None:
    return None if of is None else SubjectSource(of.source, of.expression, of.steepened)


def job(probe: Probe) -> Job:
    before = subject(probe.before)
    assert before is not None
    return Job(
        probe.name,
        before,
        subject(probe.after),
        probe.promise.value,
        probe.gate.value,
        probe.steepness,
        probe.thresholds,
        probe.families,
        head=probe.head,
    )


def facts_of(probe: Probe, tmp_path) -> Facts:
    facts = measure(job(probe), str(tmp_path))
    # What the judge sees has crossed a pipe.
    return from_json(Facts, to_json(facts))


def verdict_of(probe: Probe, tmp_path) -> Verdict:
    return judge(probe, facts_of(probe, tmp_path))


def single(source: str, expression: str = "loss", **options) -> Probe:
    imports = "import numpy as np\nimport tensorflow as tf\nimport keras\n"
    return Probe("loss", Subject(imports + source, expression), None, Safety.EXACT, **options)


DEFAULT = tuple(dict.fromkeys([*KEY, *(pair.name for pair in PAIRS[::EVERY])]))


@pytest.mark.parametrize("name", DEFAULT)
def test_a_right_rewrite_passes_and_a_wrong_one_is_refused(name, tmp_path):
    pair = BY_NAME[name]
    verdict = verdict_of(pair.probe, tmp_path)
    assert verdict.ruling in pair.rulings, verdict
    assert verdict.writable == pair.right
    assert verdict.writable or verdict.reasons


@pytest.mark.slow
@pytest.mark.parametrize("name", [pair.name for pair in PAIRS if pair.name not in DEFAULT])
def test_every_other_pair_is_judged_right_too(name, tmp_path):
    test_a_right_rewrite_passes_and_a_wrong_one_is_refused(name, tmp_path)


def test_the_same_job_gives_the_same_facts(tmp_path):
    probe = BY_NAME["cast: sigmoid"].probe
    first, second = (dataclasses.replace(facts_of(probe, tmp_path), seconds=0) for _ in range(2))
    assert first == second


def test_weights_that_begin_to_act_per_sample_are_announced(tmp_path):
    verdict = verdict_of(BY_NAME["cubic: aligned"].probe, tmp_path)
    assert "sample weights now act per sample" in verdict.notes


def test_a_smoothing_says_how_steep_how_far_and_on_which_inputs(tmp_path):
    verdict = verdict_of(BY_NAME["threshold: sigmoid"].probe, tmp_path)
    assert verdict.steepness is not None
    assert verdict.deviation is not None
    assert 0.0 < verdict.deviation < 0.5
    assert verdict.family == "unit"
    assert verdict.coverage == (1, 1)
    assert "steepness" in verdict.summary


def test_a_gate_far_from_the_origin_is_reached_by_scaling_the_inputs(tmp_path):
    verdict = verdict_of(BY_NAME["dollars: in units of the gate"].probe, tmp_path)
    assert "scaled by" in verdict.family
    assert verdict.coverage[0] == verdict.coverage[1] == 1


def test_the_steepest_steepness_that_trains_no_worse_is_chosen(tmp_path):
    facts = facts_of(BY_NAME["threshold: sigmoid"].probe, tmp_path)
    *tried, chosen = facts.descent
    assert not any(test.passed for test in tried)
    assert chosen.passed
    assert chosen.steepness == facts.steepness
    assert [test.steepness for test in facts.descent] == list(facts.ladder[: len(facts.descent)])


def test_a_rewrite_without_a_steepness_cannot_converge(tmp_path):
    probe = BY_NAME["cast: sigmoid"].probe
    after = dataclasses.replace(probe.after, steepened="")
    assert verdict_of(dataclasses.replace(probe, after=after), tmp_path).ruling is (
        Ruling.CHANGED_MEANING
    )


def test_an_exact_promise_is_not_kept_by_a_smoothing(tmp_path):
    probe = dataclasses.replace(BY_NAME["cast: sigmoid"].probe, promise=Safety.EXACT)
    assert verdict_of(probe, tmp_path).ruling is Ruling.CHANGED_MEANING


def test_a_lost_parameter_is_noticed(tmp_path):
    probe = Probe(
        "pinball",
        Subject(
            "import tensorflow as tf\n"
            "def make(q):\n"
            "    def loss(y, p):\n"
            "        return tf.reduce_mean(tf.maximum(q * (y - p), (q - 1.0) * (y - p)))\n"
            "    return loss\n",
            "make(0.9)",
        ),
        Subject(
            "import tensorflow as tf\nimport keras\n"
            "class Pinball(keras.losses.Loss):\n"
            "    def __init__(self, q, name='loss'):\n"
            "        super().__init__(name=name)\n"
            "    def call(self, y, p):\n"
            "        return tf.reduce_mean(tf.maximum(0.5 * (y - p), -0.5 * (y - p)), axis=-1)\n",
            "Pinball(0.9)",
        ),
        Safety.EXACT,
    )
    assert verdict_of(probe, tmp_path).ruling is Ruling.CHANGED_MEANING


def test_a_rewrite_that_cannot_be_built_is_refused_with_the_reason(tmp_path):
    probe = BY_NAME["cubic: aligned"].probe
    broken = dataclasses.replace(probe.after, expression="Rewritten(3, 4, 5, 6)")
    verdict = verdict_of(dataclasses.replace(probe, after=broken), tmp_path)
    assert verdict.ruling is Ruling.REGRESSED
    assert "TypeError" in verdict.reasons[0]


def test_an_original_that_runs_on_nothing_is_unverifiable(tmp_path):
    probe = single("def loss(y_true, y_pred):\n    return undefined_name(y_true, y_pred)\n")
    verdict = verdict_of(probe, tmp_path)
    assert verdict.ruling is Ruling.UNVERIFIABLE
    assert "undefined_name" in verdict.reasons[0]
    rewrite = Subject("def after(y_true, y_pred):\n    return y_pred\n", "after")
    pair = dataclasses.replace(probe, after=rewrite)
    assert verdict_of(pair, tmp_path).ruling is Ruling.UNVERIFIABLE


def test_a_loss_that_draws_random_numbers_is_unverifiable(tmp_path):
    probe = single(
        "def loss(y_true, y_pred):\n"
        "    noise = tf.random.normal(tf.shape(y_pred))\n"
        "    return tf.reduce_mean(tf.square(y_true - y_pred + noise))\n"
    )
    verdict = verdict_of(probe, tmp_path)
    assert verdict.ruling is Ruling.UNVERIFIABLE
    assert "each time" in verdict.reasons[0]


@pytest.mark.parametrize(
    ("body", "state"),
    [
        ("tf.reduce_mean(tf.abs(y_true - y_pred) ** 3)", State.LIVE),
        ("tf.reduce_mean(tf.cast(y_pred > 0.5, tf.float32))", State.NONE),
        ("-tf.reduce_mean(tf.sign(y_true) * tf.sign(y_pred))", State.ZERO),
        ("tf.reduce_mean(tf.where(y_pred > 0.5, 2.0, 1.0) * tf.abs(y_true - y_pred))", State.JUMPS),
        (
            "tf.reduce_mean(tf.stop_gradient(tf.abs(y_pred)) * tf.square(y_true - y_pred))",
            State.DETACHED,
        ),
        ("tf.reduce_mean(tf.where(y_pred > 0.0, y_pred ** 1.5, 0.0 * y_true))", State.NONFINITE),
        ("np.mean(np.square(y_true - y_pred))", State.NONE),
    ],
)
def test_a_loss_is_measured_as_it_is(body, state, tmp_path):
    probe = single(f"def loss(y_true, y_pred):\n    return {body}\n")
    verdict = verdict_of(probe, tmp_path)
    assert verdict.ruling is Ruling.MEASURED
    assert verdict.before is state
    assert verdict.after is None
    assert verdict.curve is not None
    assert len(verdict.curve.y_pred) == len(verdict.curve.before) == 41


def test_the_curve_shows_a_jump_before_and_none_after(tmp_path):
    curve = verdict_of(BY_NAME["threshold: sigmoid"].probe, tmp_path).curve
    assert curve is not None

    def largest_step(values):
        return max(abs(b - a) for a, b in pairwise(values))

    assert largest_step(curve.before) > 2 * largest_step(curve.after)
    assert all(slope is not None for slope in curve.after_slope)


@pytest.mark.parametrize("limit", [2.3, 2.6])
def test_a_family_of_which_a_later_batch_raises_is_left_for_the_next(limit, tmp_path):
    source = f"""
def loss(y_true, y_pred):
    tf.debugging.assert_less(tf.reduce_max(tf.abs(y_pred)), {limit})
    return tf.reduce_mean(tf.square(y_true - y_pred))
"""
    facts = facts_of(single(source, families=("reg", "unit")), tmp_path)
    assert (facts.family, facts.error) == ("unit", "")


DIRECTIONS = """
def loss(y_true, y_pred):
    t, p = (
        tf.math.divide_no_nan(each, tf.norm(each, axis=-1, keepdims=True))
        for each in (y_true, y_pred)
    )
    return tf.norm(t - p, axis=-1)
"""
"""Of samples of one number, where each is a direction, half of all roots are of next to zero."""


@pytest.mark.parametrize(("guard", "writable"), [("1e-12", True), ("1e-4", False)])
def test_what_guards_a_root_is_seen_where_nothing_is_under_it_on_any_family(
    guard, writable, tmp_path
):
    guarded = f"tf.sqrt(tf.maximum(tf.reduce_sum(tf.square(t - p), axis=-1), {guard}))"
    before = single(DIRECTIONS)
    after = single(DIRECTIONS.replace("tf.norm(t - p, axis=-1)", guarded)).before
    verdict = verdict_of(dataclasses.replace(before, after=after), tmp_path)
    assert verdict.writable is writable, verdict
