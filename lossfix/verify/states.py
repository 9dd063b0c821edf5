"""What state a gradient was measured in, and how the values relate, read off the facts."""

from __future__ import annotations

from lossfix.model import State
from lossfix.verify.probe.facts import LIVE_ROWS, Facts, GradientFacts

STEEP = 0.5
"""A smoothed jump whose steepest 0.5 % still carries this share of it is a jump for single
precision."""


def state_of(gradient: GradientFacts | None) -> State:
    """The headline of a gradient's facts, ``RAISES`` where there are none."""
    return State(gradient.state) if gradient is not None else State.RAISES


def state_after(facts: Facts) -> State:
    """The state of the rewrite, ``SATURATED`` where it is alive on paper only."""
    state = state_of(facts.after)
    if state is not State.LIVE or facts.after is None or facts.before is None:
        return state
    before = state_of(facts.before)
    if before in (State.NONE, State.ZERO) and facts.after.live_rows < LIVE_ROWS:
        return State.SATURATED
    jumped = facts.before.jump_share
    # A loss may be steep of its own besides its jumps, as a cross-entropy is near 0 and 1.
    steep = facts.after.steep_share - max(0.0, facts.before.steep_share - jumped)
    if before is State.JUMPS and steep > max(STEEP * jumped, 0.02):
        return State.SATURATED
    return state


def is_broken(facts: Facts, before: State) -> bool:
    """Whether the original cannot be trained as it should, by its gradient or at an edge."""
    if before is not State.LIVE:
        return True
    return facts.before is not None and bool(facts.before.not_finite)


def relation(facts: Facts) -> str:
    """The relation of the values on the main family, ``""`` where none was found."""
    return facts.values[0].relation if facts.values else ""
