"""From a text to its trees, or to the place at which it stops being Python."""

from __future__ import annotations

import ast

import libcst as cst

from lossfix.syntax.quiet import NOT_PYTHON, TooLong, parsed
from lossfix.syntax.tree import Tree


class Unparsable(Exception):
    """A file that is not Python; ``line`` and ``column`` (from 1) say where it stops being.

    One with a ``cure`` is Python that is not read all the same; it says what to do about that.
    """

    def __init__(self, message: str, line: int, column: int, cure: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
        self.cure = cure


def outline(text: str) -> ast.Module:
    """The standard library's tree of ``text``: many times cheaper than LibCST's.

    Raises:
        Unparsable: where Python cannot read it, or it is too long.
    """
    try:
        return parsed(text)
    except TooLong as error:
        raise Unparsable(str(error), 1, 1, "move its losses into a file of their own") from None
    except SyntaxError as error:
        raise Unparsable(
            error.msg or "invalid syntax", error.lineno or 1, error.offset or 1
        ) from None
    except NOT_PYTHON as error:
        raise Unparsable(str(error) or type(error).__name__, 1, 1) from None


def parse(text: str) -> Tree:
    """Parse ``text``.

    Raises:
        Unparsable: where Python or LibCST cannot read it, or it is too long.
    """
    lines = outline(text)
    try:
        return Tree(text, cst.parse_module(text), lines)
    except cst.ParserSyntaxError as error:
        raise Unparsable(error.message, error.raw_line, error.raw_column + 1) from None
    except RecursionError:
        raise Unparsable("nested too deeply", 1, 1) from None
