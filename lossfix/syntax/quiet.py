"""Texts of users as Python's own parser has them, and what it warns about them (invalid escapes) kept silent.

Imports nothing but the standard library: a run that finds everything in its cache loads no LibCST for it.
"""

from __future__ import annotations

import ast
import warnings

NOT_PYTHON = (SyntaxError, ValueError, RecursionError, MemoryError)
"""What is raised of texts that are not Python, have a null byte, or are nested too deeply."""


def parsed(text: str) -> ast.Module:
    """The tree of a module.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: as ``NOT_PYTHON`` has them.
    """
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
