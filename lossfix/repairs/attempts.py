"""What is tried on one loss: from the most that could be done to the least, until a verdict lets it pass.

A gate can be smoothed in more than one way, and a class may lose what a function had. What was mended
exactly and passed is kept: smoothing is held against that, and falls back on it. Which loss is measured when
is no matter of this file; a ``Case`` takes in one verdict after another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from lossfix import checking, engine
from lossfix.losses.code.loss import Loss, Relaxation
from lossfix.losses.discovery.candidate import Candidate
from lossfix.losses.probing.hints import families, head, thresholds
from lossfix.model import FileChange, Finding, Form, Gate, Probe, Repair, Ruling, Safety, Verdict
from lossfix.repairs.plan import Plan, configured, subject_of
from lossfix.syntax.parsing import Unparsable
from lossfix.syntax.remembered import one_file

UNCALIBRATED = 10.0
"""The steepness of a candidate before it is measured: right for probabilities (see docs/why.md)."""

_FORM = "LF3"
"""Rules on the shape of the code."""
_NAMES = "LF4"
"""Rules on names that are gone."""
_PER_SAMPLE = "LF303"
"""The one that gives each sample its value, which a loss of several terms may not have."""
_COMPUTING = ("LF1", "LF2", _PER_SAMPLE, "LF5")
"""Rules that change what computes."""
_LEFT_OUT = ((), (_PER_SAMPLE,), (_FORM,), (*_COMPUTING, _FORM))
"""Families of rules whose rewrites are left out in turn, where they cost a loss its promise: none, then one
value per sample, then the shape of the code, then all but names that are gone, which are the commonest fault
and mended for sure. Before the latter, of a class, all but those and how it is built and saved."""


@dataclass(frozen=True)
class _Attempt:
    gate: Gate
    steepness: float
    left_out: tuple[str, ...]
    """The families of rules that it does without."""
    asked: bool
    """Whether the form of the gate was asked for, and not left to measurement."""
    last: bool = False
    """Whether all that smooths was tried before."""


@dataclass(frozen=True)
class Trial:
    """What an attempt made of a loss."""

    options: checking.Options
    """What it went by."""
    repair: Repair


@dataclass(frozen=True)
class _Exact:
    trial: Trial
    verdict: Verdict


Files = Mapping[str, engine.File]
"""All files of a run, by their paths for people."""


class _Reading(Mapping[str, engine.File]):
    """The files of a run, and which of them were asked for."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.read: dict[str, engine.File | None] = {}

    def __getitem__(self, path: str) -> engine.File:
        self.read[path] = self.files.get(path)
        return self.files[path]

    def __iter__(self) -> Iterator[str]:
        self.read.update(self.files)
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)


@dataclass(frozen=True)
class _Made:
    """A repair, and all that it depends on besides the options."""

    repair: Repair
    read: Mapping[str, engine.File | None]
    """The files that were asked for, ``None`` for what is none of the run."""

    def holds_for(self, files: Files) -> bool:
        """Whether it would be made again."""
        return all(files.get(path) is file for path, file in self.read.items())


@dataclass
class Case:
    """One loss on its way through the attempts."""

    plan: Plan
    candidate: Candidate
    """The loss. Its tree is read anew when it is asked for: there are as many cases as there are losses."""
    attempts: Sequence[_Attempt]
    files: Files
    waiting: Iterator[_Attempt]
    """Those of the attempts that are still to be made."""
    tried: set[tuple[str, ...]] = field(default_factory=set)
    trial: Trial | None = None
    """What is to be measured next, or was accepted."""
    verdict: Verdict | None = None
    accepted: bool = False
    exact: _Exact | None = None
    """What was mended exactly, and verified: what smoothing is then held against."""
    called: frozenset[str] = frozenset()
    """The losses that it rests on and that were mended before it was measured last."""
    first: tuple[Repair, Verdict] | None = None
    """What was refused first: it says best why the loss stays as it was."""
    left: dict[Finding, None] = field(default_factory=dict)
    """What is wrong with it or a part of it and was not mended, with the reason."""
    made: dict[object, _Made] = field(default_factory=dict)
    """The repairs that were made of it, by what of the options differs from one to the next."""
    locked: str = ""
    """Why what is to be measured next could not be written, whatever was measured."""

    @property
    def path(self) -> str:
        """The path for people of the document that the loss stands in."""
        return self.plan.document.source.path

    @property
    def name(self) -> str:
        """The qualified name of the loss within its file."""
        return self.candidate.name

    def loss(self) -> Loss:
        """The loss as it was before anything was mended."""
        return checking.loss_of(self.plan.document.source.text, self.plan.options, self.candidate)


