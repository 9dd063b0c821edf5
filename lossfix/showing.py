"""Where a run's output goes: data to stdout or files, and what is said to people to stderr."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lossfix.failure import Failure
from lossfix.options import FOR_PEOPLE

if TYPE_CHECKING:
    from lossfix.model import Report
    from lossfix.report import RulePage, Style


def ready(flags: Mapping[str, Any], stdout_holds: str = "") -> None:
    """Find out before any work begins whether its results can be written where they were asked for.

    Args:
        stdout_holds: what else goes to stdout, such as ``the patch``.

    Raises:
        Failure: they cannot.
    """
    loose = [each for each in flags["formats"] if not each.file]
    data = [each for each in loose if each.format not in FOR_PEOPLE]
    if data and stdout_holds:
        name = data[0].format
        raise Failure(
            f"--output-format {name}: stdout holds {stdout_holds}; give it a file: {name}:FILE"
        )
    if data and len(loose) > 1:
        name = data[0].format
        raise Failure(f"two formats on stdout; give all but one a file, as in {name}:FILE")
    files = [each.file for each in flags["formats"] if each.file]
    for file in filter(None, (*files, flags.get("html"), flags.get("write_baseline"))):
        _can_be_written(Path(file))
    if flags.get("html"):
        from lossfix.report import ReportError
        from lossfix.report.html import templates

        try:
            templates()
        except ReportError as error:
            raise Failure(str(error)) from error


def _can_be_written(file: Path) -> None:
    if file.is_dir():
        reason = "it is a folder"
    elif not file.parent.is_dir():
        reason = f"there is no folder {file.parent}"
    elif not os.access(file if file.exists() else file.parent, os.W_OK):
        reason = "permission denied"
    else:
        return
    raise Failure(f"{file}: cannot be written: {reason}")


def show(report: Report, flags: Mapping[str, Any], stdout_holds: str = "") -> None:
    """The report in the formats that were asked for, and the summary.

    Where stdout holds something else, what is meant for people goes to stderr.
    """
    from lossfix.report import RENDERERS, statistics, summary

    wishes = [(each.format, each.file) for each in flags["formats"]]
    if not wishes and (report.findings or not stdout_holds):
        wishes = [("full" if sys.stdout.isatty() and not stdout_holds else "concise", "")]
    style = style_of(flags, (sys.stderr if stdout_holds else sys.stdout).isatty())
    plain = style_of({**flags, "color": "never"}, False)
    for name, file in wishes:
        if file:
            _write_file(file, RENDERERS[name](report, plain))
        elif stdout_holds:
            click.echo(RENDERERS[name](report, style), err=True, nl=False)
        else:
            write_bytes(RENDERERS[name](report, style).encode("utf-8", "surrogateescape"))
    if flags.get("html"):
        _write_file(flags["html"], RENDERERS["html"](report, plain))
    if flags.get("statistics"):
        data = stdout_holds or any(not f and name not in FOR_PEOPLE for name, f in wishes)
        if data:
            click.echo(statistics(report, style), err=True, nl=False)
        else:
            write_bytes(statistics(report, style).encode("utf-8", "surrogateescape"))
    if not flags["quiet"]:
        spoken = style_of(flags, sys.stderr.isatty())
        click.echo(summary(report, spoken), err=True, nl=False)


def _write_file(file: str, text: str) -> None:
    with _written_to(file):
        Path(file).write_bytes(text.encode("utf-8", "surrogateescape"))


@contextmanager
def _written_to(name: str) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        # Whoever reads the output has had enough; click ends the program without a word.
        raise
    except OSError as error:
        raise Failure(f"{name}: cannot be written: {error.strerror}") from error


def show_cells(report: Report, flags: Mapping[str, Any]) -> None:
    """The changed cells of notebooks, beside the patch that no one can read."""
    if flags["quiet"] or not any(file.path.endswith(".ipynb") for file in report.files):
        return
    from lossfix.difference import of_notebooks
    from lossfix.report.paint import paint

    color = style_of(flags, sys.stderr.isatty()).color
    click.echo(paint(of_notebooks(report), color), err=True, nl=False)


def patch_of(report: Report) -> bytes:
    """The patch of all files, as git applies it in the working directory."""
    from lossfix.report.diff import of_run

    return of_run(report, prefix=_git_prefix())


def git_takes_back(root: Path, patch: str, paths: Sequence[str]) -> str:
    """The command that reverts in ``paths`` what still fits of a patch of files below ``root``.

    Git refuses a patch as a whole, hence ``--reject`` and the names; and it reads its paths, too, from the
    root of the repository.
    """
    import shlex

    prefix = _git_prefix(root)
    command = ["git"] if root == Path.cwd() else ["git", "-C", str(root)]
    command += ["apply", "-R", "--reject"]
    if prefix:
        command.append(f"--directory={prefix}")
    command += [f"--include={_no_pattern(prefix + path.lstrip('/'))}" for path in paths]
    return shlex.join([*command, patch if root == Path.cwd() else os.path.abspath(patch)])


def _no_pattern(path: str) -> str:
    """A path where git expects a pattern."""
    return "".join(f"\\{each}" if each in "\\*?[" else each for each in path)


def _git_prefix(folder: Path | None = None) -> str:
    """A folder, by default the working one, below the root of its repository: a patch's paths start there."""
    import subprocess

    try:
        shown = subprocess.run(
            ("git", "rev-parse", "--show-prefix"),
            capture_output=True,
            text=True,
            check=True,
            cwd=folder,
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return shown.stdout.rstrip("\n")


def write_bytes(data: bytes) -> None:
    """Data to stdout, as it is.

    Raises:
        Failure: it cannot be written, as on a disk that is full.
    """
    with _written_to("stdout"):
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def write_lines(text: str) -> None:
    """Lines of text to stdout, without colours where it is no terminal.

    Raises:
        Failure: they cannot be written.
    """
    with _written_to("stdout"):
        click.echo(text)


def style_of(flags: Mapping[str, Any], terminal: bool) -> Style:
    """How a report is to look on a stream that is a terminal or is not."""
    from lossfix.report import Style

    plain = not terminal or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    color = flags["color"] == "always" or (
        flags["color"] == "auto" and (bool(os.environ.get("FORCE_COLOR")) or not plain)
    )
    return Style(
        columns=shutil.get_terminal_size().columns if terminal else 0,
        pages=_pages(flags),
        root=Path.cwd().as_posix() if flags.get("absolute_paths") else "",
        color=color,
        curves=bool(flags.get("verbose")),
    )


def _pages(flags: Mapping[str, Any]) -> Mapping[str, RulePage]:
    """The pages of the rules, where a format shows them: the rules cost as much to load as a small scan."""
    if not flags.get("html") and {each.format for each in flags["formats"]} <= FOR_PEOPLE:
        return {}
    from lossfix.pages import rule_pages

    return rule_pages()
