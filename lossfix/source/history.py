"""Taking back a fix, as long as nothing else has touched its files.

A record, ``.lossfix/undo/ID.patch``, is a git patch under a preamble of one JSON line per file
with the SHA-256 of its bytes before and after. It is written before the files are, so a run that is
killed halfway can be taken back, too; ``git apply -R`` understands it as well.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from lossfix.source.document import shown
from lossfix.source.error import SourceError
from lossfix.source.patches import hunks, patch, reverted
from lossfix.source.writing import create, refusal, replace

_FOLDER = Path(".lossfix", "undo")
_TITLE = "lossfix undo 1"
_NOTHING = "nothing was written"


@dataclass(frozen=True)
class Change:
    """A file before and after a fix."""

    path: Path
    before: bytes
    after: bytes


@dataclass(frozen=True)
class Record:
    """A fix that can be taken back."""

    identifier: str
    """When it was made, in local time: ``20261122-210301``."""
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Undone:
    """What became of the files of a fix that was to be taken back."""

    identifier: str
    restored: tuple[str, ...]
    already: tuple[str, ...]
    """Files that are as they were before the fix."""
    changed: tuple[str, ...]
    """Files that changed or went since the fix, and were left as they are."""


@dataclass(frozen=True)
class _Entry:
    path: str
    before: str
    after: str
    patch: bytes


def write_all(root: Path, changes: Sequence[Change]) -> str:
    """Write some files, all of them or none, and keep what it takes to undo that; the record's identifier.

    Whatever comes in between, an interrupt too, what was written by then is taken back.

    Raises:
        SourceError: A file changed since it was read, or cannot be written.
    """
    refused = [(shown(each.path), refusal(each.path, each.before)) for each in changes]
    reasons = [f"{path}: {reason}" for path, reason in refused if reason]
    if reasons:
        raise SourceError("\n".join([*reasons, _NOTHING]))
    identifier = record(root, changes)
    written: list[Change] = []
    try:
        for change in changes:
            # Another name of a file that has several was written to with it.
            if not _holds(change.path, change.after):
                try:
                    replace(change.path, change.before, change.after)
                finally:
                    # Asked of the file: an interrupt may come once it is written.
                    if _holds(change.path, change.after):
                        written.append(change)
    except BaseException as error:
        stays = [shown(each.path) for each in reversed(written) if not _taken_back(each)]
        if not stays:
            (root / _FOLDER / f"{identifier}.patch").unlink()
        if isinstance(error, SourceError):
            rest = f"lossfix undo {identifier} takes back {', '.join(stays)}" if stays else _NOTHING
            raise SourceError(f"{error}\n{rest}") from error
        raise
    return identifier


def _holds(path: Path, data: bytes) -> bool:
    with suppress(OSError):
        return path.read_bytes() == data
    return False


def _taken_back(change: Change) -> bool:
    with suppress(SourceError):
        replace(change.path, change.after, change.before)
        return True
    return False


def record(root: Path, changes: Iterable[Change]) -> str:
    """Keep what it takes to undo ``changes``, which are about to be written; the record's identifier.

    ``root`` is the folder that holds ``.lossfix``; files below it are recorded relative to it.

    Raises:
        SourceError: The record cannot be written.
    """
    entries = [_entry(root, change) for change in changes if change.before != change.after]
    lines = [
        json.dumps(
            {
                "path": entry.path,
                "before": entry.before,
                "after": entry.after,
                "length": len(entry.patch),
            }
        )
        for entry in entries
    ]
    text = "".join(f"{line}\n" for line in (_TITLE, *lines, ""))
    folder = root / _FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder.parent / ".gitignore").exists():
            create(folder.parent / ".gitignore", b"*\n")
        identifier = _reserved(folder)
        path = folder / f"{identifier}.patch"
        try:
            create(path, text.encode() + b"".join(entry.patch for entry in entries))
        except BaseException:
            path.unlink()
            raise
    except OSError as error:
        raise SourceError(f"{shown(folder)}: cannot be written: {error.strerror}") from error
    return identifier


def root_of_records(start: Path) -> Path:
    """The nearest folder from ``start`` up in which a fix was recorded; ``start`` where there is none."""
    folders = (start, *start.parents)
    return next((each for each in folders if (each / _FOLDER).is_dir()), start)


def place(root: Path, identifier: str) -> str:
    """Where the record of a fix is, as people see it."""
    return shown(root / _FOLDER / f"{identifier}.patch")


def records(root: Path) -> tuple[Record, ...]:
    """The fixes that can be taken back, the oldest first.

    Raises:
        SourceError: A record cannot be read.
    """
    return tuple(
        Record(path.stem, tuple(entry.path for entry in _entries(path))) for path in _recorded(root)
    )


def _recorded(root: Path) -> list[Path]:
    """The records that were written, the oldest first; an empty one is only reserved."""
    found = sorted((root / _FOLDER).glob("*.patch"), key=lambda path: _order(path.stem))
    return [path for path in found if path.stat().st_size]


def undo(root: Path, identifier: str = "") -> Undone:
    """Take back a fix, by default the last one: each of its files that is as the fix left it.

    Each file is written atomically. The record goes when every file is as it was before the fix.

    Raises:
        SourceError: There is no such record, or a file cannot be written.
    """
    known = [path.stem for path in _recorded(root)]
    if not known or (identifier and identifier not in known):
        wanted = f"no fix {identifier} to take back" if identifier else "no fix to take back"
        others = "; lossfix undo --list shows them" if known else ""
        raise SourceError(f"{shown(root / _FOLDER)}: {wanted}{others}")
    identifier = identifier or known[-1]
    path = root / _FOLDER / f"{identifier}.patch"
    restored, already, changed = [], [], []
    for entry in _entries(path):
        file = root / entry.path
        data = file.read_bytes() if file.is_file() else b""
        before = reverted(data, hunks(entry.patch)) if _hash(data) == entry.after else None
        if file.is_file() and _hash(data) == entry.before:
            already.append(entry.path)
        elif before is None or _hash(before) != entry.before:
            changed.append(entry.path)
        else:
            replace(file, data, before)
            restored.append(entry.path)
    if not changed:
        path.unlink()
    return Undone(identifier, tuple(restored), tuple(already), tuple(changed))


def _entry(root: Path, change: Change) -> _Entry:
    absolute = Path(os.path.abspath(change.path))
    top = Path(os.path.abspath(root))
    path = absolute.relative_to(top) if absolute.is_relative_to(top) else absolute
    name = path.as_posix()
    return _Entry(
        name,
        _hash(change.before),
        _hash(change.after),
        patch(name, change.before, change.after),
    )


def _entries(path: Path) -> tuple[_Entry, ...]:
    try:
        preamble, rest = path.read_bytes().split(b"\n\n", 1)
        title, *lines = preamble.decode().splitlines()
        if title != _TITLE:
            raise ValueError(title)
        found = []
        for line in lines:
            value = json.loads(line)
            length = value["length"]
            found.append(_Entry(value["path"], value["before"], value["after"], rest[:length]))
            rest = rest[length:]
    except (OSError, ValueError, KeyError) as error:
        raise SourceError(f"{shown(path)}: is not a record of a fix") from error
    return tuple(found)


def _reserved(folder: Path) -> str:
    """An identifier that no other run has: the time, and a number where two share a second."""
    now = time.strftime("%Y%m%d-%H%M%S")
    for number in range(1, 10_000):
        identifier = now if number == 1 else f"{now}-{number}"
        try:
            (folder / f"{identifier}.patch").touch(exist_ok=False)
        except FileExistsError:
            continue
        return identifier
    raise SourceError(f"{shown(folder)}: holds too many records of one second")


def _order(identifier: str) -> tuple[str, int]:
    """Records of one second in the order of their numbers: ``-10`` comes after ``-2``."""
    date, _, rest = identifier.partition("-")
    clock, _, number = rest.partition("-")
    return f"{date}-{clock}", int(number) if number.isdecimal() else 1


def _hash(data: bytes) -> str:
    return sha256(data).hexdigest()
