"""Ranges of lines to which a run is confined: those of ``--lines``, and those changed since a commit."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from lossfix.model import Finding
from lossfix.source.document import Document, shown
from lossfix.source.error import SourceError
from lossfix.source.notebook import cell_extents

Lines = tuple[int, int]
"""The first and the last line, counted from 1."""

_HUNK = re.compile(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@")
_WHOLE: tuple[Lines, ...] = ((1, 2**31),)
_SUBMODULE = b"160000"
"""The mode of what is a repository of its own."""
_PLACES = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"})
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)")
_CONTROL = {
    b"t": b"\t",
    b"n": b"\n",
    b"r": b"\r",
    b"a": b"\a",
    b"b": b"\b",
    b"f": b"\f",
    b"v": b"\v",
}


def parse_lines(texts: Sequence[str]) -> tuple[Lines, ...]:
    """The ranges that all ``--lines`` ask for: ``A-B``, or ``A``.

    An empty one (as editors send it where nothing is chosen) is the whole file.

    Raises:
        SourceError: A text is no such range.
    """
    if not all(text.strip() for text in texts):
        return ()
    return tuple(map(_range, texts))


def _range(text: str) -> Lines:
    match = re.fullmatch(r"\s*(\d+)\s*(?:[-:,]\s*(\d+)\s*)?", text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 1 <= first <= last:
        raise SourceError(f"--lines {text}: is not a range of lines such as 3-14, counted from 1")
    return first, last


def inside(finding: Finding, ranges: tuple[Lines, ...]) -> bool:
    """Whether any line of the finding is in a range."""
    span = finding.span
    # A span that ends before the first column of a line does not reach into it.
    end = max(span.line, span.end_line - (span.end_column <= 1))
    return any(span.line <= last and first <= end for first, last in ranges)


def changed_since(
    reference: str, folder: Path, paths: Iterable[Path] = ()
) -> Mapping[Path, tuple[Lines, ...]]:
    """The lines that changed since a commit, in each file of the repository around ``folder``.

    Files that git does not know yet are changed as a whole; one that was renamed, where it differs. A
    submodule counts from the commit that it was at. The paths are absolute, links resolved.

    Raises:
        SourceError: ``folder`` is in no repository, git is missing, or does not know the commit; or one of
            ``paths`` lies outside of the repository, so that nobody knows what changed there.
    """
    top = Path(os.fsdecode(_git(folder, "rev-parse", "--show-toplevel").rstrip(b"\n"))).resolve()
    for path in paths:
        if not path.resolve().is_relative_to(top):
            raise SourceError(f"--diff-base: {shown(path)} lies outside of the repository {top}")
    return dict(_changed(reference, top))


def _changed(reference: str, top: Path) -> Iterator[tuple[Path, tuple[Lines, ...]]]:
    """Each file of a repository that changed, and its lines that did."""
    since = "--end-of-options", reference, "--"
    diff = _git(
        top,
        "-c",
        "core.quotePath=false",
        "diff",
        "--unified=0",
        "--no-color",
        "--no-ext-diff",
        "--no-textconv",
        "--find-renames",
        "--src-prefix=a/",
        "--dst-prefix=b/",
        "--ignore-submodules=all",
        *since,
    )
    yield from ((top / name, ranges) for name, ranges in _files(diff))
    yield from _new(top, "--others")
    modes = "--raw", "-z", "--no-abbrev", "--no-renames", "--ignore-submodules=none"
    raw = _git(top, "diff", *modes, *since)
    for head, name in _pairs(raw.split(b"\0")):
        before, after, commit = head.split()[:3]
        submodule = top / os.fsdecode(name)
        if after == _SUBMODULE and (submodule / ".git").exists():
            if before == b":160000":
                yield from _changed(commit.decode(), submodule)
            else:
                yield from _new(submodule, "--cached", "--others")


def _new(top: Path, *which: str) -> Iterator[tuple[Path, tuple[Lines, ...]]]:
    """Files that git lists, each changed as a whole; so are those of repositories that lie among them."""
    for name in _git(top, "ls-files", *which, "--exclude-standard", "-z").split(b"\0"):
        path = top / os.fsdecode(name)
        if name.endswith(b"/"):
            yield from _new(path, "--cached", "--others")
        elif name:
            yield path, _WHOLE


def _pairs(parts: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
    return zip(parts[::2], parts[1::2], strict=False)


def in_text(document: Document, ranges: tuple[Lines, ...]) -> tuple[Lines, ...]:
    """Ranges of a file's lines as ranges of its text: for a notebook, the cells that they touch."""
    if not document.path.name.endswith(".ipynb"):
        return ranges
    original = document.data.decode(document.encoding)
    touched = {
        number
        for number, start, end in cell_extents(original)
        if any(start <= last and first <= end for first, last in ranges)
    }
    return tuple(
        (cell.line, cell.line + cell.lines - 1)
        for cell in document.source.cells
        if cell.number in touched
    )


def _files(diff: bytes) -> Iterator[tuple[str, tuple[Lines, ...]]]:
    for part in re.split(rb"^diff --git ", diff, flags=re.MULTILINE)[1:]:
        name = re.search(
            rb'^\+\+\+ (?:"b/(?P<quoted>.*)"|b/(?P<plain>[^\t\n]*))\t?$', part, re.MULTILINE
        )
        if name:
            hunks = _HUNK.finditer(part.decode("utf-8", "replace"))
            counted = ((int(hunk[1]), int(hunk[2] or 1)) for hunk in hunks)
            yield _plain(name), tuple((line, line + max(count, 1) - 1) for line, count in counted)


def _plain(name: re.Match[bytes]) -> str:
    if name["plain"] is not None:
        return os.fsdecode(name["plain"])
    return os.fsdecode(
        _ESCAPE.sub(
            lambda m: bytes([int(m[1], 8)]) if m[1].isdigit() else _CONTROL.get(m[1], m[1]),
            name["quoted"],
        )
    )


def _environment(folder: Path) -> Mapping[str, str]:
    """What git is told of where it is: nothing in a repository, whose hooks would tell it of another."""
    if not (folder / ".git").exists():
        return os.environ
    return {name: value for name, value in os.environ.items() if name not in _PLACES}


def _git(folder: Path, *arguments: str) -> bytes:
    # Loaded here: hardly any run asks git for anything.
    import subprocess

    try:
        return subprocess.run(
            ("git", *arguments),
            cwd=folder,
            capture_output=True,
            check=True,
            env=_environment(folder),
        ).stdout
    except FileNotFoundError as error:
        raise SourceError("git: not found; --diff-base needs it") from error
    except subprocess.CalledProcessError as error:
        said = os.fsdecode(error.stderr).strip().removeprefix("fatal: ").split("\n")[0]
        raise SourceError(f"--diff-base: git says: {said}") from error
