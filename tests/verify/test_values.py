"""Values are compared as training would see them, and element by element."""

import pytest

from lossfix.verify.probe.families import BY_NAME
from lossfix.verify.probe.hints import suggest
from lossfix.verify.probe.inputs import near_gates
from lossfix.verify.probe.job import SubjectSource
from lossfix.verify.probe.numeric import lift, objective
from lossfix.verify.probe.subject import Failure, load
from lossfix.verify.probe.values import compare, cross_families

IMPORTS = "import numpy as np\nimport tensorflow as tf\nimport keras\n"


def function(body: str) -> SubjectSource:
    return SubjectSource(f"{IMPORTS}def loss(y_true, y_pred):\n    return {body}\n", "loss")


def smooth(body: str) -> SubjectSource:
    source = (
        f"{IMPORTS}def make(k=3.0):\n    def loss(y_true, y_pred):\n        return {body}\n"
        "    return loss\n"
    )
    return SubjectSource(source, "make()", "make({steepness})")


def relation(before, after, tmp_path, family="reg", k0=4.0):
    batches = BY_NAME[family].batches(0, 20)
    sides = []
    for name, source in (("before", before), ("after", after)):
        candidate = load(source, str(tmp_path), f"{name}.py")
        assert not isinstance(candidate, Failure), candidate
        plain = objective(candidate)
        wide = lift(source, str(tmp_path), f"{name}64.py", plain, batches[0])
        assert wide is not None
        sides.append(wide)
    near = near_gates(BY_NAME[family], (), (0.5,), 0)
    return compare(*sides, batches, k0 if after.steepened else None, near=near)


HARD = function("tf.where(y_pred > 0.5, 2.0, 1.0) * tf.square(y_true - y_pred)")


def test_the_same_values_by_another_way_are_equal(tmp_path):
    one = function("tf.reduce_mean(tf.square(y_true - y_pred))")
    other = function("tf.reduce_mean((y_pred - y_true) * (y_pred - y_true), axis=-1)")
    facts = relation(one, other, tmp_path, "reg_vec3")
    assert facts.relation == "equal"
    assert (facts.shape_before, facts.shape_after) == ((), (7,))


@pytest.mark.parametrize("factor", ["1.0001", "(1.0 + 1e-6)", "-1.0", "2.0"])
def test_a_factor_is_seen_however_small(factor, tmp_path):
    one = function("tf.square(y_true - y_pred)")
    other = function(f"{factor} * tf.square(y_true - y_pred)")
    assert relation(one, other, tmp_path).relation == "differs"


def test_values_that_change_places_are_seen(tmp_path):
    one = function("tf.reduce_mean(tf.square(y_true - y_pred), axis=-1)")
    other = function("tf.reduce_mean(tf.square(y_true - y_pred), axis=-1)[::-1]")
    assert relation(one, other, tmp_path).relation == "differs"


def test_a_sigmoid_gate_converges_with_order_one(tmp_path):
    after = smooth("(1.0 + tf.sigmoid(k * (y_pred - 0.5))) * tf.square(y_true - y_pred)")
    facts = relation(HARD, after, tmp_path)
    assert facts.relation == "converges"
    assert facts.order == pytest.approx(1.0, abs=0.5)
    errors = [rung.mean_error for rung in facts.ladder]
    assert errors == sorted(errors, reverse=True)
    assert facts.residual < 1e-3


@pytest.mark.parametrize(
    "body",
    [
        "(1.0 + 0.5 * tf.sigmoid(k * (y_pred - 0.5))) * tf.square(y_true - y_pred)",
        "(1.0 + tf.sigmoid(3.0 * (y_pred - 0.5) + 0.0 * k)) * tf.square(y_true - y_pred)",
        "(1.0 + tf.sigmoid(k * (y_pred - 0.51))) * tf.square(y_true - y_pred)",
        "(1.0 + tf.sigmoid((y_pred - 0.5) / k)) * tf.square(y_true - y_pred)",
        "(1.0 + tf.sigmoid(k * (y_true - 0.5))) * tf.square(y_true - y_pred)",
    ],
)
def test_what_does_not_approach_the_original_differs(body, tmp_path):
    facts = relation(HARD, smooth(body), tmp_path)
    assert facts.relation == "differs"
    assert facts.residual > 1e-3


def test_the_side_of_the_gate_on_which_they_differ_is_named(tmp_path):
    after = smooth("(1.0 + 0.5 * tf.sigmoid(k * (y_pred - 0.5))) * tf.square(y_true - y_pred)")
    batches = BY_NAME["reg"].batches(0, 20)
    before, rewrite = (objective(load(s, str(tmp_path), "x.py")) for s in (HARD, after))
    facts = compare(before, rewrite, batches, 4.0, thresholds=(0.5,))
    assert facts.side == "y_pred > 0.5"


def test_a_rewrite_that_raises_is_told_from_one_that_differs(tmp_path):
    other = function("tf.reshape(y_pred, [5, 5])")
    batches = BY_NAME["reg"].batches(0, 4)
    before, after = (objective(load(s, str(tmp_path), "x.py")) for s in (HARD, other))
    facts = compare(before, after, batches, None)
    assert facts.relation == "raises"
    assert facts.error


def test_families_of_the_same_kind_and_domain_bind_and_coded_ones_do_not():
    found = cross_families(BY_NAME["reg"], suggest("def f(t, p): return t - p"), most=20)
    binding = {family.name for family, binds in found if binds}
    assert "reg_vec3" in binding
    assert not binding & {"padded", "gaps", "sparse", "vec"}
