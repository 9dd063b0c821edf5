"""Import statements that fail, or reach into private modules, and what can stand there instead."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import libcst as cst

from lossfix.losses.calls.gone import Gone, current, gone
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.reach import references, uses
from lossfix.losses.operations.keras_names import WRAPPER
from lossfix.losses.operations.names import canonical
from lossfix.losses.operations.removed import (
    Removed,
    fails_to_import,
    is_public,
    public_name,
    removed,
)
from lossfix.syntax.build import Replacement
from lossfix.syntax.nodes import every
from lossfix.syntax.remembered import remembered
from lossfix.syntax.tree import Tree, dotted, walk

PRIVATE = "tensorflow.python"
"""Its modules can still be imported."""
_BACKEND_TODAY = {
    "keras.backend.tensorflow_backend": "keras.backend",
    f"{PRIVATE}.keras.backend": "tensorflow.keras.backend",
    "tensorflow.contrib.keras.backend": "tensorflow.keras.backend",
}
_MODULE_TODAY = {
    "keras.objectives": "keras.losses",
    "tensorflow.contrib.keras": "tensorflow.keras",
    "tensorflow.contrib.keras.losses": "tensorflow.keras.losses",
    f"{PRIVATE}.keras": "tensorflow.keras",
    f"{PRIVATE}.keras.losses": "tensorflow.keras.losses",
    f"{PRIVATE}.keras.metrics": "tensorflow.keras.metrics",
    f"{PRIVATE}.keras.layers": "tensorflow.keras.layers",
    f"{PRIVATE}.keras.models": "tensorflow.keras.models",
}


@dataclass(frozen=True, eq=False)
class Failing:
    """An import statement, and those of its names that are gone."""

    line: cst.SimpleStatementLine
    statement: cst.Import | cst.ImportFrom
    gone: Mapping[str, str]
    """Local name -> the absolute name that it was imported as, of those names that are gone."""

    @property
    def only_private(self) -> bool:
        """Whether the import still works, since nothing but private modules is imported."""
        return all(origin.startswith(f"{PRIVATE}.") for origin in self.gone.values())

    @property
    def of_keras_2(self) -> bool:
        """Whether one of its names belongs to the Keras of version 2 that TensorFlow carries along."""
        return any(origin.startswith(f"{PRIVATE}.keras") for origin in self.gone.values())


@dataclass(frozen=True, eq=False)
class Plan:
    """How an import statement is mended."""

    moved: Mapping[str, str] = field(default_factory=dict)
    """Local name -> the absolute name to import it as."""
    rewritten: tuple[Gone, ...] = ()
    """The uses of the other names, which are not imported any more."""


def failing_imports(loss: Loss) -> Iterator[Failing]:
    """The import statements that bind what the loss makes use of, and fail for one name or another.

    One within a ``try`` is left out: what follows it is there for when it fails.
    """
    if not _may_fail(loss.tree):
        return
    wanted = {(use.root, use.scope.resolve(use.root)) for use in uses(loss) if use.imported}
    for failing, bound in _failing(loss.tree):
        if wanted & bound or _is_left_over(loss, failing.gone):
            yield failing


def failing_imports_of_the_file(loss: Loss) -> Iterator[Failing]:
    """Those of the file of a loss, whatever makes use of what they bind."""
    if _may_fail(loss.tree):
        yield from (failing for failing, _ in _failing(loss.tree))


@remembered(4)
def _failing(tree: Tree) -> tuple[tuple[Failing, set[tuple[str, str]]], ...]:
    """Import statements with what they bind, local name and origin."""
    return tuple(_found(tree))


def _found(tree: Tree) -> Iterator[tuple[Failing, set[tuple[str, str]]]]:
    for node in walk(tree.module, cst.SimpleStatementLine):
        for statement in node.body:
            if not isinstance(statement, cst.Import | cst.ImportFrom):
                continue
            bound = dict(_bound(statement))
            lost = {name: origin for name, origin in bound.items() if fails_to_import(origin)}
            if lost and not _guarded(tree, node):
                yield Failing(node, statement, lost), set(bound.items())


@remembered(4)
def _may_fail(tree: Tree) -> bool:
    """Whether any import of the file fails: told by its outline, before the tree is gone through."""
    return any(
        fails_to_import(entry.name if entry.asname else entry.name.partition(".")[0])
        for statement in every(tree.outline, ast.Import)
        for entry in statement.names
    ) or any(
        fails_to_import(f"{statement.module}.{entry.name}")
        for statement in every(tree.outline, ast.ImportFrom)
        if not statement.level
        for entry in statement.names
    )


def _is_left_over(loss: Loss, lost: Mapping[str, str]) -> bool:
    # What remains of an import when the classes of the file have got another parent.
    return all(
        canonical(origin) == WRAPPER and not references(loss, name, origin)
        for name, origin in lost.items()
    )


def _bound(statement: cst.Import | cst.ImportFrom) -> Iterator[tuple[str, str]]:
    if isinstance(statement.names, cst.ImportStar):
        return
    module = ""
    if isinstance(statement, cst.ImportFrom):
        if statement.relative:
            return
        module = f"{dotted(statement.module)}."
    for alias in statement.names:
        name = dotted(alias.name) or ""
        local = _local(alias)
        yield local, module + name if module or alias.asname else local


def _local(alias: cst.ImportAlias) -> str:
    if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
        return alias.asname.name.value
    return (dotted(alias.name) or "").partition(".")[0]


def _guarded(tree: Tree, line: cst.SimpleStatementLine) -> bool:
    return any(isinstance(above, cst.Try) for above in tree.ancestors(line))


@remembered(64)
def plan(loss: Loss, failing: Failing) -> Plan | str:
    """How to mend a failing import so that nothing in the file is left without it, or why not."""
    if len(failing.line.body) != 1:
        return "it shares its line with another statement"
    moved: dict[str, str] = {}
    rewritten: list[Gone] = []
    for name, origin in failing.gone.items():
        today = _moved(loss, name, origin)
        if today:
            moved[name] = today
            continue
        for use in references(loss, name, origin):
            found = gone(use)
            if found is None:
                return f"what `{loss.tree.code(use.node)}` has become is not known"
            new = current(found)
            if isinstance(new, str):
                place = loss.tree.spans[use.node]
                return f"`{loss.tree.code(use.node)}`, line {place.line}: {new}"
            rewritten.append(found)
    return Plan(moved, tuple(rewritten))


def _moved(loss: Loss, name: str, origin: str) -> str:
    """From where to import the same thing today; empty where its uses have to change instead."""
    if origin in _BACKEND_TODAY:
        return _BACKEND_TODAY[origin]
    if origin in _MODULE_TODAY:
        today = _MODULE_TODAY[origin]
        rest = [each.qualified[len(origin) :] for each in references(loss, name, origin)]
        return today if all(_is_there(today + each) for each in rest) else ""
    public = public_name(origin)
    if public:
        return public if removed(public) is None else ""
    entry = removed(origin)
    if entry is None or entry.calls or not _is_name(entry):
        return ""
    today = entry.becomes
    if today.startswith("tf."):
        return "" if origin.startswith(PRIVATE) else "tensorflow" + today[2:]
    own = f"tensorflow.{today}"
    return own if origin.startswith("tensorflow.") and removed(own) is None else today


def _is_there(name: str) -> bool:
    entry = removed(name)
    return is_public(canonical(name)) if entry is None else not entry.reason


def _is_name(entry: Removed) -> bool:
    return bool(entry.becomes) and all(part.isidentifier() for part in entry.becomes.split("."))


def replacements(loss: Loss, failing: Failing, plan: Plan) -> dict[cst.CSTNode, Replacement]:
    """The nodes that carry out ``plan``."""
    replace: dict[cst.CSTNode, Replacement] = {}
    for found in plan.rewritten:
        replace[found.place] = _rewriting(found)
    lines = _lines(failing, plan)
    if lines:
        first = lines[0].with_changes(
            leading_lines=failing.line.leading_lines,
            trailing_whitespace=failing.line.trailing_whitespace,
        )
        replace[failing.line] = [first, *lines[1:]]
        return replace
    replace[failing.line] = []
    following = _following(loss.tree, failing.line)
    if following is not None:
        replace[following] = _with_lines_of(failing.line)
    return replace


def _rewriting(found: Gone) -> Callable[[cst.CSTNode], cst.CSTNode]:
    def rewrite(node: cst.CSTNode) -> cst.CSTNode:
        new = current(found, node if isinstance(node, cst.Call) else None)
        return node if isinstance(new, str) else new

    return rewrite


def _lines(failing: Failing, plan: Plan) -> list[cst.SimpleStatementLine]:
    """The import statements that take the place of the failing one."""
    statement = failing.statement
    assert not isinstance(statement.names, cst.ImportStar)
    own = f"{dotted(statement.module)}." if isinstance(statement, cst.ImportFrom) else ""
    kept: list[cst.ImportAlias] = []
    others: dict[str, list[str]] = {}
    for alias in statement.names:
        local = _local(alias)
        if local not in failing.gone:
            kept.append(alias)
        elif local in plan.moved:
            module, _, name = plan.moved[local].rpartition(".")
            if own == f"{module}.":
                kept.append(_alias(alias, name, local))
            else:
                said = name if name == local else f"{name} as {local}"
                others.setdefault(module, []).append(said)
    lines: list[cst.SimpleStatementLine] = []
    if kept:
        kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        lines.append(cst.SimpleStatementLine([statement.with_changes(names=kept)]))
    for module, names in others.items():
        source = f"from {module} " if module else ""
        line = cst.parse_statement(f"{source}import {', '.join(names)}")
        assert isinstance(line, cst.SimpleStatementLine)
        lines.append(line)
    return lines


def _alias(old: cst.ImportAlias, name: str, local: str) -> cst.ImportAlias:
    asname = None if name == local else cst.AsName(name=cst.Name(local))
    return old.with_changes(name=cst.Name(name), asname=asname)


def _following(tree: Tree, line: cst.SimpleStatementLine) -> cst.CSTNode | None:
    above = tree.parents[line]
    assert isinstance(above, cst.Module | cst.IndentedBlock)
    body: list[cst.CSTNode] = list(above.body)
    for number, each in enumerate(body[:-1]):
        if each is line:
            return body[number + 1]
    return None


def _with_lines_of(line: cst.SimpleStatementLine) -> Callable[[cst.CSTNode], cst.CSTNode]:
    """What stood above a line that goes, and behind it, is put above the next one."""
    above = list(line.leading_lines)
    if line.trailing_whitespace.comment is not None:
        above.append(cst.EmptyLine(comment=line.trailing_whitespace.comment))
    has_comment = any(each.comment is not None for each in above)

    def moved(node: cst.CSTNode) -> cst.CSTNode:
        own = list(getattr(node, "leading_lines", ()))
        if has_comment:
            return node.with_changes(leading_lines=[*above, *own])
        return node if own else node.with_changes(leading_lines=above)

    return moved
