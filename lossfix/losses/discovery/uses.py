"""How a file uses its callables: as a loss, as a metric, under a gradient tape, with which arguments."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from lossfix.losses.discovery.assigned import (
    Assigned,
    assignments_of,
    references,
    registers_with_keras,
    unnamed,
)
from lossfix.losses.discovery.candidate import Used
from lossfix.losses.discovery.measured import measured_in
from lossfix.syntax.nodes import below, every, parents
from lossfix.syntax.remembered import remembered
from lossfix.syntax.scope import Definition, dotted, last_part, parameters, statements

LOSS_KEYWORDS = frozenset({"loss", "losses", "loss_fn", "loss_func", "loss_function", "criterion"})
TAKEN = frozenset({"loss", "losses"})
"""Those by which anything may take a loss; what calls it by itself is told by its calls."""
METRIC_KEYWORDS = frozenset({"metrics", "weighted_metrics", "metric", "metric_fn"})
LOADS = frozenset({"load_model", "model_from_config", "model_from_json"})
"""What takes ``custom_objects``, which may be passed by position."""
_OF_COMPUTE_LOSS = ("y", "y_pred")
"""What the ``compute_loss`` of a Keras model takes, and that of another library's trainer does not."""
_LITERAL = (ast.Constant, ast.UnaryOp, ast.Tuple, ast.List, ast.Dict, ast.BinOp)


_NOT_ELSEWHERE = Used()


@dataclass(frozen=True)
class Uses:
    """Names by what they are used for; the last part of a dotted name stands for all of it.

    What Keras is to look up by name, ``loss="dice"``, stands here in its quotes.
    """

    compiled: frozenset[str]
    built: frozenset[str]
    """What is called for a loss: classes, factories and selectors."""
    metrics: frozenset[str]
    differentiated: frozenset[str]
    """Called under a gradient tape, and the gradient is taken of the result."""
    calls: Mapping[str, list[ast.Call]]
    """Every call, by the last part of what it calls."""
    passed_on: Mapping[str, frozenset[str]]
    """Function -> its parameters that it compiles a model with, and does not call itself."""
    unnamed: tuple[ast.expr, ...] = ()
    """The lambdas and partial applications that a model is compiled with, in document order."""

    def arguments(self, name: str) -> tuple[str, ...]:
        """The source of the arguments of the first call of a factory or class with literals only."""
        for call in self.calls.get(name, ()):
            if _all_literal(call):
                positional = [ast.unparse(each) for each in call.args]
                named = [f"{each.arg}={ast.unparse(each.value)}" for each in call.keywords]
                return (*positional, *named)
        return ()


def uses_of(module: ast.Module, elsewhere: Used = _NOT_ELSEWHERE) -> Uses:
    """The uses in one file, on top of what is known from other files."""
    return _uses_of(module, elsewhere)


@remembered(4)
def _uses_of(module: ast.Module, elsewhere: Used) -> Uses:
    # Behind the function with the default: by that, one question would be kept as two.
    assigned = assignments_of(module)
    passed_on = _passed_on(module)
    losses, factories, measured = (
        set(elsewhere.compiled),
        set(elsewhere.built),
        set(elsewhere.metrics),
    )
    expressions: dict[ast.expr, None] = {}
    for each in every(module, ast.Assign):
        if any(_is_in_keras_losses(target) for target in each.targets):
            losses.update(name for name, direct in references(each.value, assigned) if direct)
    for named in measured_in(module):
        measured.update(name for name, direct in references(named, assigned) if direct)
    for call in every(module, ast.Call):
        for value in (
            *_values(call, LOSS_KEYWORDS, 1),
            *_unpacked(call, LOSS_KEYWORDS, assigned),
            *_given(call, passed_on),
        ):
            for name, direct in references(value, assigned):
                (losses if direct else factories).add(name)
            if compiles(call) or last_part(call.func) in passed_on:
                expressions.update(dict.fromkeys(unnamed(value, assigned)))
        for value in (
            *_values(call, METRIC_KEYWORDS, 2),
            *_unpacked(call, METRIC_KEYWORDS, assigned),
        ):
            measured.update(name for name, _ in references(value, assigned))
    return Uses(
        frozenset(losses),
        frozenset(factories),
        frozenset(measured),
        elsewhere.differentiated.union(_differentiated(module)),
        _calls_by_name(module),
        {name: frozenset(each for each, _ in entries) for name, entries in passed_on.items()},
        tuple(sorted(expressions, key=lambda each: (each.lineno, each.col_offset))),
    )


