"""The original: builds it, chooses the inputs on which it is measured, and finds its gates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Optional

from .calling import AS_IT_IS, Calling, sums_up
from .configured import configured
from .demands import Demands
from .descent import ROWS
from .facts import Facts, GradientFacts, Outcome, RefusalFacts
from .families import Batch, Family, edges
from .gates import Gate, find_gates
from .gradient import quick_gradient
from .hints import batch_sizes, suggest
from .inputs import Choice, Direct, Refused, choose, sides, spread
from .job import Job
from .numeric import Objective, Side, lift, objective
from .reading import read
from .refusals import Refusal, furthest
from .shaped import fitted
from .slots import arrangements, turned
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
        calling = self.calling
        mended = calling.promoted or calling.untraced or bool(calling.apart)
        return self.shimmed or self.arrays or mended


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


_REMOVED = re.compile("has no attribute|cannot import name|Invalid value for argument `reduction`")
"""What is said of names that a module has no more, and of `"auto"`."""


def find_original(job: Job, directory: str) -> tuple[Facts, Optional[Original]]:
    """The original and the first facts; ``None`` where it cannot be measured, which the facts then
    say.

    Where it does not run as it is, the ways of ``_oracles`` are tried.
    """
    reasons: list[str] = []
    told: list[_Told] = []
    for oracle in _oracles(job.before.source, reasons):
        built = load(job.before, directory, "before.py", oracle.shimmed, calling=oracle.calling)
        if isinstance(built, Failure):
            reasons.append(str(built))
            told.append(_Told("before", str(built)))
            continue
        found = _chosen(job, directory, oracle, built)
        if isinstance(found, Refused):
            reasons.extend(found.reasons)
            if found.tried and not oracle.arrays:
                best = furthest(found.tried)
                told.append(
                    _Told("family", best.reason, best.reached, best.facts(len(found.tried)))
                )
            continue
        side = _side(job, directory, found.make(found.choice.direct), found.choice)
        calling = side.plain.candidate.calling
        facts = Facts(
            job.name,
            stage="gradient",
            shimmed=oracle.shimmed,
            arrays=oracle.arrays,
            promoted=calling.promoted,
            untraced=calling.untraced,
            apart=calling.apart,
            sums=calling.sums,
            rows=oracle.rows,
        )
        facts = replace(facts, notes=tuple(_of_arguments(calling)))
        return _measured(job, facts, side, found, reasons if oracle.lends_values else [])
    most = max(told, key=lambda each: each.reached_further)
    before = _raises(reasons[0])
    return Facts(job.name, most.stage, most.error, refused=most.refused, before=before), None


def _of_arguments(calling: Calling) -> Iterator[str]:
    """What is told of a loss that Keras would hand something else."""
    slots = calling.slots
    if slots is not None and len(slots.parameters) > 2:
        yield f"Keras cannot call it: it takes {', '.join(slots.parameters)}"
    elif slots is not None and slots.turned:
        yield "it takes its predictions first: Keras would hand it the targets there"


@dataclass(frozen=True)
class _Told:
    """How far the original came in one way of running it, and what stopped it there."""

    stage: str
    """As in ``Facts``."""
    error: str
    reached: tuple[float, ...] = ()
    """As in ``Refusal``; empty where it could not be built."""
    refused: Optional[RefusalFacts] = None

    @property
    def reached_further(self) -> tuple[tuple[float, ...], bool]:
        """Of two ways, the greater came further. Of a removed name nobody has to be told here: what
        is raised beyond that says more."""
        return self.reached, not _REMOVED.search(self.error)


def _oracles(source: str, reasons: Sequence[str]) -> Iterator[Oracle]:
    """The ways to try, one after the other; ``reasons`` grows by why each of them failed."""
    yield Oracle()
    yield Oracle(shimmed=True)
    yield Oracle(arrays=True)
    said = " ".join(reasons)
    if re.search(r"type|expected to be an? \w+ tensor|list of allowed values", said):
        for shimmed in (False, True):
            yield Oracle(shimmed, calling=Calling(promoted=True))
    if re.search(r"[Ss]ymbolic", said):
        yield Oracle(calling=Calling(untraced=True))
    if re.search(r"shape|slice|size|dimension|index", said):
        for rows in batch_sizes(source):
            yield Oracle(rows=rows)
    if re.search(r"truth value|bool", said):
        for parts in ("rows", "elements"):
            yield Oracle(calling=Calling(apart=parts))


@dataclass(frozen=True)
class _Chosen:
    """The inputs that suit, and the original's objective on them."""

    make: Direct
    choice: Choice
    suggested: Sequence[tuple[Family, float]]


