"""Signals that end a run as Ctrl-C does: what is half-written is taken back, and workers end with it."""

from __future__ import annotations

import signal

_NAMES = ("SIGTERM", "SIGHUP")
"""What ends a job, and what closes its terminal; Windows has no SIGHUP."""


def interrupted_by_signals() -> None:
    """Have them raise ``KeyboardInterrupt``; what is ignored, as under nohup, stays so."""
    _replace(signal.SIG_DFL, signal.default_int_handler)


def uninterrupted() -> None:
    """Have them end this process at once again."""
    _replace(signal.default_int_handler, signal.SIG_DFL)


def _replace(before: object, after: signal._HANDLER) -> None:
    for name in _NAMES:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is before:
            signal.signal(number, after)
