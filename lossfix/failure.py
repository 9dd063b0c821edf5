"""What ends a run that cannot do what it was asked to do."""

from __future__ import annotations

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

    parameters = error.ctx.command.get_params(error.ctx) if error.ctx else ()
    return closest(error.option_name, [name for each in parameters for name in each.opts])
