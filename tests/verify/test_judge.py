"""The judge is a pure function: every ruling from hand-made facts, without TensorFlow."""

import dataclasses
import json
import subprocess
import sys

import pytest

from lossfix.model import WRITABLE, Gate, Probe, Ruling, Safety, State, Subject
from lossfix.verify.judge import judge
from lossfix.verify.probe.facts import (
    Check,
    ContractFacts,
    DescentFacts,
    Facts,
    GateFacts,
    GradientFacts,
    Jump,
    Outcome,
    ReachFacts,
    Rung,
    SlopeFacts,
    ValueFacts,
)
from lossfix.verify.probe.records import from_json, to_json

FINE = Outcome()
ALIVE = GradientFacts("alive", FINE, FINE, "alive", steep_share=0.01)
NONE = GradientFacts("none", FINE, Outcome(False, "NotImplementedError: numpy"), "none")
ZERO = GradientFacts("zero", FINE, FINE, "zero")
JUMPS = GradientFacts("jumps", FINE, FINE, "alive", jump_share=0.3)
DETACHED = GradientFacts("detached", FINE, FINE, "alive", detached_share=0.3)
RAISES = GradientFacts("raises", Outcome(False, "TypeError: no"), FINE, "none")
NAN = GradientFacts("not finite", FINE, FINE, "not finite")

EQUAL = ValueFacts("reg", "equal", shape_before=(7,), shape_after=(7,))
CLOSE = ValueFacts(
    "reg",
    "converges",
    mean_error=0.04,
    shape_before=(7,),
    shape_after=(7,),
    ladder=(Rung(5.0, 0.04, 0.1, 0.9), Rung(160.0, 1e-5, 1e-5, 0.0)),
    order=1.0,
)
FAR = ValueFacts(
    "reg", "differs", mean_error=0.4, residual=0.3, shape_before=(7,), shape_after=(7,)
)
DOWN = DescentFacts(5.0, stuck=0.01, original=0.1, rewrite=0.1)
STUCK = DescentFacts(5.0, stuck=0.3, original=0.1, rewrite=0.4, passed=False)

EXACT = Probe("loss", Subject("", "loss"), Subject("", "after"), Safety.EXACT)
RELAXED = dataclasses.replace(EXACT, promise=Safety.RELAXED)
SURROGATE = dataclasses.replace(RELAXED, gate=Gate.DETACHED)


def facts(before, after, value, *tests, **more) -> Facts:
    steepness = tests[-1].steepness if tests else None
    return Facts(
        "loss",
        before=before,
        after=after,
        values=(value,),
        family="reg",
        descent=tests,
        steepness=steepness,
        **more,
    )


@pytest.mark.parametrize(
    ("probe", "measured", "ruling"),
    [
        (EXACT, facts(ALIVE, ALIVE, EQUAL), Ruling.PRESERVED),
        (EXACT, facts(JUMPS, JUMPS, EQUAL), Ruling.PRESERVED),
        (EXACT, facts(DETACHED, DETACHED, EQUAL), Ruling.PRESERVED),
        (EXACT, facts(NONE, ALIVE, EQUAL), Ruling.FIXED),
        (EXACT, facts(RAISES, ALIVE, EQUAL), Ruling.FIXED),
        (EXACT, facts(NAN, ALIVE, EQUAL), Ruling.FIXED),
        (RELAXED, facts(NONE, ALIVE, CLOSE, DOWN), Ruling.APPROXIMATED),
        (RELAXED, facts(JUMPS, ALIVE, CLOSE, STUCK, DOWN), Ruling.APPROXIMATED),
        (EXACT, facts(NONE, ALIVE, CLOSE, DOWN), Ruling.CHANGED_MEANING),
        (EXACT, facts(ALIVE, ALIVE, FAR), Ruling.CHANGED_MEANING),
        (RELAXED, facts(JUMPS, ALIVE, FAR, DOWN), Ruling.CHANGED_MEANING),
        (RELAXED, facts(NONE, ALIVE, CLOSE, DOWN, found_worth=0.04), Ruling.CHANGED_MEANING),
        (RELAXED, facts(NONE, ALIVE, CLOSE, DOWN, found_worth=0.48), Ruling.APPROXIMATED),
        (RELAXED, facts(JUMPS, JUMPS, EQUAL), Ruling.STILL_BROKEN),
        (EXACT, facts(NONE, NONE, EQUAL), Ruling.STILL_BROKEN),
        (EXACT, facts(NONE, ZERO, EQUAL), Ruling.STILL_BROKEN),
        (RELAXED, facts(JUMPS, DETACHED, CLOSE, DOWN), Ruling.STILL_BROKEN),
        (EXACT, facts(ALIVE, NONE, EQUAL), Ruling.REGRESSED),
        (EXACT, facts(ALIVE, JUMPS, EQUAL), Ruling.REGRESSED),
        (EXACT, facts(ALIVE, NAN, EQUAL), Ruling.REGRESSED),
        (RELAXED, facts(JUMPS, ALIVE, CLOSE, STUCK), Ruling.TRAINS_WORSE),
        (RELAXED, facts(ALIVE, ALIVE, CLOSE, DOWN), Ruling.OVERREACH),
    ],
)
def test_the_ruling_follows_from_states_values_and_promise(probe, measured, ruling):
    verdict = judge(probe, measured)
    assert verdict.ruling is ruling, verdict
    assert verdict.writable == (ruling in WRITABLE)
    assert bool(verdict.reasons) != verdict.writable


