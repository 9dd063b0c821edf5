"""The rules' pages as data and text for people: what ``explain``, ``rules`` and the reports show.

``python -m lossfix.pages docs/rules`` writes them as files.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

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


def files() -> Mapping[str, str]:
    """The folder ``docs/rules``: a page for each rule, and an index of all of them."""
    return {"README.md": _index(), **{f"{rule.name}.md": markdown(rule) for rule in RULES}}


def _index() -> str:
    rows = [
        f"| {rule.code} | [{rule.name}]({rule.name}.md) | {rule.severity.value} | "
        f"{_MARKS[rule.safety]} | {rule.title} |"
        for rule in sorted(RULES, key=lambda each: each.code)
    ]
    head = [
        "# The rules",
        "",
        "| code | name | severity | fix | what is wrong |",
        "|---|---|---|---|---|",
    ]
    return "\n".join([*head, *rows]) + "\n"


def write(folder: Path) -> None:
    """Make ``folder`` hold ``files()``, and no page of a rule that is gone."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = files()
    for stale in folder.glob("*.md"):
        if stale.name not in wanted:
            stale.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
