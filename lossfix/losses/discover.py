"""Which callables of a file are losses, and on what evidence.

Works on ``ast`` alone, so that most files cost no LibCST tree. A name that stands in ``metrics=``
is a metric; one that is used both ways is both, and is left to the metric.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from lossfix.losses.handed import depending, handed
from lossfix.losses.names import LOSS_CLASSES, WRAPPER, canonical
from lossfix.losses.uses import Uses, uses_of
from lossfix.model import Evidence, Form
from lossfix.syntax.nodes import every
from lossfix.syntax.scope import (
    Definition,
    Scope,
    definitions,
    dotted,
    scope_of,
    scope_of_module,
    statements,
)

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
LOSS_WORDS = frozenset(
    "loss losses objective criterion cost crossentropy entropy focal huber nll".split()
)
_FILES_OF_LOSSES = frozenset({"loss", "losses", "objective", "objectives"})
_METRIC_WORDS = frozenset(
    {"metric", "metrics", "accuracy", "acc", "score", "coef", "coefficient", "precision", "recall"}
)
SCORES = frozenset(
    "iou giou dice jaccard tversky f1 fbeta auc psnr ssim kappa similarity correlation ncc".split()
)
"""What may be maximised as a score, or be subtracted from one as a loss."""
_TRUE_WORDS = frozenset(
    "true truth label labels target targets gt actual real ytrue groundtruth y t tgt ref".split()
)
_PRED_WORDS = frozenset(
    "pred preds pre predict prediction predictions predicted logit logits output outputs pr p yhat hat fake "
    "ypred prob probs proba est estimate estimated recon reconstruction generated".split()
)
_FRAMEWORKS = ("tensorflow", "keras", "tf_keras")
_OTHER_FRAMEWORKS = ("torch", "jax", "mxnet", "paddle", "mindspore", "theano")
_NOT_LOSS_CLASSES = (
    "Metric",
    "Callback",
    "Layer",
    "Constraint",
    "Regularizer",
    "TestCase",
    "Sequence",
)


@dataclass(frozen=True)
class Settings:
    """What the configuration says about how losses are named."""

    targets: frozenset[str] = frozenset()
    predictions: frozenset[str] = frozenset()
    bases: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()
    """Qualified names of functions that are losses, though NumPy may be all that they use."""


@dataclass(frozen=True)
class Candidate:
    """A callable that is believed to be a loss, or to be a part of one."""

    path: tuple[str, ...]
    number: int
    """It is the n-th definition of the file, in document order; for a lambda, of the one around it."""
    form: Form
    evidence: tuple[Evidence, ...]
    y_true: str
    y_pred: str
    swapped: bool = False
    """The predictions come first."""
    metric: bool = False
    """It is also used as a metric, or reached from one."""
    bound: bool = False
    """It is a method that is called on an instance, and that instance is a loss of Keras."""
    line: int = 0
    arguments: tuple[str, ...] = ()
    """For a factory or a class: the source of the arguments of one of its calls."""

    @property
    def name(self) -> str:
        """The qualified name within the file."""
        return ".".join(self.path)


@dataclass(frozen=True)
class Elsewhere:
    """A definition in another file of the run."""

    path: str
    """Of its file, for people."""
    name: str
    """The dotted name; empty for what stands in that file outside of all definitions."""


@dataclass(frozen=True)
class Helper:
    """A function of another file that losses of this one are made of."""

    written: str
    """The dotted name by which this file calls it."""
    path: str
    name: str
    module: str = ""
    """What this file would write to import from that one; empty where that is not known."""
    direct: bool = True
    """Whether this file has it from there, rather than by way of a third one."""


@dataclass(frozen=True)
class Project:
    """What other files say about the names of this one."""

    path: str = ""
    """Of the file itself, for people."""
    compiled: frozenset[str] = frozenset()
    built: frozenset[str] = frozenset()
    """Called for a loss: classes and factories."""
    metrics: frozenset[str] = frozenset()
    differentiated: frozenset[str] = frozenset()
    """Called under a gradient tape, and the gradient is taken of the result."""
    called: frozenset[str] = frozenset()
    """Called in other files of the run with targets and predictions alone: such calls are rewritten
    along with a function."""
    functions: tuple[tuple[str, str], ...] = ()
    """Names that another file uses as only a function can be, with the place and the reason."""
    results: tuple[tuple[str, str], ...] = ()
    """The same for factories of which that is true of what they return."""
    compiling: frozenset[tuple[str, int | str]] = frozenset()
    """The origins of functions that this file imports and that compile a model with an argument, by its
    position or keyword."""
    bases: frozenset[str] = frozenset()
    """The origins of classes that this file imports and that are losses of Keras."""
    reached: frozenset[str] = frozenset()
    """Functions of this file that losses of other files are made of."""
    handed: tuple[tuple[str, str, str], ...] = ()
    """Those with the parameters that are handed targets and predictions, where that is known."""
    readers: tuple[tuple[str, Elsewhere], ...] = ()
    """Those with everything in other files that reads them."""
    helpers: tuple[Helper, ...] = ()
    lent: frozenset[str] = frozenset()
    """Names that this file imports itself, and that others import from it; ``*`` for all of them."""
    framework: bool = False
    """Whether a file with Keras makes losses of these names: this one need not mention it."""
    exported: bool = False
    """The file is part of a package: code that was not scanned may import from it."""
    of_losses: bool = False
    """The file's name says that it holds losses: ``losses.py``, ``losses/focal.py``."""

    @property
    def decides(self) -> bool:
        """Whether anything is said that decides over which of the file's callables are losses.

        What others call or pass on decides over their form, and ``framework`` over nothing in a file that
        imports one itself.
        """
        names = (self.compiled, self.built, self.metrics, self.differentiated)
        return self.of_losses or any(names) or bool(self.reached) or bool(self.bases)


