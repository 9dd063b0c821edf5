"""From lines and columns of Python to those of an editor, and what of a text changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lsprotocol import types
from pygls.workspace import PositionCodec

from lossfix.model import Span
from lossfix.source.lines import changed_blocks, common


def range_of(span: Span, lines: Sequence[str], codec: PositionCodec) -> types.Range:
    """A span in the client's units, counted from 0; what lies beyond the text is drawn to its end."""
    return codec.range_to_client_units(
        lines,
        types.Range(
            _position(span.line - 1, span.column - 1, lines),
            _position(span.end_line - 1, span.end_column - 1, lines),
        ),
    )


def text_edits(
    before: str, after: str, newline: str, codec: PositionCodec
) -> tuple[types.TextEdit, ...]:
    """The edits that make ``after`` of ``before``: only what changed, in order, none overlapping.

    Args:
        before, after: texts with ``\\n`` as their only line end.
        newline: the line end of what is inserted.
    """
    lines = before.split("\n")
    return tuple(
        types.TextEdit(
            codec.range_to_client_units(
                lines, types.Range(_at(lines, line, start), _at(lines, line, end))
            ),
            new.replace("\n", newline),
        )
        for line, start, end, new in _changes(lines, after.split("\n"))
    )


def _changes(old: list[str], new: list[str]) -> Iterator[tuple[int, int, int, str]]:
    """A line, two offsets from its start, and what stands between them afterwards."""
    for i, j, k, m in changed_blocks(old, new):
        if i == j:
            # Nothing is replaced: lines are put before line ``i``, or after the last one.
            if i < len(old):
                yield i, 0, 0, "".join(f"{line}\n" for line in new[k:m])
            else:
                end = len(old[-1])
                yield i - 1, end, end, "".join(f"\n{line}" for line in new[k:m])
        elif k == m:
            if j < len(old):
                yield i, 0, sum(len(line) + 1 for line in old[i:j]), ""
            else:
                # The last lines go, and with them the line end before them.
                kept = len(old[i - 1]) if i else 0
                gone = len("\n".join(old[i:j]))
                yield max(i - 1, 0), kept, kept + gone + (1 if i else 0), ""
        else:
            one, two = "\n".join(old[i:j]), "\n".join(new[k:m])
            head = common(one, two)
            rest = min(len(one), len(two)) - head
            tail = min(rest, common(one[::-1], two[::-1]))
            yield i, head, len(one) - tail, two[head : len(two) - tail]


def _at(lines: Sequence[str], line: int, offset: int) -> types.Position:
    """The position ``offset`` characters, line ends included, after the start of ``line``."""
    while line < len(lines) - 1 and offset > len(lines[line]):
        offset -= len(lines[line]) + 1
        line += 1
    return types.Position(line, offset)


def _position(line: int, column: int, lines: Sequence[str]) -> types.Position:
    line = max(0, min(line, len(lines) - 1))
    return types.Position(line, max(0, min(column, len(lines[line]))))
