"""Adding an import where the file keeps its imports."""

from __future__ import annotations

import sys
from bisect import bisect
from collections.abc import Sequence

import libcst as cst

from lossfix.syntax.frameworks import FRAMEWORKS
from lossfix.syntax.tree import dotted, walk

_COMPANIONS = frozenset({"keras", "tensorflow", "tf_keras"})
"""Packages whose imports stand together."""


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


def add_imports_within(
    module: cst.Module, function: str, lines: tuple[str, ...]
) -> cst.Module | None:
    """``module`` with import statements added to a function of it that imports its framework for itself.

    ``None`` where the function imports none, or the module does so outside of its functions, too. Who
    imports such a file without a framework is to be able to go on doing so.
    """
    elsewhere = (each for each in module.body if not isinstance(each, cst.FunctionDef))
    if any(map(_imports_a_framework, elsewhere)):
        return None
    for at, statement in enumerate(module.body):
        match statement:
            case cst.FunctionDef(name=cst.Name(value=name), body=cst.IndentedBlock() as body) if (
                name == function
            ):
                ends = [n for n, each in enumerate(body.body, 1) if _imports_a_framework(each)]
                if not ends:
                    return None
                new = [cst.parse_statement(each, module.config_for_parsing) for each in lines]
                inside = [*body.body[: ends[-1]], *new, *body.body[ends[-1] :]]
                changed = statement.with_changes(body=body.with_changes(body=inside))
                return module.with_changes(
                    body=[*module.body[:at], changed, *module.body[at + 1 :]]
                )
    return None


def _imports_a_framework(statement: cst.CSTNode) -> bool:
    modules = [each.module for each in walk(statement, cst.ImportFrom) if not each.relative]
    modules += [name.name for each in walk(statement, cst.Import) for name in each.names]
    return any((dotted(each) or "").partition(".")[0] in FRAMEWORKS for each in modules if each)


def add_imports(module: cst.Module, lines: tuple[str, ...]) -> cst.Module:
    """``module`` with import statements added to its first run of imports.

    Where the imports around are sorted as isort sorts them, each goes where they stay so. Else behind the
    last import of the same framework or of its companions (``import keras`` above the first ``from keras
    import ...``), a relative one among the relative ones, any other above the project's own modules that
    end the run, else to its end. Comments and blank lines that stood above the next statement stay above it.
    """
    new: list[cst.SimpleStatementLine] = []
    for line in lines:
        statement = cst.parse_statement(line, config=module.config_for_parsing)
        assert isinstance(statement, cst.SimpleStatementLine)
        new.append(statement)
    end = end_of_imports(module)
    body = list(module.body)
    blank = cst.EmptyLine(indent=False)
    if end == 0 and not any(is_import(each) for each in body[:1]):
        # Nothing above: the new imports are set off from the code by a blank line.
        if body and not body[0].leading_lines:
            body[0] = body[0].with_changes(leading_lines=[blank])
        return module.with_changes(body=[*new, *body])
    if _is_docstring(body[end - 1]):
        new[0] = new[0].with_changes(leading_lines=[blank])
        return module.with_changes(body=[*body[:end], *new, *body[end:]])
    for statement in new:
        position, opens = _place(body, end, statement)
        if opens:
            following = body[position]
            assert isinstance(following, cst.SimpleStatementLine)
            statement = statement.with_changes(leading_lines=following.leading_lines)
            body[position] = following.with_changes(leading_lines=())
        elif position == 0 or not is_import(body[position - 1]):
            # The project's own modules alone: they are a group of their own below it.
            following = body[position]
            lines_above = getattr(following, "leading_lines", ())
            statement = statement.with_changes(leading_lines=lines_above)
            body[position] = following.with_changes(leading_lines=[blank])
        body.insert(position, statement)
        end += 1
    return module.with_changes(body=body)


def _place(
    body: Sequence[cst.CSTNode], end: int, statement: cst.SimpleStatementLine
) -> tuple[int, bool]:
    """Where an import goes in a run of imports that ends at ``end``, and whether it opens the group there."""
    first, root = end, _root(statement)
    while first and is_import(body[first - 1]):
        first -= 1
    same = [at for at in range(first, end) if _root(body[at]) == root]
    if not root and same:
        above = [at for at in same if _sorted_by(body[at]) <= _sorted_by(statement)]
        place = above[-1] + 1 if above else same[0]
        return place, place < end and _is_first_of(body[place], statement)
    if root and (found := _sorted_place(body, first, end, statement)) is not None:
        return found
    if same and _is_first_of(body[same[0]], statement):
        return same[0], True
    for wanted in ({root}, _COMPANIONS):
        beside = [at for at in range(first, end) if _root(body[at]) in wanted]
        if beside and root in _COMPANIONS:
            return beside[-1] + 1, False
    while end > first and _root(body[end - 1]) == "":
        end -= 1
    return end, False


def _sorted_place(
    body: Sequence[cst.CSTNode], first: int, end: int, statement: cst.SimpleStatementLine
) -> tuple[int, bool] | None:
    """The same among those that it belongs with; ``None`` where isort has not sorted these."""
    wanted = {_root(statement)}, _COMPANIONS
    found = [at for roots in wanted for at in range(first, end) if _root(body[at]) in roots]
    if not found:
        return None
    head = next(at for at in range(found[0], -1, -1) if at == first or _is_apart(body[at]))
    stop = next((at for at in range(found[0] + 1, end) if _is_apart(body[at])), end)
    begin = head
    while _root(body[begin]) in sys.stdlib_module_names:
        begin += 1
    while not _root(body[stop - 1]):
        stop -= 1
    names = [_isort_key(body[at]) for at in range(begin, stop)]
    if names != sorted(names):
        return None
    place = begin + bisect(names, _isort_key(statement))
    if place > head:
        return place, False
    # What is said above the first of them may be about all of them, or about it alone.
    return None if _has_comment_above(body[head]) else (head, True)


