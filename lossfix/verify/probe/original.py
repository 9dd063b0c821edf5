"""The original: builds it, chooses the inputs on which it is measured, and finds its gates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Optional

import numpy as np

from .configured import configured
from .descent import ROWS
from .facts import Facts, GradientFacts, Job, Outcome
from .families import Batch, Family, edges
from .gates import Gate, find_gates
from .gradient import quick_gradient
from .hints import suggest
from .inputs import Choice, choose, sides
from .numeric import Objective, Side, lift, objective
from .subject import Failure, load
from .values import DRAWS

CERTAIN = 1000.0
"""The score of a family that the configuration describes: no other one is tried."""
_ORACLES = ((False, False), (True, False), (False, True))
"""(with stand-ins for removed names, on NumPy arrays): as it is first."""


@dataclass(frozen=True)
class Original:
    """The original, ready to be compared with."""

    side: Side
    choice: Choice
    suggested: Sequence[tuple[Family, float]]
    batches: Sequence[Batch]
    gates: tuple[Gate, ...]
    oracle: bool
    """Whether it lends its values alone: it runs only with stand-ins or on NumPy arrays."""


_REMOVED = "has no attribute"
"""What Python says of a name that a module has no more."""


def find_original(job: Job, directory: str) -> tuple[Facts, Optional[Original]]:
    """The original and the first facts; ``None`` where it cannot be measured, which the facts then
    say.

    Where it does not run as it is, its values are asked for with stand-ins for removed names, then
    on NumPy arrays, while the state of its gradient stays ``raises``.
    """
    family = configured(job.true_shape, job.pred_shape, job.true_range, job.pred_range)
    suggested = (
        suggest(job.before.source, job.thresholds, job.families)
        if family is None
        else [(family, CERTAIN)]
    )
    reasons, stage = [], "before"
    for shimmed, arrays in _ORACLES:
        built = load(job.before, directory, "before.py", shimmed)
        if isinstance(built, Failure):
            reasons.append(str(built))
            continue
        stage = "family"
        make = partial(objective, built, arrays=arrays)
        choice = choose(make, suggested, job.seed)
        if isinstance(choice, Choice):
            side = _side(job, directory, make(choice.direct), choice)
            facts = Facts(job.name, stage="gradient", shimmed=shimmed, arrays=arrays)
            return _measured(job, facts, side, choice, suggested, reasons)
        reasons.append(choice)
    # Of a removed name nobody has to be told here: what it raises beyond that says more.
    told = next((each for each in reasons[:2] if _REMOVED not in each), reasons[0])
    return Facts(job.name, stage=stage, error=told, before=_raises(reasons[0])), None


def _side(job: Job, directory: str, plain: Objective, choice: Choice) -> Side:
    if plain.arrays:
        return Side(plain)
    first = choice.family.batches(job.seed, 1)[0]
    return Side(plain, lift(job.before, directory, "before64.py", plain, first))


def _raises(error: str) -> GradientFacts:
    outcome = Outcome(False, error)
    return GradientFacts("raises", outcome, outcome, "none")


def _measured(
    job: Job,
    facts: Facts,
    side: Side,
    choice: Choice,
    suggested: Sequence[tuple[Family, float]],
    reasons: Sequence[str],
) -> tuple[Facts, Optional[Original]]:
    """Its gradient over a few draws, and its gates."""
    family, oracle = choice.family, facts.shimmed or facts.arrays
    batches = family.batches(job.seed, DRAWS)
    values = [side.plain.value(batches[0].y_true, batches[0].y_pred) for _ in range(2)]
    facts = replace(facts, family=family.name, affine=choice.affine, tried=choice.tried)
    if values[0] != values[1]:
        error = "the original gives another value each time"
        facts = replace(facts, deterministic=False, stage="family", error=error)
        return facts, None
    before = (
        _raises(reasons[0]) if oracle else quick_gradient(side.plain, side.wide, family, job.seed)
    )
    gates = _gates(side.plain, family, batches, job.seed)
    facts = replace(facts, before=before, gates_before=tuple(gate.facts for gate in gates))
    return facts, Original(side, choice, suggested, batches, gates, oracle)


def _gates(
    plain: Objective, family: Family, batches: Sequence[Batch], seed: int
) -> tuple[Gate, ...]:
    spread = float(np.std([plain.value(b.y_true, b.y_pred) for b in batches[:12]]))
    at_edges = [(b.y_true, b.y_pred) for _, b in edges(family, batches[0])]
    many = family.batches(seed + 11, 1, ROWS)[0]
    try:
        return find_gates(
            plain.candidate.call,
            sides(family, seed),
            plain.candidate.path,
            max(spread, 1e-12),
            at_edges,
            [(many.y_true, many.y_pred)],
        )
    except Exception:
        # The tracer stands on a private hook; the numbers decide without it.
        return ()
