"""Flags to configuration to a run to a report: the only file that prints or exits."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lossfix import __version__
from lossfix.asked import FAILED, Failure, config_of, from_stdin, opened, starter, verifier_of
from lossfix.options import FORMATS, selecting, spreading, verifying

if TYPE_CHECKING:
    from lossfix.interactive import Review
    from lossfix.model import Report
    from lossfix.report import RulePage
    from lossfix.run import Request

CLEAN, FOUND, INTERRUPTED = 0, 1, 130


def main() -> None:
    """The program ``lossfix``."""
    # Syntax trees are many objects without a cycle: looking for cycles would take most of a scan's time.
    gc.freeze()
    gc.set_threshold(100_000, 50, 1000)
    try:
        code = cli.main(standalone_mode=False, prog_name="lossfix")
    except click.ClickException as error:
        error.show()
        code = FAILED
    except click.exceptions.Abort:
        code = INTERRUPTED
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:
        if "-v" in sys.argv or "--verbose" in sys.argv:
            raise
        click.echo(
            f"lossfix: internal error: {type(error).__name__}: {error} (-v shows where; please report it)",
            err=True,
        )
        code = FAILED
    sys.exit(code if isinstance(code, int) else CLEAN)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="lossfix", message="%(prog)s %(version)s")
def cli() -> None:
    """Find custom Keras losses that do not train, rewrite them, and prove that the rewrite trains."""


@cli.command()
@selecting
@spreading
def check(**flags: Any) -> int:
    """Find broken losses; reads only, and never runs the code that it reads."""
    from lossfix import run

    with _working(flags):
        request, files = opened(flags)
        report = run.check(request, files)
    report = _beyond_baseline(report, request, flags)
    _show(report, flags)
    return FOUND if report.findings or report.unreadable else CLEAN


@cli.command()
@selecting
@verifying
@spreading
@click.option("--diff", is_flag=True, help="Print a patch and write nothing.")
@click.option("-i", "--interactive", is_flag=True, help="Ask loss by loss what to write.")
@click.option("--no-verify", is_flag=True, help="Write what was not verified, and say so.")
@click.option(
    "--exact-only", is_flag=True, default=None, help="Only rewrites that keep all values."
)
@click.option(
    "--gate", type=click.Choice(["auto", "sigmoid", "detached", "keep"]), help="Hard gates."
)
@click.option("--steepness", metavar="auto|FLOAT", help="Of smoothed gates, in 1 / their units.")
def fix(**flags: Any) -> int:
    """Rewrite in place what was found, after the rewrite has been verified."""
    from lossfix import run, source

    with _working(flags):
        request, files = opened(flags)
    start = None if flags["no_verify"] else starter(request.config, flags)
    if flags["interactive"] and from_stdin(flags):
        raise Failure("-i asks on stdin, from which - reads the source; name a file instead")
    with _working(flags):
        report = run.fix(request, files, start, _review(flags) if flags["interactive"] else None)
    if flags["diff"]:
        _write_bytes(_patch(report))
        _show_cells(report, flags)
    elif from_stdin(flags):
        document = files.documents[0] if files.documents else None
        changed = next((each.after for each in report.files if each.changed), None)
        original = document.data if document is not None else flags["stdin"]
        _write_bytes(original if changed is None else changed)
    else:
        try:
            report = run.write(request, report, files.documents)
        except source.SourceError as error:
            raise Failure(str(error)) from error
    report = _beyond_baseline(report, request, flags)
    data_is_code = flags["diff"] or from_stdin(flags)
    _show(report, flags, findings=not data_is_code or bool(flags["formats"]), stderr=data_is_code)
    if flags["diff"] and any(file.changed for file in report.files):
        return FOUND
    return FOUND if report.findings or report.unreadable or any(run.kept(report)) else CLEAN


@cli.command()
@click.argument("losses", nargs=-1, metavar="[PATH[::LOSS]]...")
@verifying
@spreading
@click.option(
    "--against", metavar="OLD[::LOSS]", help="Hold the loss to the promises of a rewrite of OLD."
)
@click.option("--relaxed", is_flag=True, help="With --against: it is meant as a smoothing.")
@click.option("--output-format", "formats", multiple=True, metavar="FORMAT[:FILE]")
@click.option("--report", "html", type=click.Path(dir_okay=False), help="Write an HTML report.")
@click.option("--config", "config_file", type=click.Path(dir_okay=False), help="Use this file.")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto")
@click.option("-q", "--quiet", is_flag=True)
@click.option("-v", "--verbose", is_flag=True, help="Say all that was measured.")
def verify(**flags: Any) -> int:
    """Measure losses as they are, and rewrite nothing; runs their code, isolated."""
    from lossfix import measure
    from lossfix.source import SourceError

    config = config_of(flags)
    try:
        with _working(flags):
            report = measure.verify(
                config,
                flags["losses"] or (".",),
                flags["against"],
                flags["relaxed"],
                starter(config, flags),
            )
    except (measure.NoSuchLoss, SourceError) as error:
        raise Failure(str(error)) from error
    _show(report, flags)
    return FOUND if measure.failed(report) else CLEAN


@cli.command()
@click.argument("identifier", default="")
@click.option("--list", "listing", is_flag=True, help="List what can be taken back.")
def undo(identifier: str, listing: bool) -> int:
    """Take back a fix: the last one, or the one with the given identifier."""
    from lossfix import source

    root = config_of({}).root
    try:
        if listing:
            for record in source.records(root):
                click.echo(f"{record.identifier}  {' '.join(record.paths)}")
            return CLEAN
        undone = source.undo(root, identifier)
    except source.SourceError as error:
        raise Failure(str(error)) from error
    for path in undone.restored:
        click.echo(f"Restored {path}", err=True)
    for path in undone.already:
        click.echo(f"As before {path}", err=True)
    for path in undone.changed:
        click.echo(f"Left {path}: it changed since the fix", err=True)
    return FOUND if undone.changed else CLEAN


@cli.command()
@click.argument("rule")
def explain(rule: str) -> int:
    """Print the page of a rule: CODE or name."""
    from lossfix.pages import known_rules, page_of

    page = page_of(rule)
    if page is None:
        from lossfix.config.settings import closest

        raise Failure(f"no rule {rule!r}{closest(rule, known_rules())}")
    click.echo(page)
    return CLEAN


@cli.command()
def rules() -> int:
    """Print the table of rules."""
    from lossfix.pages import table

    click.echo(table())
    return CLEAN


@cli.command()
def lsp() -> int:
    """Serve an editor on stdin and stdout: findings, fixes, pages of rules, measurements."""
    try:
        from lossfix.lsp import serve
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("lossfix"):
            raise
        raise Failure(
            f"the language server needs {error.name}: pip install 'lossfix[lsp]'"
        ) from error
    serve()
    return CLEAN


@cli.command()
@click.option("--python", help="The interpreter that has TensorFlow.")
def doctor(python: str | None) -> int:
    """Say what was found: versions, the interpreter and why, what isolates the verifier; editor settings."""
    from lossfix.editors import snippets
    from lossfix.verify import interpreter

    config = config_of({"python": python})
    click.echo(f"lossfix {__version__}, Python {sys.version.split()[0]} at {sys.executable}")
    click.echo(f"configuration: {config.file or 'none'}")
    click.echo(f"language server: {_language_server()}")
    try:
        with _working({}):
            found = interpreter.find(
                python, configured=config.verify.python or None, project=config.root
            )
            click.echo(f"interpreter: {found.why}")
            click.echo(
                f"  Python {found.python}, TensorFlow {found.tensorflow}, Keras {found.keras}, "
                f"NumPy {found.numpy}"
            )
            with verifier_of(config, found.path, {}) as verifier:
                for line in verifier.isolation():
                    click.echo(f"  isolation: {line}")
    finally:
        click.echo(f"editors, as docs/editors.md explains:\n{snippets(_program())}", nl=False)
    return CLEAN


def _language_server() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"pygls {version('pygls')}"
    except PackageNotFoundError:
        return "pygls is not installed: pip install 'lossfix[lsp]'"


def _program() -> str:
    """What an editor must start: the name alone where it is on ``PATH``, else the path of this program."""
    import shutil

    own = Path(sys.argv[0]).absolute()
    if shutil.which("lossfix") is None and own.stem == "lossfix" and own.is_file():
        return own.as_posix()
    return "lossfix"


def _review(flags: dict[str, Any]) -> Review:
    from lossfix.interactive import Review

    def ask(question: str) -> str:
        click.echo(question, err=True, nl=False)
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        return line

    def edit(text: str, ending: str) -> str | None:
        return click.edit(text, extension=ending)

    def show(text: str) -> None:
        click.echo(text, err=True, nl=False)

    return Review(ask, show, edit, color=_style(flags, sys.stderr.isatty()).color)


@contextmanager
def _working(flags: dict[str, Any]) -> Iterator[None]:
    """While others do the work: where none of them can, what was asked cannot be done."""
    from lossfix.pool import PoolError
    from lossfix.verify.interpreter import InterpreterError

    if flags.get("verbose"):
        import logging

        logger = logging.getLogger("lossfix.verify")
        logger.addHandler(logging.StreamHandler())
        logger.setLevel(logging.DEBUG)
    try:
        yield
    except (InterpreterError, PoolError) as error:
        raise Failure(str(error)) from error


def _beyond_baseline(report: Report, request: Request, flags: dict[str, Any]) -> Report:
    """What the baseline does not know; nothing where all of it becomes the baseline."""
    from dataclasses import replace

    from lossfix import run, source

    if request.baseline is not None:
        report = run.beyond_baseline(report, request.baseline)
    if flags["write_baseline"]:
        try:
            source.write_baseline(flags["write_baseline"], run.baseline_of(report))
        except source.SourceError as error:
            raise Failure(str(error)) from error
        files = tuple(replace(file, findings=()) for file in report.files if file.outcomes)
        return replace(report, files=files)
    return report


def _patch(report: Report) -> bytes:
    from lossfix.report import patch

    return patch(report.files, prefix=_git_prefix())


def _show_cells(report: Report, flags: dict[str, Any]) -> None:
    if flags["quiet"] or not any(file.path.endswith(".ipynb") for file in report.files):
        return
    from lossfix.difference import of_notebooks
    from lossfix.report.paint import paint

    color = _style(flags, sys.stderr.isatty()).color
    click.echo(paint(of_notebooks(report), color), err=True, nl=False)


def _git_prefix() -> str:
    """The working directory below the root of its repository: git reads a patch's paths from there."""
    import subprocess

    try:
        shown = subprocess.run(
            ("git", "rev-parse", "--show-prefix"), capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return shown.stdout.rstrip("\n")


def _write_bytes(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _show(
    report: Report, flags: dict[str, Any], findings: bool = True, stderr: bool = False
) -> None:
    """Data to stdout or files, and what is said to people to stderr."""
    from lossfix.report import RENDERERS, ReportError, statistics, summary

    style = _style(flags, sys.stdout.isatty())
    default = "full" if sys.stdout.isatty() else "concise"
    try:
        for wish in flags["formats"] or ((default,) if findings else ()):
            name, _, file = wish.partition(":")
            if name not in FORMATS:
                from lossfix.config.settings import closest

                raise Failure(f"--output-format {name}: no such format{closest(name, FORMATS)}")
            data = RENDERERS[name](report, style).encode("utf-8", "surrogateescape")
            if file:
                Path(file).write_bytes(data)
            else:
                _write_bytes(data)
        if flags.get("html"):
            Path(flags["html"]).write_text(RENDERERS["html"](report, style), encoding="utf-8")
    except ReportError as error:
        raise Failure(str(error)) from error
    except BrokenPipeError:
        # Whoever reads the output has had enough; click ends the program without a word.
        raise
    except OSError as error:
        raise Failure(f"{error.filename}: cannot be written: {error.strerror}") from error
    if stderr and not flags["formats"] and report.findings:
        click.echo(RENDERERS["concise"](report, style), err=True, nl=False)
    if flags.get("statistics"):
        click.echo(statistics(report, style), nl=False)
    if not flags["quiet"]:
        click.echo(summary(report, _style(flags, sys.stderr.isatty())), err=True, nl=False)


def _style(flags: dict[str, Any], terminal: bool) -> Any:
    import os

    from lossfix.report import Style

    color = flags["color"] == "always" or (
        flags["color"] == "auto"
        and (bool(os.environ.get("FORCE_COLOR")) or (terminal and not os.environ.get("NO_COLOR")))
    )
    return Style(
        pages=_pages(flags),
        root=Path.cwd().as_posix() if flags.get("absolute_paths") else "",
        color=color,
        curves=bool(flags.get("verbose")),
    )


def _pages(flags: dict[str, Any]) -> Mapping[str, RulePage]:
    """The pages of the rules, where a format shows them: the rules cost as much to load as a small scan."""
    formats = {wish.partition(":")[0] for wish in flags["formats"]}
    if not flags.get("html") and formats <= {"full", "concise"}:
        return {}
    from lossfix.pages import rule_pages

    return rule_pages()