@dataclass(frozen=True)
class _File:
    module: ast.Module
    scope: Scope
    settings: Settings
    uses: Uses
    listed: tuple[tuple[tuple[str, ...], Definition], ...]
    project: Project
    by_path: dict[tuple[str, ...], int] = field(default_factory=dict)


def words(name: str) -> frozenset[str]:
    """The lower-case words of a snake_case or CamelCase name."""
    return frozenset(word.lower() for word in _WORD.findall(name))


def names_a_loss(name: str) -> bool:
    """Whether the name says that this is a loss."""
    return bool(words(name) & LOSS_WORDS)


def names_a_metric(name: str) -> bool:
    """Whether the name says that this is a metric and no loss."""
    return bool(words(name) & _METRIC_WORDS) and not names_a_loss(name)


def names_losses(path: Sequence[str]) -> bool:
    """Whether a file says that it holds losses: by its own name or by that of the folder it is in."""
    own = [words(part.removesuffix(".py")) for part in path[-2:]]
    if not own or own[-1] & {"test", "tests", "metric", "metrics"}:
        return False
    return bool(own[-1] & _FILES_OF_LOSSES) or "losses" in own[0]


def pair_of(parameters: list[str], settings: Settings) -> tuple[str, str, bool] | None:
    """``(target, prediction, swapped)`` of the first two parameters, where their names say so."""
    if len(parameters) < 2:
        return None
    first, second = parameters[:2]

    def predicts(name: str) -> bool:
        return name in settings.predictions or bool(words(name) & _PRED_WORDS)

    def targets(name: str) -> bool:
        if name in settings.targets or not name.strip("_"):
            # What is called `_` is not read.
            return True
        return bool(words(name) & _TRUE_WORDS) and not predicts(name)

    if targets(first) and predicts(second):
        return first, second, False
    if predicts(first) and targets(second):
        return second, first, True
    return None


def discover(
    module: ast.Module, settings: Settings = Settings(), project: Project = Project()
) -> tuple[Candidate, ...]:
    """The losses of a parsed file, in document order."""
    if not (project.framework or mentions_a_framework(scope_of_module(module), module)):
        return ()
    file = _file(module, settings, project)
    direct = [*_classes(file), *_functions(file)]
    if not direct and not project.reached:
        return ()
    return tuple(sorted(_with_reached(file, direct), key=lambda candidate: candidate.number))


@lru_cache(maxsize=4)
def _file(module: ast.Module, settings: Settings, project: Project) -> _File:
    listed = tuple(definitions(module.body))
    uses = uses_of(module, project.compiled, project.built, project.metrics, project.differentiated)
    by_path = {path: number for number, (path, _) in enumerate(listed)}
    return _File(module, scope_of_module(module), settings, uses, listed, project, by_path)


