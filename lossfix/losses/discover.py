"""Which callables of a file are losses, and on what evidence.

Works on ``ast`` alone, so that most files cost no LibCST tree. A name that stands in ``metrics=``
is a metric; one that is used both ways is both, and is left to the metric.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from lossfix.losses.candidate import Candidate, Project, Settings
from lossfix.losses.injected import is_handed_a_backend
from lossfix.losses.keras_names import WRAPPER
from lossfix.losses.outline import (
    OTHER_FRAMEWORKS,
    File,
    belongs_elsewhere,
    called_in,
    class_bases,
    file_of,
    is_loss_base,
    is_loss_class,
    methods_of,
    positional_of,
    yields,
)
from lossfix.losses.reached import with_reached
from lossfix.losses.wording import METRIC_WORDS, SCORES, names_a_loss, pair_of, words
from lossfix.model import Evidence, Form
from lossfix.syntax.nodes import every
from lossfix.syntax.scope import (
    Definition,
    Scope,
    dotted,
    scope_of,
    scope_of_module,
    statements,
)

_FRAMEWORKS = ("tensorflow", "keras", "tf_keras")
_NOT_LOSS_CLASSES = (
    "Metric",
    "Callback",
    "Layer",
    "Constraint",
    "Regularizer",
    "TestCase",
    "Sequence",
)


_USUAL = Settings()
_ALONE = Project()


def discover(
    module: ast.Module, settings: Settings = _USUAL, project: Project = _ALONE
) -> tuple[Candidate, ...]:
    """The losses of a parsed file, in document order."""
    if not (project.framework or mentions_a_framework(scope_of_module(module), module)):
        return ()
    file = file_of(module, settings, project)
    direct = [*_classes(file), *_functions(file), *_expressions(file)]
    if not direct and not project.reached:
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
                entry.asname or entry.name
                for entry in node.names
                if entry.name in {"tf", "K", "keras"}
            ]
    # Of a project's own modules, `..keras.losses` hands one on, too.
    by_name = any(not {*_FRAMEWORKS, "tf", "K"}.isdisjoint(name.split(".")) for name in imported)
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
        elif "__init__" in methods and WRAPPER in class_bases(file, node):
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


def _lacks_self(file: File, method: ast.FunctionDef) -> bool:
    """Whether a method takes targets and predictions and nothing in front of them."""
    positional = positional_of(method)
    return len(positional) == 2 and pair_of(positional, file.settings) is not None


def _returned(node: Definition) -> Iterator[str]:
    for statement in statements(node.body):
        if isinstance(statement, ast.Return) and statement.value is not None:
            yield from _handed_back(statement.value)


def _handed_back(node: ast.AST) -> Iterator[str]:
    # A loaded model is no loss for the `custom_objects` that it is read with.
    if isinstance(node, ast.keyword) and node.arg == "custom_objects":
        return
    if isinstance(node, ast.Name):
        yield node.id
    for part in ast.iter_child_nodes(node):
        yield from _handed_back(part)


def _functions(file: File) -> Iterator[Candidate]:
    for number, (path, node) in enumerate(file.listed):
        if not isinstance(node, ast.FunctionDef):
            continue
        around = file.listed[file.by_path[path[:-1]]][1] if path[:-1] in file.by_path else None
        candidate = _function(file, path, number, node, around)
        if candidate is not None:
            yield candidate


def _expressions(file: File) -> Iterator[Candidate]:
    for number, each in enumerate(file.unnamed, start=len(file.listed)):
        if _returns_a_pair(each.function) or belongs_elsewhere(file, each.path, each.function):
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


def _function(
    file: File,
    path: tuple[str, ...],
    number: int,
    node: ast.FunctionDef,
    around: Definition | None,
) -> Candidate | None:
    name, positional, form, called = node.name, positional_of(node), Form.FUNCTION, node.name
    if isinstance(around, ast.ClassDef):
        if not _may_hold_a_loss_method(file, around):
            return None
        if name.startswith("__") and name != "__call__":
            return None
        # An object that is called stands for a loss where its class says so.
        form, called = Form.METHOD, around.name if name == "__call__" else name
        if not any(dotted(each) == "staticmethod" for each in node.decorator_list):
            positional = positional[1:]
    elif around is not None:
        if name in _returned(around):
            form, called = Form.CLOSURE, around.name
        else:
            form = Form.NESTED
    if len(positional) < 2:
        return None
    # Keras calls an object with two, so that what needs more is for a training loop of one's own.
    compilable = name != "__call__" or _takes_two(node, form)
    if form is Form.NESTED and around is not None:
        compilable = not _is_only_called(around, node)
    evidence = [
        kind
        for kind, holds in (
            (Evidence.COMPILED, compilable and _is_compiled(file, name, called)),
            (Evidence.GRADIENT, called in file.uses.differentiated),
        )
        if holds
    ]
    metric = called in file.uses.metrics or name in file.uses.metrics
    pair = pair_of(positional, file.settings)
    if pair is None and names_a_loss(name) and len(positional) == 2 and form is not Form.NESTED:
        # `y_true, x`: the other one of a loss can be nothing but the predictions.
        first, second = positional
        pair = (first, second, False) if "true" in words(first) else None
    named = pair is not None and (
        names_a_loss(name)
        or (form is Form.CLOSURE and names_a_loss(called))
        or (name == "__call__" and (names_a_loss(called) or "entropy" in called.lower()))
        or (form is Form.METHOD and _computes_its_class(name, around))
        or (form in (Form.FUNCTION, Form.CLOSURE) and _stands_among_losses(file, called))
        or (form in (Form.FUNCTION, Form.CLOSURE) and _hands_back_a_loss(called, node))
    )
    known = ".".join(path) in file.settings.known
    if named and not metric and _takes_two(node, form):
        evidence += [Evidence.NAMED] if known or not _numpy_only(file, path, node) else []
    # Targets and predictions have no default; where the names do not say so, this does.
    nameless = len(node.args.defaults) > len(positional) - 2
    # Keras passes them alone, and what else there is can only have been applied before.
    nameless |= not _takes_two(node, form) and not (
        form is Form.FUNCTION and name in _applied_partially(file.module)
    )
    if not evidence or (pair is None and (nameless or Evidence.COMPILED not in evidence)):
        return None
    # What is inside of a function is looked at last: there are many of them, and few get here.
    if _returns_a_pair(node) or _returns_functions(node):
        return None
    if yields(node) or belongs_elsewhere(file, path, node):
        return None
    y_true, y_pred, swapped = pair or (positional[0], positional[1], False)
    return Candidate(
        path,
        number,
        form,
        tuple(evidence),
        y_true,
        y_pred,
        swapped=swapped,
        metric=metric,
        line=node.lineno,
        arguments=file.uses.arguments(called),
    )


def _computes_its_class(name: str, around: Definition | None) -> bool:
    """Whether a method is what a class that is named a loss is for: ``SSDLoss.compute``."""
    if around is None or name.startswith("_") or not names_a_loss(around.name):
        return False
    return not words(name) & (METRIC_WORDS | SCORES)


def _hands_back_a_loss(name: str, node: ast.FunctionDef) -> bool:
    """Whether all that a function returns is called a loss: ``loss = 1 - overlap`` and ``return loss``."""
    returns = [each.value for each in statements(node.body) if isinstance(each, ast.Return)]
    return not words(name) & METRIC_WORDS and all(
        isinstance(value, ast.Name) and "loss" in words(value.id) for value in returns or [None]
    )


def _stands_among_losses(file: File, name: str) -> bool:
    """Whether a function that no other of a file of losses calls is one, too.

    Where its name could be a score's, its docstring has to say so.
    """
    if (
        not file.project.of_losses
        or name.startswith("_")
        or len(file.by_path.keys() & {(name,)}) == 0
    ):
        return False
    if name in set(called_in(file.module)) or words(name) & METRIC_WORDS:
        return False
    node = file.listed[file.by_path[(name,)]][1]
    docstring = ast.get_docstring(node) or ""
    return words(name).isdisjoint(SCORES) or names_a_loss(docstring)


def _takes_two(node: ast.FunctionDef, form: Form) -> bool:
    """Whether a function can be called with targets and predictions alone, as Keras does."""
    required = len(positional_of(node)) - len(node.args.defaults)
    required += sum(default is None for default in node.args.kw_defaults)
    return required <= 2 + (form is Form.METHOD)


@lru_cache(maxsize=4)
def _applied_partially(module: ast.Module) -> frozenset[str]:
    """The last names of what a file hands to ``partial``."""
    return frozenset(
        (dotted(each) or "").rpartition(".")[2]
        for call in every(module, ast.Call)
        if (dotted(call.func) or "").endswith("partial")
        for each in call.args[:1]
    )


def _is_only_called(around: Definition, node: ast.FunctionDef) -> bool:
    """Whether a function inside of another one is called there, and never handed on as it is."""
    parts = [each for each in ast.walk(around) if isinstance(each, ast.Name | ast.Call)]
    called = {id(each.func) for each in parts if isinstance(each, ast.Call)}
    named = [each for each in parts if isinstance(each, ast.Name) and each.id == node.name]
    own = {id(each) for each in ast.walk(node)}
    if any(id(each) in own and isinstance(each.ctx, ast.Store) for each in named):
        # Inside, the name stands for a variable.
        named = [each for each in named if id(each) not in own]
    reads = [id(each) in called for each in named if isinstance(each.ctx, ast.Load)]
    return bool(reads) and all(reads)


def _is_compiled(file: File, name: str, called: str) -> bool:
    """Whether a function is compiled itself, or comes of a factory (``called``) that is."""
    if name in file.uses.compiled:
        return True
    return called != name and called in file.uses.compiled | file.uses.built


def _may_hold_a_loss_method(file: File, node: ast.ClassDef) -> bool:
    for base in class_bases(file, node):
        last = base.split(".")[-1]
        if is_loss_base(file, base) or last.endswith(_NOT_LOSS_CLASSES):
            return False
        if base.split(".")[0] in OTHER_FRAMEWORKS:
            return False
    return True


def _returns_a_pair(node: ast.FunctionDef) -> bool:
    # `return gradient, hessian` is an objective of a boosting library; several returns of one
    # value each are a loss.
    returns = [each.value for each in statements(node.body) if isinstance(each, ast.Return)]
    return bool(returns) and all(isinstance(value, ast.Tuple) for value in returns)


def _returns_functions(node: ast.FunctionDef) -> bool:
    """Whether all that a function returns are other functions, or collections of them: it makes losses."""
    inner = {each.name for each in statements(node.body) if isinstance(each, Definition)}

    def makes(value: ast.expr | None) -> bool:
        match value:
            case ast.Name(id=name):
                return name in inner
            case ast.List(elts=values):
                return bool(values) and all(makes(each) for each in values)
        return isinstance(value, ast.Lambda | ast.Dict)

    returns = [each.value for each in statements(node.body) if isinstance(each, ast.Return)]
    return bool(returns) and all(makes(value) for value in returns)


def _numpy_only(file: File, path: tuple[str, ...], node: ast.FunctionDef) -> bool:
    # A twin for evaluation, `fb_loss_np`. One that takes `.numpy()` of its arguments is fed tensors.
    inner = scope_of(node, file.scope)
    names = {inner.resolve(part.id) or "" for part in ast.walk(node) if isinstance(part, ast.Name)}
    # Keras has such twins itself, with what it keeps in its own modules.
    roots = {each.partition(".")[0] for each in names if not each.startswith("keras.src.")}
    if roots & set(_FRAMEWORKS):
        return False
    takes_numpy = any(
        isinstance(part, ast.Attribute) and part.attr == "numpy" for part in ast.walk(node)
    )
    return bool(roots & {"numpy", "sklearn", "scipy", "math"}) and not takes_numpy
