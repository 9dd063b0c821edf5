"""One page that tells it all: no network, no JavaScript, dark or light as its reader prefers.

``page.html.jinja`` says how it looks; here it is decided what stands in it.
"""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from lossfix.model import FileChange, Finding, Outcome, Report, Ruling, State, Status
from lossfix.report.changes import hunks
from lossfix.report.excerpt import split_lines
from lossfix.report.inputs import in_words
from lossfix.report.picture import loss_picture, slope_picture, thumbnails
from lossfix.report.style import (
    PLAIN,
    ReportError,
    Style,
    mark,
    named,
    place,
    plural,
    printable,
    sentence,
    shown_path,
)
from lossfix.report.summary import by_severity, measured

if TYPE_CHECKING:
    from jinja2 import Environment


@dataclass(frozen=True)
class DiffRow:
    """A row of the side-by-side diff; a number is ``None`` where that side has no line."""

    kind: str
    """``same``, ``changed``, or ``skip`` for lines that are left out."""
    old: int | None = None
    old_text: str = ""
    new: int | None = None
    new_text: str = ""


@dataclass(frozen=True)
class Section:
    """What the page says of one loss."""

    anchor: str
    name: str
    path: str
    tone: str
    """``good``, ``bad`` or ``plain``: the colour of its badge."""
    badge: str
    codes: tuple[str, ...]
    gradient: str
    rest: str
    settled: tuple[Finding, ...]
    facts: tuple[tuple[str, str], ...]
    keeping: tuple[tuple[str, str], ...]
    """Commands or comments that keep the old behaviour, each with what it does."""
    diffs: tuple[tuple[str, tuple[DiffRow, ...]], ...]
    """Of each file that changes with it, its own first."""
    pictures: tuple[str, ...]
    thumbnails: tuple[str, ...]
    """The same, small and without words."""
    compared: bool
    """Whether the pictures show an after beside the before."""


def templates() -> Environment:
    """Jinja's environment; loaded where a page is made.

    Raises:
        ReportError: jinja2 is not installed.
    """
    try:
        from jinja2 import Environment, StrictUndefined
    except ImportError as error:
        raise ReportError(
            "the HTML report needs jinja2, which is not installed: pip install 'lossfix[report]'"
        ) from error
    return Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def render(report: Report, style: Style = PLAIN) -> str:
    """The report as one HTML file.

    Raises:
        ReportError: jinja2 is not installed.
    """
    from importlib import resources

    environment = templates()
    from markupsafe import Markup, escape

    page = resources.files("lossfix.report").joinpath("page.html.jinja").read_text("utf-8")
    tone, verdict = headline(report)
    text: str = environment.from_string(page).render(
        report=report,
        tone=tone,
        verdict=verdict,
        sections=[_section(o, n, report, style) for n, o in enumerate(report.outcomes, 1)],
        pages=[style.pages[code] for code in _codes(report) if code in style.pages],
        command=shlex.join(["lossfix", *report.arguments]) if report.arguments else "",
        mark=mark,
        place=lambda finding: place(finding, style),
        prose=lambda text: Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text)))),
        sentence=sentence,
        printable=printable,
        svg=Markup,
    )
    # A file name may hold bytes that no encoding of the page has.
    return text.encode("utf-8", "backslashreplace").decode("utf-8") + "\n"


def headline(report: Report) -> tuple[str, str]:
    """A tone (``good``, ``bad``) and the verdict on the whole run, as one sentence."""
    number = {status: sum(o.status is status for o in report.outcomes) for status in Status}
    parts = []
    if number[Status.FIXED]:
        verb = "fixed" if report.undo else "can be fixed"
        parts.append(f"{plural(number[Status.FIXED], 'loss')} {verb}")
    if number[Status.KEPT]:
        parts.append(
            f"{plural(number[Status.KEPT], 'loss')} kept as they were"
            if number[Status.KEPT] > 1
            else "1 loss kept as it was"
        )
    if number[Status.MEASURED]:
        alive = sum(_trains(o) for o in report.outcomes if o.status is Status.MEASURED)
        parts.append(
            f"{plural(number[Status.MEASURED], 'loss')} measured, {alive} with a gradient that is alive"
        )
    if report.findings:
        remain = " remain" if report.command == "fix" else " found"
        parts.append(by_severity(report.findings) + remain)
    if report.unreadable:
        parts.append(f"{plural(len(report.unreadable), 'file')} could not be read")
    whole = not report.findings and not report.unreadable and not number[Status.KEPT]
    good = whole and all(_trains(o) for o in report.outcomes if o.status is Status.MEASURED)
    return "good" if good else "bad", "; ".join(parts) or "Nothing found"


def _trains(outcome: Outcome) -> bool:
    return outcome.verdict is not None and outcome.verdict.before is State.LIVE


