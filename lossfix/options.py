"""The options that several commands share, and how their help is laid out: by what they are for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

FORMATS = ("full", "concise", "json", "sarif", "github", "gitlab")
"""What ``--output-format`` knows."""

FOR_PEOPLE = frozenset({"full", "concise"})
"""Those that may share a stream with what else is said to people."""


@dataclass(frozen=True)
class Output:
    """A format that was asked for, and the file that it goes to."""

    format: str
    file: str = ""
    """Empty: stdout."""


class _OutputType(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4 only
    name = "format"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from lossfix.config.settings import closest

        name, colon, file = value.partition(":")
        if name not in FORMATS:
            near = closest(name, FORMATS) or f"; there are {', '.join(FORMATS)}"
            raise click.UsageError(f"--output-format {name}: no such format{near}", ctx)
        if colon and not file:
            raise click.UsageError(f"--output-format {value}: names no file after the colon", ctx)
        return Output(name, file)


class PathType(click.ParamType):  # type: ignore[type-arg]  # as above
    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not value:
            # As of a variable that is not set: nobody means the whole folder by that.
            raise click.UsageError("a path is empty; write . for the working directory", ctx)
        return value


class _Option(click.Option):
    """An option that stands under a heading of the help."""

    def __init__(self, *names: Any, heading: str, **rest: Any) -> None:
        super().__init__(*names, **rest)
        self.heading = heading


class Command(click.Command):
    """A command whose help shows the options under their headings."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            row = parameter.get_help_record(ctx)
            if row is not None and isinstance(parameter, click.Option):
                heading = getattr(parameter, "heading", "Help")
                groups.setdefault(heading, []).append(row)
        for heading, rows in groups.items():
            with formatter.section(heading):
                formatter.write_dl(rows, col_max=24)


class Group(click.Group):
    """The commands in the order in which they are defined, each told in one line."""

    command_class = Command

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            raise click.UsageError(f"no such command {name!r}{self._meant(name)}", ctx)
        return super().resolve_command(ctx, args)

    def _meant(self, name: str) -> str:
        import os

        from lossfix.config.settings import closest

        if os.path.exists(name):
            return f"; did you mean 'lossfix check {name}'?"
        return closest(name, self.commands) or f"; there are {', '.join(self.commands)}"


def _options(*options: Callable[[Any], Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def option(heading: str, *names: str, **rest: Any) -> Callable[[Any], Any]:
    """A click option under a heading of the help."""
    return click.option(*names, cls=_Option, heading=heading, **rest)


def _file(heading: str, *names: str, **rest: Any) -> Callable[[Any], Any]:
    return option(heading, *names, type=click.Path(dir_okay=False, readable=False), **rest)


_RULES, _FILES, _LINES = "Which rules", "Which files", "Which findings"
_OUTPUT, _MEASURE, _WORK = "What is shown", "How losses are measured", "How the work is done"

selecting = _options(
    click.argument("paths", nargs=-1, type=PathType(), metavar="[PATH|-]..."),
    option(
        _RULES,
        "--select",
        multiple=True,
        metavar="RULE,...",
        help="Only these: codes, beginnings of codes, or names.",
    ),
    option(_RULES, "--extend-select", multiple=True, metavar="RULE,...", help="These, too."),
    option(_RULES, "--ignore", multiple=True, metavar="RULE,...", help="Not these."),
    option(
        _LINES,
        "--lines",
        multiple=True,
        metavar="A-B",
        help="Only those in these lines; empty means everywhere. Repeatable.",
    ),
    option(
        _LINES,
        "--diff-base",
        metavar="REF",
        help="Only those in lines that changed since this git commit.",
    ),
    _file(_LINES, "--baseline", metavar="FILE", help="Only those that FILE does not list."),
    _file(
        _LINES,
        "--write-baseline",
        metavar="FILE",
        help="List all findings in FILE, for --baseline, and report none.",
    ),
    option(
        _FILES,
        "--include",
        multiple=True,
        metavar="PATTERN",
        help="In folders, look at these files [default: *.py, *.ipynb].",
    ),
    option(
        _FILES,
        "--exclude",
        multiple=True,
        metavar="PATTERN",
        help="In folders, leave these out [default: .venv, build and the like].",
    ),
    option(
        _FILES,
        "--extend-exclude",
        multiple=True,
        metavar="PATTERN",
        help="Leave these out besides the default.",
    ),
    option(
        _FILES,
        "--force-exclude",
        is_flag=True,
        default=None,
        help="Leave out excluded files even where they are named.",
    ),
    option(
        _FILES,
        "--files-from",
        metavar="FILE",
        help="Read more paths from FILE (-: stdin), one a line or each ended by a NUL.",
    ),
    option(
        _FILES, "--stdin-filename", metavar="PATH", help="What the source that - reads is called."
    ),
)
"""Which files, findings and rules."""

showing = _options(
    option(
        _OUTPUT,
        "--output-format",
        "formats",
        multiple=True,
        type=_OutputType(),
        metavar="FORMAT[:FILE]",
        help=f"{', '.join(FORMATS[:-1])} or {FORMATS[-1]}; repeatable [default: full on a "
        "terminal, else concise].",
    ),
    _file(
        _OUTPUT,
        "--report",
        "html",
        metavar="FILE",
        help="Write a page of HTML with diffs, curves and measurements.",
    ),
    option(
        _OUTPUT,
        "--absolute-paths",
        is_flag=True,
        help="Show paths from the root of the file system.",
    ),
    option(_OUTPUT, "--statistics", is_flag=True, help="Count the findings of each rule."),
    option(
        _OUTPUT,
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        help="Also NO_COLOR and FORCE_COLOR are heeded [default: auto].",
    ),
    option(_OUTPUT, "-q", "--quiet", is_flag=True, help="Say nothing on stderr but errors."),
    option(
        _OUTPUT, "-v", "--verbose", is_flag=True, help="Say all that was measured, with curves."
    ),
)
"""What the report looks like, and where it goes."""

configured = _options(
    _file(
        _WORK,
        "--config",
        "config_file",
        metavar="FILE",
        help="Use this configuration [default: the nearest pyproject.toml or lossfix.toml].",
    ),
)
"""Where the configuration is."""

measuring = _options(
    option(
        _MEASURE,
        "--python",
        metavar="PATH",
        help="The interpreter, or the environment, that has TensorFlow and your packages.",
    ),
    option(
        _MEASURE,
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        help="What measuring one loss may take [default: 60].",
    ),
    option(
        _MEASURE,
        "--memory",
        type=click.IntRange(min=1),
        metavar="MIB",
        help="What measuring one loss may take besides TensorFlow [default: 6144].",
    ),
    option(_MEASURE, "--seed", type=int, metavar="N", help="Of the inputs [default: 0]."),
)
"""How losses are measured."""

spreading = _options(
    option(
        _WORK,
        "-j",
        "--jobs",
        type=click.IntRange(min=1),
        default=None,
        metavar="N",
        help="Processes at a time [default: one a core, to measure at most 4].",
    ),
    option(_WORK, "--cluster", default="", metavar="ADDRESS", help="Work on this Dask scheduler."),
    option(_WORK, "--no-cache", is_flag=True, help="Find out everything anew."),
)
"""Over how much the work is spread."""
