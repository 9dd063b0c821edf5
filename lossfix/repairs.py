"""Repair is a search: candidates are offered in order, measurement chooses, and the choice is made once more.

A gate can be smoothed in more than one way, and a class may lose what a function had. Each loss has a
list of attempts, from the most that could be done to the least; the first that the verifier lets pass
is carried out. The verified repairs of a file are then repeated one after another on its text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from lossfix import checking, engine, source
from lossfix.config import LossInputs, Verify
from lossfix.losses.candidate import Candidate
from lossfix.losses.extract import STEEPNESS, extract
from lossfix.losses.hints import families, head, thresholds
from lossfix.losses.loss import Loss, Relaxation
from lossfix.model import (
    FileChange,
    Gate,
    Outcome,
    Probe,
    Repair,
    Ruling,
    Safety,
    Status,
    Subject,
    Verdict,
)
from lossfix.progress import SILENT, Progress
from lossfix.source import Document
from lossfix.syntax.tree import Unparsable
from lossfix.verify.client import Verifier

UNCALIBRATED = 10.0
"""The steepness of a candidate before it is measured: right for probabilities (see docs/why.md)."""

_DECLINED = "you chose to leave it"
_BY_HAND = "edited by hand"

_FORM = "LF3"
"""Rules on the shape of the code: what they do is left out where it costs a loss its promise."""


@dataclass(frozen=True)
class Plan:
    """One document and how it is to be mended."""

    document: Document
    options: checking.Options
    wanted: Callable[[Loss], bool] = lambda loss: True
    verify: Verify = field(default_factory=Verify)
    """What the configuration says about how losses are built and measured."""


@dataclass(frozen=True)
class Done:
    """A document's text after its losses were mended, and what became of each."""

    text: str
    outcomes: tuple[Outcome, ...]
    generated: frozenset[str]
    """The classes that were made of functions."""


@dataclass(frozen=True)
class Proposal:
    """A repair that may be written, and the text that it would be written into."""

    document: Document
    outcome: Outcome
    before: str
    """With what was written into the same file so far."""
    after: str
    elsewhere: tuple[tuple[Document, FileChange], ...] = ()
    """The other files that change with it."""


Choose = Callable[[Proposal], "str | None"]
"""The text to go on with: ``after``, or what became of it by hand; ``None`` leaves the loss alone."""


@dataclass(frozen=True)
class _Attempt:
    gate: Gate
    steepness: float
    with_form: bool
    """Whether the shape of the code may change."""
    asked: bool
    """Whether the form of the gate was asked for, and not left to measurement."""


@dataclass(frozen=True)
class _Exact:
    options: checking.Options
    repair: Repair
    verdict: Verdict


_Files = Mapping[str, engine.File]
"""All files of a run, by their paths for people."""


@dataclass
class _Case:
    """One loss on its way through the attempts."""

    plan: Plan
    loss: Loss
    attempts: Iterator[_Attempt]
    files: _Files
    tried: set[tuple[str, ...]] = field(default_factory=set)
    options: checking.Options | None = None
    repair: Repair | None = None
    verdict: Verdict | None = None
    accepted: bool = False
    exact: _Exact | None = None
    """What was mended exactly, and verified: what smoothing is then held against."""
    first: tuple[Repair, Verdict] | None = None
    """What was refused first: it says best why the loss stays as it was."""


def carry_out(
    plans: Sequence[Plan],
    gate: Gate | None,
    steepness: float | None,
    start: Callable[[], Verifier] | None,
    progress: Progress = SILENT,
    choose: Choose = lambda proposal: proposal.after,
) -> tuple[Done, ...]:
    """Mend the losses of some documents; those of all of them are measured side by side.

    Args:
        gate: what becomes of hard gates; ``None`` lets measurement choose.
        steepness: in 1 / units of the gated quantity; ``None`` lets measurement choose.
        start: starts the verifier; ``None`` takes the first candidate unverified.
        choose: has the last word on each repair.
    """
    files = {
        plan.document.source.path: engine.File(
            plan.document.source.path, plan.document.source.text, plan.options
        )
        for plan in plans
    }
    cases = [case for plan in plans for case in _cases(plan, files, gate, steepness)]
    if start is None:
        for case in cases:
            case.accepted = _next(case, verified=False)
    else:
        _measure(cases, steepness, start, progress)
    return _done(plans, cases, files, start is not None, choose)


def _cases(
    plan: Plan, files: _Files, gate: Gate | None, steepness: float | None
) -> Iterator[_Case]:
    try:
        losses = engine.repairable(plan.document.source.text, plan.options)
    except Unparsable:
        return
    last = {loss.name: loss for loss in losses}
    for loss in last.values():
        if plan.wanted(loss):
            yield _Case(plan, loss, _attempts(gate, steepness), files)


def _attempts(gate: Gate | None, steepness: float | None) -> Iterator[_Attempt]:
    # Exact first: a loss that left the graph has no gradient to compare a smoothed one with, its
    # exact repair has.
    value = UNCALIBRATED if steepness is None else steepness
    gates = (Gate.SIGMOID, Gate.DETACHED) if gate is None else (gate,)
    for with_form in (True, False):
        for each in dict.fromkeys((Gate.KEEP, *gates)):
            yield _Attempt(each, value, with_form, asked=gate is not None)


