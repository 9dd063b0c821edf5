"""Losses measured as they are, or held against an older form of themselves; nothing is rewritten."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lossfix import __version__, checking, repairs, scan, source
from lossfix.config import Config, ConfigError
from lossfix.config.settings import closest
from lossfix.configured import check_losses
from lossfix.losses.code.loss import Loss
from lossfix.losses.discovery.candidate import Candidate, Project
from lossfix.losses.probing.extract import STEEPNESS, WRITTEN_BY_HAND
from lossfix.losses.probing.hints import families, head, thresholds
from lossfix.losses.probing.written import written_steepness
from lossfix.model import (
    Environment,
    FileReport,
    Finding,
    Form,
    Outcome,
    Probe,
    Report,
    Ruling,
    Safety,
    Status,
    Subject,
)
from lossfix.progress import SILENT, Progress
from lossfix.rules import RULES
from lossfix.source import Document
from lossfix.syntax.parsing import Unparsable
from lossfix.syntax.quiet import parsed_or_none
from lossfix.syntax.remembered import one_file
from lossfix.verify.client import Verifier


class NoSuchLoss(Exception):
    """A loss that was named and is not there; the message says which ones are."""


def verify(
    config: Config,
    wishes: Sequence[str],
    against: str | None,
    relaxed: bool,
    start: Callable[[], Verifier],
    progress: Progress = SILENT,
) -> Report:
    """Measure the losses that ``wishes`` name, each ``PATH`` or ``PATH::LOSS``.

    Args:
        against: the older form of a single loss; the newer is then judged as a rewrite of it.
        relaxed: with ``against``, that the newer one is meant as a smoothing.

    Raises:
        NoSuchLoss: a loss that was named, here or in the configuration, does not exist, or
            ``against`` does not name one for one.
        SourceError: a path does not exist or cannot be read.
    """
    try:
        files = [Path(wish.partition("::")[0]) for wish in wishes]
        check_losses(config, [path for path in files if path.is_file()])
    except ConfigError as error:
        raise NoSuchLoss(str(error)) from error
    unread: dict[str, Finding] = {}
    targets = list(_targets(config, wishes, unread))
    old: _Target | None = None
    if against is not None:
        olds = list(_targets(config, (against,), unread))
        if unread:
            return _report({}, unread)
        if len(olds) != 1 or len(targets) != 1:
            raise NoSuchLoss(
                f"--against compares one loss with one: {against} names {len(olds)} and "
                f"{' '.join(wishes)} {len(targets)}; name them as PATH::LOSS"
            )
        old = olds[0]
    probes = [_probe(target, old, relaxed) for target in targets]
    if not probes:
        return _report({}, unread)
    progress.tick(f"Measuring: 0 of {len(probes)} losses done, starting TensorFlow")
    with start() as verifier:
        environment = verifier.environment()
        outcomes = _measured(targets, probes, verifier, progress)
    return _report(outcomes, unread, environment)


def _measured(
    targets: Sequence[_Target], probes: Sequence[Probe], verifier: Verifier, progress: Progress
) -> dict[str, list[Outcome]]:
    """What came of each loss, by its file."""
    outcomes: dict[str, list[Outcome]] = {}
    measured = zip(targets, verifier.measure(probes), strict=True)
    for done, (target, (probe, verdict)) in enumerate(measured, start=1):
        path, name = target.plan.document.source.path, target.name
        becomes = "" if probe.after is None else name
        outcome = Outcome(path, name, Status.MEASURED, verdict=verdict, becomes=becomes)
        outcomes.setdefault(path, []).append(outcome)
        progress.tick(f"Measuring: {done} of {len(probes)} losses done, last {path}: {name}")
    return outcomes


def _report(
    outcomes: Mapping[str, list[Outcome]],
    unread: Mapping[str, Finding],
    environment: Environment | None = None,
) -> Report:
    files = tuple(
        FileReport(
            path,
            (unread[path],) if path in unread else (),
            tuple(outcomes.get(path, ())),
        )
        for path in sorted({*outcomes, *unread})
    )
    faults = tuple(
        f"{each.path}:{each.span.line}:{each.span.column}: {each.message}"
        for _, each in sorted(unread.items())
    )
    return Report("verify", __version__, files, len(files), environment, unreadable=faults)


def failed(report: Report) -> bool:
    """Whether any loss does not train, could not be measured or read, or broke its promise."""
    if report.findings:
        return True
    for outcome in report.outcomes:
        verdict = outcome.verdict
        if verdict is None or verdict.ruling is Ruling.UNVERIFIABLE:
            return True
        if verdict.ruling is Ruling.MEASURED:
            if verdict.dead:
                return True
        elif not verdict.writable:
            return True
    return False


@dataclass(frozen=True)
class _Target:
    """A loss that was named."""

    plan: repairs.Plan
    candidate: Candidate
    built: tuple[str, ...] | None = None
    """The arguments of the call that makes it, where an instance was named."""

    @property
    def name(self) -> str:
        return self.candidate.name

    @property
    def closes(self) -> bool:
        """Whether it is what a factory returns."""
        return self.candidate.form is Form.CLOSURE

    def loss(self) -> Loss:
        return checking.loss_of(self.plan.document.source.text, self.plan.options, self.candidate)

    def subject(self, steepness: Mapping[str, str] = STEEPNESS) -> Subject:
        text = self.plan.document.source.text
        return repairs.subject_of(self.plan, text, self.name, steepness=steepness, built=self.built)


def _targets(
    config: Config, wishes: Sequence[str], unread: dict[str, Finding]
) -> Iterator[_Target]:
    """The losses that ``wishes`` name; of files that cannot be read, the finding goes to ``unread``.

    Their files are one project: what one imports of another is what it means by that.
    """

    def unreadable(error: source.Unreadable) -> None:
        unread[error.path] = checking.unreadable(
            error.path, error.line, error.column, error.message, error.cure
        )

    named = [wish.partition("::")[::2] for wish in wishes]
    files = {path: [*source.find([Path(path)], config, unreadable)] for path, _ in named}
    every = dict.fromkeys(file for each in files.values() for file in each)
    opened = scan.with_named(scan.open_all(every, config.naming), list(files), config.naming)
    if any(not name for _, name in named):
        for error in opened.unreadable:
            unreadable(error)
    for path, name in named:
        yield from _named(config, files[path], opened, (path, name), unread, unreadable)


def _named(
    config: Config,
    files: Sequence[Path],
    opened: scan.Opened,
    wish: tuple[str, str],
    unread: dict[str, Finding],
    unreadable: Callable[[source.Unreadable], None],
) -> Iterator[_Target]:
    """The losses of some of the opened files that a path and a name stand for."""
    path, name = wish
    found: list[_Target] = []
    for document, project in _documents(files, opened, name, unreadable):
        try:
            found += _in_document(config, document, name, project)
        except Unparsable as error:
            shown = document.source.path
            unread[shown] = checking.unparsable(shown, error)
    if unread and not found:
        return
    if not name:
        yield from found
        return
    wanted = [target for target in found if target.built is not None]
    # What a factory returns is a loss, whatever its own arguments look like.
    wanted.sort(key=lambda target: not target.closes)
    # A factory goes by the loss that it returns.
    wanted += [t for t in found if t.closes and name == t.name.split(".")[0]]
    wanted += [t for t in found if name in (t.name, t.name.split(".")[0])]
    if not wanted:
        names = sorted({target.name for target in found})
        near = closest(name, names) or f"; there are {', '.join(names) or 'none'}"
        raise NoSuchLoss(f"{path or '.'} has no loss {name!r}{near}")
    yield wanted[0]


def _documents(
    files: Sequence[Path],
    opened: scan.Opened,
    name: str,
    unreadable: Callable[[source.Unreadable], None],
) -> Iterator[tuple[Document, Project]]:
    """The documents to look for losses in, with what the others say about their names.

    One that is asked for by its ``name`` may look like no loss at all: all files are searched for it.
    """
    known = {each.path: each for each in opened.documents}
    for file in files:
        document = known.get(file)
        if document is not None:
            yield document, opened.project(document)
        elif name:
            try:
                yield source.read(file), Project()
            except source.Unreadable as error:
                unreadable(error)


@one_file()
def _in_document(config: Config, document: Document, name: str, project: Project) -> list[_Target]:
    """The losses of a document. What is called ``name`` is one, because it was asked for by its
    name, and so is what ``name`` is bound to by a call."""
    maker, arguments = _made(document.source.text, name)
    asked = frozenset({name, name.rpartition(".")[2], maker} - {""})
    used = project.used
    used = replace(used, compiled=used.compiled | asked, built=used.built | asked)
    project = replace(project, used=used)
    plan = repairs.Plan(document, _options(config, project), verify=config.verify)
    found = list[_Target]()
    for loss in checking.losses_in(document.source.text, plan.options):
        if maker and maker in (loss.name, loss.name.split(".")[0]):
            found.append(_Target(plan, loss.candidate, arguments))
        elif name or not loss.only_reached:
            found.append(_Target(plan, loss.candidate))
    return found


def _made(text: str, name: str) -> tuple[str, tuple[str, ...]]:
    """What is called to make ``name`` at the top of a module, and with which arguments."""
    module = parsed_or_none(text)
    for statement in module.body if module is not None else ():
        match statement:
            case ast.Assign(
                targets=[ast.Name(id=bound)], value=ast.Call(func=ast.Name(id=maker)) as call
            ) if (bound == name):
                return maker, tuple(map(ast.unparse, [*call.args, *call.keywords]))
    return "", ()


def _options(config: Config, project: Project) -> checking.Options:
    return checking.Options(RULES, settings=config.naming, project=project)


@one_file()
def _probe(target: _Target, old: _Target | None, relaxed: bool) -> Probe:
    loss = target.loss()
    names: Mapping[str, str] = STEEPNESS
    if old is not None and relaxed:
        # A parameter that the old one has too is none that smooths.
        names = {name: given for name, given in WRITTEN_BY_HAND.items() if not _takes(old, name)}
    subject = target.subject(names)
    probe = Probe(
        name=f"{target.plan.document.source.path}::{loss.name}",
        before=subject if old is None else old.subject(),
        after=None if old is None else subject,
        promise=Safety.RELAXED if relaxed else Safety.EXACT,
        # A repair by hand is judged as it stands, and not at a steepness that would suit it.
        steepness=written_steepness(subject) if relaxed else None,
        thresholds=thresholds(loss if old is None else old.loss()),
        families=families(loss.tree.outline),
        head=head(loss.tree.outline),
    )
    return repairs.configured(probe, target.plan, loss.name)


def _takes(target: _Target, parameter: str) -> bool:
    return bool(target.subject({parameter: "{steepness}"}).steepened)