def _calls_by_name(module: ast.Module) -> Mapping[str, list[ast.Call]]:
    found: dict[str, list[ast.Call]] = {}
    for call in every(module, ast.Call):
        called = last_part(call.func)
        if called is not None:
            found.setdefault(called, []).append(call)
    return found


def _differentiated(module: ast.Module) -> Iterator[str]:
    """What is called under a tape that takes its gradient, for a model's ``compute_loss`` or ``add_loss``."""
    for call in every(module, ast.Call):
        match call:
            case ast.Call(func=ast.Attribute(attr="add_loss"), args=[first, *_]):
                yield from _calls(first)
    for method in every(module, ast.FunctionDef):
        if method.name == "compute_loss" and set(_OF_COMPUTE_LOSS) <= set(parameters(method)):
            yield from _returned(method)
    if any(map(_enters_a_tape, every(module, ast.With))):
        yield from _under_tape(module)
        for function in every(module, ast.FunctionDef):
            yield from _under_tape(function)
        for coroutine in every(module, ast.AsyncFunctionDef):
            yield from _under_tape(coroutine)


def _enters_a_tape(block: ast.With) -> bool:
    return any(
        isinstance(item.context_expr, ast.Call) and _is_tape(item.context_expr)
        for item in block.items
    )


def _is_tape(call: ast.Call) -> bool:
    return (last_part(call.func) or "").endswith("GradientTape")


def _is_in_keras_losses(target: ast.expr) -> bool:
    """Whether ``keras.losses.my_loss`` is set, by which Keras 2 found a loss under its name."""
    if not isinstance(target, ast.Attribute):
        return False
    holder = dotted(target.value) or ""
    return holder == "losses" or holder.endswith("keras.losses")


_Parameters = dict[str, set[tuple[str, int]]]


def _passed_on(module: ast.Module) -> _Parameters:
    """For each function, the names and positions of the parameters that end in ``compile(loss=...)``."""
    known: _Parameters = {}
    if not any(any(_values(call, LOSS_KEYWORDS, 1)) for call in every(module, ast.Call)):
        return known
    calls: dict[ast.FunctionDef, list[ast.Call]] = {}
    for call in every(module, ast.Call):
        for function in _functions_around(call, parents(module)):
            calls.setdefault(function, []).append(call)
    while True:
        grew = False
        for function, inside in calls.items():
            names = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
            bound = names[1:] if names[:1] == ["self"] else names
            called = {part.func.id for part in inside if isinstance(part.func, ast.Name)}
            for part in inside:
                for value in (*_values(part, LOSS_KEYWORDS, 1), *_given(part, known)):
                    if isinstance(value, ast.Name) and value.id in bound and value.id not in called:
                        entry = (value.id, bound.index(value.id))
                        if entry not in known.setdefault(function.name, set()):
                            known[function.name].add(entry)
                            grew = True
        if not grew:
            return {name: entries for name, entries in known.items() if entries}


def _functions_around(node: ast.AST, above: Mapping[ast.AST, ast.AST]) -> Iterator[ast.FunctionDef]:
    around = above.get(node)
    while around is not None:
        if isinstance(around, ast.FunctionDef):
            yield around
        around = above.get(around)


def _given(node: ast.Call, known: _Parameters) -> Iterator[ast.expr]:
    """The arguments of a call that the called function compiles a model with."""
    for name, position in known.get(last_part(node.func) or "", ()):
        if position < len(node.args) and not any(isinstance(a, ast.Starred) for a in node.args):
            yield node.args[position]
        for keyword in node.keywords:
            if keyword.arg == name:
                yield keyword.value


