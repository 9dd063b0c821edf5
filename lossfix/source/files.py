"""Which files are meant: folders walked in order, ignore files heeded, and nothing skipped in silence."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from lossfix.source.document import closed, shown
from lossfix.source.error import SourceError, Unreadable

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

SKIPPED = frozenset(
    {
        ".bzr",
        ".direnv",
        ".eggs",
        ".git",
        ".git-rewrite",
        ".hg",
        ".ipynb_checkpoints",
        ".lossfix",
        ".mypy_cache",
        ".nox",
        ".pants.d",
        ".pytest_cache",
        ".pytype",
        ".ruff_cache",
        ".svn",
        ".tox",
        ".venv",
        ".vscode",
        "__pycache__",
        "__pypackages__",
        "_build",
        "buck-out",
        "build",
        "dist",
        "node_modules",
        "site-packages",
        "venv",
    }
)
"""The folders that are left out where ``exclude`` is not set: they hold no source of the project's own."""


class Choice(Protocol):
    """What of a configuration decides which files are looked at; patterns are those of gitignore."""

    @property
    def root(self) -> Path:
        """The folder to which patterns are relative."""

    @property
    def include(self) -> tuple[str, ...]:
        """Files to look at in a folder; empty: Python files and notebooks."""

    @property
    def exclude(self) -> tuple[str, ...]:
        """Files and folders to leave out; empty: folders named as in ``SKIPPED``."""

    @property
    def extend_exclude(self) -> tuple[str, ...]:
        """Files and folders to leave out besides."""

    @property
    def force_exclude(self) -> bool:
        """Whether a file that was named is left out, too."""

    @property
    def respect_gitignore(self) -> bool:
        """Whether what git ignores is left out."""


@dataclass(frozen=True)
class _Patterns:
    """The patterns of one folder, for what lies below it."""

    folder: str
    """Absolute, with a slash at its end, as all folders here."""
    spec: GitIgnoreSpec

    def says(self, path: str) -> bool | None:
        """Whether ``path`` is left out; ``None`` where nothing is said about it."""
        if not path.startswith(self.folder) or path == self.folder:
            return None
        return self.spec.check_file(path[len(self.folder) :]).include


@dataclass(frozen=True)
class _Exclusions:
    """What is left out below a folder."""

    names: frozenset[str]
    configured: _Patterns | None
    git: tuple[_Patterns, ...]
    """The patterns of ignore files, the outermost folder's first."""

    def hold(self, path: str, name: str) -> bool:
        """Whether ``path``, whose last part is ``name``, is left out."""
        if path.endswith("/") and name in self.names:
            return True
        return bool(self.configured and self.configured.says(path)) or self.ignored(path)

    def ignored(self, path: str) -> bool:
        """As git decides: the innermost folder that says anything has the last word."""
        for patterns in reversed(self.git):
            said = patterns.says(path)
            if said is not None:
                return said
        return False


@dataclass(frozen=True)
class Aside:
    """Files with other names that are looked for on the same walk."""

    suffixes: tuple[str, ...]
    take: Callable[[str], None]
    """Is told of each, by its path, in no order."""


def _ignored(_: Unreadable) -> None:
    """For whom it is enough to see what can be seen."""


def find(
    paths: Iterable[Path | str],
    choice: Choice,
    locked: Callable[[Unreadable], None] = _ignored,
    aside: Aside | None = None,
) -> Iterator[Path]:
    """The same as ``walked``, as paths."""
    return map(Path, walked(paths, choice, locked, aside))


