"""The docstring of a factory, as that of the class in its place: a class returns no loss, it is one."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

_LITERAL = re.compile(r"(?s)([rRuU]?)(\"\"\"|'''|\"|')(.*)\2")
_RETURNS = re.compile(r"(?i)#*\s*(returns?|yields?)\s*(:.*)?|:(returns?|rtype)\b.*")
"""The head of what is said of a result: Google's ``Returns:``, NumPy's ``Returns``, ``# Returns`` of Keras 2,
Sphinx' ``:return:``."""
_RULE = re.compile(r"\s*(-{3,}|={3,})\s*")
_MAKES = re.compile(
    r"^(?P<lead>\s*)(returns?|creates?|builds?|makes?|constructs?|generates?) (?P<what>a|an|the)\b",
    re.IGNORECASE,
)
"""A summary that begins with what the factory does: ``Creates a Dice loss``."""


def of_class(docstring: cst.SimpleStatementLine) -> cst.SimpleStatementLine | None:
    """The docstring of a factory without what it returns; ``None`` where it says nothing else."""
    match docstring:
        case cst.SimpleStatementLine(
            body=[cst.Expr(value=cst.SimpleString(value=code))]
        ) if literal := _LITERAL.fullmatch(code):
            prefix, quotes, text = literal.groups()
        case _:
            return docstring
    changed = _of_class(text)
    if changed == text:
        return docstring
    if not changed.strip():
        return None
    return docstring.with_deep_changes(
        docstring.body[0], value=cst.SimpleString(f"{prefix}{quotes}{changed}{quotes}")
    )


def _of_class(text: str) -> str:
    lines = text.split("\n")
    kept = list(_without_returns(lines))
    if len(kept) < len(lines):
        while kept and not kept[-1].strip():
            kept.pop()
        # The closing quotes stay on a line of their own where anything stands above it.
        if len(kept) > 1 and not lines[-1].strip():
            kept.append(lines[-1])
    first = next((at for at, line in enumerate(kept) if line.strip()), None)
    if first is not None:
        kept[first] = _MAKES.sub(
            lambda found: found["lead"] + found["what"].capitalize(), kept[first], count=1
        )
    return "\n".join(kept)


def _without_returns(lines: list[str]) -> Iterator[str]:
    at = 0
    while at < len(lines):
        line = lines[at]
        underlined = at + 1 < len(lines) and _RULE.fullmatch(lines[at + 1])
        found = at > 0 and _RETURNS.fullmatch(line.strip())
        if not found or not (underlined or ":" in line or line.lstrip().startswith("#")):
            yield line
            at += 1
            continue
        at += 2 if underlined else 1
        while at < len(lines) and not _is_beyond(lines, at, line, bool(underlined)):
            at += 1


def _is_beyond(lines: list[str], at: int, head: str, underlined: bool) -> bool:
    """Whether a line stands behind the section that ``head`` opens."""
    line = lines[at]
    if not line.strip():
        return False
    if underlined:
        return at + 1 < len(lines) and _RULE.fullmatch(lines[at + 1]) is not None
    return _indent(line) <= _indent(head)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
