"""Adding an import where the file keeps its imports."""

from __future__ import annotations

import libcst as cst

from lossfix.syntax.tree import Tree


def is_import(statement: cst.CSTNode) -> bool:
    """Whether a statement does nothing but import."""
    return isinstance(statement, cst.SimpleStatementLine) and all(
        isinstance(each, cst.Import | cst.ImportFrom) for each in statement.body
    )


def _is_docstring(statement: cst.CSTNode) -> bool:
    match statement:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString())]):
            return True
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.ConcatenatedString())]):
            return True
    return False


def end_of_imports(module: cst.Module) -> int:
    """The index in the module's body behind its first run of imports (or behind the docstring).

    What prepares for the imports may stand above them: a plain statement that sets an environment
    variable, or the ``pass`` that stands for a notebook's ``!pip install``.
    """
    first = next((n for n, each in enumerate(module.body) if is_import(each)), None)
    above = module.body[: first or 0]
    if first is None or not all(isinstance(each, cst.SimpleStatementLine) for each in above):
        return int(bool(module.body) and _is_docstring(module.body[0]))
    end = first
    while end < len(module.body) and is_import(module.body[end]):
        end += 1
    return end


def add_imports(tree: Tree, module: cst.Module, lines: tuple[str, ...]) -> cst.Module:
    """``module`` with import statements added behind its first run of imports.

    Comments and blank lines that stood above the next statement stay above it.
    """
    new: list[cst.BaseStatement] = []
    for line in lines:
        statement = cst.parse_statement(line, config=module.config_for_parsing)
        assert isinstance(statement, cst.SimpleStatementLine)
        new.append(statement)
    position = end_of_imports(module)
    body = list(module.body)
    if position == 0 and not any(is_import(each) for each in body[:1]):
        # Nothing above: the new imports are set off from the code by a blank line.
        header, rest = module.header, body
        if rest and not rest[0].leading_lines:
            rest[0] = rest[0].with_changes(leading_lines=[cst.EmptyLine(indent=False)])
        return module.with_changes(header=header, body=[*new, *rest])
    if _is_docstring(body[position - 1]):
        new[0] = new[0].with_changes(leading_lines=[cst.EmptyLine(indent=False)])
    return module.with_changes(body=[*body[:position], *new, *body[position:]])
