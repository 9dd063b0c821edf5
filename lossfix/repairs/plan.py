"""One document and how it is to be mended, and what of its losses is handed to the verifier.

Measuring needs no repair: ``verify`` asks for the same subjects and the same probes, with the same
configuration.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from lossfix import checking, source
from lossfix.config import LossInputs, Verify
from lossfix.losses.code.loss import Loss
from lossfix.losses.discovery.candidate import Candidate
from lossfix.losses.probing.extract import STEEPNESS, extract
from lossfix.model import FileChange, Probe, Subject
from lossfix.source import Document
from lossfix.source.modules import module_reader


@dataclass(frozen=True)
class Plan:
    """One document and how it is to be mended."""

    document: Document
    options: checking.Options
    wanted: Callable[[Loss], bool] = lambda loss: True
    verify: Verify = field(default_factory=Verify)
    """What the configuration says about how losses are built and measured."""
    locked: str = ""
    """Why the document cannot be written; empty where it can, or nothing is to be written."""


def configured(probe: Probe, plan: Plan, name: str) -> Probe:
    """The probe of the loss called ``name`` with what the configuration says about its measurement."""
    inputs = _inputs(plan, name)
    return replace(
        probe,
        families=inputs.families or probe.families,
        shapes=inputs.shapes,
        ranges=inputs.ranges,
        exact_tolerance=plan.verify.exact_tolerance,
        relaxed_tolerance=plan.verify.relaxed_tolerance,
        key=inputs.name,
    )


def _inputs(plan: Plan, name: str) -> LossInputs:
    """What is configured for a loss: by its own name, its factory's, or that of an instance of it."""
    module = source.dotted_name(plan.document.path)
    names: tuple[str, ...] = (name, name.partition(".")[0])
    if plan.verify.loss:
        names += tuple(checking.bound_to_a_call(plan.document.source.text, name))
    found = (plan.verify.inputs(f"{module}.{each}") for each in names)
    return next((each for each in found if each is not None), LossInputs(f"{module}.{names[1]}"))


def subject_of(
    plan: Plan,
    text: str,
    name: str,
    before: Candidate | None = None,
    steepness: Mapping[str, str] = STEEPNESS,
    built: tuple[str, ...] | None = None,
    elsewhere: tuple[FileChange, ...] = (),
) -> Subject:
    """The loss called ``name`` in ``text``, ready to be measured.

    ``before`` is what it was: a factory's calls with their arguments are found in the old text.
    ``steepness`` names the parameters that make a gate steeper, as ``extract`` takes them; ``built``
    are the arguments of the one call that is meant. ``elsewhere`` are other files of the run as they
    are to be.
    """
    for candidate in checking.candidates_in(text, plan.options):
        if candidate.name == name:
            configured_arguments = _inputs(plan, name if before is None else before.name).arguments
            arguments = tuple(f"{key}={value}" for key, value in configured_arguments) or built
            if arguments is None and before is not None and not candidate.arguments:
                arguments = before.arguments or None
            changed = {Path(each.path).resolve(): each.after for each in elsewhere}
            read = module_reader(plan.document.path, changed)
            return extract(text, candidate, read, arguments, steepness)
    return Subject("", name, unverifiable="it is not recognised as a loss after the rewrite")
