"""Functions that a rewrite needs in the file: defined once, above the loss that needs them first."""

from __future__ import annotations

import libcst as cst

from lossfix.losses.code.loss import Loss


def defined(loss: Loss, name: str, code: str) -> tuple[str, tuple[cst.BaseStatement, ...]]:
    """The name of a function, and its definition where the file does not have it yet.

    Args:
        name: what it is called, unless that means something else in this file.
        code: its definition, with ``{name}`` and ``{tf}`` for the names that this file uses.
    """
    wanted = code.format(name=name, tf=loss.tensorflow)
    for each in loss.tree.module.body:
        known = isinstance(each, cst.FunctionDef) and each.name.value == name
        if known and loss.tree.module.code_for_node(each).strip() == wanted.strip():
            return name, ()
    free = loss.fresh(name)
    statement = loss.tree.statement(code.format(name=free, tf=loss.tensorflow))
    blank = cst.EmptyLine(indent=False)
    assert isinstance(statement, cst.FunctionDef)
    return free, (statement.with_changes(leading_lines=[blank, blank]),)
