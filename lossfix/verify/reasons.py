"""What speaks against a rewrite: one function for each kind of fault, from facts to reasons."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lossfix.model import Gate, Probe, Ruling, Safety, State
from lossfix.verify.probe.facts import LIVE_ROWS, MAP, Facts, GradientFacts, ValueFacts
from lossfix.verify.states import is_broken, relation, state_after, state_of
from lossfix.verify.unmeasured import puts_others_in_place, unverifiable
from lossfix.verify.wording import deviation, number, percent, reach, unseen, weights

ALIGNED = 0.3
"""A declared surrogate's gradient must account for the original's changes by this cosine."""

IN_PROPORTION = (0.6, 1.6)
"""A gate's width must go with the steepness to a power between these: 0 ignores it, 2 squares it."""
AT_GATE = 0.7
"""The error at a gate, in jumps: a half where the loss is linear in the gate or a square of it; ratios of
smoothed counts come to 0.66."""
OFF = 0.5
"""The mean difference from which on a smoothing is another loss, as a share of the mean size of the value."""
OPEN = 0.5
"""The steepness, in units of 1 / the median distance from the gate, below which a sigmoid is no gate any
more: at half of the inputs it is between 38 and 62 % open. Steepnesses are calibrated to 4."""
LOST = 1e-2
"""Share of the variation that the gradient may cease to account for."""


@dataclass(frozen=True)
class Reason:
    """One thing that speaks against a rewrite, and the ruling that it alone would bring."""

    ruling: Ruling
    text: str


