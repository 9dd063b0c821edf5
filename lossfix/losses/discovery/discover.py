"""Which callables of a file are losses, and on what evidence.

Works on ``ast`` alone, so that most files cost no LibCST tree. A name that stands in ``metrics=``
is a metric; one that is used both ways is both, and is left to the metric.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lossfix.losses.discovery.candidate import Candidate, Project, Settings
from lossfix.losses.discovery.functions import functions_in
from lossfix.losses.discovery.outline import (
    File,
    belongs_elsewhere,
    class_bases,
    classes_above,
    file_of,
    is_loss_base,
    is_loss_class,
    methods_of,
    positional_of,
)
from lossfix.losses.discovery.reached import with_reached
from lossfix.losses.discovery.returned import returns_a_pair
from lossfix.losses.discovery.wording import pair_of
from lossfix.losses.operations.injected import is_handed_a_backend
from lossfix.model import Evidence, Form
from lossfix.syntax.frameworks import FRAMEWORKS
from lossfix.syntax.nodes import every
from lossfix.syntax.scope import (
    STAR,
    Scope,
    scope_of_module,
)

_STAND_INS = frozenset({"tf", "K", "keras"})
"""What a module of the project lends calls a framework by, as nearly all code does."""
_LOSS = "keras.losses.Loss"
_USUAL = Settings()
_ALONE = Project()


def discover(
    module: ast.Module, settings: Settings = _USUAL, project: Project = _ALONE
) -> tuple[Candidate, ...]:
    """The losses of a parsed file, in document order."""
    if not (project.framework or mentions_a_framework(scope_of_module(module), module)):
        return ()
    file = file_of(module, settings, project)
    direct = [*_classes(file), *functions_in(file), *_expressions(file)]
    if not direct and not project.parts.reached:
        return ()
    return tuple(sorted(with_reached(file, direct), key=lambda candidate: candidate.number))


def loss_classes(module: ast.Module, settings: Settings) -> frozenset[str]:
    """The classes at the top level that extend a loss of Keras, also those without a ``call``."""
    file = file_of(module, settings, Project())
    return frozenset(
        path[0]
        for path, node in file.listed
        if len(path) == 1 and isinstance(node, ast.ClassDef) and is_loss_class(file, node)
    )


def mentions_a_framework(scope: Scope, module: ast.Module) -> bool:
    """Whether a file imports TensorFlow or Keras, be it by a stand-in of its project, or is handed one."""
    imported = list(scope.imports.values())
    for node in every(module, ast.Import, ast.ImportFrom):
        if isinstance(node, ast.Import):
            imported += [entry.name for entry in node.names]
        elif isinstance(node, ast.ImportFrom):
            imported.append("." * node.level + (node.module or ""))
            # A project's own `from .backend import K, ops` stands for one of the frameworks.
            imported += [
                entry.asname or entry.name for entry in node.names if entry.name in _STAND_INS
            ]
    # Of a project's own modules, `..keras.losses` hands one on, too.
    if STAR in scope.imports:
        imported += [
            each.id
            for each in every(module, ast.Name)
            if each.id in _STAND_INS and not scope.binds(each.id)
        ]
    by_name = any(not {*FRAMEWORKS, "tf", "K"}.isdisjoint(name.split(".")) for name in imported)
    return by_name or is_handed_a_backend(module)


def _classes(file: File) -> Iterator[Candidate]:
    for number, (path, node) in enumerate(file.listed):
        if not isinstance(node, ast.ClassDef) or not is_loss_class(file, node):
            continue
        methods = methods_of(node)
        method = methods.get("call") or methods.get("__call__")
        form = Form.SUBCLASS
        if method is not None:
            positional = positional_of(method)
            if not _lacks_self(file, method):
                positional = positional[1:]
        elif "__init__" in methods and _has_its_call_from_above(file, node):
            form, positional = Form.WRAPPER, ["y_true", "y_pred"]
        else:
            continue
        if len(positional) < 2:
            continue
        pair = pair_of(positional, file.settings)
        y_true, y_pred = positional[:2]
        evidence = [Evidence.SUBCLASS]
        if path[-1] in file.uses.compiled | file.uses.built:
            evidence.insert(0, Evidence.COMPILED)
        yield Candidate(
            path,
            number,
            form,
            tuple(evidence),
            y_true,
            y_pred,
            swapped=pair is not None and pair[2],
            metric=path[-1] in file.uses.metrics,
            line=node.lineno,
            arguments=file.uses.arguments(path[-1]),
        )


def _has_its_call_from_above(file: File, node: ast.ClassDef) -> bool:
    """Whether a class of losses without a ``call`` has one from a class that it extends.

    It does unless ``keras.losses.Loss`` is all that it extends, in its file or in others.
    """
    return any(
        each != _LOSS and is_loss_base(file, each) for each in class_bases(file, node)
    ) or any({"call", "__call__"} & methods_of(each).keys() for each in classes_above(file, node))


def _lacks_self(file: File, method: ast.FunctionDef) -> bool:
    """Whether a method takes targets and predictions and nothing in front of them."""
    positional = positional_of(method)
    return len(positional) == 2 and pair_of(positional, file.settings) is not None


def _expressions(file: File) -> Iterator[Candidate]:
    for number, each in enumerate(file.unnamed, start=len(file.listed)):
        if returns_a_pair(each.function) or belongs_elsewhere(file, each.path, each.function):
            continue
        positional = positional_of(each.function)
        first, second = positional[:2]
        pair = pair_of(positional, file.settings)
        y_true, y_pred, swapped = (first, second, False) if pair is None else pair
        yield Candidate(
            each.path,
            number,
            Form.LAMBDA,
            (Evidence.COMPILED,),
            y_true,
            y_pred,
            swapped=swapped,
            metric=each.assigned is not None and each.path[0] in file.uses.metrics,
            line=each.node.lineno,
            arguments=file.uses.arguments(each.path[0]) if len(each.path) > 1 else (),
        )