def _section(outcome: Outcome, number: int, report: Report, style: Style) -> Section:
    gradient, rest = measured(outcome)
    curve = outcome.verdict.curve if outcome.verdict else None
    return Section(
        anchor=f"loss-{number}",
        name=named(outcome),
        path=printable(shown_path(outcome.path, style)),
        tone=_tone(outcome),
        badge=_badge(outcome, report),
        codes=outcome.codes,
        gradient=gradient,
        rest=rest,
        settled=tuple(step.finding for step in outcome.steps),
        facts=tuple(_facts(outcome)),
        keeping=tuple(_keeping(outcome, report)),
        diffs=tuple(_diffs(outcome, style)),
        pictures=(loss_picture(curve), slope_picture(curve)) if curve else (),
        thumbnails=thumbnails(curve) if curve else (),
        compared=curve is not None and bool(curve.after),
    )


def _tone(outcome: Outcome) -> str:
    if outcome.status is Status.MEASURED:
        return "good" if _trains(outcome) else "bad"
    return "good" if outcome.status is Status.FIXED and outcome.verified else "bad"


def _badge(outcome: Outcome, report: Report) -> str:
    status: str = outcome.status.value
    if outcome.status is Status.FIXED:
        done = "fixed" if report.undo else "to be fixed"
        return done if outcome.verified else f"{done}, not verified"
    if outcome.status is Status.MEASURED and outcome.verdict:
        return outcome.verdict.before.value
    return status


def _facts(outcome: Outcome) -> Iterator[tuple[str, str]]:
    verdict = outcome.verdict
    if verdict is None:
        return
    if verdict.ruling is not Ruling.MEASURED:
        yield "verdict", verdict.ruling.value
    yield "gradient before" if verdict.after else "gradient", verdict.before.value
    if verdict.after:
        yield "gradient after", verdict.after.value
    for name, texts in (
        ("because", verdict.reasons),
        ("noted", verdict.notes),
        ("assumed", verdict.assumptions),
    ):
        for text in texts:
            yield name, text
    if verdict.family:
        yield "measured on", in_words(verdict.family)
    if verdict.steepness is not None:
        yield "steepness", f"{verdict.steepness:g}"
    if verdict.deviation is not None and math.isfinite(verdict.deviation):
        yield "mean difference of values", f"{verdict.deviation:.2g} of the original's mean value"
    if verdict.reach is not None:
        bound, distance = verdict.reach.jump_share, verdict.reach.distance
        yield "difference at the gate", "half of the jump, as of any sigmoid"
        yield f"beyond ±{distance:.2g} of the gate", f"less than {100.0 * bound:g} % of the jump"
    if verdict.coverage[1]:
        yield "gates crossed", f"{verdict.coverage[0]} of {verdict.coverage[1]}"
    if verdict.seconds:
        yield "time", f"{verdict.seconds:.1f} s"


def _keeping(outcome: Outcome, report: Report) -> Iterator[tuple[str, str]]:
    if outcome.status is not Status.FIXED:
        return
    if report.undo:
        yield f"lossfix undo {report.undo}", "takes back all that this run wrote"
    if outcome.verdict and outcome.verdict.steepness is not None:
        yield "lossfix fix --gate keep", "repairs the rest and leaves hard gates as they are"
        yield "steepness=…", "in the constructor: the larger, the closer to the hard gate"
    if outcome.codes:
        codes = ", ".join(outcome.codes)
        yield f"# lossfix: ignore[{codes}]", "on the line of its def: this loss stays as it was"


def _diffs(outcome: Outcome, style: Style) -> Iterator[tuple[str, tuple[DiffRow, ...]]]:
    texts: dict[str, tuple[str, str]] = {}
    for step in outcome.steps:
        own = FileChange(step.finding.path, step.before, step.after)
        for each in (own, *step.elsewhere):
            first, _ = texts.get(each.path, (each.before, ""))
            texts[each.path] = (first, each.after)
    for path, (old, new) in sorted(texts.items(), key=lambda item: item[0] != outcome.path):
        yield printable(shown_path(path, style)), tuple(_diff(split_lines(old), split_lines(new)))


def _diff(old: Sequence[str], new: Sequence[str]) -> Iterator[DiffRow]:
    shown_to = 0
    for hunk in hunks(old, new):
        if hunk[0].old_start > shown_to:
            yield DiffRow("skip")
        for change in hunk:
            left = range(change.old_start, change.old_end)
            right = range(change.new_start, change.new_end)
            for i, j in zip_longest(left, right):
                yield DiffRow(
                    "same" if change.same else "changed",
                    None if i is None else i + 1,
                    "" if i is None else old[i],
                    None if j is None else j + 1,
                    "" if j is None else new[j],
                )
            shown_to = change.old_end
    if shown_to < len(old):
        yield DiffRow("skip")


def _codes(report: Report) -> list[str]:
    settled = (code for outcome in report.outcomes for code in outcome.codes)
    return sorted({finding.code for finding in report.findings}.union(settled))
