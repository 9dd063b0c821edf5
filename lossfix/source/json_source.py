"""Where the parts of a JSON text stand, and a ``source`` of a notebook cell in its own spelling.

The standard library tells what a JSON text says; this tells where it says it, so that one string
can be replaced and every other byte stay.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from lossfix.source.lines import carried

Extent = tuple[int, int]

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\r\n]*")
_RAW_LINE = re.compile(r"(?:[^\\]|\\[^n])*?\\n|(?:[^\\]|\\.)+\Z", re.DOTALL)


class SyntaxFault(Exception):
    """The text is not the JSON that was expected, from ``position`` on."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


@dataclass(frozen=True)
class JsonSource:
    """The ``source`` of a cell: where it stands, what it says, and how each of its lines is spelled."""

    start: int
    end: int
    text: str
    spelled: tuple[str, ...]
    """For each line of ``text`` its JSON without the quotation marks."""
    listed: bool
    """Whether it is a list of lines; else it is one string."""


def members(text: str, start: int) -> Iterator[tuple[str, Extent]]:
    """The keys of the JSON object at ``start``, and where the value of each stands.

    Raises:
        SyntaxFault: There is no JSON object.
    """
    position = _expect(text, "{", start)
    while text[position] != "}":
        start = position
        key, position = _value(text, start)
        if not isinstance(key, str):
            raise SyntaxFault("the key of an object is not a string", start)
        position = _expect(text, ":", position)
        _, end = _value(text, position)
        yield key, (position, end)
        position = _next(text, end, "}")


def items(text: str, start: int) -> Iterator[Extent]:
    """Where the items of the JSON list at ``start`` stand.

    Raises:
        SyntaxFault: There is no JSON list.
    """
    position = _expect(text, "[", start)
    while text[position] != "]":
        _, end = _value(text, position)
        yield position, end
        position = _next(text, end, "]")


def cell_source(text: str, extent: Extent) -> JsonSource:
    """The ``source`` of a cell that stands at ``extent``.

    Raises:
        SyntaxFault: It is neither a string nor a list of strings.
    """
    start, end = extent
    if text[start] == '"':
        raw, listed = text[start + 1 : end - 1], False
    else:
        parts = list(items(text, start))
        if any(text[first] != '"' for first, _ in parts):
            raise SyntaxFault("the source of a cell is not a list of strings", start)
        raw, listed = "".join(text[first + 1 : last - 1] for first, last in parts), True
    spelled = tuple(_RAW_LINE.findall(raw))
    return JsonSource(start, end, "".join(map(_said, spelled)), spelled, listed)


def respelled(text: str, old: JsonSource, new: str) -> str:
    """JSON for ``new`` in the form of ``old``: unchanged lines are spelled as they were.

    Non-ASCII letters of new lines are escaped where those of the file are.
    """
    escape = text.isascii() and re.search(r"\\u(?!00[0-7])[0-9a-fA-F]{4}", text) is not None
    before = [_said(line) for line in old.spelled]
    lines = carried(
        before, _lines(new), old.spelled, lambda line: json.dumps(line, ensure_ascii=escape)[1:-1]
    )
    if not old.listed:
        return f'"{"".join(lines)}"'
    opening, between, closing = _spacing(text, old)
    return f"[{opening}{between.join(f'{chr(34)}{line}{chr(34)}' for line in lines)}{closing}]"


def _lines(text: str) -> list[str]:
    """Lines that end with ``\\n``, as notebooks list them; a lone ``\\r`` stays inside its line."""
    return re.findall(r"[^\n]*\n|[^\n]+\Z", text)


def _spacing(text: str, old: JsonSource) -> tuple[str, str, str]:
    """What stands before, between and after the items of a list of lines."""
    extents = list(items(text, old.start))
    if not extents:
        return "", ", ", ""
    opening = text[old.start + 1 : extents[0][0]]
    closing = text[extents[-1][1] : old.end - 1]
    between = text[extents[0][1] : extents[1][0]] if len(extents) > 1 else f",{opening or ' '}"
    return opening, between, closing


def _said(spelled: str) -> str:
    said: str = json.loads(f'"{spelled}"')
    return said


def _value(text: str, position: int) -> tuple[str, int]:
    """What the JSON value at ``position`` says (as any type; keys are strings), and where it ends."""
    try:
        value, end = _DECODER.raw_decode(text, position)
    except json.JSONDecodeError as error:
        raise SyntaxFault(f"not JSON: {error.msg}", error.pos) from error
    except RecursionError as error:
        raise SyntaxFault("not JSON that can be read: it is nested too deep", position) from error
    return value, end


def _expect(text: str, sign: str, position: int) -> int:
    position = _after_space(text, position)
    if text[position] != sign:
        raise SyntaxFault(f"not JSON: expected {sign!r}", position)
    return _after_space(text, position + 1)


def _next(text: str, position: int, closing: str) -> int:
    """Where the next member starts, or where ``closing`` stands."""
    position = _after_space(text, position)
    if text[position] == closing:
        return position
    following = _expect(text, ",", position)
    if text[following] == closing:
        raise SyntaxFault(f"not JSON: a comma before {closing!r}", position)
    return following


def _after_space(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    end = found.end() if found else position
    if end >= len(text):
        raise SyntaxFault("not JSON: the text ends too early", end)
    return end
