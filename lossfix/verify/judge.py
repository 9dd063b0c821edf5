"""From measurements and a promise to a verdict: a pure function, which imports no TensorFlow.

The original is an oracle of values, not of gradients. A rewrite may be written when its values are
the original's (or approach them, where that was promised), its gradient is alive, nothing that
worked before is lost, and following it lowers the original. Whatever speaks against it becomes a
reason; the gravest decides the ruling, and all of them are told.
"""

from __future__ import annotations

from dataclasses import dataclass

from lossfix.model import Curve, Gate, Probe, Ruling, Safety, State, Verdict
from lossfix.verify.probe.facts import LIVE_ROWS, Facts, GradientFacts, ValueFacts
from lossfix.verify.wording import (
    as_it_is,
    deviation,
    notes,
    number,
    percent,
    reach,
    summary,
    weights,
)

STEEP = 0.5
"""A smoothed jump whose steepest 0.5 % still carries this share of it is a jump for single
precision."""
ALIGNED = 0.3
"""A declared surrogate's gradient must account for the original's changes by this cosine."""
CLEARLY = 0.1
"""Share of the spread by which a value must differ for the difference to be called large."""

IN_PROPORTION = (0.6, 1.6)
"""A gate's width must go with the steepness to a power between these: 0 ignores it, 2 squares it."""
BOUND = 1.5
"""How far beyond the bound on the mean error the measured one may lie: a steepness by hand may be in
half the operand's units, and right rewrites come to 0.6 of it."""
AT_GATE = 0.7
"""The error at a gate, in jumps: a half where the loss is linear in the gate; ratios of smoothed counts
come to 0.66."""
LOST = 1e-2
"""Share of the variation that the gradient may cease to account for."""

_DEAD = frozenset({State.RAISES, State.NONE, State.ZERO, State.NONFINITE})


@dataclass(frozen=True)
class _Reason:
    ruling: Ruling
    text: str


