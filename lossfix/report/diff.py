"""A patch that ``git apply`` takes, and gives back with ``-R``, whatever the bytes.

Above a file stand the losses in it that were smoothed, with how far that moves their values, as measured:
``git apply`` skips what stands between two files, and whoever reads a patch reads no summary.

Lines end at ``\\n`` alone, as git sees them: a carriage return, a form feed or an undecodable byte
is part of its line and comes through unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable

from lossfix.model import FileReport, Report, Status
from lossfix.report.changes import hunks
from lossfix.report.style import PLAIN, Style, named, printable
from lossfix.report.summary import measured

_ESCAPES = {
    **{byte: f"\\{byte:03o}" for byte in (*range(0x20), *range(0x7F, 0x100))},
    **{ord(char): f"\\{name}" for char, name in zip("\a\b\t\n\v\f\r", "abtnvfr", strict=True)},
    ord('"'): '\\"',
    ord("\\"): "\\\\",
}


def render(report: Report, style: Style = PLAIN) -> str:
    """The patch of the whole run; bytes that are not UTF-8 are surrogate escapes.

    It is to be written as ``text.encode("utf-8", "surrogateescape")``, without newline translation.
    """
    return of_run(report, style.prefix).decode("utf-8", "surrogateescape")


def of_run(report: Report, prefix: str = "") -> bytes:
    """The patch of the whole run, with what was smoothed in it."""
    changed = (file for file in report.files if file.changed)
    return b"".join(_smoothed(file, report) + patch([file], prefix) for file in changed)


def patch(files: Iterable[FileReport], prefix: str = "") -> bytes:
    """A git patch of the files that change; empty where none does.

    ``prefix`` is the folder below the repository's root that the paths are relative to: git reads
    them from the root even when it is run in a folder below.
    """
    return b"".join(_file_patch(file, prefix) for file in files if file.changed)


def _smoothed(file: FileReport, report: Report) -> bytes:
    """A line for each loss that changes with a file and was smoothed."""
    lines = [
        printable(f"{named(outcome)} is smoothed: {', '.join(filter(None, measured(outcome)))}")
        for outcome in report.outcomes
        if outcome.status is Status.FIXED and outcome.smoothed
        if file.path in (outcome.path, *outcome.elsewhere)
    ]
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")


def _file_patch(file: FileReport, prefix: str) -> bytes:
    path = (prefix + file.path).lstrip("/")
    old, new = _quoted(f"a/{path}"), _quoted(f"b/{path}")
    # A name with a space would end there for patch(1), were it not followed by a tab.
    end = b"\t\n" if b" " in old and not old.startswith(b'"') else b"\n"
    header = b"diff --git %b %b\n--- %b%b+++ %b%b" % (old, new, old, end, new, end)
    return header + _hunks(_lines(file.before), _lines(file.after))


def _lines(data: bytes) -> list[bytes]:
    lines = [line + b"\n" for line in data.split(b"\n")]
    last = lines.pop().removesuffix(b"\n")
    return [*lines, last] if last else lines


def _hunks(old: list[bytes], new: list[bytes]) -> bytes:
    pieces = []
    for hunk in hunks(old, new):
        first, last = hunk[0], hunk[-1]
        old_range = _range(first.old_start, last.old_end)
        new_range = _range(first.new_start, last.new_end)
        pieces.append(b"@@ -%b +%b @@\n" % (old_range, new_range))
        for change in hunk:
            removed = old[change.old_start : change.old_end]
            if change.same:
                pieces += _marked(b" ", removed)
            else:
                pieces += _marked(b"-", removed)
                pieces += _marked(b"+", new[change.new_start : change.new_end])
    return b"".join(pieces)


def _marked(sign: bytes, lines: list[bytes]) -> list[bytes]:
    return [
        sign + (line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n")
        for line in lines
    ]


def _range(start: int, end: int) -> bytes:
    """A range of lines as a unified diff counts it: an empty one names the line before it."""
    length = end - start
    if length == 1:
        return b"%d" % (start + 1)
    return b"%d,%d" % (start + 1 if length else start, length)


def _quoted(path: str) -> bytes:
    """The path as git writes it: in double quotes and C escapes where it holds unusual bytes."""
    data = path.encode("utf-8", "surrogateescape")
    escaped = "".join(_ESCAPES.get(byte, chr(byte)) for byte in data)
    return f'"{escaped}"'.encode() if escaped != path else data