@one_file()
def cases_of(plan: Plan, files: Files, gate: Gate | None, steepness: float | None) -> list[Case]:
    """The losses of a document that are to be mended, the last of each name; none where it is not Python."""
    try:
        losses = engine.repairable(plan.document.source.text, plan.options)
    except Unparsable:
        return []
    cases = list[Case]()
    for loss in {loss.name: loss for loss in losses}.values():
        if plan.wanted(loss):
            attempts = tuple(_attempts(gate, steepness, loss.form))
            cases.append(Case(plan, loss.candidate, attempts, files, waiting=iter(attempts)))
    return cases


def begin_again(case: Case, files: Files) -> None:
    """Have a case that was refused go through all attempts once more, in files that have changed."""
    case.files, case.waiting, case.tried = files, iter(case.attempts), set()
    case.trial = case.verdict = case.exact = None


def _attempts(gate: Gate | None, steepness: float | None, form: Form) -> Iterator[_Attempt]:
    # Exact first: a loss that left the graph has no gradient to compare a smoothed one with, its
    # exact repair has.
    value = UNCALIBRATED if steepness is None else steepness
    gates = (Gate.SIGMOID, Gate.DETACHED) if gate is None else (gate,)
    around = (_COMPUTING,) if form is Form.SUBCLASS else ()
    for left_out in (*_LEFT_OUT[:-1], *around, _LEFT_OUT[-1]):
        for each in dict.fromkeys((Gate.KEEP, *gates)):
            yield _Attempt(each, value, left_out, asked=gate is not None)
    for left_out in _LEFT_OUT[:2]:
        yield _Attempt(Gate.KEEP, value, left_out, asked=gate is not None, last=True)


@one_file()
def advance(case: Case, verified: bool = True) -> bool:
    """Move a case to its next candidate that changes anything; ``False`` where there is none left."""
    for attempt in case.waiting:
        options = replace(
            case.plan.options,
            relaxation=Relaxation(attempt.gate, attempt.steepness, attempt.asked),
            rules=tuple(
                rule
                for rule in case.plan.options.rules
                if not rule.code.startswith(attempt.left_out)
            ),
        )
        try:
            repair = repaired(case, options)
        except RecursionError:
            # It is told as a finding that the loss is nested too deeply.
            return False
        texts = (repair.after, *(each.after for each in repair.elsewhere))
        if not repair.steps or texts in case.tried:
            continue
        smooths = _smooths(case, options)
        needless = not verified or (_only_form(repair) and not attempt.last)
        if attempt.gate is Gate.KEEP and smooths and needless:
            # What the smoothing candidate does besides, on its own, would be measured twice.
            continue
        case.tried.add(texts)
        case.trial = Trial(options, repair)
        return True
    return False


def tried(case: Case) -> Trial:
    """What was made of the loss last."""
    assert case.trial is not None, "no attempt has been made yet"
    return case.trial


def repaired(case: Case, options: checking.Options, files: Files | None = None) -> Repair:
    """The repair of a loss, in the files as they were, or as they are by now."""
    files = case.files if files is None else files
    asked = options.relaxation, tuple(rule.code for rule in options.rules)
    made = case.made.get(asked)
    if made is None or not made.holds_for(files):
        reading = _Reading(files)
        repair = engine.repair(case.path, reading[case.path].text, case.name, options, reading)
        made = case.made[asked] = _Made(repair, reading.read)
    repair = made.repair
    if options.relaxation.gate is not Gate.KEEP or options.relaxation.asked:
        case.left.update(dict.fromkeys(each for each in repair.left if each.reason))
    return repair


def _smooths(case: Case, options: checking.Options) -> bool:
    """Whether the loss has a gate that could be smoothed."""
    if options.relaxation.gate is not Gate.KEEP or options.exact_only:
        return options.relaxation.gate is not Gate.KEEP
    relaxed = replace(options, relaxation=replace(options.relaxation, gate=Gate.SIGMOID))
    return repaired(case, relaxed).promise is Safety.RELAXED


def _only_form(repair: Repair) -> bool:
    return _only(repair, _FORM)


def _only(repair: Repair, *families: str) -> bool:
    return all(step.finding.code.startswith(families) for step in repair.steps)


