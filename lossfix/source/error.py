"""What goes wrong between a file and its text."""

from __future__ import annotations

_DECLARE = "save it as UTF-8, or declare its encoding in a comment on the first line"


class SourceError(Exception):
    """What was asked of a file cannot be done: it is missing, may not be written, or has changed."""


class Unreadable(SourceError):
    """A file or folder that was come across cannot be read, or is not what its name says: its bytes are
    no text, or its notebook is no notebook.

    That is a finding about the file, not a failure of the run.
    """

    def __init__(
        self, path: str, message: str, line: int = 1, column: int = 1, cure: str = _DECLARE
    ) -> None:
        super().__init__(f"{path}:{line}:{column}: {message}")
        self.path = path
        self.message = message
        self.line = line
        self.column = column
        self.cure = cure
        """What its reader can do about it."""
