"""The options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

FORMATS = ("full", "concise", "json", "sarif", "github", "gitlab")
"""What ``--output-format`` knows."""


def selecting(command: Callable[..., Any]) -> Callable[..., Any]:
    """Which files, lines and rules, and what the report looks like."""
    for option in reversed(
        (
            click.argument("paths", nargs=-1, type=click.Path()),
            click.option(
                "--select", multiple=True, help="Only these rules: codes, prefixes or names."
            ),
            click.option("--ignore", multiple=True, help="Not these rules."),
            click.option("--extend-select", multiple=True, help="These rules, too."),
            click.option(
                "--lines", default="", help="Only what stands in the lines A-B; empty: everywhere."
            ),
            click.option("--include", multiple=True, help="Files to look at in folders."),
            click.option("--exclude", multiple=True, help="Files and folders to leave out."),
            click.option("--extend-exclude", multiple=True, help="Leave these out, too."),
            click.option(
                "--force-exclude", is_flag=True, default=None, help="Also where they are named."
            ),
            click.option("--diff-base", metavar="REF", help="Only lines changed since a commit."),
            click.option(
                "--baseline", type=click.Path(dir_okay=False), help="Only what is not in FILE."
            ),
            click.option(
                "--write-baseline",
                type=click.Path(dir_okay=False),
                help="Write all findings to FILE.",
            ),
            click.option(
                "--files-from", metavar="FILE", help="Read the paths from FILE, or - for stdin."
            ),
            click.option(
                "--stdin-filename", metavar="PATH", help="The name of the source that - reads."
            ),
            click.option(
                "--config", "config_file", type=click.Path(dir_okay=False), help="Use this file."
            ),
            click.option(
                "--output-format",
                "formats",
                multiple=True,
                metavar="FORMAT[:FILE]",
                help=f"One of {', '.join(FORMATS)}; repeatable.",
            ),
            click.option(
                "--report", "html", type=click.Path(dir_okay=False), help="Write an HTML report."
            ),
            click.option("--absolute-paths", is_flag=True, help="Paths from the root."),
            click.option("--statistics", is_flag=True, help="Count findings by rule."),
            click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto"),
            click.option("-q", "--quiet", is_flag=True, help="Say nothing on stderr."),
            click.option("-v", "--verbose", is_flag=True, help="Say what was measured."),
        )
    ):
        command = option(command)
    return command


def verifying(command: Callable[..., Any]) -> Callable[..., Any]:
    """How losses are measured."""
    for option in reversed(
        (
            click.option("--python", help="The interpreter that has TensorFlow and your packages."),
            click.option(
                "--timeout",
                type=click.FloatRange(min=0, min_open=True),
                help="Seconds that one loss may take.",
            ),
            click.option(
                "--memory", type=click.IntRange(min=1), help="MiB that one loss may take."
            ),
            click.option("--seed", type=int, help="Of the inputs on which losses are measured."),
        )
    ):
        command = option(command)
    return command


def spreading(command: Callable[..., Any]) -> Callable[..., Any]:
    """Over how much the work is spread."""
    for option in reversed(
        (
            click.option(
                "-j", "--jobs", type=click.IntRange(min=1), default=1, help="Processes at a time."
            ),
            click.option("--cluster", default="", metavar="ADDRESS", help="A Dask scheduler."),
            click.option("--no-cache", is_flag=True, help="Find out everything anew."),
        )
    ):
        command = option(command)
    return command
