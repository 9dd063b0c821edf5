"""Patches that git applies, and their way back."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lossfix.source.lines import changed_blocks

_AROUND = 3
"""Unchanged lines around a change, as git shows them."""
_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_UNFINISHED = b"\\ No newline at end of file\n"
_ESCAPES = {
    ord("\t"): "\\t",
    ord("\n"): "\\n",
    ord("\r"): "\\r",
    ord('"'): '\\"',
    ord("\\"): "\\\\",
}


@dataclass(frozen=True)
class Hunk:
    """Lines ``old`` that became ``new``; ``line`` is the first of ``new`` in the new file, from 0."""

    line: int
    old: tuple[bytes, ...]
    new: tuple[bytes, ...]


def patch(path: str, before: bytes, after: bytes) -> bytes:
    """The git patch that turns ``before`` into ``after``; empty where they are equal.

    ``path`` is relative to where the patch will be applied, with slashes. Bytes that are no text
    go into the patch as they are, which ``git apply`` takes.
    """
    if before == after:
        return b""
    old, new = _lines(before), _lines(after)
    header = (
        f"diff --git {_name('a', path)} {_name('b', path)}\n"
        f"--- {_name('a', path)}\n+++ {_name('b', path)}\n"
    )
    return header.encode() + b"".join(
        _hunk(old, new, blocks) for blocks in _grouped(changed_blocks(old, new))
    )


def hunks(text: bytes) -> tuple[Hunk, ...]:
    """The hunks of a patch of one file, as ``patch`` writes it."""
    found = []
    lines = _lines(text)
    position = 0
    while position < len(lines):
        match = _HUNK.match(lines[position])
        position += 1
        if match:
            counts = int(match[2] or 1), int(match[4] or 1)
            old, new, position = _sides(lines, position, *counts)
            # Git counts from 1, except where a side has no lines: then it names the line before.
            found.append(Hunk(int(match[3]) - bool(new), tuple(old), tuple(new)))
    return tuple(found)


def reverted(after: bytes, changes: tuple[Hunk, ...]) -> bytes | None:
    """What ``after`` was before these hunks; ``None`` where it does not hold their lines."""
    lines = _lines(after)
    for hunk in reversed(changes):
        end = hunk.line + len(hunk.new)
        if tuple(lines[hunk.line : end]) != hunk.new:
            return None
        lines[hunk.line : end] = hunk.old
    return b"".join(lines)


def _lines(data: bytes) -> list[bytes]:
    *lines, last = data.split(b"\n")
    return [line + b"\n" for line in lines] + ([last] if last else [])


def _grouped(
    blocks: tuple[tuple[int, int, int, int], ...],
) -> list[list[tuple[int, int, int, int]]]:
    """Blocks that share the lines around them stand in one hunk."""
    groups: list[list[tuple[int, int, int, int]]] = []
    for block in blocks:
        if groups and block[0] - groups[-1][-1][1] <= 2 * _AROUND:
            groups[-1].append(block)
        else:
            groups.append([block])
    return groups


def _hunk(old: list[bytes], new: list[bytes], blocks: list[tuple[int, int, int, int]]) -> bytes:
    before = min(_AROUND, blocks[0][0])
    after = min(_AROUND, len(old) - blocks[-1][1])
    first, last = blocks[0][0] - before, blocks[-1][1] + after
    new_first, new_last = blocks[0][2] - before, blocks[-1][3] + after
    body = []
    position = first
    for i, j, k, m in blocks:
        body += [b" " + line for line in old[position:i]]
        body += [b"-" + line for line in old[i:j]]
        body += [b"+" + line for line in new[k:m]]
        position = j
    body += [b" " + line for line in old[position:last]]
    head = f"@@ -{_range(first, last)} +{_range(new_first, new_last)} @@\n"
    return head.encode() + b"".join(
        line if line.endswith(b"\n") else line + b"\n" + _UNFINISHED for line in body
    )


def _range(first: int, last: int) -> str:
    return f"{first + (last > first)},{last - first}"


def _sides(
    lines: list[bytes], position: int, old_count: int, new_count: int
) -> tuple[list[bytes], list[bytes], int]:
    """The old and the new lines of a hunk whose body starts at ``position``, and where it ends."""
    old: list[bytes] = []
    new: list[bytes] = []
    while len(old) < old_count or len(new) < new_count:
        sign, line = lines[position][:1], lines[position][1:]
        position += 1
        if lines[position : position + 1] == [_UNFINISHED]:
            line = line.removesuffix(b"\n")
            position += 1
        if sign != b"+":
            old.append(line)
        if sign != b"-":
            new.append(line)
    return old, new, position


def _name(side: str, path: str) -> str:
    """A file's name in a patch, quoted as git does where it has to be."""
    name = f"{side}/{path.lstrip('/')}"
    quoted = "".join(
        _ESCAPES.get(byte, chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03o}")
        for byte in name.encode("utf-8", "surrogateescape")
    )
    return f'"{quoted}"' if quoted != name else name