FORM = dataclasses.replace(EXACT, leaves_gradient=True)
ONE_BIT = dataclasses.replace(EQUAL, max_error=1e-12)


@pytest.mark.parametrize(
    ("probe", "measured", "ruling"),
    [
        (FORM, facts(ZERO, ZERO, EQUAL), Ruling.PRESERVED),
        (FORM, facts(NONE, NONE, EQUAL), Ruling.PRESERVED),
        (FORM, facts(ZERO, ZERO, ONE_BIT), Ruling.STILL_BROKEN),
        (FORM, facts(ZERO, NONE, EQUAL), Ruling.STILL_BROKEN),
        (FORM, facts(NONE, ZERO, EQUAL), Ruling.STILL_BROKEN),
        (FORM, facts(ALIVE, ZERO, EQUAL), Ruling.REGRESSED),
        (FORM, facts(RAISES, RAISES, EQUAL), Ruling.STILL_BROKEN),
        (FORM, facts(NAN, NAN, EQUAL), Ruling.STILL_BROKEN),
        (
            dataclasses.replace(FORM, promise=Safety.RELAXED),
            facts(ZERO, ZERO, EQUAL),
            Ruling.STILL_BROKEN,
        ),
        (EXACT, facts(ZERO, ZERO, EQUAL), Ruling.STILL_BROKEN),
        (FORM, facts(RAISES, NONE, EQUAL, meant=NONE), Ruling.FIXED),
        (FORM, facts(RAISES, ZERO, EQUAL, meant=ZERO), Ruling.FIXED),
        (FORM, facts(RAISES, NONE, EQUAL, meant=ALIVE), Ruling.STILL_BROKEN),
        (FORM, facts(RAISES, NONE, EQUAL, meant=ZERO), Ruling.STILL_BROKEN),
        (FORM, facts(RAISES, NONE, ONE_BIT, meant=NONE), Ruling.STILL_BROKEN),
        (FORM, facts(RAISES, NONE, EQUAL), Ruling.STILL_BROKEN),
        (EXACT, facts(RAISES, NONE, EQUAL, meant=NONE), Ruling.STILL_BROKEN),
    ],
)
def test_what_changes_nothing_of_a_loss_may_leave_it_without_a_gradient(probe, measured, ruling):
    verdict = judge(probe, measured)
    assert verdict.ruling is ruling, verdict
    # Whoever reads one line learns that it is no repair of the gradient.
    assert verdict.summary.endswith("still does not train") == verdict.writable


NO_INPUTS = Facts("loss", stage="family", error="TypeError: no", before=RAISES)


