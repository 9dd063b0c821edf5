"""The original: builds it, chooses the inputs on which it is measured, and finds its gates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Optional

import numpy as np

from .calling import AS_IT_IS, Calling, sums_up
from .configured import configured
from .descent import ROWS
from .facts import Facts, GradientFacts, Job, Outcome
from .families import Batch, Family, edges
from .gates import Gate, find_gates
from .gradient import quick_gradient
from .hints import batch_sizes, suggest
from .inputs import Choice, Direct, Refused, choose, sides
from .numeric import Objective, Side, lift, objective
from .subject import Candidate, Failure, load
from .values import DRAWS

CERTAIN = 1000.0
"""The score of a family that the configuration describes: no other one is tried."""


@dataclass(frozen=True)
class Oracle:
    """A way to have values of the original where it does not run as it is."""

    shimmed: bool = False
    """With stand-ins for removed names."""
    arrays: bool = False
    """On NumPy arrays."""
    calling: Calling = AS_IT_IS
    rows: int = 0
    """On batches of this size alone; 0: of any."""

    @property
    def lends_values(self) -> bool:
        """Whether it gives values that the original as it is does not give, so that the state of
        the gradient stays ``raises``. A batch of the right size is no such thing."""
        return self.shimmed or self.arrays or self.calling != AS_IT_IS


@dataclass(frozen=True)
class Original:
    """The original, ready to be compared with."""

    side: Side
    choice: Choice
    suggested: Sequence[tuple[Family, float]]
    batches: Sequence[Batch]
    gates: tuple[Gate, ...]
    oracle: bool
    """Whether it lends its values alone."""


_REMOVED = "has no attribute"
"""What Python says of a name that a module has no more."""


def find_original(job: Job, directory: str) -> tuple[Facts, Optional[Original]]:
    """The original and the first facts; ``None`` where it cannot be measured, which the facts then
    say.

    Where it does not run as it is, the ways of ``_oracles`` are tried.
    """
    family = configured(job.true_shape, job.pred_shape, job.true_range, job.pred_range)
    suggested = (
        suggest(job.before.source, job.thresholds, job.families)
        if family is None
        else [(family, CERTAIN)]
    )
    reasons: list[str] = []
    stage = "before"
    for oracle in _oracles(job.before.source, reasons):
        built = load(job.before, directory, "before.py", oracle.shimmed, calling=oracle.calling)
        if isinstance(built, Failure):
            reasons.append(str(built))
            continue
        stage = "family"
        make: Direct = partial(objective, built, arrays=oracle.arrays)
        fitting = [(replace(each, rows=oracle.rows), score) for each, score in suggested]
        choice = choose(make, fitting, job.seed)
        if isinstance(choice, Refused):
            reasons.extend(choice.reasons)
            continue
        if oracle.calling.apart:
            found = _apart(job, directory, oracle, choice)
            if found is None:
                continue
            oracle, make = found
        side = _side(job, directory, make(choice.direct), choice)
        facts = Facts(
            job.name,
            stage="gradient",
            shimmed=oracle.shimmed,
            arrays=oracle.arrays,
            promoted=oracle.calling.promoted,
            apart=oracle.calling.apart,
            sums=oracle.calling.sums,
            rows=oracle.rows,
        )
        return _measured(job, facts, side, choice, fitting, reasons if oracle.lends_values else [])
    # Of a removed name nobody has to be told here: what it raises beyond that says more.
    told = next((each for each in reasons if _REMOVED not in each), reasons[0])
    return Facts(job.name, stage=stage, error=told, before=_raises(reasons[0])), None


def _oracles(source: str, reasons: Sequence[str]) -> Iterator[Oracle]:
    """The ways to try, one after the other; ``reasons`` grows by why each of them failed."""
    yield Oracle()
    yield Oracle(shimmed=True)
    yield Oracle(arrays=True)
    said = " ".join(reasons)
    if re.search(r"dtype|type", said):
        yield Oracle(calling=Calling(promoted=True))
    if re.search(r"shape|slice|size|dimension|index", said):
        for rows in batch_sizes(source):
            yield Oracle(rows=rows)
    if re.search(r"truth value|bool", said):
        for parts in ("rows", "elements"):
            yield Oracle(calling=Calling(apart=parts))


def _apart(
    job: Job, directory: str, oracle: Oracle, choice: Choice
) -> Optional[tuple[Oracle, Direct]]:
    """The oracle that puts the parts together as the original would; ``None`` where no batch can
    say how it would."""
    whole = load(job.before, directory, "before.py")
    if isinstance(whole, Failure):
        return None
    parts = oracle.calling.apart
    sums = sums_up(objective(whole, choice.direct)._scalar, parts, choice.family, job.seed)
    if sums is None:
        return None
    oracle = replace(oracle, calling=replace(oracle.calling, sums=sums))
    built = load(job.before, directory, "before.py", calling=oracle.calling)
    assert isinstance(built, Candidate)
    return oracle, partial(objective, built)


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
    """Its gradient over a few draws, and its gates. ``reasons`` are why it does not run as it is."""
    family, oracle = choice.family, bool(reasons)
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
