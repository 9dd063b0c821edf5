"""Where a file reads the names that a loss, or what keeps it, is given."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.syntax.tree import last_part, walk


def reads(loss: Loss, name: str) -> Iterator[cst.Name]:
    """Where the rest of the file reads a module-level name, outside of the loss itself."""
    for node in loss.tree.names.get(name, ()):
        if loss.outermost in loss.tree.ancestors(node):
            continue
        above = loss.tree.parents.get(node)
        match above:
            case cst.Attribute() if above.attr is node:
                continue
            case cst.Arg() if above.keyword is node:
                continue
            case cst.Param() if above.name is node:
                continue
            case cst.AssignTarget() | cst.ImportAlias() | cst.AsName():
                continue
            case cst.FunctionDef() | cst.ClassDef():
                continue
        if not _is_a_variable(loss, node):
            yield node


def _is_a_variable(loss: Loss, node: cst.Name) -> bool:
    """Whether a function around ``node`` binds the name itself: `dice_loss = 1 - dice` of another loss."""
    inner: cst.CSTNode = node
    for above in loss.tree.ancestors(node):
        if isinstance(above, cst.FunctionDef) and inner is above.body:
            if above in loss.tree.ancestors(loss.outermost):
                return False
            if node.value in loss.tree.scope(above).everything():
                return True
        inner = above
    return False


def reads_of(loss: Loss, target: cst.Name) -> Iterator[cst.Name] | None:
    """Where what is bound to ``target`` is read by that name; ``None`` where others may read it, too.

    A variable of a function is read there, and one of the module by all of its file; an attribute of a
    class may be read by whoever has the class.
    """
    around = next(
        (e for e in loss.tree.ancestors(target) if isinstance(e, cst.FunctionDef | cst.ClassDef)),
        None,
    )
    if isinstance(around, cst.ClassDef):
        return None
    if around is None:
        return (each for each in reads(loss, target.value) if not _is_target(loss, each))
    declared = (each.name.value for each in walk(around.body, cst.NameItem))
    if target.value in declared:
        return None
    return (
        each
        for each in walk(around.body, cst.Name)
        if each.value == target.value and not _is_target(loss, each) and not is_label(loss, each)
    )


def is_compiled(loss: Loss, node: cst.CSTNode) -> bool:
    """Whether an expression stands as it is in ``compile(loss=...)``."""
    match loss.tree.parents.get(node):
        case cst.Arg(keyword=cst.Name(value="loss")) as argument:
            call = loss.tree.parents.get(argument)
            return isinstance(call, cst.Call) and last_part(call.func) == "compile"
    return False


def is_label(loss: Loss, node: cst.Name) -> bool:
    """Whether a name is that of an attribute, a keyword or a parameter."""
    above = loss.tree.parents.get(node)
    match above:
        case cst.Attribute():
            return above.attr is node
        case cst.Arg():
            return above.keyword is node
    return isinstance(above, cst.Param) and above.name is node


def _is_target(loss: Loss, node: cst.CSTNode) -> bool:
    """Whether something is bound to a name there."""
    above = loss.tree.parents.get(node)
    match above:
        case cst.Element() | cst.StarredElement() | cst.Tuple() | cst.List():
            return _is_target(loss, above)
        case cst.For() | cst.CompFor() | cst.NamedExpr() | cst.AnnAssign():
            return above.target is node
    return isinstance(above, cst.AssignTarget)