@pytest.mark.parametrize(
    ("probe", "alike", "ruling"),
    [
        (FORM, "", Ruling.PRESERVED),
        (FORM, "`self.weight` is another one", Ruling.UNVERIFIABLE),
        (FORM, None, Ruling.UNVERIFIABLE),
        (EXACT, "", Ruling.UNVERIFIABLE),
        (dataclasses.replace(FORM, promise=Safety.RELAXED), "", Ruling.UNVERIFIABLE),
    ],
)
def test_what_no_inputs_run_may_change_around_its_code(probe, alike, ruling):
    verdict = judge(probe, dataclasses.replace(NO_INPUTS, alike=alike))
    assert verdict.ruling is ruling, verdict
    assert ("no inputs were found" in verdict.summary) == verdict.writable
    assert bool(verdict.reasons) != verdict.writable


@pytest.mark.parametrize(
    ("probe", "measured", "told"),
    [
        (EXACT, facts(JUMPS, JUMPS, EQUAL), "30 % of the value's change happens in jumps"),
        (dataclasses.replace(EXACT, after=None), facts(JUMPS, None, EQUAL), "30 % of the value"),
        (dataclasses.replace(EXACT, after=None), facts(DETACHED, None, EQUAL), "account for 30 %"),
        (EXACT, facts(ALIVE, ALIVE, EQUAL), ""),
        (RELAXED, facts(JUMPS, ALIVE, CLOSE, DOWN), ""),
        (dataclasses.replace(EXACT, after=None), facts(ALIVE, None, EQUAL), ""),
    ],
)
def test_one_line_says_what_no_gradient_sees(probe, measured, told):
    summary = judge(probe, measured).summary
    assert told in summary
    assert ("the gradient does not" in summary) == bool(told)


@pytest.mark.parametrize(
    ("cosine", "ruling"),
    [(0.73, Ruling.APPROXIMATED), (0.1, Ruling.STILL_BROKEN), (-0.99, Ruling.STILL_BROKEN)],
)
def test_a_declared_surrogate_is_judged_by_its_alignment(cosine, ruling):
    test = dataclasses.replace(DOWN, alignment=cosine)
    assert judge(SURROGATE, facts(JUMPS, DETACHED, CLOSE, test)).ruling is ruling


def test_a_surrogate_that_trains_worse_is_refused_however_well_it_is_aligned():
    test = dataclasses.replace(STUCK, alignment=0.9)
    assert judge(SURROGATE, facts(JUMPS, DETACHED, CLOSE, test)).ruling is Ruling.TRAINS_WORSE


def test_a_dead_loss_that_vanishes_in_single_precision_is_still_broken():
    faint = dataclasses.replace(ALIVE, live_rows=0.1)
    verdict = judge(RELAXED, facts(NONE, faint, CLOSE, DOWN))
    assert (verdict.ruling, verdict.after) == (Ruling.STILL_BROKEN, State.SATURATED)


def test_a_smoothed_jump_that_stays_as_steep_is_still_broken():
    steep = dataclasses.replace(ALIVE, steep_share=0.25)
    assert judge(RELAXED, facts(JUMPS, steep, CLOSE, DOWN)).after is State.SATURATED


def test_what_a_loss_is_steep_of_its_own_is_not_laid_to_its_gate() -> None:
    before = dataclasses.replace(JUMPS, jump_share=0.23, steep_share=0.45)
    after = dataclasses.replace(ALIVE, steep_share=0.22)
    assert judge(RELAXED, facts(before, after, CLOSE, DOWN)).after is State.LIVE
    steeper = dataclasses.replace(after, steep_share=0.4)
    verdict = judge(RELAXED, facts(before, steeper, CLOSE, DOWN))
    assert verdict.after is State.SATURATED
    assert "40 % of the change" in " ".join(verdict.reasons)


def test_a_lost_contract_is_a_regression_and_one_that_never_held_is_a_note():
    contract = ContractFacts((Check("rank", "", "(7, 7)"), Check("xla", "too", "fails")))
    verdict = judge(EXACT, facts(ALIVE, ALIVE, EQUAL, contract=contract))
    assert verdict.ruling is Ruling.REGRESSED
    assert verdict.reasons == ("rank: (7, 7)",)
    assert "xla fails before and after: fails" in verdict.notes


def test_a_scalar_where_a_vector_was_loses_sample_weights():
    scalar = dataclasses.replace(EQUAL, shape_after=())
    verdict = judge(EXACT, facts(ALIVE, ALIVE, scalar))
    assert verdict.ruling is Ruling.REGRESSED
    assert "weights" in verdict.reasons[0]


