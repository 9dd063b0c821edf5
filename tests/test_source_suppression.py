"""Comments silence findings, and those that silence nothing are found themselves."""

from __future__ import annotations

import textwrap
from dataclasses import replace

import pytest

from lossfix.model import Finding, Safety, Severity, Source, Span
from lossfix.source import suppressions, unused

RULES = (("LF101", "numpy-round-trip"), ("LF201", "hard-gate"))
ALL = (*RULES, ("LF501", "root-at-zero"))


def finding(line: int, code: str = "LF201") -> Finding:
    return Finding(
        "a.py",
        Span(line, 5, line, 9),
        code,
        dict(RULES)[code],
        Severity.ERROR,
        Safety.EXACT,
        "",
        "f",
    )


def silenced(text: str, line: int, code: str = "LF201") -> bool:
    return suppressions(textwrap.dedent(text)).cover(finding(line, code))


@pytest.mark.parametrize(
    ("comment", "silent"),
    [
        ("# lossfix: ignore[LF201] the gate is meant", True),
        ("# lossfix: ignore[LF101, hard-gate]", True),
        ("#lossfix:ignore[LF2]", True),
        ("# noqa  # lossfix: ignore[LF201]", True),
        ("# lossfix: ignore", True),
        ("# lossfix: ignore[LF101]", False),
        ("# lossfix: ignores[LF201]", False),
        ("# ignore[LF201]", False),
    ],
)
def test_a_comment_silences_the_rules_that_it_names(comment, silent):
    assert silenced(f"x = 1\ny = 2  {comment}\nz = 3\n", 2) is silent
    assert not silenced(f"x = 1\ny = 2  {comment}\nz = 3\n", 3)


def test_a_comment_at_any_place_of_a_finding_silences_it_and_is_used():
    text = "x = 1\ny = 2  # lossfix: ignore[LF201]\nz = 3\n"
    comments = suppressions(text)
    found = replace(finding(1), further=(2, 3))
    assert comments.cover(found)
    assert unused(Source("a.py", text), comments, [found], RULES, ALL) == ()
    elsewhere = replace(finding(1), further=(3,))
    assert not comments.cover(elsewhere)
    assert len(unused(Source("a.py", text), comments, [elsewhere], RULES, ALL)) == 1


def test_text_in_a_string_is_no_comment():
    assert not silenced("x = '# lossfix: ignore[LF201]'\n", 1)
    assert not silenced('"""\n# lossfix: skip-file\n"""\nx = 1\n', 4)


LOSS = """\
@register  {decorator}
def loss(
    y_true,
    y_pred,  {parameter}
):  {header}
    e = (
        y_true
        - y_pred  {inner}
    )  {closing}
    if e:  {condition}
        return 1
    return e


x = 1
"""


@pytest.mark.parametrize(
    ("place", "lines"),
    [
        ("decorator", range(1, 13)),
        ("parameter", range(1, 13)),
        ("header", range(1, 13)),
        ("inner", range(6, 10)),
        ("closing", range(6, 10)),
        ("condition", range(10, 11)),
    ],
)
def test_a_comment_counts_for_its_statement_and_on_a_definition_for_all_inside(place, lines):
    places = dict.fromkeys(
        ["decorator", "parameter", "header", "inner", "closing", "condition"], ""
    )
    text = LOSS.format(**places | {place: "# lossfix: ignore[LF201]"})
    assert [line for line in range(1, 16) if silenced(text, line)] == list(lines)


def test_a_file_can_be_skipped():
    assert suppressions("x = 1  # lossfix: skip-file\n").skip_file
    assert silenced("# lossfix: skip-file\nx = 1\ny = 1\n", 3)


def test_a_file_that_does_not_parse_has_comments_all_the_same():
    assert silenced("x = 1  # lossfix: ignore[LF201]\ndef f(:\n", 1)


def found_unused(text: str, *findings: Finding) -> list[tuple[int, str]]:
    source = Source("a.py", text)
    return [
        (found.span.line, found.message)
        for found in unused(source, suppressions(text), findings, RULES, ALL)
    ]


def test_a_comment_that_silences_nothing_is_found():
    text = "x = 1  # lossfix: ignore[LF201, LF101]\ny = 2  # lossfix: ignore\n"
    assert found_unused(text, finding(1), finding(2)) == [
        (1, "nothing is silenced by `lossfix: ignore[LF101]`")
    ]
    assert [line for line, _ in found_unused(text)] == [1, 2]


@pytest.mark.parametrize(
    "comment",
    [
        "lossfix: ignore[",
        "lossfix: ignore[LF201",
        "lossfix: ignore[]",
        "lossfix: ignore [LF201]",
        "lossfix: ignore LF201",
        "lossfix: ignore: LF201",
        "lossfix: ignroe[LF201]",
        "lossfix: disable",
        "lossfix: skip",
    ],
)
def test_a_comment_that_is_misspelt_is_found_and_silences_nothing(comment):
    text = f"x = 1  # noqa # {comment}\n"
    assert not silenced(text, 1)
    ((line, message),) = found_unused(text, finding(1))
    assert line == 1
    assert message.endswith("`, which is no such comment")


@pytest.mark.parametrize(
    "comment", ["lossfix: see its report", "lossfix: the gate is meant", "see lossfix: disable"]
)
def test_prose_is_no_comment_that_is_misspelt(comment):
    assert found_unused(f"x = 1  # {comment}\n", finding(1)) == []


def test_a_comment_on_a_rule_that_did_not_run_is_given_the_benefit_of_the_doubt():
    assert found_unused("x = 1  # lossfix: ignore[LF501]\n") == []


def test_a_comment_on_a_rule_that_does_not_exist_silences_nothing():
    (found,) = found_unused("x = 1  # lossfix: ignore[LF999, LF501]\n")
    assert found == (1, "nothing is silenced by `lossfix: ignore[LF999]`")


def test_where_the_unused_comment_stands_is_said():
    text = "é = 1  # noqa # lossfix: ignore[LF201] why\n"
    (found,) = unused(Source("a.py", text), suppressions(text), (), RULES, ALL)
    assert text[found.span.column - 1 : found.span.end_column - 1] == "# lossfix: ignore[LF201]"
    assert (found.code, found.severity) == ("LF001", Severity.INFO)
