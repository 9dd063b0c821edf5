"""Which functions and methods of a file are losses: by what they are used for, or by what names say."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from lossfix.losses.discovery.candidate import Candidate
from lossfix.losses.discovery.outline import (
    File,
    around_of,
    belongs_elsewhere,
    called_in,
    class_bases,
    handed_parameters,
    is_loss_base,
    is_metric_class,
    positional_of,
    yields,
)
from lossfix.losses.discovery.returned import (
    returns_a_dictionary,
    returns_a_pair,
    returns_functions,
)
from lossfix.losses.discovery.wording import (
    METRIC_WORDS,
    SCORES,
    names_a_loss,
    pair_of,
    words,
)
from lossfix.model import Evidence, Form
from lossfix.syntax.frameworks import FRAMEWORKS, OTHER_FRAMEWORKS
from lossfix.syntax.nodes import below, children, every
from lossfix.syntax.remembered import remembered
from lossfix.syntax.scope import Definition, dotted, scope_of, statements

_NOT_LOSS_CLASSES = (
    "Callback",
    "Layer",
    "Constraint",
    "Regularizer",
    "TestCase",
    "Sequence",
)


def functions_in(file: File) -> Iterator[Candidate]:
    """The losses among the functions and methods of a file, in document order."""
    for number, (path, node) in enumerate(file.listed):
        if not isinstance(node, ast.FunctionDef):
            continue
        candidate = _function(file, path, number, node, around_of(file, path))
        if candidate is not None:
            yield candidate


@dataclass(frozen=True)
class _Callable:
    """A function as others call it."""

    path: tuple[str, ...]
    node: ast.FunctionDef
    around: Definition | None
    """The function or class that it is defined in."""
    form: Form
    called: str
    """The name by which it is used as a loss: its own, its factory's or its class's."""
    positional: list[str]
    """The parameters that a call fills by position."""

    @property
    def name(self) -> str:
        """Its own name."""
        return self.node.name


def _callable(
    file: File,
    path: tuple[str, ...],
    number: int,
    node: ast.FunctionDef,
    around: Definition | None,
) -> _Callable | None:
    """``None`` for a method that is surely no loss, and for what takes less than two."""
    name, positional, form, called = node.name, positional_of(node), Form.FUNCTION, node.name
    if isinstance(around, ast.ClassDef):
        if not _may_hold_a_loss_method(file, around):
            return None
        if name.startswith("__") and name != "__call__":
            return None
        # An object that is called stands for a loss where its class says so.
        form, called = Form.METHOD, around.name if name == "__call__" else name
        positional = handed_parameters(file, number)
    elif around is not None:
        if name in _returned(file, around) and not _is_set_anew(name, around):
            form, called = Form.CLOSURE, around.name
        else:
            form = Form.NESTED
    if len(positional) < 2:
        return None
    return _Callable(path, node, around, form, called, positional)


def _is_set_anew(name: str, around: Definition) -> bool:
    """Whether an inner function's name stands for something else by the time that it is returned."""
    return any(
        isinstance(statement, ast.Assign)
        and any(isinstance(each, ast.Name) and each.id == name for each in statement.targets)
        for statement in statements(around.body)
    )


def _returned(file: File, node: Definition) -> Iterator[str]:
    # What is handed targets and predictions computes a loss: its calls take functions, and give none.
    taken = [] if isinstance(node, ast.ClassDef) else positional_of(node)
    computes = pair_of(taken, file.settings) is not None
    for statement in statements(node.body):
        if isinstance(statement, ast.Return) and statement.value is not None:
            yield from _handed_back(statement.value, computes)


def _handed_back(node: ast.AST, computes: bool) -> Iterator[str]:
    match node:
        case ast.keyword(arg="custom_objects"):
            # A loaded model is no loss for the `custom_objects` that it is read with.
            return
        case ast.Name(id=name):
            yield name
        case ast.Call() if computes:
            return
        case ast.Call(func=ast.Name(), args=args, keywords=keywords):
            # `inner(...)` is what the function gives, and not the function.
            for part in (*args, *keywords):
                yield from _handed_back(part, computes)
            return
    for part in children(node):
        yield from _handed_back(part, computes)


