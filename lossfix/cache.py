"""What was found out before, by the content that it was found out about.

One sqlite3 file per project, in the user's own cache folder: what is stored is unpickled, so it must not
come with a repository. Anything wrong with the file (locked, full, damaged) costs its contents and nothing
else. Keys hold all that a result depends on, the code of lossfix itself included.
"""

from __future__ import annotations

import os
import pickle
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import lru_cache
from hashlib import blake2b
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeVar

from lossfix import __version__

Result = TypeVar("Result")
_State = tuple[int, int, int]
"""When a file was changed, in nanoseconds, its bytes, and its inode."""

LARGEST = 256 << 20
"""Bytes from which the file is emptied and begun anew."""

SETTLED = 2_000_000_000
"""Nanoseconds that a file must have been left alone before its time of change is taken as proof."""

BATCH = 1000
"""Files that are remembered at a time."""

_ASKED = 50
"""Keys that are asked for in one query: few, since what is not known is worked on meanwhile."""

_MARK = 32
"""Characters that stand for a question."""

_MARKS = 8
"""Questions that are remembered of a file, the latest."""

_TABLES = """
create table if not exists results (key blob primary key, value blob) without rowid;
create table if not exists unchanged (
    folder text, name text, changed integer, size integer, inode integer, marks text,
    primary key (folder, name)
) without rowid;
drop table if exists passed_over;
"""
_FOUND = f"""
insert into unchanged values (?, ?, ?, ?, ?, ?) on conflict (folder, name) do update set
    marks = case when (changed, size, inode) = (excluded.changed, excluded.size, excluded.inode)
        then substr(excluded.marks || marks, 1, {_MARK * _MARKS}) else excluded.marks end,
    changed = excluded.changed, size = excluded.size, inode = excluded.inode
"""
"""What was found of a file adds to what is known of it, where that is unchanged."""