def loss_classes(module: ast.Module, settings: Settings) -> frozenset[str]:
    """The classes at the top level that extend a loss of Keras, also those without a ``call``."""
    file = _file(module, settings, Project())
    return frozenset(
        path[0]
        for path, node in file.listed
        if len(path) == 1 and isinstance(node, ast.ClassDef) and _is_loss_class(file, node)
    )


def mentions_a_framework(scope: Scope, module: ast.Module) -> bool:
    """Whether a file imports TensorFlow or Keras, be it by a stand-in of its project."""
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
    return any(not {*_FRAMEWORKS, "tf", "K"}.isdisjoint(name.split(".")) for name in imported)


def _class_bases(
    file: _File, node: ast.ClassDef, seen: frozenset[str] = frozenset()
) -> Iterator[str]:
    for base in node.bases:
        name = dotted(base)
        if name is None:
            continue
        resolved = file.scope.resolve(name)
        if resolved is not None:
            yield canonical(resolved)
        elif (name,) in file.by_path and name not in seen:
            inner = file.listed[file.by_path[(name,)]][1]
            if isinstance(inner, ast.ClassDef):
                yield from _class_bases(file, inner, seen | {name})
        else:
            yield name


def _is_loss_base(file: _File, name: str) -> bool:
    if name in LOSS_CLASSES or name == WRAPPER:
        return True
    return name in file.settings.bases or name in file.project.bases


def _is_loss_class(file: _File, node: ast.ClassDef) -> bool:
    return any(_is_loss_base(file, base) for base in _class_bases(file, node))


def _methods(node: ast.ClassDef) -> dict[str, ast.FunctionDef]:
    return {each.name: each for each in node.body if isinstance(each, ast.FunctionDef)}


def _classes(file: _File) -> Iterator[Candidate]:
    for number, (path, node) in enumerate(file.listed):
        if not isinstance(node, ast.ClassDef) or not _is_loss_class(file, node):
            continue
        methods = _methods(node)
        method = methods.get("call") or methods.get("__call__")
        form = Form.SUBCLASS
        if method is not None:
            positional = _positional(method)
            if not _lacks_self(file, method):
                positional = positional[1:]
        elif "__init__" in methods and WRAPPER in _class_bases(file, node):
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


def _lacks_self(file: _File, method: ast.FunctionDef) -> bool:
    """Whether a method takes targets and predictions and nothing in front of them."""
    positional = _positional(method)
    return len(positional) == 2 and pair_of(positional, file.settings) is not None