def _function(
    file: File,
    path: tuple[str, ...],
    number: int,
    node: ast.FunctionDef,
    around: Definition | None,
) -> Candidate | None:
    known = _callable(file, path, number, node, around)
    if known is None:
        return None
    metric = not file.uses.metrics.isdisjoint((known.called, known.name, ".".join(path)))
    pair = _pair(file, known)
    evidence = [*_used_as_a_loss(file, known)]
    if pair is not None and not metric and _is_named_a_loss(file, known):
        evidence.append(Evidence.NAMED)
    # Targets and predictions have no default; where the names do not say so, this does.
    nameless = len(node.args.defaults) > len(known.positional) - 2
    # Keras passes them alone, and what else there is can only have been applied before.
    nameless |= not _takes_two(known) and not (
        known.form is Form.FUNCTION and known.name in _applied_partially(file.module)
    )
    if not evidence or (pair is None and (nameless or Evidence.COMPILED not in evidence)):
        return None
    # What is inside of a function is looked at last: there are many of them, and few get here.
    if returns_a_pair(node) or returns_functions(node):
        return None
    if yields(node) or belongs_elsewhere(file, path, node):
        return None
    y_true, y_pred, swapped = pair or (known.positional[0], known.positional[1], False)
    return Candidate(
        path,
        number,
        known.form,
        tuple(evidence),
        y_true,
        y_pred,
        swapped=swapped,
        metric=metric,
        line=node.lineno,
        arguments=file.uses.arguments(_built_by(known)),
    )


def _built_by(known: _Callable) -> str:
    """What is called to get the loss: its factory, or the class of which it is a method."""
    if known.form is Form.METHOD and known.around is not None:
        return known.around.name
    return known.called


def _pair(file: File, known: _Callable) -> tuple[str, str, bool] | None:
    """Targets and predictions by the names of the parameters, and whether they are swapped."""
    pair = pair_of(known.positional, file.settings)
    if pair is None and len(known.positional) == 2 and known.form is not Form.NESTED:
        # `y_true, x`: the other one of a loss can be nothing but the predictions.
        first, second = known.positional
        if names_a_loss(known.name) and "true" in words(first):
            return first, second, False
    return pair


def _used_as_a_loss(file: File, known: _Callable) -> Iterator[Evidence]:
    # Keras calls an object with two, so that what needs more is for a training loop of one's own.
    compilable = known.name != "__call__" or _takes_two(known)
    if known.form is Form.NESTED and known.around is not None:
        compilable = not _is_only_called(known.around, known.node)
    if compilable and _is_compiled(file, known):
        yield Evidence.COMPILED
    if known.called in file.uses.differentiated:
        yield Evidence.GRADIENT


def _is_named_a_loss(file: File, known: _Callable) -> bool:
    """Whether a name says that Keras is to call this function with targets and predictions."""
    name, called, form = known.name, known.called, known.form
    named = (
        names_a_loss(name)
        or (form is Form.CLOSURE and names_a_loss(called) and not _is_beside_its_loss(known))
        or (name == "__call__" and (names_a_loss(called) or "entropy" in called.lower()))
        or (form is Form.METHOD and _computes_its_class(name, known.around))
        or (form in (Form.FUNCTION, Form.CLOSURE) and _stands_among_losses(file, called))
        or (form in (Form.FUNCTION, Form.CLOSURE) and _hands_back_a_loss(called, known.node))
    )
    if not named or not _takes_two(known):
        return False
    is_known = ".".join(known.path) in file.settings.known
    return is_known or not (
        _numpy_only(file, known.node)
        or (name == "__call__" and _measures_arrays(file, known))
        or returns_a_dictionary(known.node)
        or _turns_arrays_into_arrays(file, known)
    )


def _is_beside_its_loss(known: _Callable) -> bool:
    """Whether a factory hands back a loss by name and this beside it: ``return dice_loss, recall``."""
    if known.around is None or names_a_loss(known.name):
        return False
    for statement in statements(known.around.body):
        if isinstance(statement, ast.Return) and isinstance(statement.value, ast.Tuple):
            together = {each for part in statement.value.elts for each in _handed_back(part, False)}
            if known.name in together and any(map(names_a_loss, together)):
                return True
    return False


def _computes_its_class(name: str, around: Definition | None) -> bool:
    """Whether a method is what a class that is named a loss is for: ``SSDLoss.compute``."""
    if around is None or name.startswith("_") or not names_a_loss(around.name):
        return False
    return not words(name) & (METRIC_WORDS | SCORES)


def _hands_back_a_loss(name: str, node: ast.FunctionDef) -> bool:
    """Whether all that a function returns is called a loss, or is the mean or sum of what is called one:
    ``loss = 1 - overlap`` and ``return loss``."""
    returns = [each.value for each in statements(node.body) if isinstance(each, ast.Return)]
    return not words(name) & METRIC_WORDS and all(map(_is_called_a_loss, returns or [None]))


