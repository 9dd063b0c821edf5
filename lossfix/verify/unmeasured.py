"""Why nothing could be measured of a loss, and what its author can write down to change that."""

from __future__ import annotations

from lossfix.model import Probe
from lossfix.verify.probe.facts import Facts

_OF_THE_CODE = tuple(
    f"{kind}Error" for kind in "Attribute Name UnboundLocal Import ModuleNotFound".split()
)
"""Errors that other inputs would hardly help."""


def puts_others_in_place(facts: Facts) -> str:
    """What is said of a loss that tampers with what it is measured with."""
    some = ", ".join(facts.replaced[:3])
    return f"it puts others in place of what it is measured with: {some}"


def unverifiable(probe: Probe, facts: Facts) -> str:
    """Why nothing could be measured, and what to do about it."""
    if facts.replaced:
        return puts_others_in_place(facts)
    if not facts.deterministic:
        return "the original gives another value each time it is called on the same input"
    if facts.stage == "before":
        return f"the original cannot be built: {facts.error}"
    error = facts.error or "it cannot be built"
    if probe.shapes or probe.ranges:
        given = "the original does not accept the inputs that the configuration describes"
        return f"{given}{_at_line(facts)} ({error})"
    if error.startswith(_OF_THE_CODE):
        return f"the original raises whatever it is given{_at_line(facts)}: {error}"
    reason = _furthest(facts, error)
    if not _describable(facts):
        return f"{reason}; what can be measured is a function of y_true and y_pred that calls it"
    return (
        f"{reason}; say in pyproject.toml what it takes, {' '.join(_configuration(probe, facts))}"
    )


def _at_line(facts: Facts) -> str:
    line = facts.refused.line if facts.refused is not None else ""
    return f" at `{line}`" if line else ""


def _furthest(facts: Facts, error: str) -> str:
    """Which inputs came furthest through the code of a loss, and what stopped them."""
    refused = facts.refused
    if refused is None:
        return f"the original ran on no kind of inputs: {error}"
    inputs = (
        f"{refused.parts} of {refused.pred_values}"
        if refused.parts
        else f"targets {_of_batch(refused.true_shape)} of {refused.true_values} "
        f"and predictions {_of_batch(refused.pred_shape)} of {refused.pred_values}"
    )
    begin = f"the original ran on none of {refused.tried} kinds of inputs: the furthest that any came is"
    if not refused.line:
        return f"{begin} its end ({error}) for {inputs}"
    return f"{begin} `{refused.line}`, which raised {error} for {inputs}"


def _of_batch(shape: tuple[int, ...]) -> str:
    return f"({', '.join(['batch', *map(str, shape)])})"


def _describable(facts: Facts) -> bool:
    """Whether the configuration can describe other inputs: it knows of targets and predictions alone."""
    return facts.refused is None or not facts.refused.parts


def _configuration(probe: Probe, facts: Facts) -> tuple[str, str]:
    """Two lines of pyproject.toml by which the shapes of a loss are told, with those that came furthest."""
    refused = facts.refused
    true, pred = (refused.true_shape, refused.pred_shape) if refused is not None else ((1,), (1,))
    return (
        f'[tool.lossfix.verify.loss."{probe.key}"]',
        f"shapes = {{ y_true = {list(true)}, y_pred = {list(pred)} }}",
    )


def to_paste(probe: Probe, facts: Facts) -> tuple[str, ...]:
    """The same where it is asked for, a note for each line, so that they can be pasted."""
    asked = facts.stage == "family" and facts.deterministic and _describable(facts)
    told = probe.shapes or probe.ranges or facts.error.startswith(_OF_THE_CODE)
    return _configuration(probe, facts) if asked and not told else ()
