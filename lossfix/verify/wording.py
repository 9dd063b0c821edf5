"""What a verdict says to people: plain functions from facts to text."""

from __future__ import annotations

from collections.abc import Iterator

from lossfix.model import Reach, Ruling, State
from lossfix.verify.probe.facts import Facts, GateFacts, GradientFacts

_ONE_BY_ONE = {"rows": "row by row", "elements": "element by element"}


def summary(facts: Facts, ruling: Ruling, before: State, after: State) -> str:
    """One line for people."""
    if ruling is Ruling.UNVERIFIABLE:
        return "could not be measured"
    parts = []
    if facts.stage != "values":
        # Where the values refuse, the gradients were looked at for the obvious only.
        arrow = f" → {after.value}" if facts.after is not None else ""
        parts.append(f"gradient {before.value}{arrow}")
    if facts.values:
        value = facts.values[0]
        if value.relation == "equal":
            parts.append(f"values equal ({_power(value.max_error)})")
        elif value.relation == "converges":
            parts.append(f"values off by {percent(deviation(facts) or 0.0)} on average")
            bound = reach(facts)
            if bound is not None:
                parts.append(
                    f"within {percent(bound.jump_share)} of the jump beyond "
                    f"±{bound.distance:.2g} of the gate"
                )
        elif value.relation == "differs":
            parts.append(f"values differ by {percent(value.residual)} of their spread")
    if facts.steepness is not None:
        parts.append(f"steepness {facts.steepness:g}")
    if weights(facts) == "heeded":
        parts.append("sample weights, which it ignored, act now")
    return ", ".join(parts)


def deviation(facts: Facts) -> float | None:
    """The mean difference of the values, as a share of the mean size of the original's."""
    if not facts.values:
        return None
    return facts.values[0].mean_error * _in_levels(facts)


def _in_levels(facts: Facts) -> float:
    """A spread in units of the mean size of the original's value."""
    value = facts.values[0] if facts.values else None
    return value.spread / value.level if value is not None and value.level else 1.0


def reach(facts: Facts) -> Reach | None:
    """How far from a smoothed gate the values differ."""
    found = facts.reach
    if found is None or found.share is None or found.distance is None:
        return None
    return Reach(found.share, found.distance)


def notes(facts: Facts) -> tuple[str, ...]:
    """What was measured and is worth knowing, though it decided nothing."""
    found = [*facts.notes, *_how_the_original_ran(facts)]
    if weights(facts) == "gained":
        found.append("sample weights now act per sample")
    found += [*_of_values(facts), *_of_gradients(facts)]
    found += [_gate_note(gate) for gate in facts.gates_before if gate.kind == "unexercised"]
    for check in facts.contract.checks:
        if check.before and check.after:
            found.append(f"{check.name} fails before and after: {check.after}")
        elif check.before and check.after == "":
            found.append(f"{check.name} works now, and did not: {check.before}")
    return tuple(dict.fromkeys(found))


def _how_the_original_ran(facts: Facts) -> Iterator[str]:
    """Where it does not run as it is: how its values were had."""
    if facts.shimmed:
        yield "the original's values were taken with stand-ins for names that were removed"
    if facts.arrays:
        yield "the original's values were taken on NumPy arrays: it runs on nothing else"
    if facts.promoted:
        yield "the original's values were taken with dtypes mixed as NumPy mixes them"
    if facts.untraced:
        yield "the original's values were taken without tracing it: its `tf.function` raises"
    if facts.apart:
        put = "summed" if facts.sums else "averaged"
        yield (
            f"the original's values were taken {_ONE_BY_ONE[facts.apart]} and {put}: "
            "it decides for a whole batch at once, by a truth value that a batch does not have"
        )
    if facts.rows:
        yield (
            f"the original runs on batches of {facts.rows} alone: "
            "a smaller last batch of an epoch raises, or is not counted right"
        )


def _of_values(facts: Facts) -> Iterator[str]:
    for value in facts.values[1:]:
        if not value.binding and value.relation in ("differs", "raises"):
            said = value.error or f"values differ by {number(value.residual)}"
            yield f"on {value.family}, for which it does not seem to be written, {said}"
    if facts.values and facts.values[0].order is not None and facts.values[0].ladder:
        yield f"the difference falls with the steepness to the power {facts.values[0].order:.1f}"
    # The jump was measured for one target: where others jump further it bounds nothing.
    mean = facts.values[0].mean_error if facts.values else 0.0
    if facts.deviation_bound is not None and mean <= facts.deviation_bound:
        bound = facts.deviation_bound * _in_levels(facts)
        yield f"steepness and jumps bound the mean difference to {percent(bound)} of the value"


