"""Repair is a search: candidates are offered in order, measurement chooses, and the choice is made once more.

The losses of all documents are measured side by side, each with its attempts. The first attempt that the
verifier lets pass is carried out: the verified repairs of a file are repeated one after another on its text.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from lossfix import engine
from lossfix.losses.code.inherited import parents
from lossfix.losses.smoothing import parts
from lossfix.model import (
    FileChange,
    Finding,
    Gate,
    Outcome,
    Probe,
    Repair,
    Safety,
    Status,
    Verdict,
)
from lossfix.progress import SILENT, Progress
from lossfix.repairs.attempts import (
    Case,
    Files,
    advance,
    begin_again,
    cases_of,
    probe_of,
    reason_of,
    refused,
    repaired,
    take_in,
    tried,
)
from lossfix.repairs.plan import Plan
from lossfix.source import Document
from lossfix.syntax.remembered import one_file
from lossfix.verify.client import Verifier

_DECLINED = "you chose to leave it"
_BY_HAND = "edited by hand"


@dataclass(frozen=True)
class Done:
    """A document's text after its losses were mended, and what became of each."""

    text: str
    outcomes: tuple[Outcome, ...]
    left: tuple[Finding, ...] = ()
    """What is wrong there and could not be mended for a loss that it is a part of, with the reason."""


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
    cases = [case for plan in plans for case in cases_of(plan, files, gate, steepness)]
    locked = {plan.document.source.path: plan.locked for plan in plans if plan.locked}
    if start is None:
        for case in cases:
            case.accepted = advance(case, verified=False) and _may_be_written(case, locked)
    else:
        _measure(cases, files, locked, steepness, start, progress)
    return _done(plans, cases, files, start is not None, choose)


def _may_be_written(case: Case, locked: Mapping[str, str]) -> bool:
    """Whether all files can be written that a case's candidate changes; asked before it is measured."""
    repair = tried(case).repair
    paths = (case.path, *(each.path for each in repair.elsewhere))
    case.locked = next((f"{path} {locked[path]}" for path in paths if path in locked), "")
    return not case.locked


def _measure(
    cases: Sequence[Case],
    files: Files,
    locked: Mapping[str, str],
    steepness: float | None,
    start: Callable[[], Verifier],
    progress: Progress,
) -> None:
    """Have the candidates of all cases measured, one after another where they are refused.

    Losses are rewritten while others are measured, and while TensorFlow starts.
    """
    done, state = 0, "starting TensorFlow"

    def tell() -> None:
        progress.tick(f"Measuring: {done} of {len(cases)} losses done, {state}")

    def begun() -> Iterator[Case]:
        nonlocal done
        for number, case in enumerate(cases, start=1):
            progress.tick(f"Rewriting: loss {number} of {len(cases)}")
            if advance(case) and _may_be_written(case, locked):
                tell()
                yield case
            else:
                done += 1

    coming = begun()
    first = next(coming, None)
    if first is None:
        return
    waiting: Iterable[Case] = chain([first], coming)
    with start() as verifier:
        while waiting:
            again = []
            for case, verdict in _measured(waiting, steepness, verifier):
                state = f"last {case.path}: {case.name}"
                progress.say(f"{state.removeprefix('last ')}: {verdict.summary}")
                if take_in(case, verdict):
                    again.append(case)
                else:
                    done += 1
                tell()
            waiting = again
            if not waiting:
                waiting = _once_more(cases, files, locked)
                done -= len(waiting)
    progress.tick("")


def _measured(
    cases: Iterable[Case], steepness: float | None, verifier: Verifier
) -> Iterator[tuple[Case, Verdict]]:
    """Each case with the verdict on its candidate; of cases that are still to come, some are taken ahead."""
    under_way: deque[Case] = deque()

    def probes() -> Iterator[Probe]:
        for case in cases:
            under_way.append(case)
            yield probe_of(case, steepness)

    for _, verdict in verifier.measure(probes()):
        yield under_way.popleft(), verdict


def _once_more(cases: Sequence[Case], files: Files, locked: Mapping[str, str]) -> list[Case]:
    """The losses that were refused and rest on one that was mended since, to be measured with that mended.

    ``focal_mean`` calls ``focal``, which leaves the graph: until that is mended, nothing else that is done
    to ``focal_mean`` gives it a gradient.
    """
    mended = [case for case in cases if case.accepted]
    found = []
    for case in cases:
        if case.accepted or case.locked or case.first is None:
            continue
        with one_file():
            called = frozenset(each.name for each in mended if _rests_on(case, each))
        if called <= case.called:
            continue
        case.called = called
        begin_again(case, _mended(mended, files))
        if advance(case) and _may_be_written(case, locked):
            found.append(case)
    return found


