"""Comments that silence a finding: ``# lossfix: ignore[LF201] reason`` and ``# lossfix: skip-file``.

A comment counts for the whole statement on whose lines it stands; on a ``def`` or ``class``, or one
of its decorators, it counts for all that is inside. What shows in several places is one finding, which
a comment at any of them silences. Text in a string is no comment.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from lossfix.model import Finding, Safety, Severity, Source, Span
from lossfix.syntax.quiet import parsed_or_none

_IGNORE = re.compile(
    r"#\s*lossfix:\s*ignore\b(?:\[(?P<rules>[^\]]*[^\]\s][^\]]*)\]|(?!\s*\[|[:\s]*LF\d))"
)
_SKIP = re.compile(r"#\s*lossfix:\s*skip-file\b")
_WISH = re.compile(
    r"#\s*lossfix:\s*(?:[\w-]+(?:\[[^\]]*\]?|[:\s]*LF\d+|(?=\s*(?:#|$)))|ignore\s*\[)"
)
"""What reads like such a comment, rather than like prose about lossfix."""

UNUSED = "LF001"
"""The code of the finding that a suppression comment silences nothing."""

_Definition = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Suppression:
    """A comment that silences what is found on the lines from ``first`` to ``last``."""

    span: Span
    rules: tuple[str, ...]
    """Codes, prefixes of codes, or names; empty silences all."""
    first: int
    last: int

    def covers(self, finding: Finding) -> bool:
        """Whether the comment silences the finding."""
        return self.reaches(finding) and (
            not self.rules or any(_means(rule, finding.code, finding.rule) for rule in self.rules)
        )

    def reaches(self, finding: Finding) -> bool:
        """Whether what is found shows on any of its lines."""
        return any(
            self.first <= line <= self.last for line in (finding.span.line, *finding.further)
        )


@dataclass(frozen=True)
class Suppressions:
    """All such comments of a file."""

    skip_file: bool = False
    comments: tuple[Suppression, ...] = ()
    misspelt: tuple[tuple[str, Span], ...] = ()
    """What was meant as such a comment and is none, which silences nothing."""

    def cover(self, finding: Finding) -> bool:
        """Whether any comment silences the finding; its lines are those of the whole text."""
        return self.skip_file or any(comment.covers(finding) for comment in self.comments)


def suppressions(text: str) -> Suppressions:
    """The suppression comments of a file's text."""
    if "lossfix:" not in text:
        return Suppressions()
    comments = [token for token in _comments(text) if "lossfix:" in token.string]
    if any(_SKIP.search(token.string) for token in comments):
        return Suppressions(skip_file=True)
    found = [(token, _IGNORE.search(token.string)) for token in comments]
    tree = parsed_or_none(text) if any(match for _, match in found) else None
    return Suppressions(
        comments=tuple(
            _suppression(token, match, tree) for token, match in found if match is not None
        ),
        misspelt=tuple(
            (wish[0], _span(token, wish))
            for token, match in found
            if match is None and (wish := _WISH.search(token.string))
        ),
    )


def unused(
    source: Source,
    silenced: Suppressions,
    found: Iterable[Finding],
    ran: Collection[tuple[str, str]],
    known: Collection[tuple[str, str]],
) -> tuple[Finding, ...]:
    """A finding for each comment that is misspelt, or silences none of ``found``, all of the file's findings.

    Rules that a comment names and that did not run are given the benefit of the doubt, if they exist.

    Args:
        ran: code and name of the rules that did run.
        known: the same of all.
    """
    findings = tuple(found)
    idle = [
        _unused(
            source,
            comment.span,
            f"nothing is silenced by `lossfix: ignore{_bracketed(rules)}`",
            "remove the comment",
        )
        for comment in silenced.comments
        if (rules := _idle(comment, findings, ran, known)) is not None
    ]
    misspelt = [
        _unused(
            source,
            span,
            f"nothing is silenced by `{written.lstrip('# ')}`, which is no such comment",
            "write lossfix: ignore[CODE], lossfix: ignore or lossfix: skip-file",
        )
        for written, span in silenced.misspelt
    ]
    return tuple(sorted([*idle, *misspelt], key=lambda finding: finding.span.line))


def _unused(source: Source, span: Span, message: str, reason: str) -> Finding:
    return Finding(
        path=source.path,
        span=span,
        code=UNUSED,
        rule="unused-suppression",
        severity=Severity.INFO,
        safety=Safety.MANUAL,
        message=message,
        loss="",
        reason=reason,
    )


def _idle(
    comment: Suppression,
    findings: tuple[Finding, ...],
    ran: Collection[tuple[str, str]],
    known: Collection[tuple[str, str]],
) -> tuple[str, ...] | None:
    """The rules of the comment that silence nothing; ``None`` where each does."""
    here = [finding for finding in findings if comment.reaches(finding)]
    if not comment.rules:
        return None if here else ()
    idle = tuple(
        rule
        for rule in comment.rules
        if (_is_one_of(rule, ran) or not _is_one_of(rule, known))
        and not any(_means(rule, finding.code, finding.rule) for finding in here)
    )
    return idle or None


def _is_one_of(rule: str, pairs: Collection[tuple[str, str]]) -> bool:
    return any(_means(rule, code, name) for code, name in pairs)


def _means(rule: str, code: str, name: str) -> bool:
    return rule == name or code.startswith(rule.upper())


def _bracketed(rules: tuple[str, ...]) -> str:
    return f"[{', '.join(rules)}]" if rules else ""


def _suppression(
    token: tokenize.TokenInfo, match: re.Match[str], tree: ast.Module | None
) -> Suppression:
    line, _ = token.start
    rules = tuple(rule.strip() for rule in (match["rules"] or "").split(",") if rule.strip())
    first, last = _lines_meant(tree, line) if tree else (line, line)
    return Suppression(_span(token, match), rules, first, last)


def _span(token: tokenize.TokenInfo, match: re.Match[str]) -> Span:
    line, column = token.start
    return Span(line, column + match.start() + 1, line, column + match.end() + 1)


def _lines_meant(tree: ast.Module, line: int) -> tuple[int, int]:
    """The lines of the statement on which ``line`` lies, all of it only where it defines something."""
    meant = (line, line)
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt):
            continue
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        last = node.end_lineno or node.lineno
        if not first <= line <= last:
            continue
        body: list[ast.stmt] | None = getattr(node, "body", None)
        if body is None or (
            isinstance(node, _Definition) and line < max(body[0].lineno, first + 1)
        ):
            meant = (first, last)
        elif isinstance(
            node, ast.If | ast.While | ast.For | ast.AsyncFor | ast.With | ast.AsyncWith
        ):
            header = max(first, body[0].lineno - 1)
            meant = (first, header) if line <= header else meant
    return meant


def _comments(text: str) -> Iterator[tokenize.TokenInfo]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield token
    except (tokenize.TokenError, SyntaxError):
        return
