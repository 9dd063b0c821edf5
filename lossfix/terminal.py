"""What a terminal shows while a command works: how far it is, and the questions that it asks."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from lossfix.failure import Failure
from lossfix.progress import SILENT, Progress

if TYPE_CHECKING:
    from lossfix.interactive import Review


@contextmanager
def working(flags: Mapping[str, Any]) -> Iterator[Progress]:
    """While others do the work: whom to tell how far it is, which is shown on stderr.

    Raises:
        Failure: none of them can do it.
    """
    # An editor's terminal may show what moves a cursor as it is.
    still = not sys.stderr.isatty() or os.environ.get("TERM") == "dumb"
    ticker = Ticker(not still and not flags.get("quiet"))
    say = ticker.say if flags.get("verbose") else SILENT.say
    if flags.get("verbose"):
        hear("lossfix.verify", ticker)
    try:
        yield Progress(say, ticker.tick)
    except Exception as error:
        # Loaded here: a check measures nothing, and needs no word of what can go wrong with that.
        from lossfix.pool import PoolError, lost
        from lossfix.verify.interpreter import InterpreterError

        if isinstance(error, InterpreterError | PoolError):
            raise Failure(str(error)) from error
        if said := lost(error):
            raise Failure(said) from error
        raise
    finally:
        ticker.clear()


def dialogue(color: bool) -> Review:
    """The dialogue of ``fix -i``: it asks on stderr and reads the answers from stdin."""
    from lossfix.interactive import Review

    def ask(question: str) -> str:
        click.echo(question, err=True, nl=False)
        line = sys.stdin.buffer.readline()
        if not line:
            click.echo(err=True)
            raise EOFError
        return line.decode("utf-8", "replace")

    def edit(text: str, ending: str) -> str | None:
        try:
            return click.edit(text, extension=ending)
        except click.ClickException as error:
            # Nothing that was answered before is lost for that.
            show(f"There is no editor: {error.message}; EDITOR names one\n")
            return None

    def show(text: str) -> None:
        click.echo(text, err=True, nl=False)

    return Review(ask, show, edit, color, _columns)


def _columns() -> int:
    return shutil.get_terminal_size().columns if sys.stderr.isatty() else 0


class Ticker:
    """One line on a terminal's stderr that says how far the work is, and leaves nothing behind."""

    REST = 0.1
    """Seconds between two states of the line."""

    def __init__(self, shown: bool) -> None:
        self._shown = shown
        self._next = 0.0
        self._phase = ""
        self._visible = False

    def tick(self, text: str) -> None:
        """Show this state of the work, if it is time for another one; nothing clears the line.

        What begins is always shown: it may take long until its next state.
        """
        now = time.monotonic()
        if not text:
            self.clear()
            return
        phase = text.partition(":")[0]
        if not self._shown or (now < self._next and phase == self._phase):
            return
        from lossfix.report.style import printable

        columns = shutil.get_terminal_size().columns
        sys.stderr.write(f"\r\x1b[K{printable(text)[: columns - 1]}")
        sys.stderr.flush()
        self._next, self._phase, self._visible = now + self.REST, phase, True

    def say(self, line: str) -> None:
        """Leave a line behind."""
        self.clear()
        click.echo(line, err=True)

    def clear(self) -> None:
        """Give the line back to others."""
        if self._visible:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._visible = False


def hear(name: str, ticker: Ticker) -> None:
    """Have all that is logged under ``name`` said on stderr: what the measured code itself wrote."""
    import logging

    class Said(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            ticker.say(self.format(record))

    logger = logging.getLogger(name)
    logger.handlers = [Said()]
    logger.setLevel(logging.DEBUG)