def _rests_on(case: Case, mended: Case) -> bool:
    """Whether a loss calls another one, or is a subclass of it."""
    helpers = case.plan.options.project.helpers
    if mended.path != case.path and all(each.path != mended.path for each in helpers):
        return False
    loss, other = case.loss(), mended.loss()
    above = parents(loss) or () if other.definition is not loss.definition else ()
    return any(other.definition is each for each in above) or bool(parts.calls_of(loss, other))


def _mended(cases: Sequence[Case], files: Files) -> Files:
    """The files with what was accepted of some cases."""
    now = dict(files)
    for case in cases:
        repair = repaired(case, tried(case).options, now)
        texts = {case.path: repair.after}
        texts.update((each.path, each.after) for each in repair.elsewhere)
        now.update((path, replace(now[path], text=text)) for path, text in texts.items())
    return now


def _done(
    plans: Sequence[Plan], cases: Sequence[Case], files: Files, verified: bool, choose: Choose
) -> tuple[Done, ...]:
    """Repeat the accepted repairs one after another on the texts of all documents."""
    now = dict(files)
    documents = {plan.document.source.path: plan.document for plan in plans}
    outcomes: dict[str, list[Outcome]] = {path: [] for path in now}
    for case in cases:
        path = case.path
        if case.accepted and case.trial is not None:
            repair = repaired(case, case.trial.options, now)
            outcome, texts = _written(case, repair, now[path].text, documents, verified, choose)
            for there, text in texts.items():
                now[there] = replace(now[there], text=text)
            outcomes[path].append(outcome)
        elif case.locked:
            kept = _outcome(case, tried(case).repair, Status.KEPT)
            outcomes[path].append(replace(kept, reason=case.locked))
        elif case.first is not None:
            outcomes[path].append(_kept(case, *case.first))
    left = tuple(dict.fromkeys(each for case in cases for each in (*case.left, *refused(case))))
    return tuple(
        Done(
            now[path].text,
            tuple(outcomes[path]),
            tuple(each for each in left if each.path == path),
        )
        for path in (plan.document.source.path for plan in plans)
    )


def _written(
    case: Case,
    repair: Repair,
    before: str,
    documents: Mapping[str, Document],
    verified: bool,
    choose: Choose,
) -> tuple[Outcome, Mapping[str, str]]:
    """What becomes of a loss whose repair was accepted, and the new texts by path; none if it is declined."""
    outcome = _fixed(case, repair, verified)
    if not repair.steps:
        # A part of it was all that was wrong, and was mended for another loss before.
        return replace(outcome, codes=_codes(tried(case).repair)), {}
    besides = tuple((documents[each.path], each) for each in repair.elsewhere)
    taken = choose(Proposal(case.plan.document, outcome, before, repair.after, besides))
    if taken is None:
        kept = replace(outcome, status=Status.KEPT, becomes="", reason=_DECLINED, elsewhere=())
        return kept, {}
    if taken != repair.after:
        outcome = replace(outcome, verified=False, verdict=None, reason=_BY_HAND)
    others = {each.path: each.after for each in repair.elsewhere}
    return outcome, {case.path: taken, **others}


def _codes(repair: Repair) -> tuple[str, ...]:
    return tuple(sorted({step.finding.code for step in repair.steps}))


def _fixed(case: Case, repair: Repair, verified: bool) -> Outcome:
    return replace(
        _outcome(case, repair, Status.FIXED),
        becomes=repair.becomes,
        verified=verified,
        verdict=case.verdict,
        elsewhere=tuple(each.path for each in repair.elsewhere),
    )


def _kept(case: Case, repair: Repair, verdict: Verdict) -> Outcome:
    return replace(
        _outcome(case, repair, Status.KEPT),
        reason=reason_of(verdict),
        verdict=verdict,
    )


def _outcome(case: Case, repair: Repair, status: Status) -> Outcome:
    return Outcome(
        path=case.path,
        loss=case.name,
        status=status,
        codes=_codes(repair),
        steps=repair.steps,
        gate=repair.gate if repair.promise is Safety.RELAXED else None,
    )
