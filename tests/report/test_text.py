from __future__ import annotations

import re
from dataclasses import replace

import pytest
from sample_report import HARD_GATE, check_report, fix_report

from lossfix.model import FileReport, Outcome, Report, Ruling, Span, State, Status, Verdict
from lossfix.report import RENDERERS, Style, counts, summary
from lossfix.report.text import concise, full

LINE = re.compile(
    r"(?P<path>[^:\n]+):(?:cell (?P<cell>\d+):)?(?P<line>\d+):(?P<column>\d+): "
    r"(?P<severity>error|warning|info) (?P<code>LF\d{3}) \[[*~ ]\] \S.*"
)


START = Span(1, 1, 1, 2)


def one_finding(path="losses.py", text="x = 1\n", span=START, **changes):
    finding = replace(HARD_GATE, path=path, span=span, **changes)
    file = FileReport(path, (finding,), before=text.encode(), after=text.encode())
    return Report("check", "0.1.0", (file,), checked=1)


def test_every_finding_is_one_line_of_the_one_line_format():
    lines = concise(check_report()).splitlines()
    assert len(lines) == len(check_report().findings)
    assert all(LINE.fullmatch(line) for line in lines)


def test_a_finding_that_is_not_rewritten_says_why():
    assert "LF102 [ ] `np.interp` leaves the graph (not rewritten: TensorFlow" in concise(
        check_report()
    )


def test_a_reason_takes_the_mark_of_a_fix_away():
    assert "LF201 [ ]" in concise(one_finding(reason="--exact-only"))


@pytest.mark.parametrize("name", ["full", "concise"])
def test_no_control_character_reaches_the_terminal(name):
    report = one_finding("a\x1b[2J\nb.py", "x = '\x1b[2J\x0c'\n", message="one\r\ntwo\x07")
    text = RENDERERS[name](report, Style())
    assert "one two\\x07" in text
    assert all(char.isprintable() or char == "\n" for char in text)


@pytest.mark.parametrize(
    ("line", "column", "end"),
    [
        ("    y = round(p)", 9, 17),
        ("\ty = round(p)", 6, 14),
        ("損失 = round(p)", 6, 14),
        ("e\N{COMBINING ACUTE ACCENT} = round(p)", 6, 14),
    ],
)
def test_the_carets_stand_under_what_they_mean(line, column, end):
    shown = full(one_finding(text=line + "\n", span=Span(1, column, 1, end))).splitlines()
    source, carets = shown[2], shown[3]
    columns = source.replace("損失", "||||").replace("\N{COMBINING ACUTE ACCENT}", "")
    assert columns.index("round") == carets.index("^")
    assert carets.count("^") == len("round(p)")


def test_a_form_feed_is_no_line_end():
    shown = full(one_finding(text="a = 1\x0c\r\nb = 2\n", span=Span(2, 1, 2, 2)))
    assert " 2 | b = 2" in shown


def test_a_file_in_another_encoding_is_shown_in_it():
    text = "# coding: latin-1\nmaß = 1\n".encode("latin-1")
    report = one_finding(span=Span(2, 1, 2, 4))
    file = replace(report.files[0], before=text, after=text)
    assert " 2 | maß = 1" in full(replace(report, files=(file,)))


def test_a_place_beyond_the_text_has_no_excerpt():
    assert " | " not in full(one_finding(span=Span(9, 1, 9, 2)))


def test_there_is_colour_only_where_it_was_asked_for(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" not in full(check_report())
    monkeypatch.delenv("FORCE_COLOR")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" in full(check_report(), Style(color=True))


@pytest.mark.parametrize("render", [full, concise, summary])
def test_colour_changes_nothing_but_the_colour(render):
    coloured = render(fix_report(), Style(color=True))
    assert [line.rstrip() for line in re.sub(r"\x1b\[[\d;]*m", "", coloured).splitlines()] == [
        line.rstrip() for line in render(fix_report(), Style()).splitlines()
    ]


def test_absolute_paths_are_joined_to_the_root():
    assert concise(one_finding(), Style(root="/home/me")).startswith("/home/me/losses.py:1:1: ")


def test_the_counts_name_the_undo_only_where_something_was_written():
    assert counts(fix_report()).endswith("Undo: lossfix undo 20261122-210301")
    assert "ndo" not in counts(fix_report(undo=""))


def test_the_last_line_of_check_says_when_nothing_was_found():
    assert counts(Report("check", "0.1.0", checked=3)) == "Nothing found in 3 files."


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_what_people_read_fits_their_terminal_and_loses_no_word(columns):
    style = Style(columns=columns)
    for text, whole in (
        (full(check_report(), style), full(check_report())),
        (summary(fix_report(), style), summary(fix_report())),
    ):
        prose = [line for line in text.splitlines() if " | " not in line]
        assert not any(line.endswith(" ") for line in prose)
        assert max(map(len, prose)) <= columns
        assert set(text.replace(",", "").split()) == set(whole.replace(",", "").split())


def test_a_summary_wider_than_the_terminal_puts_what_was_measured_on_a_line_of_its_own():
    first, second, *_ = summary(fix_report(), Style(columns=80)).splitlines()
    assert first.startswith("Fixed   ")
    assert second.startswith(" " * 8 + "LF")
    assert "gradient" in second


def test_a_loss_that_does_not_train_is_counted_and_says_what_it_raises():
    raised = Verdict(
        Ruling.MEASURED, "gradient raises", State.RAISES, reasons=("ValueError: no such reduction",)
    )
    alive = Verdict(Ruling.MEASURED, "gradient alive", State.LIVE)
    unknown = Verdict(Ruling.UNVERIFIABLE, "not verified: it takes three arguments", State.RAISES)
    jumping = Verdict(Ruling.MEASURED, "gradient jumps, 4 % of them", State.JUMPS)
    outcomes = tuple(
        Outcome("losses.py", f"loss_{number}", Status.MEASURED, verdict=verdict)
        for number, verdict in enumerate((raised, alive, unknown, jumping))
    )
    report = Report("verify", "0.1.0", (FileReport("losses.py", outcomes=outcomes),), checked=1)
    assert summary(report).splitlines() == [
        "Measured  losses.py  loss_0  gradient raises  ValueError: no such reduction",
        "Measured  losses.py  loss_1  gradient alive",
        "Measured  losses.py  loss_2  not verified: it takes three arguments",
        "Measured  losses.py  loss_3  gradient jumps   4 % of them",
        "4 measured, 1 does not train, 1 with jumps that no gradient sees, "
        "1 could not be measured, 0 unreadable.",
    ]


def test_an_endless_name_widens_no_row_but_its_own():
    verdict = Verdict(Ruling.MEASURED, "gradient alive", State.LIVE)
    outcomes = tuple(
        Outcome("losses.py", name, Status.MEASURED, verdict=verdict)
        for name in ("short", "a_little_longer", "endless" * 20)
    )
    report = Report("verify", "0.1.0", (FileReport("losses.py", outcomes=outcomes),), checked=1)
    short, longer, endless, _ = summary(report).splitlines()
    assert len(short) == len(longer) < 80
    assert endless.endswith(f"{'endless' * 20}  gradient alive")
