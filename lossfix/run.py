"""The pipeline: documents in, a report out. It owns the worker processes, and prints nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lossfix import __version__, codes, scan, source
from lossfix.cache import FORGETFUL, Cache
from lossfix.config import Config, selected
from lossfix.losses.codebase.places import Place
from lossfix.model import FileReport, Finding, Gate, Outcome, Report, Safety, Status
from lossfix.pool import ALONE, Pool
from lossfix.progress import SILENT, Progress
from lossfix.scan import Opened
from lossfix.source import Baseline, Document, Unreadable

if TYPE_CHECKING:
    from lossfix.checking import Options
    from lossfix.losses.code.loss import Loss
    from lossfix.repairs import Choose, Done, Proposal
    from lossfix.verify.client import Verifier


_Found = dict[str, tuple[tuple[object, ...], tuple[Finding, ...]]]
"""Of each path all that its findings depend on, and the findings."""


@dataclass(frozen=True)
class Request:
    """What a run is asked to do besides its configuration."""

    config: Config
    gate: Gate | None = None
    steepness: float | None = None
    exact_only: bool = False
    writes: bool = False
    """What is changed is to be written to the files."""
    lines: tuple[tuple[int, int], ...] = ()
    changed: dict[Path, tuple[tuple[int, int], ...]] | None = None
    """With ``--diff-base``: the lines that changed, by resolved path."""
    baseline: Baseline | None = None
    """The findings that are left alone."""
    arguments: tuple[str, ...] = ()
    progress: Progress = SILENT
    pool: Pool = ALONE
    cache: Cache = FORGETFUL


def with_callers(
    request: Request, files: Opened, among: Mapping[str, Collection[str]] | None = None
) -> Opened:
    """The same with those of the skipped files that may call a loss, or one ``among`` those of a path."""
    from lossfix import callers

    return callers.with_callers(files, request.config.naming, request.pool, request.cache, among)


def roles_of(request: Request, files: Opened) -> Iterator[str]:
    """What is a loss, a part of one, or a metric besides, a line each."""
    from lossfix.roles import roles
    from lossfix.syntax.parsing import Unparsable

    for document in files.documents:
        if files.may_hold_a_loss(document):
            options = options_for(request, files, document)
            with suppress(Unparsable):
                yield from roles(document.source.path, document.source.text, options)


def check(request: Request, files: Opened) -> Report:
    """Find what is wrong with the losses of some files; no code is run."""
    files, found_in = _all_found(request, files)
    reports, documents = [], {each.source.path: each for each in files.documents}
    for path, (_, found) in found_in.items():
        document = documents[path]
        findings, _ = _counted(request, document, found)
        findings += _unparsed(document)
        if findings:
            reports.append(
                FileReport(
                    document.source.path,
                    tuple(findings),
                    before=document.data,
                    after=document.data,
                )
            )
    return _report("check", request, files, reports)


def fix(
    request: Request,
    files: Opened,
    verifier: Callable[[], Verifier] | None,
    choose: Choose | None = None,
) -> Report:
    """Rewrite what was found, after it was verified; nothing is written here.

    Args:
        verifier: starts the verifier when the first rewrite is there to be measured; ``None`` leaves
            rewrites unverified.
        choose: has the last word on each repair; ``None`` takes all.
    """
    from lossfix import call_sites, layout, repairs

    reports = []
    files = with_callers(request, files)
    plans = [
        repairs.Plan(
            document,
            replace(
                options_for(request, files, document), skips=_skips(request, document.source.text)
            ),
            _wanted(request, document),
            request.config.verify,
            source.locked(document.path) if request.writes else "",
        )
        for document in files.documents
    ]
    measured = repairs.carry_out(
        plans, request.gate, request.steepness, verifier, request.progress, choose or _all
    )
    instances = _instances(measured)
    written: list[bytes] = []
    for number, (document, done) in enumerate(zip(files.documents, measured, strict=True)):
        text = done.text
        if instances:
            text = call_sites.rewritten(text, number, files.modules, instances)
        if text != document.source.text:
            text = layout.layout(document.source.text, text, layout.style_for(document.path))
        written.append(source.encode(document, text))
    renewed = _renewed(request, files, written)
    for document, done, after in zip(files.documents, measured, written, strict=True):
        remaining, _ = findings_of(request, renewed, source.decode(document.path, after))
        remaining = _with_reasons(remaining, done.left) + _unparsed(document)
        if remaining or done.outcomes or after != document.data:
            reports.append(
                FileReport(
                    document.source.path,
                    tuple(remaining),
                    done.outcomes,
                    document.data,
                    after,
                )
            )
    return _report("fix", request, files, reports)


def _with_reasons(findings: Sequence[Finding], left: Sequence[Finding]) -> list[Finding]:
    """``findings``, those of them with a reason that the repair of a loss came to have."""
    reasons = {(each.code, each.loss, each.message): each.reason for each in left}
    found = [(each, reasons.get((each.code, each.loss, each.message), "")) for each in findings]
    return [
        replace(each, safety=Safety.MANUAL, reason=reason) if reason and not each.reason else each
        for each, reason in found
    ]


def _renewed(request: Request, files: Opened, written: Sequence[bytes]) -> Opened:
    """The same files once they hold other bytes: what they say of one another may have changed."""
    changed = [
        source.decode(document.path, after)
        for document, after in zip(files.documents, written, strict=True)
        if after != document.data
    ]
    return scan.with_buffers(files, changed, request.config.naming) if changed else files


def _all(proposal: Proposal) -> str:
    return proposal.after


def _instances(measured: Sequence[Done]) -> frozenset[Place]:
    """The functions that became instances of a class."""
    return frozenset(
        Place(number, outcome.loss)
        for number, done in enumerate(measured)
        for outcome in done.outcomes
        if outcome.status is Status.FIXED
        and outcome.becomes != outcome.loss
        and "." not in outcome.loss
    )


def write(request: Request, report: Report, documents: Sequence[Document]) -> Report:
    """Write what a ``fix`` changed, all of it or nothing, and keep what undoes it.

    Raises:
        SourceError: a file changed since it was read, or cannot be written.
    """
    paths = {document.source.path: document.path for document in documents}
    changed = [file for file in report.files if file.changed]
    if not changed:
        return report
    # Files that only call a loss were found on the way.
    targets = [paths.get(file.path, Path(file.path)) for file in changed]
    changes = [
        source.Change(path, file.before, file.after)
        for path, file in zip(targets, changed, strict=True)
    ]
    return replace(report, undo=source.write_all(request.config.root, changes))


def findings_of(
    request: Request, files: Opened, document: Document
) -> tuple[list[Finding], list[Finding]]:
    """The findings of a document that count, and those that a comment silences."""
    from lossfix import checking

    options = options_for(request, files, document)
    found = checking.check(document.source.path, document.source.text, options)
    return _counted(request, document, found)


def _all_found(request: Request, files: Opened) -> tuple[Opened, _Found]:
    """Everything that is wrong with the losses of the documents, and the files by which that was told.

    Where anything can be mended, those that may keep it from that are opened besides.
    """
    found = _found(request, files, {})
    mended = {
        path: {each.loss.partition(".")[0] for each in told if each.safety is not Safety.MANUAL}
        for path, (_, told) in found.items()
    }
    if any(mended.values()):
        files = with_callers(request, files, mended)
        found = _found(request, files, found)
    return files, found


def _found(request: Request, files: Opened, before: _Found) -> _Found:
    """Everything that is wrong with the losses of the documents, as far as it is not known yet."""
    documents = [each for each in files.documents if files.may_hold_a_loss(each)]
    keys = {each.source.path: _depends_on(request, files, each) for each in documents}
    known = {path: told for path, told in before.items() if keys.get(path) == told[0]}
    missing = [each for each in documents if each.source.path not in known]

    def find(numbers: Iterable[int]) -> Iterator[tuple[Finding, ...]]:
        # Loaded here: a run that finds out nothing new needs no rules.
        from lossfix import checking

        rows = (
            (
                *(each.source.path, each.source.text, options_for(request, files, each)),
                *(files.losses(each), files.wires_a_loss(each)),
            )
            for each in (missing[n] for n in numbers)
        )
        return request.pool.map(checking.check, rows, lambda row: len(row[1]))

    asked = [keys[each.source.path] for each in missing]
    for key, told in zip(asked, request.cache.through("findings", asked, find), strict=True):
        known[str(key[0])] = key, told
    return {path: known[path] for path in keys}


def _depends_on(request: Request, files: Opened, document: Document) -> tuple[object, ...]:
    """All that the findings of a document depend on besides the code of lossfix."""
    config = request.config
    return (
        *(document.source.path, document.source.text, files.project(document)),
        *(_is_exported(document), files.package(document), request.exact_only),
        *(config.select, config.extend_select, config.ignore, config.per_file_ignores),
        config.naming,
    )


def _counted(
    request: Request, document: Document, found: Sequence[Finding]
) -> tuple[list[Finding], list[Finding]]:
    """Of what was found in a document, what counts and what a comment silences."""
    silenced = source.suppressions(document.source.text)
    if silenced.skip_file:
        return [], list(found)
    shown = [each for each in found if not silenced.cover(each)]
    quiet = [each for each in found if silenced.cover(each)]
    if silenced.comments:
        known, path = codes.of_rules(), document.source.path
        ran = [pair for pair in known if selected(*pair, request.config, path)]
        shown += source.unused(document.source, silenced, found, ran, known)
    limits = _limits(request, document)
    if limits is not None:
        shown = [each for each in shown if source.inside(each, limits)]
    shown.sort(key=lambda each: (each.span, each.code, each.message))
    return [source.localised(each, document.source) for each in shown], quiet


def _limits(request: Request, document: Document) -> tuple[tuple[int, int], ...] | None:
    ranges: tuple[tuple[int, int], ...] | None = None
    if request.changed is not None:
        ranges = request.changed.get(document.path.resolve(), ())
    if request.lines:
        ranges = request.lines
    return None if ranges is None else source.in_text(document, ranges)


def _skips(request: Request, text: str) -> Callable[[str], Callable[[Finding], bool]] | None:
    """Which findings of a text must not be mended: those that a comment or the baseline silences."""
    baseline, silenced = request.baseline, "lossfix:" in text
    if baseline is None:
        return (lambda current: source.suppressions(current).cover) if silenced else None

    def skips(current: str) -> Callable[[Finding], bool]:
        comments = source.suppressions(current)
        return lambda finding: comments.cover(finding) or not source.beyond_baseline(
            (finding,), current, baseline
        )

    return skips


def _wanted(request: Request, document: Document) -> Callable[[Loss], bool]:
    """Whether any line of a loss lies in the lines to which the run is confined."""
    limits = _limits(request, document)
    if limits is None:
        return lambda loss: True

    def wanted(loss: Loss) -> bool:
        span = loss.tree.spans[loss.outermost]
        return any(span.line <= last and first <= span.end_line for first, last in limits)

    return wanted


def _unparsed(document: Document) -> list[Finding]:
    if not document.unparsed:
        return []
    from lossfix.checking import unparsable
    from lossfix.syntax.parsing import Unparsable

    return [
        replace(
            unparsable(document.source.path, Unparsable(each.message, each.line, each.column)),
            cell=each.cell,
        )
        for each in document.unparsed
    ]


def options_for(request: Request, files: Opened, document: Document) -> Options:
    """What a run wants of the losses of one of its documents."""
    from lossfix import checking
    from lossfix.rules import RULES

    config = request.config
    path = document.source.path
    return checking.Options(
        rules=tuple(rule for rule in RULES if selected(rule.code, rule.name, config, path)),
        exact_only=request.exact_only,
        settings=config.naming,
        project=replace(files.project(document), exported=_is_exported(document)),
        package=files.package(document),
    )


def _is_exported(document: Document) -> bool:
    return (document.path.resolve().parent / "__init__.py").exists()


def _report(command: str, request: Request, files: Opened, reports: Sequence[FileReport]) -> Report:
    reports = [*reports, *map(_unreadable, files.unreadable)]
    return Report(
        command=command,
        version=__version__,
        files=tuple(sorted(reports, key=lambda each: each.path)),
        checked=files.checked,
        unreadable=tuple(map(str, files.unreadable)),
        arguments=request.arguments,
    )


def _unreadable(error: Unreadable) -> FileReport:
    from lossfix.checking import unreadable

    finding = unreadable(error.path, error.line, error.column, error.message, error.cure)
    return FileReport(error.path, (finding,))


def kept(report: Report) -> Iterator[Outcome]:
    """The losses that stay as they were."""
    return (outcome for outcome in report.outcomes if outcome.status is Status.KEPT)