def walked(
    paths: Iterable[Path | str],
    choice: Choice,
    locked: Callable[[Unreadable], None] = _ignored,
    aside: Aside | None = None,
) -> Iterator[str]:
    """The files that ``paths`` mean: a file as it is, a folder with all that lies below it, sorted.

    A file that is named is taken even where it would be ignored, unless ``force_exclude`` is set.
    Linked folders are not entered; no file comes twice.

    Args:
        locked: is told of each folder below a named one that cannot be read, and of each link that
            leads round in a circle or into such a folder; the rest is walked.
        aside: what else is to be found on the way.

    Raises:
        SourceError: A path that was named does not exist or cannot be read. These are all named
            before the first file is handed out.
    """
    named = [Path(path) for path in paths]
    missing = [shown(path) for path in named if not _is_there(path)]
    if missing:
        raise SourceError(f"{', '.join(missing)}: no such file or folder")
    closed_ones = [shown(path) for path in named if not _may_be_read(path)]
    if closed_ones:
        raise SourceError(f"{', '.join(closed_ones)}: cannot be read: {os.strerror(errno.EACCES)}")
    seen: set[str] = set()
    for path in named:
        for found in _below(path, choice, locked, aside):
            key = os.path.realpath(found) if len(named) > 1 else ""
            if key not in seen:
                yield found
            if key:
                seen.add(key)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:
        raise SourceError(f"{shown(path)}: cannot be read: {error.strerror}") from error


def _may_be_read(path: Path) -> bool:
    return os.access(path, os.R_OK, effective_ids=os.access in os.supports_effective_ids)


def listed(file: str) -> tuple[Path, ...]:
    """The paths that ``file`` (``-``: stdin) lists, one a line, or each ended by a NUL byte.

    Raises:
        SourceError: The file cannot be read.
    """
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise SourceError(f"{file}: cannot be read: {error.strerror}") from error
    names = data.split(b"\0") if b"\0" in data else data.splitlines()
    return tuple(Path(os.fsdecode(name)) for name in names if name.strip())


def _below(
    path: Path, choice: Choice, locked: Callable[[Unreadable], None], aside: Aside | None
) -> Iterator[str]:
    absolute = _absolute(path) + "/" * path.is_dir()
    exclusions = _exclusions(absolute, choice)
    if choice.force_exclude and _left_out(absolute, exclusions, choice):
        return
    if path.is_dir():
        # As ``Path`` writes what lies below: ``.`` is left out.
        folder = "" if path == Path() else os.path.join(path, "")
        yield from _walk(folder, absolute, exclusions, choice, locked, aside, named=True)
    else:
        yield str(path)


def _left_out(path: str, exclusions: _Exclusions, choice: Choice) -> bool:
    below = path.removeprefix(f"{_absolute(choice.root)}/").rstrip("/").split("/")
    folders = below if path.endswith("/") else below[:-1]
    return not exclusions.names.isdisjoint(folders) or exclusions.hold(path, below[-1])


def _walk(
    folder: str,
    absolute: str,
    exclusions: _Exclusions,
    choice: Choice,
    locked: Callable[[Unreadable], None],
    aside: Aside | None,
    *,
    named: bool = False,
) -> Iterator[str]:
    """``folder`` as it was named and ``absolute`` are the same one, each with a slash at its end."""
    try:
        with os.scandir(folder or ".") as scan:
            entries = sorted(scan, key=lambda entry: entry.name)
    except OSError as error:
        locked(closed(str(Path(folder)), error))
        return
    names = {entry.name for entry in entries}
    if "pyvenv.cfg" in names and not named:
        return
    if choice.respect_gitignore and not names.isdisjoint({".gitignore", ".git"}):
        exclusions = replace(exclusions, git=(*exclusions.git, *_ignore_files(absolute)))
    for entry in entries:
        path = absolute + entry.name
        if entry.is_dir(follow_symlinks=False):
            if not exclusions.hold(f"{path}/", entry.name):
                below = os.path.join(folder + entry.name, "")
                yield from _walk(below, f"{path}/", exclusions, choice, locked, aside)
        elif aside is not None and entry.name.endswith(aside.suffixes):
            if not exclusions.hold(path, entry.name):
                aside.take(folder + entry.name)
        elif (
            _included(entry.name, path, choice)
            and not exclusions.hold(path, entry.name)
            and _is_file(folder, entry, locked)
            and not (entry.is_symlink() and _found_anyway(path, choice))
        ):
            yield folder + entry.name


