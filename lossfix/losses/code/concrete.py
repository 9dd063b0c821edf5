"""The losses that were found in a file, in its concrete syntax tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import libcst as cst

from lossfix.losses.code.loss import Loss, Relaxation
from lossfix.losses.code.unfolding import as_function, expression_in
from lossfix.losses.discovery.candidate import Candidate, Project
from lossfix.losses.discovery.outline import expressions_of
from lossfix.model import Form
from lossfix.syntax.tree import Tree, methods_of


def losses_of(
    tree: Tree,
    candidates: tuple[Candidate, ...],
    relaxation: Relaxation,
    package: str,
    project: Project,
) -> tuple[Loss, ...]:
    """The candidates of a file bound to its concrete syntax tree."""
    by_path: Mapping[tuple[str, ...], cst.FunctionDef | cst.ClassDef] = dict(tree.definitions)
    losses: list[Loss] = []
    for candidate in candidates:
        if candidate.form is Form.LAMBDA:
            unfolded = _unfolded(tree, candidate, relaxation, package, project)
            losses.append(replace(unfolded, among=losses))
            continue
        definition = tree.definitions[candidate.number][1]
        function: cst.CSTNode | None = definition
        if isinstance(definition, cst.ClassDef):
            methods = methods_of(definition)
            function = methods.get("call") or methods.get("__call__")
            if candidate.form is Form.WRAPPER:
                function = methods.get("__init__")
        factory = by_path.get(candidate.path[:-1]) if candidate.form is Form.CLOSURE else None
        if isinstance(function, cst.FunctionDef) and not isinstance(factory, cst.ClassDef):
            given = (tree, candidate, definition, function, factory, relaxation, package, project)
            losses.append(Loss(*given, among=losses))
    return tuple(losses)


def _unfolded(
    tree: Tree, candidate: Candidate, relaxation: Relaxation, package: str, project: Project
) -> Loss:
    """A loss that is an expression, as the function that it would be."""
    found = expressions_of(tree.outline, project)
    unnamed = next(each for each in found if each.path == candidate.path)
    expression = expression_in(tree, unnamed)
    function = as_function(tree, expression, candidate.path[-1])
    given = (tree, candidate, function, function, None, relaxation, package, project)
    return Loss(*given, expression=expression)
