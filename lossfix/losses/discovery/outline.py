"""The definitions of a parsed file, and what can be asked of them one by one."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator
from dataclasses import dataclass, field

from lossfix.losses.discovery.candidate import Project, Settings
from lossfix.losses.discovery.unnamed import Unnamed, unnamed_losses
from lossfix.losses.discovery.uses import Uses, uses_of
from lossfix.losses.discovery.wording import pair_of
from lossfix.losses.operations.keras_names import LOSS_CLASSES, WRAPPER
from lossfix.losses.operations.names import canonical
from lossfix.syntax.frameworks import OTHER_FRAMEWORKS
from lossfix.syntax.lineage import lineage
from lossfix.syntax.nodes import below, every
from lossfix.syntax.remembered import remembered
from lossfix.syntax.scope import (
    Definition,
    Scope,
    definitions,
    dotted,
    scope_of_module,
    statements,
)

_MODELS = ("Model", "Sequential", "Functional")


@dataclass(frozen=True)
class File:
    """One parsed file, and what is known of its names."""

    module: ast.Module
    scope: Scope
    settings: Settings
    uses: Uses
    listed: tuple[tuple[tuple[str, ...], Definition], ...]
    project: Project
    by_path: dict[tuple[str, ...], int] = field(default_factory=dict)
    """Of each path the last definition that has it, by its place in ``listed``."""
    unnamed: tuple[Unnamed, ...] = ()
    """Losses that are expressions; they are counted behind the definitions."""

    def definition(self, number: int) -> Definition:
        """The n-th definition, or a loss that is an expression as the function that it would be."""
        count = len(self.listed)
        return self.listed[number][1] if number < count else self.unnamed[number - count].function


@remembered(4)
def file_of(module: ast.Module, settings: Settings, project: Project) -> File:
    """A parsed file with what others say of it: read once for all who ask."""
    listed = tuple(definitions(module.body))
    uses = _uses_of(module, project)
    by_path = {path: number for number, (path, _) in enumerate(listed)}
    unnamed = expressions_of(module, project)
    return File(module, scope_of_module(module), settings, uses, listed, project, by_path, unnamed)


def _uses_of(module: ast.Module, project: Project) -> Uses:
    return uses_of(module, project.used)


@remembered(4)
def expressions_of(module: ast.Module, project: Project) -> tuple[Unnamed, ...]:
    """The losses of a file that are expressions."""
    return unnamed_losses(module, _uses_of(module, project))


def classes_above(file: File, node: ast.ClassDef) -> Iterator[ast.ClassDef]:
    """A class and those of its file that it extends, at whatever distance, the nearest first."""

    def own(name: str) -> ast.ClassDef | None:
        """The class of the file that a base is, where it is no import."""
        number = file.by_path.get((name,)) if file.scope.resolve(name) is None else None
        found = None if number is None else file.listed[number][1]
        return found if isinstance(found, ast.ClassDef) else None

    def parents(each: ast.ClassDef) -> Iterator[ast.ClassDef]:
        return filter(None, map(own, filter(None, map(dotted, each.bases))))

    return lineage(node, parents)


def class_bases(file: File, node: ast.ClassDef) -> Iterator[str]:
    """Canonical names of all that a class derives from, through the classes of its file; as written where
    they are none that is known."""
    for each in classes_above(file, node):
        for name in filter(None, map(dotted, each.bases)):
            resolved = file.scope.resolve(name)
            if resolved is not None:
                yield canonical(resolved)
            elif (name,) not in file.by_path:
                yield name


def is_loss_base(file: File, name: str) -> bool:
    """Whether what derives from a class of this name is a loss."""
    if name in LOSS_CLASSES or name == WRAPPER:
        return True
    return name in file.settings.bases or name in file.project.bases


def is_metric_class(file: File, node: ast.ClassDef) -> bool:
    """Whether a class derives from a metric of Keras, or from what is called one, at whatever distance."""
    return any(
        base.startswith("keras.metrics.") or base.endswith("Metric")
        for base in class_bases(file, node)
    )


def is_loss_class(file: File, node: ast.ClassDef) -> bool:
    """Whether a class derives from a loss, at whatever distance."""
    return any(is_loss_base(file, base) for base in class_bases(file, node))


def classes_of(file: File) -> frozenset[str]:
    """The names of the classes of a module."""
    return frozenset(
        path[0] for path, node in file.listed if len(path) == 1 and isinstance(node, ast.ClassDef)
    )


def methods_of(node: ast.ClassDef) -> dict[str, ast.FunctionDef]:
    """The functions that stand directly in a class, by name."""
    return {each.name: each for each in node.body if isinstance(each, ast.FunctionDef)}


def trained_by_keras(module: ast.Module) -> bool:
    """Whether a file has a model with a ``train_step`` of its own, which Keras traces without AutoGraph."""
    return any(
        "train_step" in methods_of(node)
        and any((dotted(base) or "").endswith(_MODELS) for base in node.bases)
        for node in every(module, ast.ClassDef)
        if isinstance(node, ast.ClassDef)
    )


def positional_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """The parameters that may be filled by position."""
    return [each.arg for each in (*node.args.posonlyargs, *node.args.args)]


def lacks_self(node: ast.FunctionDef, settings: Settings) -> bool:
    """Whether a method takes targets and predictions and nothing in front of them.

    As a function of its class, ``Losses.dice``, it runs; an instance would hand it one argument too many.
    """
    names = positional_of(node)
    return (
        not node.decorator_list
        and pair_of(names, settings) is not None
        and bool(names[0].strip("_"))
    )


def handed_parameters(file: File, number: int) -> list[str]:
    """The parameters of a function or a method that its calls fill by position."""
    path, node = file.listed[number]
    assert isinstance(node, ast.FunctionDef)
    if not isinstance(around_of(file, path), ast.ClassDef):
        return positional_of(node)
    static = any(dotted(each) == "staticmethod" for each in node.decorator_list)
    return positional_of(node)[not (static or lacks_self(node, file.settings)) :]


def yields(node: ast.FunctionDef) -> bool:
    """Whether a function gives back something to wait for, or to go through."""
    return any(isinstance(part, ast.Yield | ast.YieldFrom | ast.Await) for part in below(node))


def _roots(file: File, node: ast.AST) -> Iterator[str]:
    for part in below(node):
        if isinstance(part, ast.Name):
            resolved = file.scope.resolve(part.id)
            if resolved is not None:
                yield resolved


def belongs_elsewhere(file: File, path: tuple[str, ...], node: ast.FunctionDef) -> bool:
    """Whether a function uses another framework, imported by its file, by itself or around it."""
    around = (file.listed[file.by_path[path[:end]]][1] for end in range(1, len(path)))
    imported = (
        name
        for each in (node, *(each for each in around if isinstance(each, ast.FunctionDef)))
        for statement in statements(each.body)
        for name in _imported(statement)
    )
    return any(root.split(".")[0] in OTHER_FRAMEWORKS for root in (*_roots(file, node), *imported))


def _imported(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.Import(names=names):
            yield from (each.name for each in names)
        case ast.ImportFrom(module=str(module), level=0):
            yield module


ITSELF = frozenset({"self", "cls"})
"""What a method calls its instance, or its class."""


def called_name(call: ast.Call, classes: Container[str] = ()) -> str:
    """The name of a function of the file, or of a method of the same instance, that is called.

    Args:
        classes: names of classes whose methods are meant, too: ``Losses.dice(...)``.
    """
    match call.func:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id=holder), attr=name):
            return name if holder in ITSELF or holder in classes else ""
    return ""


def called_in(node: ast.AST) -> Iterator[str]:
    """The names of what is called below a node, as ``called_name`` has them."""
    calls = (called_name(part) for part in below(node) if isinstance(part, ast.Call))
    return filter(None, calls)


def around_of(file: File, path: tuple[str, ...]) -> Definition | None:
    """The function or class around a definition; ``None`` where it stands in the module."""
    return file.listed[file.by_path[path[:-1]]][1] if path[:-1] in file.by_path else None