def test_a_vector_where_a_scalar_was_is_announced():
    vector = dataclasses.replace(EQUAL, shape_before=())
    verdict = judge(EXACT, facts(ALIVE, ALIVE, vector))
    assert verdict.ruling is Ruling.PRESERVED
    assert "sample weights now act per sample" in verdict.notes


def test_another_family_of_its_kind_refuses_and_any_other_only_warns():
    other = dataclasses.replace(FAR, family="seq")
    measured = facts(ALIVE, ALIVE, EQUAL)
    binding = dataclasses.replace(measured, values=(EQUAL, other))
    loose = dataclasses.replace(measured, values=(EQUAL, dataclasses.replace(other, binding=False)))
    assert judge(EXACT, binding).ruling is Ruling.CHANGED_MEANING
    verdict = judge(EXACT, loose)
    assert verdict.ruling is Ruling.PRESERVED
    assert any("seq" in note for note in verdict.notes)


def test_an_edge_that_is_mended_counts_as_fixed():
    before = dataclasses.replace(ALIVE, not_finite=("y_pred = y_true",))
    assert judge(EXACT, facts(before, ALIVE, EQUAL)).ruling is Ruling.FIXED
    assert judge(EXACT, facts(before, before, EQUAL)).ruling is Ruling.PRESERVED


def test_the_gravest_reason_decides_and_all_are_told():
    contract = ContractFacts((Check("xla", None, "fails"),))
    verdict = judge(RELAXED, facts(JUMPS, JUMPS, FAR, STUCK, contract=contract))
    assert verdict.ruling is Ruling.CHANGED_MEANING
    assert len(verdict.reasons) == 4


@pytest.mark.parametrize(
    "stage", ["before", "family", "after", "gradient", "values", "descent", "contract"]
)
def test_measurements_that_stopped_early_permit_nothing(stage):
    measured = dataclasses.replace(facts(ALIVE, ALIVE, EQUAL), stage=stage)
    assert not judge(EXACT, measured).writable


def test_nothing_measured_permits_nothing():
    assert judge(EXACT, Facts("loss")).ruling is Ruling.UNVERIFIABLE
    assert judge(EXACT, Facts("loss", before=ALIVE, after=ALIVE)).ruling is Ruling.UNVERIFIABLE


def test_what_cannot_be_built_is_unverifiable_for_the_reason_given():
    probe = dataclasses.replace(EXACT, before=Subject("", "", unverifiable="`args` is unknown"))
    verdict = judge(probe, facts(ALIVE, ALIVE, EQUAL))
    assert verdict.ruling is Ruling.UNVERIFIABLE
    assert "`args` is unknown" in verdict.reasons


def test_assumptions_and_coverage_are_attached():
    before = Subject("", "make(0.5)", assumptions=("make(alpha=0.5)",))
    gates = (
        GateFacts("jump", "Greater", 3, crossed=True),
        GateFacts("mask", "Equal", 4),
        GateFacts("unexercised", "Less", 5),
    )
    verdict = judge(
        dataclasses.replace(EXACT, before=before), facts(ALIVE, ALIVE, EQUAL, gates_before=gates)
    )
    assert verdict.assumptions == ("make(alpha=0.5)",)
    assert verdict.coverage == (1, 2)
    assert any("line 5" in note for note in verdict.notes)


def test_a_loss_measured_as_it_is_gets_no_ruling_on_a_rewrite():
    probe = dataclasses.replace(EXACT, after=None)
    verdict = judge(probe, Facts("loss", before=ZERO, family="reg"))
    assert (verdict.ruling, verdict.before, verdict.after) == (Ruling.MEASURED, State.ZERO, None)


def test_facts_survive_the_pipe():
    jump = Jump("reg", 0.5, float("inf"))
    measured = facts(
        dataclasses.replace(JUMPS, jumps=(jump,)),
        ALIVE,
        CLOSE,
        DOWN,
        gates_before=(GateFacts("jump", "Greater", scale=0.5),),
    )
    assert from_json(Facts, json.loads(json.dumps(to_json(measured)))) == measured


