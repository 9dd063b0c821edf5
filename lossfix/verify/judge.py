"""From measurements and a promise to a verdict: a pure function, which imports no TensorFlow.

The original is an oracle of values, not of gradients. A rewrite may be written when its values are
the original's (or approach them, where that was promised), its gradient is alive, nothing that
worked before is lost, and following it lowers the original. Whatever speaks against it becomes a
reason; the gravest decides the ruling, and all of them are told.
"""

from __future__ import annotations

from lossfix.model import Curve, Gate, Probe, Ruling, State, Verdict
from lossfix.verify.probe.facts import Facts
from lossfix.verify.reasons import against, as_it_was, built_as_it_was
from lossfix.verify.states import relation, state_after, state_of
from lossfix.verify.unmeasured import to_paste, unverifiable
from lossfix.verify.wording import (
    as_it_is,
    deviation,
    notes,
    reach,
    summary,
    unseen,
)

STILL_DEAD = ", still does not train"
NOT_CALLED = "the same code, built and saved as before; no inputs were found to call it with"


def judge(probe: Probe, facts: Facts) -> Verdict:
    """The verdict on what was asked, from what was measured."""
    before = state_of(facts.before)
    if probe.after is None:
        return _as_it_is(probe, facts, before)
    if built_as_it_was(probe, facts) and not facts.replaced:
        return _built(probe, facts)
    after = state_after(facts)
    reasons = against(probe, facts, before, after)
    dead = not reasons and as_it_was(probe, facts)
    if not reasons and probe.gate is Gate.DETACHED and after is State.JUMPS:
        # A weight that passes no gradient changes within a short way, which looks like a jump, and is none.
        after = State.DETACHED
    ruling = reasons[0].ruling if reasons else _favourable(facts, before, after)
    # Nothing was found there, or it was left on purpose: who reads one line is to know all the same.
    jumps = f", {unseen(facts.after, after)}" if not reasons and after is State.JUMPS else ""
    return Verdict(
        ruling=ruling,
        summary=summary(facts, ruling, before, after) + (STILL_DEAD if dead else jumps),
        before=before,
        after=after if facts.after is not None else None,
        reasons=tuple(dict.fromkeys(reason.text for reason in reasons)),
        notes=(*(_still_dead(facts) if dead else ()), *notes(facts), *to_paste(probe, facts)),
        assumptions=_assumptions(probe),
        family=_family(facts),
        steepness=facts.steepness,
        deviation=deviation(facts),
        reach=reach(facts),
        coverage=_coverage(facts),
        curve=_curve(facts),
        seconds=facts.seconds,
    )


def _raised(facts: Facts, before: State) -> tuple[str, ...]:
    """What a loss that cannot be called says when it is."""
    if before is not State.RAISES or facts.before is None:
        return ()
    return tuple(filter(None, (facts.before.eager.error or facts.before.graph.error,)))


def _built(probe: Probe, facts: Facts) -> Verdict:
    """Of a rewrite of what is around the code of a loss that nothing could be found to call with."""
    return Verdict(
        ruling=Ruling.PRESERVED,
        summary=NOT_CALLED,
        before=State.RAISES,
        notes=(
            f"its values were not compared, since {unverifiable(probe, facts)}",
            "what computes is the same code under the same names, and whatever its constructor is given, it "
            "is built with the same attributes",
        ),
        assumptions=_assumptions(probe),
        seconds=facts.seconds,
    )


def _as_it_is(probe: Probe, facts: Facts, before: State) -> Verdict:
    unknown = facts.stage != "done" or bool(facts.replaced)
    return Verdict(
        ruling=Ruling.UNVERIFIABLE if unknown else Ruling.MEASURED,
        summary=unverifiable(probe, facts) if unknown else as_it_is(facts, before),
        before=before,
        reasons=(unverifiable(probe, facts),) if unknown else _raised(facts, before),
        notes=(*notes(facts), *to_paste(probe, facts)),
        assumptions=_assumptions(probe),
        family=_family(facts),
        coverage=_coverage(facts),
        curve=_curve(facts),
        seconds=facts.seconds,
    )


# What speaks for it


def _favourable(facts: Facts, before: State, after: State) -> Ruling:
    detached = after is State.DETACHED and before is not State.DETACHED
    if relation(facts) == "converges" or detached:
        return Ruling.APPROXIMATED
    return Ruling.FIXED if before is not after or _mended(facts) else Ruling.PRESERVED


def _mended(facts: Facts) -> bool:
    """Whether value or gradient are finite at an edge at which they were not, and nowhere the
    other way around; or whether it works under XLA, or for batches of any size, and did not."""
    if facts.before is None or facts.after is None:
        return False
    asked_of_both = ("xla", "dynamic batch")
    compiled = [check for check in facts.contract.checks if check.name in asked_of_both]
    if any(check.before and check.after == "" for check in compiled):
        return True
    bad = [
        {*side.not_finite, *side.value_not_finite, *side.overflows}
        for side in (facts.before, facts.after)
    ]
    return bad[1] < bad[0]


# What is attached


def _still_dead(facts: Facts) -> tuple[str, ...]:
    lacks = "is exactly zero" if state_of(facts.after) is State.ZERO else "does not exist"
    return (
        f"the same as before, bit for bit: the gradient {lacks} on inputs of the family {facts.family}, "
        "and nothing of that was to be mended here",
    )


def _assumptions(probe: Probe) -> tuple[str, ...]:
    subjects = [probe.before, *([probe.after] if probe.after is not None else [])]
    return tuple(dict.fromkeys(a for subject in subjects for a in subject.assumptions))


def _family(facts: Facts) -> str:
    scale, shift = facts.affine
    text = facts.family
    if text and scale != 1.0:
        text += f" scaled by {scale:g}"
    if text and shift:
        text += f" + {shift:g}"
    return f"{text} in batches of {facts.rows}" if text and facts.rows else text


def _coverage(facts: Facts) -> tuple[int, int]:
    gates = [gate for gate in facts.gates_before if gate.kind != "mask"]
    return sum(gate.crossed for gate in gates), len(gates)


def _curve(facts: Facts) -> Curve | None:
    if facts.curve is None:
        return None
    curve = facts.curve
    return Curve(
        curve.y_true,
        curve.y_pred,
        curve.before,
        curve.before_slope,
        curve.after,
        curve.after_slope,
    )