def _chosen(job: Job, directory: str, oracle: Oracle, built: Candidate) -> _Chosen | Refused:
    """The first inputs on which the original runs in this way."""
    family = configured(job.true_shape, job.pred_shape, job.true_range, job.pred_range)
    demands = read(built.function)
    tried: list[Refusal] = []
    for suggested, calling in _offers(job, family, demands, oracle):
        candidate = built
        if calling != oracle.calling:
            again = load(job.before, directory, "before.py", oracle.shimmed, calling=calling)
            assert isinstance(again, Candidate)
            candidate = again
        make = _making(candidate, oracle.arrays)
        choice = choose(make, suggested, job.seed)
        if isinstance(choice, Refused):
            tried.extend(choice.tried)
            continue
        found = _Chosen(make, choice, suggested)
        apart = _together(job, directory, oracle, calling, found) if calling.apart else found
        if apart is not None:
            return apart
    return Refused(tuple(tried))


def _making(candidate: Candidate, arrays: bool = False) -> Direct:
    """Makes one objective for each way of calling: what is traced of it is traced once."""
    return lru_cache(partial(objective, candidate, arrays=arrays))


def _offers(
    job: Job, family: Optional[Family], demands: Optional[Demands], oracle: Oracle
) -> Iterator[tuple[Sequence[tuple[Family, float]], Calling]]:
    """Families to try, each with the way of calling that they are for."""
    if family is not None:
        yield [(replace(family, rows=oracle.rows), CERTAIN)], oracle.calling
        return
    suggested = suggest(job.before.source, job.thresholds, job.families)
    told = partial(replace, rows=oracle.rows, codes=_codes(demands), unbounded=job.head == "linear")
    several = [] if oracle.arrays else arrangements(demands, suggested[0][0])
    for each, slots in several:
        yield [(told(each), CERTAIN)], replace(oracle.calling, slots=slots)
    if not several:
        fitting = fitted(suggested, demands) or suggested
        yield [(told(each), score) for each, score in fitting], oracle.calling
        for each, slots in turned(demands, suggested[0][0]):
            yield [(told(each), CERTAIN)], replace(oracle.calling, slots=slots)


def _codes(demands: Optional[Demands]) -> tuple[float, ...]:
    """What the first input, the targets, is compared with for equality."""
    if demands is None or not demands.parameters:
        return ()
    return tuple(sorted(demands.at(demands.parameters[:1]).codes))


def _together(
    job: Job, directory: str, oracle: Oracle, calling: Calling, found: _Chosen
) -> Optional[_Chosen]:
    """The same with parts put together as the original would; ``None`` where no batch can say how
    it would."""
    whole = load(job.before, directory, "before.py", calling=replace(calling, apart=""))
    assert isinstance(whole, Candidate)
    choice = found.choice
    function = objective(whole, choice.direct).scalar
    sums = sums_up(function, calling.apart, choice.family, job.seed)
    if sums is None:
        return None
    calling = replace(calling, sums=sums)
    built = load(job.before, directory, "before.py", calling=calling)
    assert isinstance(built, Candidate)
    make = _making(built)
    own = spread(make(choice.direct), choice.family, job.seed)
    return replace(found, make=make, choice=replace(choice, spread=own))


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
    found: _Chosen,
    reasons: Sequence[str],
) -> tuple[Facts, Optional[Original]]:
    """Its gradient over a few draws, and its gates. ``reasons`` are why it does not run as it is."""
    choice, oracle = found.choice, bool(reasons)
    family = choice.family
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
    gates = _gates(side.plain, choice, batches, job.seed)
    if job.leaves_gradient and facts.only_shimmed:
        meant = quick_gradient(side.plain, side.wide, family, job.seed)
        facts = replace(facts, meant=meant)
    facts = replace(facts, before=before, gates_before=tuple(gate.facts for gate in gates))
    return facts, Original(side, choice, found.suggested, batches, gates, oracle)


def _gates(
    plain: Objective, choice: Choice, batches: Sequence[Batch], seed: int
) -> tuple[Gate, ...]:
    family = choice.family
    at_edges = [(b.y_true, b.y_pred) for _, b in edges(family, batches[0])]
    many = family.batches(seed + 11, 1, ROWS)[0]
    try:
        return find_gates(
            plain.candidate.call,
            sides(family, seed),
            plain.candidate.path,
            max(choice.spread, 1e-12),
            at_edges,
            [(many.y_true, many.y_pred)],
        )
    except Exception:
        # The tracer stands on a private hook; the numbers decide without it.
        return ()