def _is_apart(statement: cst.CSTNode) -> bool:
    """Whether a blank line stands above an import."""
    lines = getattr(statement, "leading_lines", ())
    return any(each.comment is None for each in lines)


def _has_comment_above(statement: cst.CSTNode) -> bool:
    return any(each.comment is not None for each in getattr(statement, "leading_lines", ()))


def _isort_key(statement: cst.CSTNode) -> tuple[bool, str]:
    """What isort sorts imports by: ``import ...`` above ``from ...``, then by the names of the modules."""
    match statement:
        case cst.SimpleStatementLine(body=[cst.ImportFrom(module=module), *_]):
            return True, (dotted(module) or "").lower()
        case cst.SimpleStatementLine(body=[cst.Import(names=[cst.ImportAlias(name=name), *_]), *_]):
            return False, (dotted(name) or "").lower()
    return False, ""


def _is_first_of(following: cst.CSTNode, new: cst.SimpleStatementLine) -> bool:
    """Whether an import stands best right above another: ``import keras`` above ``from keras import layers``,
    and a relative one above those of which the first sorts behind it."""
    match following, new:
        case (
            cst.SimpleStatementLine(body=[cst.ImportFrom(), *_], leading_lines=lines),
            cst.SimpleStatementLine(body=[cst.Import() | cst.ImportFrom() as wanted]),
        ) if not any(each.comment for each in lines):
            plain = isinstance(wanted, cst.Import) and _root(new) in _COMPANIONS
            later = not _root(new) and _sorted_by(following) > _sorted_by(new)
            return _root(following) == _root(new) and (plain or later)
    return False


def _sorted_by(statement: cst.CSTNode) -> tuple[int, str]:
    """What relative imports are sorted by: the furthest folder first, then by name."""
    match statement:
        case cst.SimpleStatementLine(body=[cst.ImportFrom(module=module, relative=dots), *_]):
            return -len(dots), "" if module is None else dotted(module) or ""
    return 0, ""


def _root(statement: cst.CSTNode) -> str:
    """The package that an import statement names first; empty for a relative one."""
    match statement:
        case cst.SimpleStatementLine(body=[cst.Import(names=[cst.ImportAlias(name=name), *_]), *_]):
            pass
        case cst.SimpleStatementLine(
            body=[cst.ImportFrom(module=cst.Attribute() | cst.Name() as name, relative=[]), *_]
        ):
            pass
        case _:
            return ""
    return (dotted(name) or "").partition(".")[0]


def without_idle_imports(module: cst.Module, before: cst.Module) -> cst.Module:
    """``module`` without those imports inside of functions that had a use ``before`` and have none now.

    What a module itself imports stays: other files may import it from there. So does an import with a
    comment.
    """
    idle = _idle_imports(module)
    if not idle:
        return module
    kept = {_code(module, each) for each in _idle_imports(before)}
    dropped = [each for each in idle if _code(module, each) not in kept]
    changed = module.visit(_Dropping(dropped)) if dropped else module
    assert isinstance(changed, cst.Module)
    return changed


def _code(module: cst.Module, statement: cst.SimpleStatementLine) -> str:
    return module.code_for_node(statement.with_changes(leading_lines=[])).strip()


def _idle_imports(module: cst.Module) -> list[cst.SimpleStatementLine]:
    """The imports inside of functions none of whose names their function reads."""
    found: dict[cst.SimpleStatementLine, None] = {}
    for function in walk(module, cst.FunctionDef):
        lines = [each for each in walk(function, cst.SimpleStatementLine) if is_import(each)]
        if not lines:
            continue
        labels = {id(part) for line in lines for part in walk(line)}
        names = {each.value for each in walk(function, cst.Name) if id(each) not in labels}
        for line in lines:
            bound = _bound_names(line)
            if bound and not bound & names and not _has_comment(line):
                found[line] = None
            else:
                found.pop(line, None)
    return list(found)


def _bound_names(line: cst.SimpleStatementLine) -> set[str]:
    """What an import statement binds; nothing that is known where it is of everything."""
    names: set[str] = set()
    for each in line.body:
        if not isinstance(each, cst.Import | cst.ImportFrom) or isinstance(
            each.names, cst.ImportStar
        ):
            return set()
        names |= {
            alias.evaluated_alias or alias.evaluated_name.split(".")[0] for alias in each.names
        }
    return names


def _has_comment(line: cst.SimpleStatementLine) -> bool:
    return _has_comment_above(line) or line.trailing_whitespace.comment is not None


class _Dropping(cst.CSTTransformer):
    """Takes lines out of blocks that hold more than them; what follows moves up to their place."""

    def __init__(self, lines: Sequence[cst.SimpleStatementLine]) -> None:
        self._lines = frozenset(lines)

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        body: list[cst.BaseStatement] = []
        above: Sequence[cst.EmptyLine] | None = None
        for old, new in zip(original_node.body, updated_node.body, strict=True):
            if old in self._lines:
                above = getattr(old, "leading_lines", ()) if above is None else above
                continue
            if above is not None:
                remarks = [each for each in getattr(new, "leading_lines", ()) if each.comment]
                new = new.with_changes(leading_lines=[*above, *remarks])
                above = None
            body.append(new)
        return updated_node.with_changes(body=body) if body else updated_node