def test_the_judge_loads_neither_tensorflow_nor_numpy():
    code = (
        "import sys, lossfix.verify.judge;"
        "sys.exit(sum(name in sys.modules for name in ('tensorflow', 'keras', 'numpy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("before", "slopes", "ruling"),
    [
        (ALIVE, SlopeFacts(14, 0, 1e-9), Ruling.PRESERVED),
        (ALIVE, SlopeFacts(14, 1, 0.02), Ruling.REGRESSED),
        (JUMPS, SlopeFacts(14, 3, 0.5), Ruling.REGRESSED),
        (DETACHED, SlopeFacts(14, 14, 1.0), Ruling.FIXED),
    ],
)
def test_equal_values_ask_for_equal_gradients_where_the_original_had_the_right_one(
    before, slopes, ruling
):
    after = ALIVE if before is DETACHED else before
    assert judge(EXACT, facts(before, after, EQUAL, slopes=slopes)).ruling is ruling


def test_a_rewrite_that_remembers_its_calls_is_refused():
    for field in ({"repeatable": False}, {"remembers": ("CALLS",)}):
        verdict = judge(EXACT, facts(ALIVE, ALIVE, EQUAL, **field))
        assert verdict.ruling is Ruling.CHANGED_MEANING
        assert "call" in verdict.reasons[0]


@pytest.mark.parametrize(
    ("at_gate", "ruling"),
    [
        (0.5, Ruling.APPROXIMATED),
        (None, Ruling.APPROXIMATED),
        (0.73, Ruling.CHANGED_MEANING),
    ],
)
def test_a_smoothing_is_held_to_half_a_jump_at_its_gate(at_gate, ruling):
    reach = ReachFacts(0.02, 0.24, at_gate)
    verdict = judge(RELAXED, facts(NONE, ALIVE, CLOSE, DOWN, reach=reach))
    assert verdict.ruling is ruling, verdict


@pytest.mark.parametrize(
    ("off", "reach", "ruling"),
    [
        (0.4, None, Ruling.APPROXIMATED),
        (0.6, None, Ruling.CHANGED_MEANING),
        (0.6, ReachFacts(0.3, 0.5), Ruling.APPROXIMATED),
    ],
)
def test_a_smoothing_that_leaves_nothing_of_the_gate_is_another_loss(off, reach, ruling):
    value = dataclasses.replace(CLOSE, mean_error=off, spread=1.0, level=1.0)
    verdict = judge(RELAXED, facts(JUMPS, ALIVE, value, DOWN, reach=reach))
    assert verdict.ruling is ruling


@pytest.mark.parametrize(
    ("scale", "reach", "ruling"),
    [
        (0.05, None, Ruling.CHANGED_MEANING),
        (0.05, ReachFacts(0.3, 0.5), Ruling.APPROXIMATED),
        (0.8, None, Ruling.APPROXIMATED),
        (None, None, Ruling.APPROXIMATED),
    ],
)
def test_a_smoothed_gate_that_hardly_opens_is_none(scale, reach, ruling):
    gates = (GateFacts("jump", "Greater", crossed=True, scale=scale),)
    verdict = judge(RELAXED, facts(JUMPS, ALIVE, CLOSE, DOWN, reach=reach, gates_before=gates))
    assert verdict.ruling is ruling, verdict


def test_a_declared_surrogate_has_no_jumps_left():
    test = dataclasses.replace(DOWN, alignment=0.9)
    verdict = judge(SURROGATE, facts(JUMPS, JUMPS, CLOSE, test))
    assert (verdict.ruling, verdict.after) == (Ruling.APPROXIMATED, State.DETACHED)
    assert verdict.summary.startswith("gradient jumps → detached")


def test_a_deviation_is_told_in_units_that_people_know():
    value = dataclasses.replace(CLOSE, mean_error=0.4, spread=0.1, level=0.8)
    measured = facts(NONE, ALIVE, value, DOWN, reach=ReachFacts(0.02, 0.2417, 0.5))
    verdict = judge(RELAXED, measured)
    assert verdict.deviation == pytest.approx(0.05)
    assert verdict.summary == (
        "gradient none → alive, values off by 5 % on average, "
        "within 2 % of the jump beyond ±0.24 of the gate, steepness 5"
    )
