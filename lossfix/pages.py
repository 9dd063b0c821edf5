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

_OWN = {
    ("LF000", "unparsable"): """\
# A file cannot be read

LF000 unparsable: error, fix: report only.

## What it does

Reports a file that may hold or use a loss, by the words in it, and whose bytes are no text in its declared
encoding, whose text is not Python or longer than two million characters, or that is called a notebook and is
none.

## Why is this bad

Nothing in it was looked at: a clean report would say more than is known. Files without a word of losses are
not parsed, and not reported.

## Fix safety

Nothing is rewritten. The file is read with the grammar of the Python that runs lossfix: for Python 2 convert
it first, for a newer syntax run lossfix with a newer Python. To leave the file out, use `--extend-exclude`.
""",
    ("LF001", "unused-suppression"): """\
# A comment silences nothing

LF001 unused-suppression: info, fix: report only.

## What it does

Reports a `# lossfix: ignore` comment, or a code within its brackets, that silences no finding. One that
is misspelt (`# lossfix: ignore LF201`, `# lossfix: skip`) silences nothing either.

## Why is this bad

The fault that it excused is gone, or moved to another line; the next one would be silenced unseen.

## Example

```python
def my_loss(y_true, y_pred):
    return tf.square(y_true - y_pred)  # lossfix: ignore[LF201]
```

## Fix safety

Nothing is rewritten: remove the comment, or move it to the line or the `def` that it is meant for.
""",
}
"""The pages of the findings that are no rule's, by code and name."""


def page_of(wish: str) -> str | None:
    """The page of a rule by its code or name, in Markdown."""
    for (code, name), page in _OWN.items():
        if wish.upper() == code or wish.lower() == name:
            return page
    rule = rule_called(wish)
    return None if rule is None else markdown(rule)


def markdown(rule: Rule) -> str:
    """The page of one rule: title, what it promises, and its sections."""
    title, _, rest = rule.page.strip().partition("\n")
    facts = f"{rule.code} {rule.name}: {rule.severity.value}, fix: {_MARKS[rule.safety]}."
    before, heading, after = rest.partition("## References")
    return f"# {title}\n\n{facts}\n{before}{_kept(rule)}\n\n{heading}{after}\n"


def _kept(rule: Rule) -> str:
    """How the code stays as it is."""
    how = f"`# lossfix: ignore[{rule.code}] reason` on its line, or `--ignore {rule.code}`"
    return f"To keep the code as it is: {how}."


def _rows() -> list[tuple[str, str, str, str, str]]:
    """Code, name, severity, fix and title of each rule, by code."""
    return [
        (rule.code, rule.name, rule.severity.value, _MARKS[rule.safety], rule.title)
        for rule in sorted(RULES, key=lambda each: each.code)
    ]


def table() -> str:
    """One line per rule, by code."""
    rows = _rows()
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]])
        for row in rows
    )


def rule_pages() -> Mapping[str, RulePage]:
    """What the reports say of rules."""
    own = {code: RulePage(code, name, _title(page), page) for (code, name), page in _OWN.items()}
    return own | {
        rule.code: RulePage(rule.code, rule.name, rule.title, markdown(rule)) for rule in RULES
    }


def files() -> Mapping[str, str]:
    """The folder ``docs/rules``: a page for each rule, and an index of all of them."""
    own = {f"{name}.md": page for (_, name), page in _OWN.items()}
    return {"README.md": _index(), **own, **{f"{rule.name}.md": markdown(rule) for rule in RULES}}


def _title(page: str) -> str:
    return page.partition("\n")[0].removeprefix("# ")


def _index() -> str:
    own = [(code, name, *_facts(page), _title(page)) for (code, name), page in sorted(_OWN.items())]
    rows = [
        f"| {code} | [{name}]({name}.md) | {severity} | {fix} | {title} |"
        for code, name, severity, fix, title in (*own, *_rows())
    ]
    head = [
        "# The rules",
        "",
        "| code | name | severity | fix | what is wrong |",
        "|---|---|---|---|---|",
    ]
    return "\n".join([*head, *rows]) + "\n"


def _facts(page: str) -> tuple[str, str]:
    """Severity and fix, as the third line of a page has them."""
    severity, _, fix = page.split("\n")[2].partition(": ")[2].rstrip(".").partition(", fix: ")
    return severity, fix


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