def _is_file(folder: str, entry: os.DirEntry[str], locked: Callable[[Unreadable], None]) -> bool:
    """Whether it is a file or leads to one; a link that cannot be followed is told."""
    try:
        return entry.is_file()
    except OSError as error:
        locked(closed(folder + entry.name, error))
        return False


def _included(name: str, path: str, choice: Choice) -> bool:
    if not choice.include:
        return name.endswith((".py", ".ipynb"))
    return _spec(choice.include).match_file(path.removeprefix(f"{_absolute(choice.root)}/"))


def _found_anyway(link: str, choice: Choice) -> bool:
    """Whether what a link points to lies beside or below it and so is found under its own name."""
    target = os.path.realpath(link)
    return target.startswith(os.path.realpath(os.path.dirname(link)) + "/") and _included(
        os.path.basename(target), target, choice
    )


def _exclusions(path: str, choice: Choice) -> _Exclusions:
    """What is left out at and below ``path``, by configuration and by the ignore files around it.

    Where a folder is named that is itself left out, what leaves it out does not count below it,
    unless ``force_exclude`` is set.
    """
    patterns = (*choice.exclude, *choice.extend_exclude)
    root = f"{_absolute(choice.root)}/"
    folder = path if path.endswith("/") else f"{os.path.dirname(path)}/"
    configured = _Patterns(root, _spec(patterns)) if patterns else None
    if (
        configured
        and (not path.startswith(root) or configured.says(path))
        and not choice.force_exclude
    ):
        configured = replace(configured, folder=folder)
    git = _outer_ignore_files(path) if choice.respect_gitignore else ()
    if not choice.force_exclude:
        git = tuple(patterns for patterns in git if not patterns.says(path))
    return _Exclusions(frozenset() if choice.exclude else SKIPPED, configured, git)


def _outer_ignore_files(path: str) -> tuple[_Patterns, ...]:
    """The ignore files from the top of the repository to the folder that holds ``path``."""
    found: tuple[_Patterns, ...] = ()
    if path.endswith("/") and os.path.exists(f"{path}.git"):
        return ()
    for folder in Path(path).parents:
        found = (*_ignore_files(f"{folder}/".replace("//", "/")), *found)
        if (folder / ".git").exists():
            return found
    return ()


def _ignore_files(folder: str) -> Iterator[_Patterns]:
    """What a folder's ``.gitignore`` says, and, at the top of a repository, its ``info/exclude``."""
    for name in (".git/info/exclude", ".gitignore"):
        try:
            text = Path(folder, name).read_text("utf-8", "replace")
        except OSError:
            continue
        yield _Patterns(folder, _spec(tuple(text.splitlines())))


_NO_PATTERN = (ValueError, re.error)
"""What is raised of a line that is no pattern; the latter where a range of characters runs backwards."""


@lru_cache(maxsize=1024)
def _spec(lines: tuple[str, ...]) -> GitIgnoreSpec:
    # Loaded here: a run on stdin or on named files needs no patterns.
    from pathspec import GitIgnoreSpec

    try:
        return GitIgnoreSpec.from_lines(lines)
    except _NO_PATTERN:
        # A line that is no pattern says nothing to git either; what is configured was asked before.
        return GitIgnoreSpec.from_lines(line for line in lines if _is_pattern(line))


def _is_pattern(line: str) -> bool:
    from pathspec import GitIgnoreSpec

    with suppress(*_NO_PATTERN):
        return bool(GitIgnoreSpec.from_lines([line]).patterns)
    return False


def _absolute(path: Path) -> str:
    return os.path.abspath(path).rstrip("/")


def packages(path: Path) -> tuple[str, ...]:
    """The packages that a file lies in, outermost first."""
    names: list[str] = []
    folder = path.resolve().parent
    while (folder / "__init__.py").exists():
        names.insert(0, folder.name)
        folder = folder.parent
    return tuple(names)


def dotted_name(path: Path) -> str:
    """The name of a file as a module: ``pkg.losses``; of a package's ``__init__.py``, the package's own."""
    parts = (*packages(path), path.stem)
    return ".".join(parts[:-1] if path.stem == "__init__" and parts[:-1] else parts)