def judge(probe: Probe, facts: Facts) -> Verdict:
    """The verdict on what was asked, from what was measured."""
    before = _state(facts.before)
    if probe.after is None:
        return _as_it_is(probe, facts, before)
    after = _after(facts)
    reasons = _against(probe, facts, before, after)
    ruling = reasons[0].ruling if reasons else _favourable(facts, before, after)
    return Verdict(
        ruling=ruling,
        summary=summary(facts, ruling, before, after),
        before=before,
        after=after if facts.after is not None else None,
        reasons=tuple(dict.fromkeys(reason.text for reason in reasons)),
        notes=(*notes(facts), *_to_paste(probe, facts)),
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


def _as_it_is(probe: Probe, facts: Facts, before: State) -> Verdict:
    unknown = facts.stage != "done" or bool(facts.replaced)
    return Verdict(
        ruling=Ruling.UNVERIFIABLE if unknown else Ruling.MEASURED,
        summary=_unverifiable(probe, facts) if unknown else as_it_is(facts, before),
        before=before,
        reasons=(_unverifiable(probe, facts),) if unknown else _raised(facts, before),
        notes=(*notes(facts), *_to_paste(probe, facts)),
        assumptions=_assumptions(probe),
        family=_family(facts),
        coverage=_coverage(facts),
        curve=_curve(facts),
        seconds=facts.seconds,
    )


# States


def _state(gradient: GradientFacts | None) -> State:
    return State(gradient.state) if gradient is not None else State.RAISES


def _after(facts: Facts) -> State:
    """The state of the rewrite, ``SATURATED`` where it is alive on paper only."""
    state = _state(facts.after)
    if state is not State.LIVE or facts.after is None or facts.before is None:
        return state
    before = _state(facts.before)
    if before in (State.NONE, State.ZERO) and facts.after.live_rows < LIVE_ROWS:
        return State.SATURATED
    jumped = facts.before.jump_share
    # A loss may be steep of its own besides its jumps, as a cross-entropy is near 0 and 1.
    steep = facts.after.steep_share - max(0.0, facts.before.steep_share - jumped)
    if before is State.JUMPS and steep > max(STEEP * jumped, 0.02):
        return State.SATURATED
    return state


def _broken(facts: Facts, before: State) -> bool:
    """Whether the original cannot be trained as it should, by its gradient or at an edge."""
    if before is not State.LIVE:
        return True
    return facts.before is not None and bool(facts.before.not_finite)


# What speaks against a rewrite


def _against(probe: Probe, facts: Facts, before: State, after: State) -> list[_Reason]:
    reasons = [
        *_unmeasured(probe, facts),
        *_meaning(probe, facts),
        *_units(facts),
        *_moved_gate(probe, facts),
        *_beyond_the_bound(facts),
        *_lost_path(facts),
        *_slopes(facts, before),
        *_repeated(facts),
        *_batch(facts),
        *_overflow(facts),
        *_gradient(probe, facts, before, after),
        *_contract(facts),
        *_reach(probe, facts, before),
        *_training(probe, facts),
    ]
    if not reasons and facts.stage != "done":
        text = f"the measurements stopped at {facts.stage}: {facts.error}"
        reasons.append(_Reason(Ruling.UNVERIFIABLE, text))
    return sorted(reasons, key=lambda reason: _GRAVITY.index(reason.ruling))


_GRAVITY = (
    Ruling.UNVERIFIABLE,
    Ruling.CHANGED_MEANING,
    Ruling.STILL_BROKEN,
    Ruling.OVERREACH,
    Ruling.REGRESSED,
    Ruling.TRAINS_WORSE,
)


def _unmeasured(probe: Probe, facts: Facts) -> list[_Reason]:
    found = []
    for subject in (probe.before, probe.after):
        if subject is not None and subject.unverifiable:
            found.append(subject.unverifiable)
    if facts.replaced:
        found.append(_replaced(facts))
    if facts.stage in ("before", "family"):
        found.append(_unverifiable(probe, facts))
    if facts.values and facts.values[0].relation == "unknown":
        found.append(f"the original's values cannot be compared: {facts.values[0].error}")
    if facts.stage == "done" and not facts.values:
        found.append("the values were not compared")
    if facts.stage == "done" and _relation(facts) == "converges" and not facts.descent:
        found.append("it could not be tested where the new gradient leads")
    return [_Reason(Ruling.UNVERIFIABLE, text) for text in found]


_OF_THE_CODE = ("AttributeError", "NameError", "ImportError", "ModuleNotFoundError")
"""Errors that other inputs would hardly help."""


def _replaced(facts: Facts) -> str:
    some = ", ".join(facts.replaced[:3])
    return f"it puts others in place of what it is measured with: {some}"


def _unverifiable(probe: Probe, facts: Facts) -> str:
    if facts.replaced:
        return _replaced(facts)
    if not facts.deterministic:
        return "the original gives another value each time it is called on the same input"
    if facts.stage == "before":
        return f"the original cannot be built: {facts.error}"
    error = facts.error or "it cannot be built"
    if probe.shapes or probe.ranges:
        return f"the original does not accept the inputs that the configuration describes ({error})"
    if error.startswith(_OF_THE_CODE):
        return f"the original raises whatever it is given: {error}"
    return (
        f"the original accepts none of the families of inputs ({error}): "
        f"say in pyproject.toml what it takes, {' '.join(_configuration(probe))}"
    )


def _configuration(probe: Probe) -> tuple[str, str]:
    """Two lines of pyproject.toml by which the shapes of a loss are told."""
    return (
        f'[tool.lossfix.verify.loss."{probe.key}"]',
        "shapes = { y_true = [1], y_pred = [1] }",
    )


def _to_paste(probe: Probe, facts: Facts) -> tuple[str, ...]:
    """The same where it is asked for, a note for each line, so that they can be pasted."""
    asked = facts.stage == "family" and facts.deterministic
    told = probe.shapes or probe.ranges or facts.error.startswith(_OF_THE_CODE)
    return _configuration(probe) if asked and not told else ()


def _meaning(probe: Probe, facts: Facts) -> list[_Reason]:
    """Values that differ on the main family or on one of its kind."""
    found = []
    for value in facts.values:
        if not value.binding:
            continue
        if value.relation == "differs":
            found.append(_difference(value, probe, facts))
        elif value.relation == "raises" and _after(facts) is not State.RAISES:
            found.append(f"the rewrite raises on {value.family}: {value.error}")
        elif value.relation == "converges" and probe.promise is Safety.EXACT:
            found.append(
                f"values were promised to stay and differ by {percent(value.mean_error)} "
                "of their spread"
            )
    return [_Reason(Ruling.CHANGED_MEANING, text) for text in found]


def _difference(value: ValueFacts, probe: Probe, facts: Facts) -> str:
    where = f" where {value.side}" if value.side else ""
    if value.ladder:
        top = f"{value.ladder[-1].steepness:g}"
        text = f"a difference of {number(value.residual)} of the spread remains at steepness {top}"
    else:
        text = f"values differ by {number(value.residual)} of their spread"
    if value.error:
        text += f" ({value.error})"
    text = f"{text}{where} on {value.family}"
    if probe.promise is Safety.RELAXED and probe.after is not None and not probe.after.steepened:
        text += "; the rewrite has no `steepness` by which it could approach the original"
    return text


def _units(facts: Facts) -> list[_Reason]:
    """A steepness that is not one, whatever the values converge to."""
    power = facts.sharpening
    if power is None or IN_PROPORTION[0] < power < IN_PROPORTION[1]:
        return []
    text = f"a gate's width goes with the steepness to the power of {number(-power)}, not of -1"
    return [_Reason(Ruling.CHANGED_MEANING, text)]


def _moved_gate(probe: Probe, facts: Facts) -> list[_Reason]:
    """A smoothed gate that at the hard one is not half open: |error| <= J / 2 there."""
    at_gate = facts.reach.at_gate if facts.reach is not None else None
    if at_gate is None or at_gate <= AT_GATE or probe.gate is Gate.DETACHED:
        return []
    text = f"at the gate the values are off by {percent(at_gate)} of the jump, not by half of it"
    return [_Reason(Ruling.CHANGED_MEANING, text)]


def _beyond_the_bound(facts: Facts) -> list[_Reason]:
    """Values that are off by more than J * exp(-steepness * distance) accounts for."""
    bound = facts.deviation_bound
    if bound is None or _relation(facts) != "converges":
        return []
    mean = facts.values[0].mean_error
    if mean <= BOUND * bound:
        return []
    text = (
        f"values are off by {number(mean)} of their spread on average, and by at most "
        f"{number(bound)} if the gates alone were smoothed at this steepness"
    )
    return [_Reason(Ruling.CHANGED_MEANING, text)]


def _lost_path(facts: Facts) -> list[_Reason]:
    """A part of the gradient that was there and is not, beside jumps that were there before."""
    if facts.before is None or facts.after is None or _state(facts.after) is not State.JUMPS:
        return []
    lost = facts.after.detached_share - facts.before.detached_share
    if lost <= LOST or _state(facts.before) is not State.JUMPS:
        return []
    text = f"the gradient does not account for {percent(lost)} of how the value changes, and did"
    return [_Reason(Ruling.REGRESSED, text)]


def _slopes(facts: Facts, before: State) -> list[_Reason]:
    """Another gradient than that of an original of the same values, whose own was right."""
    slopes = facts.slopes
    if slopes is None or not slopes.apart or before not in (State.LIVE, State.JUMPS):
        return []
    text = (
        f"the gradient is another one than the original's on {slopes.apart} of {slopes.batches} "
        f"batches, by up to {percent(slopes.worst)}, though the values are the same"
    )
    return [_Reason(Ruling.REGRESSED, text)]


def _repeated(facts: Facts) -> list[_Reason]:
    """A rewrite that remembers its calls."""
    found = []
    if not facts.repeatable:
        found.append("the rewrite gives another value for the same input after some hundred calls")
    if facts.remembers:
        found.append(
            f"calling the rewrite changes {', '.join(facts.remembers)}: its value may change"
        )
    return [_Reason(Ruling.CHANGED_MEANING, text) for text in found]


def _overflow(facts: Facts) -> list[_Reason]:
    """Predictions far out at which the original is finite and the rewrite is not."""
    if facts.before is None or facts.after is None or facts.before.gradient != "alive":
        return []
    new = sorted({*facts.after.overflows} - {*facts.before.overflows})
    text = f"value or gradient are not finite at {', '.join(new)}, where the original's are"
    return [_Reason(Ruling.REGRESSED, text)] if new else []


def _batch(facts: Facts) -> list[_Reason]:
    """A value that is neither one number nor one per sample."""
    if not facts.values:
        return []
    before, after = facts.values[0].shape_before, facts.values[0].shape_after
    rows = facts.values[0].rows
    if not after or after[0] == rows or (before and before[0] != rows):
        return []
    text = f"for a batch of {rows} the value has the shape {after}: sample weights cannot act on it"
    return [_Reason(Ruling.REGRESSED, text)]


def _gradient(probe: Probe, facts: Facts, before: State, after: State) -> list[_Reason]:
    """A gradient that is still, or newly, not there."""
    if facts.after is None or after is State.LIVE:
        return []
    ruling = Ruling.STILL_BROKEN if _broken(facts, before) else Ruling.REGRESSED
    if facts.stage == "after":
        return [_Reason(ruling, f"the rewrite cannot be built: {facts.error}")]
    if _unchanged(probe, facts, before, after) or _declared(probe, facts, after):
        return []
    return [_Reason(ruling, _explained(facts.after, after))]


def _unchanged(probe: Probe, facts: Facts, before: State, after: State) -> bool:
    """An exact rewrite that leaves a gradient's jumps, or what is detached on purpose, as it was.

    Jumps are also what is left when a loss that had no gradient at all gets one.
    """
    worse = (State.RAISES, State.NONE, State.ZERO, State.NONFINITE, State.DETACHED)
    kept = before is after and after in (State.JUMPS, State.DETACHED)
    kept |= after is State.JUMPS and before in worse
    return kept and probe.promise is Safety.EXACT and _relation(facts) == "equal"


def _declared(probe: Probe, facts: Facts, after: State) -> bool:
    """A declared surrogate, whose gradient is judged by its alignment and by descent."""
    if probe.gate is not Gate.DETACHED or after not in (State.DETACHED, State.JUMPS):
        return False
    tests = [test for test in facts.descent if test.steepness == facts.steepness]
    return any(test.alignment is not None and test.alignment > ALIGNED for test in tests)


def _explained(gradient: GradientFacts, state: State) -> str:
    text = {
        State.RAISES: f"the rewrite raises: {gradient.eager.error or gradient.graph.error}",
        State.NONE: "no gradient reaches the predictions",
        State.ZERO: "the gradient is exactly zero",
        State.NONFINITE: "the gradient is not finite where the value is",
        State.DETACHED: (
            f"the gradient does not account for {percent(gradient.detached_share)} "
            "of how the value changes"
        ),
        State.JUMPS: f"{percent(gradient.jump_share)} of the value's change happens in jumps "
        "that the gradient does not see",
        State.SATURATED: (
            f"only {percent(gradient.live_rows)} of the rows have a gradient in single precision"
            if gradient.live_rows < LIVE_ROWS
            else f"{percent(gradient.steep_share)} of the change happens in a two-hundredth of the way"
        ),
    }
    return text.get(state, "the gradient is alive")


def _contract(facts: Facts) -> list[_Reason]:
    found = [f"{check.name}: {check.after}" for check in facts.contract.checks if check.regressed]
    if weights(facts) == "lost":
        found.append("weights: the original gave a value per sample, the rewrite gives one scalar")
    return [_Reason(Ruling.REGRESSED, text) for text in found]


def _reach(probe: Probe, facts: Facts, before: State) -> list[_Reason]:
    """A smoothing of what was alive all the same."""
    if _relation(facts) != "converges" or _broken(facts, before):
        return []
    return [
        _Reason(Ruling.OVERREACH, "the original's gradient is alive: there is no gate to smooth")
    ]


def _training(probe: Probe, facts: Facts) -> list[_Reason]:
    tests = facts.descent
    if not tests or any(test.passed for test in tests):
        return []
    best = min(tests, key=lambda test: test.stuck)
    text = (
        f"{percent(best.stuck)} of the rows end worse than before"
        if best.original is not None
        else f"the original goes from {number(best.start)} to {number(best.rewrite)}"
    )
    at = f" at steepness {best.steepness:g}" if best.steepness is not None else ""
    note = f" ({best.note})" if best.note else ""
    return [_Reason(Ruling.TRAINS_WORSE, f"following the new gradient, {text}{at}{note}")]


# What speaks for it


def _favourable(facts: Facts, before: State, after: State) -> Ruling:
    detached = after is State.DETACHED and before is not State.DETACHED
    if _relation(facts) == "converges" or detached:
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


def _relation(facts: Facts) -> str:
    return facts.values[0].relation if facts.values else ""


# What is attached


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
