"""Flags to configuration to a run to a report: the commands, and the only file that exits."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from lossfix import __version__
from lossfix.asked import config_of, from_stdin, opened, sent, starter, verifier_of, was_sent
from lossfix.failure import FAILED, Failure, usage
from lossfix.interrupts import uninterrupted
from lossfix.options import (
    Group,
    PathType,
    configured,
    measuring,
    option,
    selecting,
    showing,
    spreading,
)
from lossfix.showing import (
    git_takes_back,
    patch_of,
    ready,
    show,
    show_cells,
    style_of,
    write_bytes,
    write_lines,
)
from lossfix.terminal import dialogue, working

if TYPE_CHECKING:
    from lossfix.model import Report
    from lossfix.run import Request

CLEAN, FOUND, INTERRUPTED = 0, 1, 130


def main() -> None:
    """The program ``lossfix``."""
    # Syntax trees are many objects without a cycle: looking for cycles would take most of a scan's time.
    # They are collected where a file is done (see `syntax.remembered`); this is for what grows within one.
    gc.freeze()
    gc.set_threshold(1_000_000, 2, 2)
    try:
        code = cli.main(standalone_mode=False, prog_name="lossfix")
    except click.UsageError as error:
        click.echo(f"lossfix: {usage(error)}", err=True)
        code = FAILED
    except click.ClickException as error:
        error.show()
        code = FAILED
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("lossfix: interrupted", err=True)
        code = INTERRUPTED
    except Exception as error:
        if "-v" in sys.argv or "--verbose" in sys.argv:
            raise
        click.echo(
            f"lossfix: internal error: {type(error).__name__}: {error} (-v shows where; please report it)",
            err=True,
        )
        code = FAILED
    # Python would look for cycles once more as it ends: a tenth of what the whole scan of a large tree takes.
    gc.freeze()
    sys.exit(code if isinstance(code, int) else CLEAN)


@click.group(
    cls=Group,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="lossfix", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context) -> int:
    """Find custom Keras losses that do not train, rewrite them, and prove that the rewrite trains.

    Start with "lossfix check" in your project, then look at "lossfix fix --diff".
    """
    if context.invoked_subcommand is None:
        write_lines(context.get_help())
        return FAILED
    return CLEAN


@cli.command(short_help="Find broken losses; reads only.")
@selecting
@showing
@spreading
@configured
def check(**flags: Any) -> int:
    """Find broken losses in files and folders [default: this folder]; - reads stdin.

    Reads only, and never runs the code that it reads. Exits 1 where anything was found.
    """
    from lossfix import run

    ready(flags)
    with working(flags) as progress:
        request, files = opened(flags, progress)
        if flags["verbose"]:
            for line in run.roles_of(request, files):
                progress.say(line)
        report = run.check(request, files)
    report = _beyond_baseline(report, request, flags)
    show(report, flags)
    return FOUND if report.findings or report.unreadable else CLEAN


@cli.command(short_help="Rewrite broken losses, once the rewrite is verified.")
@option("What is written", "--diff", is_flag=True, help="Print a patch and write nothing.")
@option("What is written", "-i", "--interactive", is_flag=True, help="Ask loss by loss.")
@option(
    "What is written",
    "--exact-only",
    is_flag=True,
    default=None,
    help="Only rewrites that change no value: no gate is smoothed.",
)
@option(
    "What is written",
    "--gate",
    type=click.Choice(["auto", "sigmoid", "detached", "keep"]),
    help="What becomes of a hard gate: a sigmoid, one that passes no gradient of its own, or "
    "nothing [default: auto, what measures best].",
)
@option(
    "What is written",
    "--steepness",
    metavar="auto|FLOAT",
    help="Of the sigmoid, in 1 / units of what the gate compares [default: auto, calibrated].",
)
@option(
    "What is written", "--no-verify", is_flag=True, help="Write what was not measured, and say so."
)
@selecting
@showing
@measuring
@spreading
@configured
def fix(**flags: Any) -> int:
    """Rewrite broken losses in place, in files and folders [default: this folder]; - reads stdin.

    Each rewrite is measured before it is written, and only one that keeps its promise is written; "lossfix
    undo" takes it back. Exits 1 where findings remain, a loss was kept as it was, or --diff shows a change.
    """
    from lossfix import run, source

    if flags["interactive"] and from_stdin(flags):
        raise Failure("-i asks on stdin, from which - reads the source; name a file instead")
    if flags["interactive"] and flags["files_from"] == "-":
        raise Failure("-i asks on stdin, from which --files-from - reads; name a file instead")
    ready(flags, holds := _on_stdout(flags))
    with _source_given_back(flags), working(flags) as progress:
        request, files = opened(flags, progress)
        start = None if flags["no_verify"] else starter(request.config, flags)
        asks = flags["interactive"]
        review = dialogue(style_of(flags, sys.stderr.isatty()).color) if asks else None
        report = run.fix(request, files, start, review)
    if flags["diff"]:
        write_bytes(patch_of(report))
        show_cells(report, flags)
    elif from_stdin(flags):
        changed = next((each.after for each in report.files if each.changed), None)
        write_bytes(sent() if changed is None else changed)
    else:
        try:
            report = run.write(request, report, files.documents)
        except source.SourceError as error:
            raise Failure(str(error)) from error
    report = _beyond_baseline(report, request, flags)
    show(report, flags, holds)
    if flags["diff"] and any(file.changed for file in report.files):
        return FOUND
    return FOUND if report.findings or report.unreadable or any(run.kept(report)) else CLEAN


@cli.command(short_help="Measure losses as they are, or a repair made by hand.")
@click.argument("losses", nargs=-1, type=PathType(), metavar="[PATH[::LOSS]]...")
@option(
    "What is compared",
    "--against",
    metavar="OLD[::LOSS]",
    help="Hold the loss to the promise of a rewrite of OLD: the same values.",
)
@option(
    "What is compared",
    "--relaxed",
    is_flag=True,
    help="With --against: values that approach the old ones as its steepness grows.",
)
@showing
@measuring
@spreading
@configured
def verify(**flags: Any) -> int:
    """Measure losses as they are, and rewrite nothing [default: all in this folder].

    Runs their code, isolated. Exits 1 where a loss does not train, cannot be measured, or breaks the
    promise that --against holds it to.
    """
    from lossfix import measure
    from lossfix.source import SourceError

    if flags["relaxed"] and not flags["against"]:
        raise Failure("--relaxed says how to compare; name the older loss with --against")
    ready(flags)
    config = config_of(flags)
    try:
        with working(flags) as progress:
            report = measure.verify(
                config,
                flags["losses"] or (".",),
                flags["against"],
                flags["relaxed"],
                starter(config, flags),
                progress,
            )
    except (measure.NoSuchLoss, SourceError) as error:
        raise Failure(str(error)) from error
    show(report, flags)
    return FOUND if measure.failed(report) else CLEAN


@cli.command(short_help="Take back a fix.")
@click.argument("identifier", default="")
@option(
    "What is shown",
    "--list",
    "listing",
    is_flag=True,
    help="List what can be taken back, and do nothing.",
)
def undo(identifier: str, listing: bool) -> int:
    """Take back a fix: the last one, or the one with the given identifier.

    Only files that are as the fix left them are restored; exits 1 where another one was left alone.
    """
    from lossfix import source

    root = source.root_of_records(config_of({}).root)
    try:
        if listing:
            if not source.records(root):
                click.echo("There is no fix to take back.", err=True)
            for record in source.records(root):
                write_lines(f"{record.identifier}  {' '.join(record.paths)}")
            return CLEAN
        undone = source.undo(root, identifier)
    except source.SourceError as error:
        raise Failure(str(error)) from error
    for path in undone.restored:
        click.echo(f"Restored {path}", err=True)
    for path in undone.already:
        click.echo(f"As before {path}", err=True)
    there = [path for path in undone.changed if (root / path).exists()]
    for path in undone.changed:
        said = "it changed since the fix" if path in there else "it is gone"
        click.echo(f"Left {path}: {said}", err=True)
    if there:
        command = git_takes_back(root, source.place(root, undone.identifier), there)
        click.echo(f"What still fits can be taken back with {command}", err=True)
    return FOUND if undone.changed else CLEAN


@cli.command(short_help="Print the page of a rule.")
@click.argument("rule")
def explain(rule: str) -> int:
    """Print the page of a rule: CODE or name."""
    from lossfix import codes

    known = [word for pair in codes.known() for word in pair]
    if rule.upper() not in known and rule.lower() not in known:
        from lossfix.config.settings import RULE_CUTOFF, closest

        several = codes.beginning_with(rule)
        near = f"; there are {', '.join(several)}" if several else closest(rule, known, RULE_CUTOFF)
        raise Failure(f"no rule {rule!r}{near or '; lossfix rules lists them'}")
    from lossfix.pages import page_of

    page = page_of(rule)
    assert page is not None
    write_lines(page.rstrip())
    return CLEAN


@cli.command()
def rules() -> int:
    """Print the table of rules."""
    from lossfix.pages import table

    write_lines(table())
    return CLEAN


@cli.command(short_help="Serve an editor: the language server.")
def lsp() -> int:
    """Serve an editor on stdin and stdout: findings, fixes, pages of rules, measurements.

    Exits 1 where the editor is gone without having shut the session down, as the protocol has it.
    """
    try:
        from lossfix.lsp import serve
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("lossfix"):
            raise
        raise Failure("the language server needs pygls: pip install 'lossfix[lsp]'") from error
    # It has nothing to take back, and would wait for the thread that reads stdin.
    uninterrupted()
    return CLEAN if serve() else FOUND


@cli.command(short_help="Say what was found on this machine, and what an editor needs.")
@option(
    "How losses are measured",
    "--python",
    metavar="PATH",
    help="The interpreter that has TensorFlow.",
)
def doctor(python: str | None) -> int:
    """Say what was found: versions, the interpreter and why, what isolates the verifier; editor settings."""
    from lossfix.editors import language_server, program, snippets
    from lossfix.verify import interpreter

    config = config_of({"python": python})
    write_lines(f"lossfix {__version__}, Python {sys.version.split()[0]} at {sys.executable}")
    write_lines(f"configuration: {config.file or 'none'}")
    write_lines(f"language server: {language_server()}")
    try:
        with working({}):
            found = interpreter.find(
                python, configured=config.verify.python or None, project=config.root
            )
            write_lines(f"interpreter: {found.why}")
            write_lines(
                f"  Python {found.python}, TensorFlow {found.tensorflow}, Keras {found.keras}, "
                f"NumPy {found.numpy}"
            )
            with verifier_of(config, found.path, {}) as verifier:
                for line in verifier.isolation():
                    write_lines(f"  isolation: {line}")
    finally:
        write_lines(f"editors, as docs/editors.md explains:\n{snippets(program()).rstrip()}")
    return CLEAN


def _on_stdout(flags: Mapping[str, Any]) -> str:
    """What a fix puts on stdout, where findings go otherwise."""
    if flags["diff"]:
        return "the patch"
    return "the source" if from_stdin(flags) else ""


@contextmanager
def _source_given_back(flags: Mapping[str, Any]) -> Iterator[None]:
    """What an editor sent comes back to it, also where it could not be mended."""
    try:
        yield
    except Exception:
        if from_stdin(flags) and not flags["diff"] and was_sent():
            write_bytes(sent())
        raise


def _beyond_baseline(report: Report, request: Request, flags: Mapping[str, Any]) -> Report:
    """What the baseline does not know; nothing where all of it becomes the baseline."""
    from dataclasses import replace

    from lossfix import known, source

    whole = report
    if request.baseline is not None:
        report = known.beyond_baseline(report, request.baseline)
    if flags["write_baseline"]:
        found = known.baseline_of(whole)
        try:
            source.write_baseline(flags["write_baseline"], found)
        except source.SourceError as error:
            raise Failure(str(error)) from error
        if not flags["quiet"]:
            click.echo(f"Baseline: {len(found)} listed in {flags['write_baseline']}", err=True)
        files = tuple(replace(file, findings=()) for file in report.files if file.outcomes)
        return replace(report, files=files)
    return report