def _all_literal(node: ast.Call) -> bool:
    return all(isinstance(each, _LITERAL) and _is_literal(each) for each in node.args) and all(
        each.arg is not None and _is_literal(each.value) for each in node.keywords
    )


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def compiles(node: ast.Call) -> bool:
    """Whether a call compiles a model."""
    is_method = isinstance(node.func, ast.Attribute) and node.func.attr == "compile"
    return is_method and dotted(node.func) != "re.compile"


def _values(node: ast.Call, keywords: frozenset[str], position: int) -> Iterator[ast.expr]:
    for keyword in node.keywords:
        if keyword.arg in keywords:
            yield keyword.value
    if compiles(node) and len(node.args) > position:
        yield node.args[position]


def _unpacked(node: ast.Call, keywords: frozenset[str], assigned: Assigned) -> Iterator[ast.expr]:
    """The values that ``**settings`` passes by one of these keywords."""
    for keyword in node.keywords:
        if keyword.arg is not None:
            continue
        given: tuple[ast.expr, ...] = (keyword.value,)
        if isinstance(keyword.value, ast.Name | ast.Attribute):
            given = assigned.values.get(last_part(keyword.value) or "", ())
        for each in given:
            match each:
                case ast.Dict(keys=keys, values=values):
                    for key, value in zip(keys, values, strict=True):
                        if isinstance(key, ast.Constant) and key.value in keywords:
                            yield value


def takes_losses(passed_on: Collection[str], call: ast.Call, keyword: str | None) -> bool:
    """Whether a call takes its argument for a loss, and does not call it as a function.

    ``passed_on`` are the functions of the file that compile a model with what they are given.
    """
    if keyword in TAKEN or keyword == "custom_objects":
        return True
    called = last_part(call.func)
    if keyword is None and (called in LOADS or registers_with_keras(call)):
        return True
    return called in passed_on or (called == "compile" and keyword is None)


def _calls(node: ast.AST) -> Iterator[str]:
    for part in below(node):
        if isinstance(part, ast.Call) and (name := last_part(part.func)) is not None:
            yield name


def _under_tape(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Module) -> Iterator[str]:
    inside = [each for each in statements(node.body) if not isinstance(each, Definition)]
    taped = [
        inner
        for statement in inside
        if isinstance(statement, ast.With) and _enters_a_tape(statement)
        for inner in statements(statement.body)
    ]
    called = _called_for(taped)
    if not called:
        return
    wanted: set[str] = set()
    for statement in inside:
        for part in below(statement):
            match part:
                case ast.Call(func=ast.Attribute(attr=("gradient" | "minimize")), args=[first, *_]):
                    wanted.update(n.id for n in below(first) if isinstance(n, ast.Name))
    for name in wanted:
        yield from called.get(name, ())


def _returned(method: ast.FunctionDef) -> Iterator[str]:
    inside = [each for each in statements(method.body) if not isinstance(each, Definition)]
    called = _called_for(inside)
    for statement in inside:
        if isinstance(statement, ast.Return) and statement.value is not None:
            yield from _calls(statement.value)
            for part in below(statement.value):
                if isinstance(part, ast.Name):
                    yield from called.get(part.id, ())


def _called_for(inside: list[ast.stmt]) -> dict[str, set[str]]:
    """Name -> what is called for its value, by way of the names that were set before it, too."""
    called: dict[str, set[str]] = {}
    for statement in inside:
        match statement:
            case ast.Assign(targets=targets, value=value):
                names = [n.id for t in targets for n in below(t) if isinstance(n, ast.Name)]
            case ast.AugAssign(target=ast.Name(id=name), value=value):
                names = [name]
            case _:
                continue
        for name in names:
            called.setdefault(name, set()).update(_calls(value))
            for part in below(value):
                if isinstance(part, ast.Name) and part.id in called:
                    called[name] |= called[part.id]
    return called
