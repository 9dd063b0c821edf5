"""What a project can ask for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from lossfix.losses.discovery.candidate import Settings
from lossfix.model import Gate


class ConfigError(Exception):
    """A configuration that cannot be meant: the message says where, what, and what may have been meant."""


@dataclass(frozen=True)
class LossInputs:
    """How one loss is measured, where lossfix would guess otherwise."""

    name: str
    """Dotted, with its module: ``pkg.losses.focal``."""
    shapes: tuple[tuple[str, tuple[int, ...]], ...] = ()
    """Of one sample's ``y_true`` and ``y_pred``, without the batch."""
    ranges: tuple[tuple[str, tuple[float, float]], ...] = ()
    """The lowest and highest value of ``y_true`` and ``y_pred``."""
    families: tuple[str, ...] = ()
    """Families of inputs, best first."""
    arguments: tuple[tuple[str, str], ...] = ()
    """For a factory or a class: names and Python expressions, in the order of the file."""


@dataclass(frozen=True)
class Verify:
    """How losses are measured. ``None``: as the verifier sees fit."""

    python: str = ""
    """The interpreter that has TensorFlow; relative to the configuration's folder; empty: searched for."""
    timeout: float | None = None
    """Seconds that one loss may take."""
    memory: int | None = None
    """MiB that one loss may take besides TensorFlow."""
    seed: int = 0
    exact_tolerance: float | None = None
    """Relative difference up to which values are equal."""
    relaxed_tolerance: float | None = None
    """Share of the first deviation that may be left where a smoothed gate is steep."""
    loss: tuple[LossInputs, ...] = ()

    def inputs(self, name: str) -> LossInputs | None:
        """What is configured for the loss of this dotted name."""
        return next((inputs for inputs in self.loss if inputs.name == name), None)


@dataclass(frozen=True)
class Config:
    """Everything that a run can be asked to do differently."""

    root: Path
    """The folder to which patterns are relative."""
    file: Path | None = None
    select: tuple[str, ...] = ()
    """Codes, prefixes of codes, or names of rules, or ``ALL``; empty: all rules."""
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    include: tuple[str, ...] = ()
    """Patterns as in gitignore; empty: Python files and notebooks."""
    exclude: tuple[str, ...] = ()
    """Patterns as in gitignore; empty: the folders that hold no source of the project's own."""
    extend_exclude: tuple[str, ...] = ()
    force_exclude: bool = False
    respect_gitignore: bool = True
    targets: tuple[str, ...] = ()
    """What this project calls targets besides ``y_true`` and its like."""
    predictions: tuple[str, ...] = ()
    loss_bases: tuple[str, ...] = ()
    """Dotted names of classes whose subclasses are losses."""
    gate: Gate | None = None
    """What becomes of hard gates; ``None``: measurement chooses."""
    steepness: float | None = None
    """In 1 / units of the gated quantity; ``None``: calibrated by measurement."""
    exact_only: bool = False
    verify: Verify = field(default_factory=Verify)
    origins: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    """Where each key that is set was set, for messages: ``("select", "pyproject.toml:12")``."""

    @property
    def naming(self) -> Settings:
        """How this project calls its losses and what they are handed, as discovery asks."""
        return Settings(
            frozenset(self.targets), frozenset(self.predictions), frozenset(self.loss_bases)
        )


RULE_CUTOFF = 0.65
"""How much of two rules' codes or names must be alike: LF777 is not LF507, nor is "gate" "jump-gate"."""


def closest(word: str, known: Iterable[str], cutoff: float = 0.5) -> str:
    """``; did you mean ...?`` where a known word is close; else nothing.

    Args:
        cutoff: how much of both words must be alike, as ``difflib`` counts it, from 0 to 1.
    """
    found = get_close_matches(word, sorted(known), n=1, cutoff=cutoff)
    return f"; did you mean {found[0]!r}?" if found else ""