def _positional(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    return [each.arg for each in (*node.args.posonlyargs, *node.args.args)]


def _returned(node: Definition) -> Iterator[str]:
    for statement in statements(node.body):
        if isinstance(statement, ast.Return) and statement.value is not None:
            for part in ast.walk(statement.value):
                if isinstance(part, ast.Name):
                    yield part.id


def _functions(file: _File) -> Iterator[Candidate]:
    for number, (path, node) in enumerate(file.listed):
        if not isinstance(node, ast.FunctionDef):
            continue
        around = file.listed[file.by_path[path[:-1]]][1] if path[:-1] in file.by_path else None
        candidate = _function(file, path, number, node, around)
        if candidate is not None:
            yield candidate


def _function(
    file: _File,
    path: tuple[str, ...],
    number: int,
    node: ast.FunctionDef,
    around: Definition | None,
) -> Candidate | None:
    name, positional, form, called = node.name, _positional(node), Form.FUNCTION, node.name
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
    evidence = [
        kind
        for kind, holds in (
            (Evidence.COMPILED, _is_compiled(file, name, called)),
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
        or (form in (Form.FUNCTION, Form.CLOSURE) and _stands_among_losses(file, called))
    )
    known = ".".join(path) in file.settings.known
    if named and not metric and _takes_two(node, form):
        evidence += [Evidence.NAMED] if known or not _numpy_only(file, path, node) else []
    # Targets and predictions have no default; where the names do not say so, this does.
    nameless = len(node.args.defaults) > len(positional) - 2
    # Keras passes them alone, and what else there is can only have been applied before.
    nameless |= not _takes_two(node, form) and not (
        form is Form.FUNCTION and _is_applied_partially(file, name)
    )
    if not evidence or (pair is None and (nameless or Evidence.COMPILED not in evidence)):
        return None
    # What is inside of a function is looked at last: there are many of them, and few get here.
    if _returns_a_pair(node) or _returns_functions(node):
        return None
    if _yields(node) or _belongs_elsewhere(file, node):
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


def _stands_among_losses(file: _File, name: str) -> bool:
    """Whether a function that no other of a file of losses calls is one, too.

    Where its name could be a score's, its docstring has to say so.
    """
    if (
        not file.project.of_losses
        or name.startswith("_")
        or len(file.by_path.keys() & {(name,)}) == 0
    ):
        return False
    if name in set(_called(file.module)) or words(name) & _METRIC_WORDS:
        return False
    node = file.listed[file.by_path[(name,)]][1]
    docstring = ast.get_docstring(node) or ""
    return words(name).isdisjoint(SCORES) or names_a_loss(docstring)


def _takes_two(node: ast.FunctionDef, form: Form) -> bool:
    """Whether a function can be called with targets and predictions alone, as Keras does."""
    required = len(_positional(node)) - len(node.args.defaults)
    required += sum(default is None for default in node.args.kw_defaults)
    return required <= 2 + (form is Form.METHOD)


def _is_applied_partially(file: _File, name: str) -> bool:
    return any(
        (dotted(call.func) or "").endswith("partial")
        and any((dotted(each) or "").rpartition(".")[2] == name for each in call.args[:1])
        for call in every(file.module, ast.Call)
        if isinstance(call, ast.Call)
    )


def _is_compiled(file: _File, name: str, called: str) -> bool:
    """Whether a function is compiled itself, or comes of a factory (``called``) that is."""
    if name in file.uses.compiled:
        return True
    return called != name and called in file.uses.compiled | file.uses.built


def _may_hold_a_loss_method(file: _File, node: ast.ClassDef) -> bool:
    for base in _class_bases(file, node):
        last = base.split(".")[-1]
        if _is_loss_base(file, base) or last.endswith(_NOT_LOSS_CLASSES):
            return False
        if base.split(".")[0] in _OTHER_FRAMEWORKS:
            return False
    return True


def _yields(node: ast.FunctionDef) -> bool:
    return any(isinstance(part, ast.Yield | ast.YieldFrom | ast.Await) for part in ast.walk(node))


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


def _roots(file: _File, node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            resolved = file.scope.resolve(part.id)
            if resolved is not None:
                yield resolved


def _belongs_elsewhere(file: _File, node: ast.FunctionDef) -> bool:
    return any(root.split(".")[0] in _OTHER_FRAMEWORKS for root in _roots(file, node))


def _numpy_only(file: _File, path: tuple[str, ...], node: ast.FunctionDef) -> bool:
    # A twin for evaluation, `fb_loss_np`. One that takes `.numpy()` of its arguments is fed tensors.
    inner = scope_of(node, file.scope)
    roots = {
        (inner.resolve(part.id) or "").split(".")[0]
        for part in ast.walk(node)
        if isinstance(part, ast.Name)
    }
    if roots & set(_FRAMEWORKS):
        return False
    takes_numpy = any(
        isinstance(part, ast.Attribute) and part.attr == "numpy" for part in ast.walk(node)
    )
    return bool(roots & {"numpy", "sklearn", "scipy", "math"}) and not takes_numpy


def _called_name(call: ast.Call) -> str:
    """The name of a function of the file, or of a method of the same instance, that is called."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(value=ast.Name(id="self"), attr=name):
            return name
    return ""


def _called(node: ast.AST) -> Iterator[str]:
    calls = (_called_name(part) for part in ast.walk(node) if isinstance(part, ast.Call))
    return filter(None, calls)


def _reaches(file: _File, start: Iterable[int]) -> set[int]:
    by_name: dict[str, list[int]] = {}
    for number, (path, node) in enumerate(file.listed):
        if isinstance(node, ast.FunctionDef):
            by_name.setdefault(path[-1], []).append(number)
    seen: set[int] = set()
    queue = list(start)
    while queue:
        node = file.listed[queue.pop()][1]
        for name in _called(node):
            for number in by_name.get(name, ()):
                if number not in seen:
                    seen.add(number)
                    queue.append(number)
    return seen


def _with_reached(file: _File, direct: list[Candidate]) -> Iterator[Candidate]:
    called = {file.by_path[(name,)] for name in file.project.reached if (name,) in file.by_path}
    losses = {candidate.number for candidate in direct if not candidate.metric}
    reached = called | _reaches(file, losses | called)
    compiled = {each.number for each in direct if Evidence.COMPILED in each.evidence}
    metrics = {
        number
        for number, (path, node) in enumerate(file.listed)
        if path[-1] in file.uses.metrics
        or (names_a_metric(path[-1]) and number not in reached | compiled)
        or (
            isinstance(node, ast.ClassDef)
            and any(b.endswith("Metric") for b in _class_bases(file, node))
        )
    }
    of_metrics = _reaches(file, metrics) | metrics
    known = set()
    for candidate in direct:
        known.add(candidate.number)
        evidence = candidate.evidence
        if candidate.number in reached:
            evidence = tuple(dict.fromkeys((*evidence, Evidence.REACHED)))
        yield replace(
            candidate,
            evidence=evidence,
            metric=candidate.metric or candidate.number in of_metrics,
        )
    pairs = _pairs_of(file, direct, reached - known)
    for number in sorted(pairs):
        path, node = file.listed[number]
        around = _around(file, path)
        form, bound = Form.FUNCTION if around is None else Form.NESTED, False
        if isinstance(around, ast.ClassDef):
            form, bound = Form.METHOD, not node.decorator_list and _is_loss_class(file, around)
        yield Candidate(
            path,
            number,
            form,
            (Evidence.REACHED,),
            *pairs[number],
            metric=number in of_metrics,
            bound=bound,
            line=node.lineno,
        )


def _around(file: _File, path: tuple[str, ...]) -> Definition | None:
    return file.listed[file.by_path[path[:-1]]][1] if path[:-1] in file.by_path else None


def _pairs_of(
    file: _File, direct: Sequence[Candidate], reached: Iterable[int]
) -> dict[int, tuple[str, str, bool]]:
    """Of the functions that losses reach, what they call targets and predictions.

    Their own names say so, or else what the losses hand them.
    """
    found: dict[int, tuple[str, str, bool]] = {}
    waiting: dict[str, list[int]] = {}
    elsewhere = {name: (y_true, y_pred) for name, y_true, y_pred in file.project.handed}
    for number in reached:
        path, node = file.listed[number]
        if not isinstance(node, ast.FunctionDef) or _yields(node) or _belongs_elsewhere(file, node):
            continue
        pair = pair_of(_handed_parameters(file, number), file.settings)
        if pair is None and (handed_elsewhere := elsewhere.get(".".join(path))) is not None:
            pair = (*handed_elsewhere, False)
        if pair is not None:
            found[number] = pair
        elif not _has_a_gradient_of_its_own(node):
            waiting.setdefault(path[-1], []).append(number)
    queue = [(each.number, each.y_true, each.y_pred) for each in direct if not each.metric]
    queue += [(number, y_true, y_pred) for number, (y_true, y_pred, _) in found.items()]
    while queue and waiting:
        number, y_true, y_pred = queue.pop()
        caller = _computing(file.listed[number][1])
        if caller is None:
            continue
        targets, predictions = depending(caller, y_true), depending(caller, y_pred)
        for call in ast.walk(caller):
            if not isinstance(call, ast.Call) or (name := _called_name(call)) not in waiting:
                continue
            # Of several functions of one name it is not told here which one is meant.
            if len(waiting[name]) == 1:
                (part,) = waiting[name]
                roles = handed(call, _handed_parameters(file, part), targets, predictions)
                if roles is not None:
                    del waiting[name]
                    found[part] = (*roles, False)
                    queue.append((part, *roles))
    return found


def _has_a_gradient_of_its_own(node: ast.FunctionDef) -> bool:
    return any((dotted(each) or "").endswith("custom_gradient") for each in node.decorator_list)


def _handed_parameters(file: _File, number: int) -> list[str]:
    """The parameters of a function that its calls fill by position."""
    path, node = file.listed[number]
    assert isinstance(node, ast.FunctionDef)
    static = any(dotted(each) == "staticmethod" for each in node.decorator_list)
    is_method = isinstance(_around(file, path), ast.ClassDef) and not static
    return _positional(node)[is_method:]


def _computing(node: Definition) -> ast.FunctionDef | None:
    """The function of a loss that computes its value."""
    if isinstance(node, ast.ClassDef):
        methods = _methods(node)
        return methods.get("call") or methods.get("__call__")
    return node if isinstance(node, ast.FunctionDef) else None
