"""Losses measured as they are, or held against an older form of themselves; nothing is rewritten."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from lossfix import __version__, engine, repairs, source
from lossfix.config import Config
from lossfix.config.settings import closest
from lossfix.losses.discover import Settings
from lossfix.losses.hints import families, thresholds
from lossfix.losses.loss import Loss
from lossfix.model import (
    FileReport,
    Outcome,
    Probe,
    Report,
    Ruling,
    Safety,
    State,
    Status,
    Subject,
)
from lossfix.rules import RULES
from lossfix.source import Document
from lossfix.syntax.tree import Unparsable
from lossfix.verify.client import Verifier


class NoSuchLoss(Exception):
    """A loss that was named and is not there; the message says which ones are."""


def verify(
    config: Config,
    wishes: Sequence[str],
    against: str | None,
    relaxed: bool,
    start: Callable[[], Verifier],
) -> Report:
    """Measure the losses that ``wishes`` name, each ``PATH`` or ``PATH::LOSS``.

    Args:
        against: the older form of a single loss; the newer is then judged as a rewrite of it.
        relaxed: with ``against``, that the newer one is meant as a smoothing.

    Raises:
        NoSuchLoss: a loss that was named does not exist, or ``against`` does not name one for one.
        SourceError: a path does not exist or cannot be read.
    """
    targets = [target for wish in wishes for target in _targets(config, wish)]
    old: Subject | None = None
    if against is not None:
        olds = list(_targets(config, against))
        if len(olds) != 1 or len(targets) != 1:
            raise NoSuchLoss(
                f"--against compares one loss with one: {against} names {len(olds)} and "
                f"{' '.join(wishes)} {len(targets)}; name them as PATH::LOSS"
            )
        old = _subject(config, *olds[0])
    probes = [_probe(config, document, loss, old, relaxed) for document, loss in targets]
    outcomes: dict[str, list[Outcome]] = {}
    environment = None
    if probes:
        with start() as verifier:
            environment = verifier.environment()
            for (document, loss), (probe, verdict) in zip(
                targets, verifier.measure(probes), strict=True
            ):
                outcomes.setdefault(document.source.path, []).append(
                    Outcome(
                        document.source.path,
                        loss.name,
                        Status.MEASURED,
                        verdict=verdict,
                        becomes="" if probe.after is None else loss.name,
                    )
                )
    files = tuple(FileReport(path, outcomes=tuple(each)) for path, each in sorted(outcomes.items()))
    return Report("verify", __version__, files, len(files), environment)


def failed(report: Report) -> bool:
    """Whether any loss does not train, could not be measured, or broke its promise."""
    for outcome in report.outcomes:
        verdict = outcome.verdict
        if verdict is None or verdict.ruling is Ruling.UNVERIFIABLE:
            return True
        if verdict.ruling is Ruling.MEASURED:
            if verdict.before not in (State.LIVE, State.JUMPS):
                return True
        elif not verdict.writable:
            return True
    return False


def _targets(config: Config, wish: str) -> Iterator[tuple[Document, Loss]]:
    path, _, name = wish.partition("::")
    found = []
    for file in source.find([Path(path)], config):
        document = source.read(file)
        try:
            losses = engine.losses_in(document.source.text, _options(config))
        except Unparsable as error:
            raise NoSuchLoss(
                f"{document.source.path}:{error.line}: does not parse: {error}"
            ) from error
        found += [(document, loss) for loss in losses if not loss.only_reached or name]
    if not name:
        yield from found
        return
    wanted = [pair for pair in found if name in (pair[1].name, pair[1].name.split(".")[0])]
    if not wanted:
        names = sorted(pair[1].name for pair in found)
        raise NoSuchLoss(f"{path} has no loss {name!r}{closest(name, names)}")
    yield wanted[0]


def _options(config: Config) -> engine.Options:
    settings = Settings(
        frozenset(config.targets), frozenset(config.predictions), frozenset(config.loss_bases)
    )
    return engine.Options(RULES, settings=settings)


def _subject(config: Config, document: Document, loss: Loss) -> Subject:
    return repairs.subject_of(_plan(config, document), document.source.text, loss.name)


def _plan(config: Config, document: Document) -> repairs.Plan:
    return repairs.Plan(document, _options(config), verify=config.verify)


def _probe(
    config: Config, document: Document, loss: Loss, old: Subject | None, relaxed: bool
) -> Probe:
    subject = _subject(config, document, loss)
    probe = Probe(
        name=f"{document.source.path}::{loss.name}",
        before=subject if old is None else old,
        after=None if old is None else subject,
        promise=Safety.RELAXED if relaxed else Safety.EXACT,
        thresholds=thresholds(loss),
        families=families(loss.tree.outline),
    )
    return repairs.configured(probe, _plan(config, document), loss.name)
