"""What a run says at its end: a line per loss, the counts, and a table of rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from lossfix.model import Finding, Outcome, Report, Ruling, Safety, Severity, State, Status
from lossfix.report.excerpt import width
from lossfix.report.paint import Line, paint, wrapped
from lossfix.report.spark import fitting, sparklines
from lossfix.report.style import PLAIN, Style, fixable, mark, named, plural, printable, shown_path

_INDENT = 8
"""Columns of a status and the gap after it, by which what is wrapped stands further right."""

WIDEST = 48
"""Columns that a name may take from all rows."""

STATUS_COLORS = {Status.FIXED: "green", Status.KEPT: "yellow", Status.MEASURED: "cyan"}


def summary(report: Report, style: Style = PLAIN) -> str:
    """A line per loss with what was measured, then the counts; with ``style.curves`` the curves too."""
    rows = [_row(outcome, report, style) for outcome in report.outcomes]
    # The reason why a loss was kept is a sentence and takes the rest of its line.
    measured_rows = [row for row in rows if row[-1]]
    widths = [
        *(_column(column) for column in list(zip(*rows, strict=True))[:-2]),
        max((width(row[-2]) for row in measured_rows), default=0),
        0,
    ]
    longest = (
        sum(widths) + 2 * len(widths) + max((width(row[-1]) for row in measured_rows), default=0)
    )
    fits = not style.columns or longest <= style.columns
    lines: list[Line] = []
    for outcome, row in zip(report.outcomes, rows, strict=True):
        color = STATUS_COLORS[outcome.status]
        if fits:
            # A column in which nothing stands is no column: of a measurement there are no codes.
            first, *rest = filter(None, map(_padded, row, widths))
            line: Line = [(first, color), ("  ".join(["", *rest]), "")]
            lines += wrapped(line, style.columns, _INDENT)
        else:
            lines += _stacked(row, color, style.columns)
        if style.curves:
            lines += _details(outcome, style.columns)
    lines += wrapped([(counts(report), "bold")], style.columns, 4)
    return paint(lines, style.color)


def _column(cells: Sequence[str]) -> int:
    """The width of a column: a name that is longer than all sense pushes its own row alone."""
    widths = [width(cell) for cell in cells]
    return max((each for each in widths if each <= WIDEST), default=min(widths, default=0))


def counts(report: Report) -> str:
    """The run in one line: ``2 fixed, 1 kept, 0 unreadable. Undo: lossfix undo 20261122-210301``."""
    if not report.checked and not report.findings:
        return "There is no Python file or notebook to look at."
    if report.command == "check":
        return _found(report)
    if report.command == "fix" and not report.outcomes and not report.findings:
        return f"Nothing to fix in {plural(report.checked, 'file')}."
    number = Counter(outcome.status for outcome in report.outcomes)
    parts = _measurements(report) if report.command == "verify" else []
    if report.command != "verify" or number[Status.FIXED] or number[Status.KEPT]:
        fixed = (
            f"{number[Status.FIXED]} fixed" if report.undo else plural(number[Status.FIXED], "fix")
        )
        parts += [fixed, f"{number[Status.KEPT]} kept"]
    line = ", ".join([*parts, f"{len(report.unreadable)} unreadable"]) + "."
    if report.findings and report.command == "fix":
        line += f" {_remaining(report)}"
    return f"{line} Undo: lossfix undo {report.undo}" if report.undo else line


def _measurements(report: Report) -> list[str]:
    verdicts = [each.verdict for each in report.outcomes if each.status is Status.MEASURED]
    parts = [f"{len(verdicts)} measured"]
    dead = sum(each is not None and each.dead for each in verdicts)
    jumping = sum(
        each is not None and each.ruling is Ruling.MEASURED and each.before is State.JUMPS
        for each in verdicts
    )
    unknown = sum(each is None or each.ruling is Ruling.UNVERIFIABLE for each in verdicts)
    if dead:
        parts.append(f"{dead} {'does' if dead == 1 else 'do'} not train")
    if jumping:
        parts.append(f"{jumping} with jumps that no gradient sees")
    if unknown:
        parts.append(f"{unknown} could not be measured")
    return parts


def statistics(report: Report, style: Style = PLAIN) -> str:
    """How often each rule was found, the most frequent first."""
    tally: Counter[tuple[str, str, str]] = Counter(
        (finding.code, mark(finding), finding.rule) for finding in report.findings
    )
    digits = len(str(max(tally.values(), default=0)))
    ordered = sorted(tally.items(), key=lambda item: (-item[1], item[0]))
    lines: list[Line] = [
        [
            (f"{count:{digits}}", "bold"),
            (f"  {code}", "bold"),
            (f"  {sign}", "cyan"),
            (f"  {rule}", ""),
        ]
        for (code, sign, rule), count in ordered
    ]
    return paint(lines, style.color)


def measured(outcome: Outcome) -> tuple[str, str]:
    """What was measured of a loss, in two columns: the gradient, and the rest.

    A loss that was kept, or refused as a rewrite of another, says why instead.
    """
    if outcome.status is Status.KEPT:
        said = outcome.reason or (outcome.verdict.summary if outcome.verdict else "")
        # Below the first line stands what a report of a fault needs (-v).
        reason = said.partition("\n")[0]
        proposed = bool(outcome.steps)
        return printable(f"{reason}: not written" if proposed else reason), ""
    if outcome.verdict is None:
        unverified = "" if outcome.verified else _unverified(outcome)
        return ", ".join(filter(None, (printable(outcome.reason), unverified))), ""
    verdict = outcome.verdict
    if outcome.status is Status.MEASURED and outcome.becomes and not verdict.writable:
        # Held against an older form of itself, and refused: the gravest reason first.
        return printable(": ".join([verdict.ruling.value, *verdict.reasons[:1]])), ""
    gradient, _, rest = printable(verdict.summary).partition(", ")
    if verdict.dead and not rest:
        rest = printable(": ".join(verdict.reasons[:1]))
    return gradient, rest


def _unverified(outcome: Outcome) -> str:
    return "not verified" + (", how far values move is not known" if outcome.smoothed else "")


def _row(outcome: Outcome, report: Report, style: Style) -> list[str]:
    # Nothing to undo means that nothing was written: --diff, or source from stdin.
    verb = "Fixes" if outcome.status is Status.FIXED and not report.undo else outcome.status.value
    paths = (shown_path(path, style) for path in (outcome.path, *outcome.elsewhere))
    return [
        f"{verb.capitalize():6}",
        printable(", ".join(paths)),
        printable(named(outcome)),
        " ".join(outcome.codes),
        *measured(outcome),
    ]


def _stacked(row: list[str], color: str, columns: int) -> list[Line]:
    """A row that is wider than the terminal: the loss, and below it what became of it."""
    status, path, name, codes, *rest = row
    below = "  ".join(filter(None, (codes, ", ".join(filter(None, rest)))))
    return [
        *wrapped([(status, color), (f"  {path}  {name}", "")], columns, _INDENT),
        *wrapped([(" " * _INDENT, ""), (below, "")], columns, _INDENT),
    ]


def _padded(text: str, columns: int) -> str:
    return text + " " * (columns - width(text))


def _details(outcome: Outcome, columns: int) -> list[Line]:
    verdict = outcome.verdict
    if verdict is None:
        return []
    said = [*verdict.reasons, *verdict.notes, *(f"assumed {text}" for text in verdict.assumptions)]
    if verdict.family:
        said.append(f"measured on inputs of the family {verdict.family}")
    if verdict.coverage[1]:
        said.append(f"gates crossed: {verdict.coverage[0]} of {verdict.coverage[1]}")
    lines = [
        line for text in said for line in wrapped([(f"    {printable(text)}", "dim")], columns, 6)
    ]
    if verdict.curve is not None:
        curve = sparklines(verdict.curve, fitting(columns))
        lines += [[(f"    {line}", "")] for line in curve.splitlines()]
    return lines


def _found(report: Report) -> str:
    looked = plural(report.checked, "file")
    unreadable = f", {len(report.unreadable)} unreadable" if report.unreadable else ""
    if not report.findings:
        return f"Nothing found in {looked}{unreadable}."
    files = sum(bool(file.findings) for file in report.files)
    text = f"Found {by_severity(report.findings)} in {files} of {looked}{unreadable}."
    exact = sum(fixable(f) and f.safety is Safety.EXACT for f in report.findings)
    relaxed = sum(fixable(f) and f.safety is Safety.RELAXED for f in report.findings)
    offers = [f"{exact} exactly [*]"] * bool(exact) + [f"{relaxed} by smoothing [~]"] * bool(
        relaxed
    )
    if not offers:
        return text
    # What a mark offers is drafted; what is written has been measured besides.
    return f"{text} Fixable: {', '.join(offers)}, where measuring bears it out: lossfix fix --diff."


def _remaining(report: Report) -> str:
    remain = "remains" if len(report.findings) == 1 else "remain"
    return f"{plural(len(report.findings), 'finding')} {remain}."


def by_severity(findings: tuple[Finding, ...]) -> str:
    """``2 errors, 1 warning``, worst first; a severity without findings is left out."""
    nouns = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
    tally = Counter(finding.severity for finding in findings)
    return ", ".join(
        plural(tally[severity], noun) for severity, noun in nouns.items() if tally[severity]
    )