def _of_gradients(facts: Facts) -> Iterator[str]:
    if facts.before is not None and facts.before.eager.ok and not facts.before.graph.ok:
        yield f"before, fit raises: {facts.before.graph.error}"
    if facts.after is None:
        yield from faults(facts.before)
    for side, gradient in (("before", facts.before), ("after", facts.after)):
        if facts.after is not None:
            yield from (f"{side}, {fault}" for fault in faults(gradient))
        if gradient is not None and gradient.precision == "float32" and gradient.eager.ok:
            yield f"{side}, measured in single precision"


def faults(gradient: GradientFacts | None) -> list[str]:
    """What is wrong with a gradient beside its state, and where."""
    if gradient is None:
        return []
    found = []
    if gradient.not_finite:
        found.append(f"the gradient is not finite at {', '.join(gradient.not_finite)}")
    flat = gradient.flat if gradient.gradient == "alive" else ()
    for what, where in (
        ("the value is not finite", gradient.value_not_finite),
        ("value or gradient overflow", gradient.overflows),
        ("the gradient is exactly zero, and the loss is not,", flat),
        ("some samples have no gradient any more", gradient.idle),
    ):
        if where:
            found.append(f"{what} at {', '.join(where)}")
    dead = [str(c.index) for c in gradient.channels if c.moves > 1e-6 and c.seen < 0.05]
    if dead:
        found.append(f"no gradient reaches channel {', '.join(dead)} of the predictions")
    for term in gradient.terms:
        if term.state in ("none", "zero") and term.share > 1e-6:
            found.append(f"the term at line {term.line} has no gradient of its own")
    return found


def as_it_is(facts: Facts, before: State) -> str:
    """One line on a loss that is only measured: its gradient, and what else is wrong with it."""
    told = [unseen(facts.before, before), *faults(facts.before), *facts.notes]
    told += [f"{check.name}: {check.after}" for check in facts.contract.checks if check.after]
    if facts.rows:
        told.append(f"batches of {facts.rows} alone")
    if facts.before is not None and before is State.RAISES:
        told.insert(0, facts.before.graph.error or facts.before.eager.error)
    rest = "; ".join(filter(None, told))
    return f"gradient {before.value}, {rest}" if rest else f"gradient {before.value}"


def unseen(gradient: GradientFacts | None, state: State) -> str:
    """How much of the way the value changes a gradient does not see, where it sees the rest."""
    if gradient is None:
        return ""
    match state:
        case State.JUMPS:
            share = percent(gradient.jump_share)
            return f"{share} of the value's change happens in jumps that the gradient does not see"
        case State.DETACHED:
            share = percent(gradient.detached_share)
            return f"the gradient does not account for {share} of how the value changes"
    return ""


def _gate_note(gate: GateFacts) -> str:
    return f"the gate at line {gate.line} was not exercised by any input"


def number(value: float) -> str:
    """Three significant digits."""
    return f"{value:.3g}"


def percent(value: float) -> str:
    """A share in percent, with two significant digits below a hundred."""
    share = 100.0 * value
    return f"{share:.2g} %" if share < 99.5 else f"{share:.0f} %"


def _power(value: float) -> str:
    return f"{value:.0e}" if value > 0.0 else "exactly"


def weights(facts: Facts) -> str:
    """``lost``, ``gained`` or ``""``: what becomes of the effect of single sample weights; ``heeded`` where
    the original took them and ignored them."""
    contract = facts.contract
    sides = (contract.weights_before, contract.weights_after)
    if not all(sides) and facts.values:
        value = facts.values[0]
        if value.relation in ("equal", "converges"):
            sides = (
                "per sample" if value.shape_before else "global",
                "per sample" if value.shape_after else "global",
            )
    if sides[0] == "ignored" and sides[1] in ("global", "per sample"):
        return "heeded"
    return {("per sample", "global"): "lost", ("global", "per sample"): "gained"}.get(sides, "")