def _next(case: _Case, verified: bool = True) -> bool:
    """Move a case to its next candidate that changes anything; ``False`` where there is none left."""
    for attempt in case.attempts:
        options = replace(
            case.plan.options,
            relaxation=Relaxation(attempt.gate, attempt.steepness, attempt.asked),
            rules=tuple(
                rule
                for rule in case.plan.options.rules
                if attempt.with_form or not rule.code.startswith(_FORM)
            ),
        )
        repair = _repair(case, options)
        texts = (repair.after, *(each.after for each in repair.elsewhere))
        if not repair.steps or texts in case.tried:
            continue
        smooths = _smooths(case, options)
        if attempt.gate is Gate.KEEP and smooths and (not verified or _only_form(repair)):
            # What the smoothing candidate does besides, on its own, would be measured twice.
            continue
        case.tried.add(texts)
        case.options, case.repair = options, repair
        return True
    return False


def _repair(case: _Case, options: checking.Options, files: _Files | None = None) -> Repair:
    """The repair of a loss, in the files as they were, or as they are by now."""
    files = case.files if files is None else files
    path = case.plan.document.source.path
    return engine.repair(path, files[path].text, case.loss.name, options, files)


def _smooths(case: _Case, options: checking.Options) -> bool:
    """Whether the loss has a gate that could be smoothed."""
    if options.relaxation.gate is not Gate.KEEP or options.exact_only:
        return options.relaxation.gate is not Gate.KEEP
    relaxed = replace(options, relaxation=replace(options.relaxation, gate=Gate.SIGMOID))
    return _repair(case, relaxed).promise is Safety.RELAXED


def _only_form(repair: Repair) -> bool:
    return all(step.finding.code.startswith(_FORM) for step in repair.steps)


def _measure(
    cases: Sequence[_Case],
    steepness: float | None,
    start: Callable[[], Verifier],
    progress: Progress,
) -> None:
    waiting = []
    for number, case in enumerate(cases, start=1):
        progress.tick(f"Rewriting: loss {number} of {len(cases)}")
        if _next(case):
            waiting.append(case)
    if not waiting:
        return
    count, settled = len(waiting), 0
    progress.tick(f"Measuring: 0 of {count} losses done, starting TensorFlow")
    with start() as verifier:
        while waiting:
            again = []
            probes = (_probe(case, steepness) for case in waiting)
            for case, (_, verdict) in zip(waiting, verifier.measure(probes), strict=True):
                name = f"{case.plan.document.source.path}: {case.loss.name}"
                progress.say(f"{name}: {verdict.summary}")
                if _goes_on(case, verdict):
                    again.append(case)
                else:
                    settled += 1
                progress.tick(f"Measuring: {settled} of {count} losses done, last {name}")
            waiting = again
    progress.tick("")


def _goes_on(case: _Case, verdict: Verdict) -> bool:
    """Take in what was measured of a case's candidate; whether there is another one to measure."""
    assert case.repair is not None
    assert case.options is not None
    relaxed = case.repair.promise is Safety.RELAXED
    if verdict.writable and relaxed:
        case.verdict = verdict if case.exact is None else _joined(case.exact.verdict, verdict)
        case.accepted = True
        _calibrate(case)
        return False
    if verdict.writable:
        case.exact = _Exact(case.options, case.repair, verdict)
        if _smooths(case, case.options) and _next_smoothing(case):
            return True
        _settle(case)
        return False
    if case.first is None:
        case.first = (case.repair, verdict)
    # A loss that cannot be measured cannot be measured in another form either.
    if verdict.ruling is not Ruling.UNVERIFIABLE and _next_of_its_kind(case):
        return True
    _settle(case)
    return False


def _next_of_its_kind(case: _Case) -> bool:
    return _next(case) if case.exact is None else _next_smoothing(case)


def _next_smoothing(case: _Case) -> bool:
    """Move to the next candidate that smooths, in the form that the exact repair was verified in."""
    assert case.exact is not None
    while _next(case):
        assert case.repair is not None
        same_form = case.repair.becomes == case.exact.repair.becomes
        if case.repair.promise is Safety.RELAXED and same_form:
            return True
    return False


def _settle(case: _Case) -> None:
    """Fall back on what was mended exactly, where anything was."""
    if case.exact is not None:
        case.options, case.repair = case.exact.options, case.exact.repair
        case.verdict, case.accepted = case.exact.verdict, True


def _joined(exact: Verdict, relaxed: Verdict) -> Verdict:
    """The verdict on both steps together: broken as the first found it, alive as the second left it."""
    _, _, rest = relaxed.summary.partition("→")
    start, _, _ = exact.summary.partition("→")
    return replace(
        relaxed,
        before=exact.before,
        summary=f"{start}→{rest}" if rest and "→" in exact.summary else relaxed.summary,
        notes=tuple(dict.fromkeys((*exact.notes, *relaxed.notes))),
        assumptions=tuple(dict.fromkeys((*exact.assumptions, *relaxed.assumptions))),
        seconds=exact.seconds + relaxed.seconds,
    )