class Cache:
    """Results by key, and which files need not be read again. Without a ``file`` it forgets everything."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._connection = None if file is None else _connected(file)
        self._found: list[tuple[str, str, int, int, int, str]] = []
        self._marks: dict[str, str] = {}
        # Files come folder by folder.
        self._absolute = lru_cache(maxsize=64)(os.path.abspath)
        self._known_in = lru_cache(maxsize=64)(self._rows)

    def through(
        self,
        kind: str,
        keys: Iterable[object],
        compute: Callable[[Iterable[int]], Iterable[Result]],
    ) -> list[Result]:
        """The result for each key: those that are known, and the others as ``compute`` finds them.

        Args:
            kind: what sort of result it is.
            keys: plain data, all that each result depends on; taken as ``compute`` asks for them.
            compute: gives the results for the keys at some positions, in order.
        """
        if self._connection is None:
            return _computed(compute, (number for number, _ in enumerate(keys)))
        digests: list[bytes] = []
        known: dict[bytes, Any] = {}
        missing: list[int] = []

        def unknown() -> Iterator[int]:
            each = iter(keys)
            while some := [digest(kind, key) for key in islice(each, _ASKED)]:
                known.update(self._get(some))
                new = [n for n, key in enumerate(some, len(digests)) if known.get(key) is None]
                digests.extend(some)
                missing.extend(new)
                yield from new

        new = _computed(compute, unknown())
        self._put((digests[n], result) for n, result in zip(missing, new, strict=True))
        computed = dict(zip(missing, new, strict=True))
        return [computed[n] if n in computed else known[key] for n, key in enumerate(digests)]

    def recall(self, kind: str, key: object) -> Any:
        """One result; ``None`` where it is not known."""
        return (
            None
            if self._connection is None
            else self._get([digest(kind, key)]).get(digest(kind, key))
        )

    def remember(self, kind: str, key: object, value: object) -> None:
        """Keep one result."""
        self._put([(digest(kind, key), value)])

    def dull(self, question: str, asked: object) -> Callable[[str], bool]:
        """Tells of a path whether the file is unchanged since ``found_dull`` was said of it.

        A file counts as it was when any question was first asked about it.

        Args:
            question: what it was read for.
            asked: what that depended on besides the file.
        """
        if self._connection is None:
            return lambda path: False
        mark, marks = _mark(question, asked), self._marks

        def is_dull(path: str) -> bool:
            known = marks.get(path)
            if known is None:
                known = marks[path] = self._marks_of(path)
            return mark in known

        return is_dull

    def found_dull(self, question: str, asked: object, path: str, stat: os.stat_result) -> None:
        """Keep that a file, as ``stat`` told of it before it was read, has nothing to say to a question."""
        if self._connection is not None and time.time_ns() - stat.st_mtime_ns > SETTLED:
            folder, name = os.path.split(path)
            row = (self._absolute(folder), name, *_state(stat), _mark(question, asked))
            self._found.append(row)
            if len(self._found) >= BATCH:
                self._write_found()

    def close(self) -> None:
        """Write what was found, and let go of the file."""
        self._write_found()
        connection, self._connection = self._connection, None
        if connection is None:
            return
        with suppress(sqlite3.Error):
            connection.close()
        with suppress(OSError):
            if self._file is not None and self._file.stat().st_size > LARGEST:
                self._file.unlink()

    def _marks_of(self, path: str) -> str:
        """The questions to which a file, as it is now, has nothing to say."""
        folder, name = os.path.split(path)
        state, marks = self._known_in(folder).get(name, (None, ""))
        if state is None:
            return ""
        try:
            return marks if state == _state(os.stat(path)) else ""
        except OSError:
            return ""

    def _rows(self, folder: str) -> dict[str, tuple[_State, str]]:
        query = "select name, marks, changed, size, inode from unchanged where folder = ?"
        found: dict[str, tuple[_State, str]] = {}
        same: dict[str, str] = {}
        if self._connection is not None:
            with self._trying():
                rows = self._connection.execute(query, (self._absolute(folder),))
                for name, marks, changed, size, inode in rows:
                    found[name] = (changed, size, inode), same.setdefault(marks, marks)
        return found

    def _write_found(self) -> None:
        rows, self._found = self._found, []
        if self._connection is not None:
            with self._trying(), self._connection:
                self._connection.executemany(_FOUND, rows)

    def _get(self, keys: Sequence[bytes]) -> dict[bytes, Any]:
        known: dict[bytes, Any] = {}
        if self._connection is not None:
            with self._trying():
                marks = ",".join("?" * len(keys))
                query = f"select key, value from results where key in ({marks})"
                for key, value in self._connection.execute(query, keys):
                    known[key] = pickle.loads(value)
        return known

    def _put(self, items: Iterable[tuple[bytes, object]]) -> None:
        if self._connection is not None:
            rows = [(key, pickle.dumps(value)) for key, value in items]
            with self._trying(), self._connection:
                self._connection.executemany("insert or replace into results values (?, ?)", rows)

    @contextmanager
    def _trying(self) -> Iterator[None]:
        try:
            yield
        except Exception:
            # Another run holds it, the disk is full, or it is damaged: go on without, and where it is
            # damaged without its contents.
            connection, self._connection = self._connection, None
            if connection is not None and self._file is not None and _damaged(connection):
                _discard(self._file)


FORGETFUL = Cache()
"""No cache."""


def place(root: Path) -> Path:
    """Where the results of a project are kept."""
    if sys.platform == "win32":
        folder = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        folder = Path.home() / "Library" / "Caches"
    else:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return folder / "lossfix" / f"{digest('root', str(root.resolve())).hex()}.sqlite"


def digest(kind: str, key: object) -> bytes:
    """A key in 16 bytes: equal for equal data of the same kind and the same lossfix."""
    hashed = blake2b(_edition(), digest_size=16)
    hashed.update(kind.encode())
    _hash(key, hashed.update)
    return hashed.digest()


def _computed(
    compute: Callable[[Iterable[int]], Iterable[Result]], wanted: Iterator[int]
) -> list[Result]:
    # Where nothing is wanted, whatever would find it out is not even loaded.
    first = next(wanted, None)
    return [] if first is None else list(compute(chain((first,), wanted)))


def _state(stat: os.stat_result) -> _State:
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


@lru_cache(maxsize=4)
def _mark(question: str, asked: object) -> str:
    return digest(question, asked).hex()


def _hash(value: object, update: Callable[[bytes], None]) -> None:
    match value:
        case str():
            data = value.encode("utf-8", "surrogatepass")
            update(b"s%d:" % len(data) + data)
        case bytes():
            update(b"b%d:" % len(value) + value)
        case Enum():
            _hash((type(value).__name__, value.value), update)
        case tuple() | list():
            update(b"(%d:" % len(value))
            for each in value:
                _hash(each, update)
        case frozenset():
            update(b"{%d:" % len(value))
            # In the order of what is hashed: numbers and words have none among one another.
            for part in sorted(map(_hashed, value)):
                update(part)
        case None | bool() | int() | float():
            update(f"{value!r};".encode())
        case _ if is_dataclass(value):
            _hash(type(value).__name__, update)
            _hash([getattr(value, each.name) for each in fields(value)], update)
        case _:
            raise TypeError(f"not plain data: {value!r}")


def _hashed(value: object) -> bytes:
    """All that a value adds to a digest."""
    parts: list[bytes] = []
    _hash(value, parts.append)
    return b"".join(parts)


@lru_cache(maxsize=1)
def _edition() -> bytes:
    """The code that computes results: its version, its files, and the Python that runs it."""
    hashed = blake2b(f"{__version__} {sys.version}".encode(), digest_size=16)
    for file in sorted(Path(__file__).parent.rglob("*.py")):
        stat = file.stat()
        hashed.update(f"{file.name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return hashed.digest()


def _connected(file: Path) -> sqlite3.Connection | None:
    for _ in range(2):
        connection = None
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            connection = sqlite3.connect(file, timeout=2.0)
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = normal")
            connection.executescript(_TABLES)
            return connection
        except sqlite3.OperationalError:
            return None
        except sqlite3.DatabaseError:
            if connection is not None:
                connection.close()
            _discard(file)
        except OSError:
            return None
    return None


def _damaged(connection: sqlite3.Connection) -> bool:
    try:
        (answer,) = connection.execute("pragma quick_check(1)").fetchone()
        return bool(answer != "ok")
    except sqlite3.OperationalError:
        return False
    except sqlite3.DatabaseError:
        return True
    finally:
        with suppress(sqlite3.Error):
            connection.close()


def _discard(file: Path) -> None:
    for each in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
        with suppress(OSError):
            each.unlink()
