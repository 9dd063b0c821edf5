"""The docstring of a factory, as that of the class in its place: a class returns no loss, it is one."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

_LITERAL = re.compile(r"(?s)([rRuU]?)(\"\"\"|'''|\"|')(.*)\2")
_RETURNS = re.compile(r"(?i)#*\s*(returns?|yields?)\s*(:.*)?|:(returns?|rtype)\b.*")
"""The head of what is said of a result: Google's ``Returns:``, NumPy's ``Returns``, ``# Returns`` of Keras 2,
Sphinx' ``:return:``."""
_A_FUNCTION = re.compile(
    r"(?i)\b(functions?|callable|functor|closure|wrapper|lambda(?! *[-+*/])|instance|object)\b"
    r"|^(an?|the)? *loss\.?$"
)
"""What a factory returns, and a class is. Anything else that is said of a result is said of the loss: a
``lambda * sum(...)`` is a weight."""
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
        end = _end_of_returns(lines, at)
        if end is None or not _says_only_a_function(lines[at:end]):
            end = at + 1
            yield lines[at]
        at = end


def _end_of_returns(lines: list[str], at: int) -> int | None:
    """Behind which line the section ends that tells of a result, where one begins ``at`` a line."""
    line, below = lines[at], lines[at + 1 : at + 2]
    underlined = any(map(_RULE.fullmatch, below))
    heads = underlined or ":" in line or line.lstrip().startswith("#")
    heads = heads or any(_indent(each) > _indent(line) for each in below)
    if at == 0 or not heads or not _RETURNS.fullmatch(line.strip()):
        return None
    end = at + 2 if underlined else at + 1
    while end < len(lines) and not _is_beyond(lines, end, line, underlined):
        end += 1
    return end


def _says_only_a_function(section: list[str]) -> bool:
    """Whether a section tells no more than that a function is returned: a formula is worth keeping."""
    below = [each.strip() for each in section[1:] if each.strip() and not _RULE.fullmatch(each)]
    head = section[0].rpartition(":")[2].strip() if ":" in section[0] else ""
    said = " ".join([head, *below]).strip()
    return len(below) <= 2 and _A_FUNCTION.search(said) is not None


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
