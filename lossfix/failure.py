"""What ends a run that cannot do what it was asked to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

FAILED = 2


class Failure(click.ClickException):
    """What was asked could not be done: exit code 2."""

    exit_code = FAILED

    def show(self, file: Any = None) -> None:
        click.echo(f"lossfix: {self.message}", err=True)


def usage(error: click.UsageError) -> str:
    """What is wrong with a command line, in one line that ends in where to look."""
    context = error.ctx
    command = context.command_path if context else "lossfix"
    said = error.format_message().rstrip(".")
    if isinstance(error, click.NoSuchOption):
        said = f"no such option {error.option_name}{_meant(error)}"
    return f"{said[:1].lower()}{said[1:]} ({command} --help)"


def _meant(error: click.NoSuchOption) -> str:
    from lossfix.config.settings import closest

    context, name = error.ctx, error.option_name
    if context is None:
        return ""
    takers = [command.name for command in _beside(context) if name in _options_of(command)]
    if takers:
        return f"; lossfix {' and lossfix '.join(map(str, takers))} can take it"
    # Two dashes are alike in all names, and make any two of them seem closer than they are.
    return closest(name, _options_of(context.command), cutoff=0.6)


def _beside(context: click.Context) -> Iterator[click.Command]:
    group = context.parent.command if context.parent else None
    return iter(group.commands.values() if isinstance(group, click.Group) else ())


def _options_of(command: click.Command) -> list[str]:
    return [name for each in command.params for name in each.opts]
