"""The rules' pages as data and text for people: what ``explain``, ``rules`` and the reports show."""

from __future__ import annotations

from collections.abc import Mapping

from lossfix.model import Safety
from lossfix.report import RulePage
from lossfix.rules import RULES, rule_called
from lossfix.rules.rule import Rule

_MARKS = {Safety.EXACT: "exact", Safety.RELAXED: "smoothing", Safety.MANUAL: "report only"}


def page_of(wish: str) -> str | None:
    """The page of a rule by its code or name, in Markdown."""
    rule = rule_called(wish)
    return None if rule is None else markdown(rule)


def markdown(rule: Rule) -> str:
    """The page of one rule: title, what it promises, and its sections."""
    title, _, rest = rule.page.strip().partition("\n")
    facts = f"{rule.code} {rule.name}: {rule.severity.value}, fix: {_MARKS[rule.safety]}."
    return f"# {title}\n\n{facts}\n{rest}\n"


def known_rules() -> tuple[str, ...]:
    """All codes and names."""
    return tuple(word for rule in RULES for word in (rule.code, rule.name))


def known_pairs() -> tuple[tuple[str, str], ...]:
    """Code and name of every rule, and of the findings that are no rule's."""
    own = (("LF000", "unparsable"), ("LF001", "unused-suppression"))
    return (*own, *((rule.code, rule.name) for rule in RULES))


def table() -> str:
    """One line per rule, by code."""
    rows = [
        (rule.code, rule.name, rule.severity.value, _MARKS[rule.safety], rule.title)
        for rule in sorted(RULES, key=lambda each: each.code)
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]])
        for row in rows
    )


def rule_pages() -> Mapping[str, RulePage]:
    """What the reports say of rules."""
    return {rule.code: RulePage(rule.code, rule.name, rule.title, markdown(rule)) for rule in RULES}
