"""What is asked of a worker: one loss, or one before and after, and how it is to be measured.

Plain, frozen data for both sides, standard library only; a record survives JSON (``records.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

CHECKS = (
    "edges",
    "rank",
    "trailing axis",
    "weights",
    "batch of one",
    "empty batch",
    "dynamic batch",
    "fit",
    "xla",
    "serialisation",
    "parameters",
    "steepness",
    "mixed_float16",
    "mixed_bfloat16",
    "name",
)
"""The names of the contract's checks, cheapest first."""


@dataclass(frozen=True)
class SubjectSource:
    """A loss as text: a module and the expression that builds it there
    (``lossfix.model.Subject``)."""

    source: str
    expression: str
    steepened: str = ""
    """The expression with the hole ``{steepness}``; empty where nothing was smoothed."""
    modules: tuple[tuple[str, str], ...] = ()
    """Names and sources of modules that ``source`` imports, each behind those that it imports."""


@dataclass(frozen=True)
class Job:
    """One loss before and, unless it is only measured, after (``lossfix.model.Probe``)."""

    name: str
    before: SubjectSource
    after: Optional[SubjectSource] = None
    promise: str = "exact"
    """``exact`` or ``relaxed`` (the values of ``lossfix.model.Safety``)."""
    gate: str = "sigmoid"
    """``sigmoid``, ``detached`` (a declared surrogate) or ``keep``."""
    steepness: Optional[float] = None
    """Asked for by the user; ``None``: the probe calibrates it."""
    thresholds: tuple[float, ...] = ()
    families: tuple[str, ...] = ()
    seed: int = 0
    checks: tuple[str, ...] = CHECKS
    """Which checks of the contract to run."""
    true_shape: Optional[tuple[int, ...]] = None
    """Of one sample's targets, without the batch, where the configuration says so."""
    pred_shape: Optional[tuple[int, ...]] = None
    true_range: Optional[tuple[float, float]] = None
    """The lowest and the highest target, where the configuration says so."""
    pred_range: Optional[tuple[float, float]] = None
    head: str = ""
    """The activation with which the models of the project end; empty where they differ or none is
    seen."""
    exact_tolerance: Optional[float] = None
    """Share by which equal values may differ, instead of ``values.EQUAL``."""
    relaxed_tolerance: Optional[float] = None
    """Share of the first deviation that may remain, instead of ``values.REMAINS``."""

    leaves_gradient: bool = False
    """Whether the gradient may stay as it was, be it that there is none."""

    @property
    def surrogate(self) -> bool:
        """Whether the gradient is declared to be another than that of the values."""
        return self.gate == "detached"