def against(probe: Probe, facts: Facts, before: State, after: State) -> list[Reason]:
    """All reasons, the gravest first."""
    reasons = [
        *_unmeasured(probe, facts),
        *_meaning(probe, facts),
        *_units(facts),
        *_moved_gate(probe, facts),
        *_no_gate(facts),
        *_drowned(facts),
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
        reasons.append(Reason(Ruling.UNVERIFIABLE, text))
    return sorted(reasons, key=lambda reason: _GRAVITY.index(reason.ruling))


_GRAVITY = (
    Ruling.UNVERIFIABLE,
    Ruling.CHANGED_MEANING,
    Ruling.STILL_BROKEN,
    Ruling.OVERREACH,
    Ruling.REGRESSED,
    Ruling.TRAINS_WORSE,
)


def _unmeasured(probe: Probe, facts: Facts) -> list[Reason]:
    found = []
    for subject in (probe.before, probe.after):
        if subject is not None and subject.unverifiable:
            found.append(subject.unverifiable)
    if facts.replaced:
        found.append(puts_others_in_place(facts))
    if facts.stage in ("before", "family"):
        found.append(unverifiable(probe, facts))
    if facts.values and facts.values[0].relation == "unknown":
        found.append(f"the original's values cannot be compared: {facts.values[0].error}")
    if facts.stage == "done" and not facts.values:
        found.append("the values were not compared")
    if facts.stage == "done" and relation(facts) == "converges" and not facts.descent:
        found.append("it could not be tested where the new gradient leads")
    return [Reason(Ruling.UNVERIFIABLE, text) for text in found]


def _meaning(probe: Probe, facts: Facts) -> list[Reason]:
    """Values that differ on the main family or on one of its kind."""
    found = []
    for value in facts.values:
        if not value.binding:
            continue
        if value.relation == "differs":
            found.append(_difference(value, probe, facts))
        elif value.relation == "raises" and state_after(facts) is not State.RAISES:
            found.append(f"the rewrite raises on {value.family}: {value.error}")
        elif value.relation == "converges" and probe.promise is Safety.EXACT:
            found.append(
                f"values were promised to stay and differ by {percent(value.mean_error)} "
                "of their spread"
            )
    return [Reason(Ruling.CHANGED_MEANING, text) for text in found]


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


def _units(facts: Facts) -> list[Reason]:
    """A steepness that is not one, whatever the values converge to."""
    power = facts.sharpening
    if power is None or IN_PROPORTION[0] < power < IN_PROPORTION[1]:
        return []
    text = f"a gate's width goes with the steepness to the power of {number(-power)}, not of -1"
    return [Reason(Ruling.CHANGED_MEANING, text)]


def _moved_gate(probe: Probe, facts: Facts) -> list[Reason]:
    """A smoothed gate that at the hard one is not half open: |error| <= J / 2 there."""
    at_gate = facts.reach.at_gate if facts.reach is not None else None
    if at_gate is None or at_gate <= AT_GATE or probe.gate is Gate.DETACHED:
        return []
    text = f"at the gate the values are off by {percent(at_gate)} of the jump, not by half of it"
    return [Reason(Ruling.CHANGED_MEANING, text)]


def _no_gate(facts: Facts) -> list[Reason]:
    """A smoothing so gentle that within the inputs nothing is left of the gate, or little of the values."""
    off = deviation(facts)
    if relation(facts) != "converges" or reach(facts) is not None or off is None:
        return []
    if off > OFF:
        text = f"the values are off by {percent(off)} on average: so gentle a smoothing is another loss"
        return [Reason(Ruling.CHANGED_MEANING, text)]
    scales = [each.scale for each in facts.gates_before if each.crossed and each.scale]
    if facts.steepness is None or not scales or facts.steepness * max(scales) >= OPEN:
        return []
    share = 1.0 / (1.0 + math.exp(-facts.steepness * max(scales)))
    open_ = f"between {percent(1 - share)} and {percent(share)} open"
    text = f"at half of the inputs the smoothed gate is {open_}: so gentle a smoothing is none"
    return [Reason(Ruling.CHANGED_MEANING, text)]


def _drowned(facts: Facts) -> list[Reason]:
    """A smoothing that counts the background of a map for more than what is there."""
    if facts.found_worth is None or not facts.drowned:
        return []
    text = (
        f"on a map of {MAP} elements, to find the one that is there is worth "
        f"{percent(max(facts.found_worth, 0.0))} of what it was: the background adds up and drowns it"
    )
    return [Reason(Ruling.CHANGED_MEANING, text)]


def _lost_path(facts: Facts) -> list[Reason]:
    """A part of the gradient that was there and is not, beside jumps that were there before."""
    if facts.before is None or facts.after is None or state_of(facts.after) is not State.JUMPS:
        return []
    lost = facts.after.detached_share - facts.before.detached_share
    if lost <= LOST or state_of(facts.before) is not State.JUMPS:
        return []
    text = f"the gradient does not account for {percent(lost)} of how the value changes, and did"
    return [Reason(Ruling.REGRESSED, text)]


def _slopes(facts: Facts, before: State) -> list[Reason]:
    """Another gradient than that of an original of the same values, whose own was right."""
    slopes = facts.slopes
    if slopes is None or not slopes.apart or before not in (State.LIVE, State.JUMPS):
        return []
    text = (
        f"the gradient is another one than the original's on {slopes.apart} of {slopes.batches} "
        f"batches, by up to {percent(slopes.worst)}, though the values are the same"
    )
    return [Reason(Ruling.REGRESSED, text)]


def _repeated(facts: Facts) -> list[Reason]:
    """A rewrite that remembers its calls."""
    found = []
    if not facts.repeatable:
        found.append("the rewrite gives another value for the same input after some hundred calls")
    if facts.remembers:
        found.append(
            f"calling the rewrite changes {', '.join(facts.remembers)}: its value may change"
        )
    return [Reason(Ruling.CHANGED_MEANING, text) for text in found]


def _overflow(facts: Facts) -> list[Reason]:
    """Predictions far out at which the original is finite and the rewrite is not."""
    if facts.before is None or facts.after is None or facts.before.gradient != "alive":
        return []
    new = sorted({*facts.after.overflows} - {*facts.before.overflows})
    text = f"value or gradient are not finite at {', '.join(new)}, where the original's are"
    return [Reason(Ruling.REGRESSED, text)] if new else []


def _batch(facts: Facts) -> list[Reason]:
    """A value that is neither one number nor one per sample."""
    if not facts.values:
        return []
    before, after = facts.values[0].shape_before, facts.values[0].shape_after
    rows = facts.values[0].rows
    if not after or after[0] == rows or (before and before[0] != rows):
        return []
    text = f"for a batch of {rows} the value has the shape {after}: sample weights cannot act on it"
    return [Reason(Ruling.REGRESSED, text)]


def _gradient(probe: Probe, facts: Facts, before: State, after: State) -> list[Reason]:
    """A gradient that is still, or newly, not there."""
    if facts.after is None or after is State.LIVE:
        return []
    ruling = Ruling.STILL_BROKEN if is_broken(facts, before) else Ruling.REGRESSED
    if facts.stage == "after":
        return [Reason(ruling, f"the rewrite cannot be built: {facts.error}")]
    if _unchanged(probe, facts, before, after) or _declared(probe, facts, after):
        return []
    if as_it_was(probe, facts):
        return []
    return [Reason(ruling, _explained(facts.after, after))]


def _unchanged(probe: Probe, facts: Facts, before: State, after: State) -> bool:
    """An exact rewrite that leaves a gradient's jumps, or what is detached on purpose, as it was.

    Jumps are also what is left when a loss that had no gradient at all gets one.
    """
    worse = (State.RAISES, State.NONE, State.ZERO, State.NONFINITE, State.DETACHED)
    kept = before is after and after in (State.JUMPS, State.DETACHED)
    kept |= after is State.JUMPS and before in worse
    return kept and probe.promise is Safety.EXACT and relation(facts) == "equal"


def as_it_was(probe: Probe, facts: Facts) -> bool:
    """A rewrite of what is around a computation, or of names, which leaves values and the lack of a gradient
    bit for bit.

    Such a loss trains no worse than before. It does not train either, which the verdict says.
    """
    meant = facts.meant or facts.before
    before, after = state_of(meant), state_of(facts.after)
    binding = [value for value in facts.values if value.binding]
    return (
        probe.leaves_gradient
        and probe.promise is Safety.EXACT
        and before is after
        and before in (State.NONE, State.ZERO)
        and bool(binding)
        and all(value.relation == "equal" and value.max_error == 0.0 for value in binding)
    )


def built_as_it_was(probe: Probe, facts: Facts) -> bool:
    """A rewrite that no inputs run any more than the original: the same code, built and saved alike."""
    return probe.leaves_gradient and probe.promise is Safety.EXACT and facts.alike == ""


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
        State.DETACHED: unseen(gradient, state),
        State.JUMPS: unseen(gradient, state),
        State.SATURATED: (
            f"only {percent(gradient.live_rows)} of the rows have a gradient in single precision"
            if gradient.live_rows < LIVE_ROWS
            else f"{percent(gradient.steep_share)} of the change happens in a two-hundredth of the way"
        ),
    }
    return text.get(state, "the gradient is alive")


def _contract(facts: Facts) -> list[Reason]:
    found = [f"{check.name}: {check.after}" for check in facts.contract.checks if check.regressed]
    if weights(facts) == "lost":
        found.append("weights: the original gave a value per sample, the rewrite gives one scalar")
    return [Reason(Ruling.REGRESSED, text) for text in found]


def _reach(probe: Probe, facts: Facts, before: State) -> list[Reason]:
    """A smoothing of what was alive all the same."""
    if relation(facts) != "converges" or is_broken(facts, before):
        return []
    return [
        Reason(Ruling.OVERREACH, "the original's gradient is alive: there is no gate to smooth")
    ]


def _training(probe: Probe, facts: Facts) -> list[Reason]:
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
    return [Reason(Ruling.TRAINS_WORSE, f"following the new gradient, {text}{at}{note}")]
