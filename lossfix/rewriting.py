"""An edit carried out on the text of its file, and guarded.

Guards after each rewrite: the text reads back as the tree that was built, no comment is lost, no name is
used that the file does not bind, and nothing outside of the loss, its call sites and the imports is touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import dropwhile, takewhile

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.rules.rule import Edit
from lossfix.syntax import build, guards
from lossfix.syntax.blocks import Definition
from lossfix.syntax.guards import GuardTripped
from lossfix.syntax.imports import add_imports, add_imports_within, without_idle_imports
from lossfix.syntax.scope import unbound

_USUAL_IMPORTS = {
    "tf": "import tensorflow as tf",
    "tensorflow": "import tensorflow",
    "np": "import numpy as np",
}


def rewritten(loss: Loss, edit: Edit) -> str:
    """The text of the loss's file after ``edit``.

    Raises:
        GuardTripped: where the rewrite must not be made.
    """
    tree = loss.tree
    _guard_places(loss, edit)
    module = build.replace(tree.module, edit.replace, tree.parents)
    module = _set_off(loss, module, edit)
    if edit.before:
        module = _with_statements(loss, module, edit.before)
    missing = unbound(guards.outline_of(module.code)) - unbound(tree.outline)
    given = {line.rpartition(" ")[2] for line in edit.imports}
    imports = (*edit.imports, *(_import_for(name, loss) for name in sorted(missing - given)))
    if imports:
        module = _with_imports(loss, module, imports)
    module = without_idle_imports(module, tree.module)
    text = module.code
    guards.reads_back(text, module)
    guards.keeps_comments(tree.text, text)
    guards.binds_its_names(tree.outline, guards.outline_of(text))
    return text


def _with_imports(loss: Loss, module: cst.Module, lines: tuple[str, ...]) -> cst.Module:
    """The module with imports, in the loss's function where that alone has those of its framework."""
    inside = add_imports_within(module, loss.candidate.path[0], lines)
    if inside is not None and not (
        unbound(guards.outline_of(inside.code)) - unbound(loss.tree.outline)
    ):
        return inside
    return add_imports(module, lines)


def _import_for(name: str, loss: Loss) -> str:
    if name == "keras":
        return "import keras" if loss.keras_origin == "keras" else "from tensorflow import keras"
    if name not in _USUAL_IMPORTS:
        raise GuardTripped(f"the rewrite would use `{name}`, which this file does not bind")
    return _USUAL_IMPORTS[name]


def _with_statements(
    loss: Loss, module: cst.Module, statements: tuple[cst.BaseStatement, ...]
) -> cst.Module:
    # Above the top-level statement that held the loss: positions in the body are unchanged by a
    # replacement except behind it.
    top: cst.CSTNode = loss.outermost
    for above in loss.tree.ancestors(loss.outermost):
        if isinstance(above, cst.Module):
            break
        top = above
    position = next(n for n, each in enumerate(loss.tree.module.body) if each is top)
    body = list(module.body)
    first, following = _moved_below(statements[0], body[position])
    return module.with_changes(
        body=[*body[:position], first, *statements[1:], following, *body[position + 1 :]]
    )


def _set_off(loss: Loss, module: cst.Module, edit: Edit) -> cst.Module:
    """``module`` with two blank lines above a definition that stood right below what now is a class."""
    old, new = loss.tree.module.body, list(module.body)
    for at, node in enumerate(old[:-1]):
        following = new[at + 1 - len(old)]
        stands_below = isinstance(following, Definition) and not following.leading_lines
        if stands_below and isinstance(edit.replace.get(node), Sequence):
            blank = cst.EmptyLine(indent=False)
            new[at + 1 - len(old)] = following.with_changes(leading_lines=[blank, blank])
    return module.with_changes(body=new)


def _moved_below(
    new: cst.BaseStatement, following: cst.BaseStatement
) -> tuple[cst.BaseStatement, cst.BaseStatement]:
    """Both with their leading lines: a comment that opens a cell (``# %%``, ``#%%``) stays above both."""
    lines = list(getattr(following, "leading_lines", ()))
    marks = [
        n
        for n, each in enumerate(lines)
        if each.comment and each.comment.value.startswith(("# %", "#%"))
    ]
    end = marks[-1] + 1 if marks else 0
    if marks:
        gap = takewhile(lambda line: line.comment is None, lines[end:])
        new = new.with_changes(leading_lines=[*lines[:end], *gap])
    kept = list(dropwhile(lambda line: line.comment is None, lines[end:]))
    blank = cst.EmptyLine(indent=False)
    return new, following.with_changes(leading_lines=[blank, blank, *kept])


def _guard_places(loss: Loss, edit: Edit) -> None:
    allowed = set(edit.call_sites)
    whole = loss.owner or loss.outermost
    for node in edit.replace:
        if node is whole or node in allowed:
            continue
        if not any(above is whole for above in loss.tree.ancestors(node)):
            raise GuardTripped("the rewrite would touch code outside of the loss")
