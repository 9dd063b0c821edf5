"""Texts of users as Python's own parser has them, and what it warns about them (invalid escapes) kept silent.

Imports nothing but the standard library: a run that finds everything in its cache loads no LibCST for it.
"""

from __future__ import annotations

import ast
import warnings

NOT_PYTHON = (SyntaxError, ValueError, RecursionError, MemoryError)
"""What is raised of texts that are not Python, have a null byte, are too long, or are nested too deeply."""

LARGEST = 2_000_000
"""Characters that are parsed at most: what more of them take, docs/scale.md tells."""


class TooLong(ValueError):
    """A text has more than ``LARGEST`` characters; whether it is Python, nobody looked."""


def parsed(text: str) -> ast.Module:
    """The tree of a module.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: as ``NOT_PYTHON`` has them.
    """
    if len(text) > LARGEST:
        raise TooLong(f"it has {len(text)} characters, and at most {LARGEST} are read")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def parsed_expression(text: str) -> ast.expr:
    """The tree of an expression.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: as ``NOT_PYTHON`` has them.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text, mode="eval").body


def parsed_or_none(text: str) -> ast.Module | None:
    """The tree of a module; ``None`` where it does not parse."""
    try:
        return parsed(text)
    except NOT_PYTHON:
        return None