def _calibrate(case: _Case) -> None:
    """Write the steepness that was chosen into the candidate."""
    assert case.options is not None
    assert case.repair is not None
    assert case.verdict is not None
    chosen = case.verdict.steepness
    if chosen is None or case.repair.promise is not Safety.RELAXED:
        return
    relaxation = replace(case.options.relaxation, steepness=chosen)
    case.options = replace(case.options, relaxation=relaxation)
    case.repair = _repair(case, case.options)


def _probe(case: _Case, steepness: float | None) -> Probe:
    repair, plan = case.repair, case.plan
    assert repair is not None
    assert case.options is not None
    old_text, old_name = repair.before, case.loss.name
    old_rest: tuple[FileChange, ...] = ()
    if case.exact is not None:
        exact = case.exact.repair
        old_text, old_name, old_rest = exact.after, exact.becomes, exact.elsewhere
    candidate = case.loss.candidate
    probe = Probe(
        name=f"{plan.document.source.path}::{case.loss.name}",
        before=subject_of(plan, old_text, old_name, candidate, elsewhere=old_rest),
        after=subject_of(plan, repair.after, repair.becomes, candidate, elsewhere=repair.elsewhere),
        promise=repair.promise,
        gate=repair.gate,
        steepness=steepness,
        thresholds=thresholds(case.loss),
        families=families(case.loss.tree.outline),
        head=head(case.loss.tree.outline),
    )
    return configured(probe, plan, case.loss.name)


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
    """What is configured for a loss, by its own name or by its factory's."""
    path = plan.document.path
    stem = ".".join([*source.packages(path), path.stem])
    keys = (f"{stem}.{name}", f"{stem}.{name.partition('.')[0]}")
    found = (plan.verify.inputs(key) for key in keys)
    return next((each for each in found if each is not None), LossInputs(keys[-1]))


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
            read = source.module_reader(plan.document.path, changed)
            return extract(text, candidate, read, arguments, steepness)
    return Subject("", name, unverifiable="it is not recognised as a loss after the rewrite")


def _done(
    plans: Sequence[Plan], cases: Sequence[_Case], files: _Files, verified: bool, choose: Choose
) -> tuple[Done, ...]:
    """Repeat the accepted repairs one after another on the texts of all documents."""
    now = dict(files)
    documents = {plan.document.source.path: plan.document for plan in plans}
    outcomes: dict[str, list[Outcome]] = {path: [] for path in now}
    generated: dict[str, set[str]] = {path: set() for path in now}
    for case in cases:
        path = case.plan.document.source.path
        if case.accepted and case.repair is not None and case.options is not None:
            repair = _repair(case, case.options, now)
            outcome = _fixed(case.plan, case, repair, verified)
            besides = tuple((documents[each.path], each) for each in repair.elsewhere)
            taken = choose(
                Proposal(case.plan.document, outcome, now[path].text, repair.after, besides)
            )
            if taken is None:
                kept = replace(
                    outcome, status=Status.KEPT, becomes="", reason=_DECLINED, elsewhere=()
                )
                outcomes[path].append(kept)
                continue
            if taken != repair.after:
                outcome = replace(outcome, verified=False, verdict=None, reason=_BY_HAND)
            for there, text in (
                (path, taken),
                *((each.path, each.after) for each in repair.elsewhere),
            ):
                now[there] = replace(now[there], text=text)
            if repair.becomes != repair.loss:
                generated[path].add(repair.becomes)
            outcomes[path].append(outcome)
        elif case.first is not None:
            outcomes[path].append(_kept(case.plan, case, *case.first))
    return tuple(
        Done(now[path].text, tuple(outcomes[path]), frozenset(generated[path]))
        for path in (plan.document.source.path for plan in plans)
    )


def _codes(repair: Repair) -> tuple[str, ...]:
    return tuple(sorted({step.finding.code for step in repair.steps}))


def _fixed(plan: Plan, case: _Case, repair: Repair, verified: bool) -> Outcome:
    return Outcome(
        path=plan.document.source.path,
        loss=case.loss.name,
        status=Status.FIXED,
        codes=_codes(repair),
        becomes=repair.becomes,
        verified=verified,
        verdict=case.verdict,
        steps=repair.steps,
        gate=repair.gate if repair.promise is Safety.RELAXED else None,
        elsewhere=tuple(each.path for each in repair.elsewhere),
    )


def _kept(plan: Plan, case: _Case, repair: Repair, verdict: Verdict) -> Outcome:
    return Outcome(
        path=plan.document.source.path,
        loss=case.loss.name,
        status=Status.KEPT,
        codes=_codes(repair),
        reason=verdict.reasons[0] if verdict.reasons else verdict.summary,
        verdict=verdict,
        steps=repair.steps,
        gate=repair.gate if repair.promise is Safety.RELAXED else None,
    )
