"""Methods that are added to a class of losses, out of their code."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from lossfix.losses.code.loss import Loss


def function_from(loss: Loss, code: str, blank_lines: int = 0) -> cst.FunctionDef:
    """A function or a method, indented as the file is, with as many blank lines above it."""
    parsed = loss.tree.statement(code)
    assert isinstance(parsed, cst.FunctionDef)
    return parsed.with_changes(leading_lines=[cst.EmptyLine(indent=False)] * blank_lines)


def get_config(loss: Loss, saved: Mapping[str, str]) -> cst.FunctionDef:
    """``get_config`` that saves what the parent does, and attributes besides.

    Args:
        saved: the name of each of these parameters, and the code of what is saved: ``self.alpha``.
    """
    returns = " -> dict" if is_typed(loss) else ""
    entries = ", ".join(f'"{name}": {code}' for name, code in saved.items())
    code = f"def get_config(self){returns}:\n    return {{**super().get_config(), {entries}}}\n"
    return function_from(loss, code, blank_lines=1)


def is_typed(loss: Loss) -> bool:
    """Whether the function of a loss has type hints, so that what is written around it has them, too."""
    function = loss.function
    params = (*function.params.posonly_params, *function.params.params)
    return function.returns is not None or any(each.annotation for each in params)