def _is_called_a_loss(value: ast.expr | None) -> bool:
    match value:
        case ast.Name(id=name):
            return "loss" in words(name)
        case ast.Call(func=ast.Attribute(attr=("reduce_mean" | "reduce_sum" | "mean" | "sum"))):
            return bool(value.args) and _is_called_a_loss(value.args[0])
    return False


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


def _takes_two(known: _Callable) -> bool:
    """Whether a function can be called with targets and predictions alone, as Keras does."""
    arguments = known.node.args
    required = len(known.positional) - len(arguments.defaults)
    required += sum(default is None for default in arguments.kw_defaults)
    return required <= 2


@remembered(4)
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
    parts = [each for each in below(around) if isinstance(each, ast.Name | ast.Call)]
    called = {id(each.func) for each in parts if isinstance(each, ast.Call)}
    named = [each for each in parts if isinstance(each, ast.Name) and each.id == node.name]
    own = {id(each) for each in below(node)}
    if any(id(each) in own and isinstance(each.ctx, ast.Store) for each in named):
        # Inside, the name stands for a variable.
        named = [each for each in named if id(each) not in own]
    reads = [id(each) in called for each in named if isinstance(each.ctx, ast.Load)]
    return bool(reads) and all(reads)


def _is_compiled(file: File, known: _Callable) -> bool:
    """Whether a function is compiled itself, or comes of a factory that is.

    Other files say of a method whose it is: ``Losses.dice``.
    """
    if known.form is Form.CLOSURE and _is_beside_its_loss(known):
        # Which of what is handed back is compiled, names say better than the calls of the factory.
        return False
    if not file.uses.compiled.isdisjoint((known.name, ".".join(known.path))):
        return True
    makers = {known.called, ".".join(known.path[:-1])}
    return known.called != known.name and not makers.isdisjoint(
        file.uses.compiled | file.uses.built
    )


def _may_hold_a_loss_method(file: File, node: ast.ClassDef) -> bool:
    if is_metric_class(file, node):
        return False
    for base in class_bases(file, node):
        last = base.split(".")[-1]
        if is_loss_base(file, base) or last.endswith(_NOT_LOSS_CLASSES):
            return False
        if base.split(".")[0] in OTHER_FRAMEWORKS:
            return False
    return True


def _measures_arrays(file: File, known: _Callable) -> bool:
    """Whether an object is called with arrays and gives a number: it evaluates, and trains nothing.

    ``np.mean(metric(targets, np.mean(samples, axis=1)).numpy())``: what it is given is no tensor.
    """
    inner = scope_of(known.node, file.scope)

    def is_numpy(value: ast.expr | None) -> bool:
        called = dotted(value.func) if isinstance(value, ast.Call) else None
        return called is not None and (inner.resolve(called) or "").startswith("numpy.")

    returns = [each.value for each in statements(known.node.body) if isinstance(each, ast.Return)]
    given = set(known.positional)
    unwraps = any(
        isinstance(part, ast.Attribute)
        and part.attr == "numpy"
        and isinstance(part.value, ast.Name)
        and part.value.id in given
        for part in below(known.node)
    )
    taken = any(
        isinstance(part, ast.Call)
        and is_numpy(part)
        and any(isinstance(each, ast.Name) and each.id in given for each in part.args)
        for part in below(known.node)
    )
    return bool(returns) and all(map(is_numpy, returns)) and taken and not unwraps


def _turns_arrays_into_arrays(file: File, known: _Callable) -> bool:
    """Whether a function says that it is handed arrays and gives one: it evaluates, and trains nothing."""
    noted = {each.arg: each.annotation for each in known.node.args.args}
    types = [*(noted.get(name) for name in known.positional[:2]), known.node.returns]
    return all(
        each is not None and file.scope.resolve(dotted(each) or "") == "numpy.ndarray"
        for each in types
    )


def _numpy_only(file: File, node: ast.FunctionDef) -> bool:
    # A twin for evaluation, `fb_loss_np`. One that takes `.numpy()` of its arguments is fed tensors.
    inner = scope_of(node, file.scope)
    names = {inner.resolve(part.id) or "" for part in below(node) if isinstance(part, ast.Name)}
    # Keras has such twins itself, with what it keeps in its own modules.
    roots = {each.partition(".")[0] for each in names if not each.startswith("keras.src.")}
    if roots & set(FRAMEWORKS):
        return False
    takes_numpy = any(
        isinstance(part, ast.Attribute) and part.attr == "numpy" for part in below(node)
    )
    return bool(roots & {"numpy", "sklearn", "scipy", "math"}) and not takes_numpy