def _leaves_gradient(case: Case, repair: Repair) -> bool:
    """Whether a repair is of names alone, or of what a class saves and how it is built."""
    return _only(repair, _NAMES, *([_FORM] if case.candidate.form is Form.SUBCLASS else []))


@one_file()
def probe_of(case: Case, steepness: float | None) -> Probe:
    """What is measured of a case's candidate: against the original, or against what was mended exactly."""
    repair, plan = tried(case).repair, case.plan
    old_text, old_name = repair.before, case.name
    old_rest: tuple[FileChange, ...] = ()
    if case.exact is not None:
        exact = case.exact.trial.repair
        old_text, old_name, old_rest = exact.after, exact.becomes, exact.elsewhere
    candidate, loss = case.candidate, case.loss()
    probe = Probe(
        name=f"{case.path}::{case.name}",
        before=subject_of(plan, old_text, old_name, candidate, elsewhere=old_rest),
        after=subject_of(plan, repair.after, repair.becomes, candidate, elsewhere=repair.elsewhere),
        promise=repair.promise,
        leaves_gradient=_leaves_gradient(case, repair),
        gate=repair.gate,
        steepness=steepness,
        thresholds=thresholds(loss),
        families=families(loss.tree.outline),
        head=head(loss.tree.outline),
    )
    return configured(probe, plan, case.name)


def take_in(case: Case, verdict: Verdict) -> bool:
    """Take in what was measured of a case's candidate; whether there is another one to measure."""
    trial = tried(case)
    relaxed = trial.repair.promise is Safety.RELAXED
    if verdict.writable and relaxed:
        case.verdict = verdict if case.exact is None else _joined(case.exact.verdict, verdict)
        case.accepted = True
        _calibrate(case)
        return False
    if verdict.writable:
        case.exact = _Exact(trial, verdict)
        if _smooths(case, trial.options) and _next_smoothing(case):
            return True
        _settle(case)
        return False
    if case.first is None:
        case.first = (trial.repair, verdict)
    # A loss that cannot be measured cannot be measured in another form either, unless that leaves its code.
    measured = verdict.ruling is not Ruling.UNVERIFIABLE
    if _next_of_its_kind(case) if measured else _next_around(case):
        return True
    _settle(case)
    return False


def _next_of_its_kind(case: Case) -> bool:
    return advance(case) if case.exact is None else _next_smoothing(case)


def _next_around(case: Case) -> bool:
    """Move to the next candidate that leaves the code of a class alone."""
    while case.candidate.form is Form.SUBCLASS and advance(case):
        if _leaves_gradient(case, tried(case).repair):
            return True
    return False


def _next_smoothing(case: Case) -> bool:
    """Move to the next candidate that smooths, in the form that the exact repair was verified in."""
    assert case.exact is not None
    while advance(case):
        repair = tried(case).repair
        same_form = repair.becomes == case.exact.trial.repair.becomes
        if repair.promise is Safety.RELAXED and same_form:
            return True
    return False


def _settle(case: Case) -> None:
    """Fall back on what was mended exactly, where anything was."""
    if case.exact is not None:
        case.trial, case.verdict, case.accepted = case.exact.trial, case.exact.verdict, True


def refused(case: Case) -> Iterator[Finding]:
    """The findings that the first candidate would have settled, and the accepted one does not, each with the
    reason why the first was refused."""
    if not case.accepted or case.first is None:
        return
    repair, verdict = case.first
    settled = {_told(step.finding) for step in tried(case).repair.steps}
    for step in repair.steps:
        if _told(step.finding) not in settled:
            yield replace(step.finding, reason=f"measured, and refused: {reason_of(verdict)}")


def _told(finding: Finding) -> tuple[str, str]:
    return finding.code, finding.message


def reason_of(verdict: Verdict) -> str:
    """Why a candidate was refused, in one line."""
    return verdict.reasons[0] if verdict.reasons else verdict.summary


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


def _calibrate(case: Case) -> None:
    """Write the steepness that was chosen into the candidate."""
    trial = tried(case)
    chosen = None if case.verdict is None else case.verdict.steepness
    if chosen is None or trial.repair.promise is not Safety.RELAXED:
        return
    relaxation = replace(trial.options.relaxation, steepness=chosen)
    options = replace(trial.options, relaxation=relaxation)
    case.trial = Trial(options, repaired(case, options))
