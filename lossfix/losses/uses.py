"""How a file uses its callables: as a loss, as a metric, under a gradient tape, with which arguments."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import zip_longest

from lossfix.syntax.nodes import below, every
from lossfix.syntax.scope import Definition, dotted, statements

LOSS_KEYWORDS = frozenset({"loss", "losses", "loss_fn", "loss_func", "loss_function", "criterion"})
METRIC_KEYWORDS = frozenset({"metrics", "weighted_metrics", "metric", "metric_fn"})
ANY_STRING = "*"
_SCOPES = frozenset({"customobjectscope", "custom_object_scope"})
_LITERAL = (ast.Constant, ast.UnaryOp, ast.Tuple, ast.List, ast.Dict, ast.BinOp)


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

    def arguments(self, name: str) -> tuple[str, ...]:
        """The source of the arguments of the first call of a factory or class with literals only."""
        for call in self.calls.get(name, ()):
            if _all_literal(call):
                positional = [ast.unparse(each) for each in call.args]
                named = [f"{each.arg}={ast.unparse(each.value)}" for each in call.keywords]
                return (*positional, *named)
        return ()


@dataclass(frozen=True)
class Assigned:
    """What the names of a file, or its attributes by their last part, are ever made to stand for."""

    values: Mapping[str, tuple[ast.expr, ...]]
    returns: Mapping[str, tuple[ast.expr, ...]]
    """Of its functions, by name."""
    registered: Mapping[str, tuple[ast.expr, ...]] = field(default_factory=dict)
    """What Keras is told that a string stands for: ``custom_objects={"dice": dice}``."""


@lru_cache(maxsize=4)
def uses_of(
    module: ast.Module,
    compiled: frozenset[str] = frozenset(),
    built: frozenset[str] = frozenset(),
    metrics: frozenset[str] = frozenset(),
    gradients: frozenset[str] = frozenset(),
) -> Uses:
    """The uses in one file, on top of what is known from other files."""
    assigned = assignments_of(module)
    losses, factories, measured = set(compiled), set(built), set(metrics)
    differentiated = set(gradients)
    calls: dict[str, list[ast.Call]] = {}
    passed_on = _passed_on(module)
    for each in every(module, ast.Assign):
        if any(_is_in_keras_losses(target) for target in each.targets):
            losses.update(name for name, direct in references(each.value, assigned) if direct)
    for node in _watched(module):
        if isinstance(node, ast.Call):
            for value in (
                *_values(node, LOSS_KEYWORDS, 1),
                *_unpacked(node, LOSS_KEYWORDS, assigned),
                *_given(node, passed_on),
            ):
                for name, direct in references(value, assigned):
                    (losses if direct else factories).add(name)
            for value in (
                *_values(node, METRIC_KEYWORDS, 2),
                *_unpacked(node, METRIC_KEYWORDS, assigned),
            ):
                measured.update(name for name, _ in references(value, assigned))
            match node.func:
                case ast.Attribute(attr="add_loss") if node.args:
                    differentiated.update(_calls(node.args[0]))
            called = _last(node.func)
            if called is not None:
                calls.setdefault(called, []).append(node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Module):
            differentiated.update(_under_tape(node))
    return Uses(
        frozenset(losses),
        frozenset(factories),
        frozenset(measured),
        frozenset(differentiated),
        calls,
        {name: frozenset(each for each, _ in entries) for name, entries in passed_on.items()},
    )


def _watched(module: ast.Module) -> Sequence[ast.AST]:
    """The calls of a file, and, where it takes gradients, the functions in which it may do so."""
    taped = any(
        isinstance(item.context_expr, ast.Call) and _is_tape(item.context_expr)
        for block in every(module, ast.With)
        for item in block.items
    )
    owners = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Module) if taped else ()
    return every(module, ast.Call, *owners)


def _is_tape(call: ast.Call) -> bool:
    return (_last(call.func) or "").endswith("GradientTape")


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
    calls = {
        function: [part for part in below(function) if isinstance(part, ast.Call)]
        for function in every(module, ast.FunctionDef)
    }
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


def _given(node: ast.Call, known: _Parameters) -> Iterator[ast.expr]:
    """The arguments of a call that the called function compiles a model with."""
    for name, position in known.get(_last(node.func) or "", ()):
        if position < len(node.args) and not any(isinstance(a, ast.Starred) for a in node.args):
            yield node.args[position]
        for keyword in node.keywords:
            if keyword.arg == name:
                yield keyword.value


def _last(node: ast.expr) -> str | None:
    name = dotted(node)
    return None if name is None else name.split(".")[-1]


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


@lru_cache(maxsize=2)
def assignments_of(module: ast.Module) -> Assigned:
    """What each name of a file, or each attribute by its last part, is ever made to stand for."""
    values: dict[str, tuple[ast.expr, ...]] = {}
    returns: dict[str, tuple[ast.expr, ...]] = {}

    def bind(target: ast.expr, value: ast.expr) -> None:
        match target, value:
            case (ast.Name(id=name) | ast.Attribute(attr=name)), _:
                values[name] = (*values.get(name, ()), value)
            case ast.Subscript(value=holder), _:
                bind(holder, value)
            case (
                (ast.Tuple(elts=targets) | ast.List(elts=targets)),
                (ast.Tuple(elts=parts) | ast.List(elts=parts)),
            ) if len(targets) == len(parts):
                for each, part in zip(targets, parts, strict=True):
                    bind(each, part)

    for node in every(module, ast.Assign, ast.AnnAssign, ast.Call, ast.FunctionDef):
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    bind(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                bind(target, value)
            case ast.Call(func=ast.Attribute(value=target, attr="append"), args=[value]):
                bind(target, value)
            case ast.FunctionDef(name=name, body=body):
                for parameter, default in _defaults(node.args):
                    values[parameter] = (*values.get(parameter, ()), default)
                found = tuple(
                    each.value
                    for each in statements(body)
                    if isinstance(each, ast.Return) and each.value is not None
                )
                returns[name] = (*returns.get(name, ()), *found)
    # Loops last: what they run over may have been given a name further down.
    for node in every(module, ast.For, ast.comprehension):
        match node:
            case ast.For(target=target, iter=series) | ast.comprehension(
                target=target, iter=series
            ):
                for value in _elements(series, values):
                    bind(target, value)
    return Assigned(values, returns, _registered(module))


def _registered(module: ast.Module) -> Mapping[str, tuple[ast.expr, ...]]:
    found: dict[str, tuple[ast.expr, ...]] = {}

    def take_in(holder: ast.expr) -> None:
        if isinstance(holder, ast.Dict):
            for key, value in zip(holder.keys, holder.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    found[key.value] = (*found.get(key.value, ()), value)

    for node in every(module, ast.keyword, ast.Call, ast.Assign):
        match node:
            case ast.keyword(arg="custom_objects", value=value):
                take_in(value)
            case ast.Call(
                func=ast.Attribute(attr="update", value=holder), args=[value]
            ) if _is_custom_objects(holder):
                take_in(value)
            case ast.Call(args=[value, *_]) if (_last(node.func) or "").lower() in _SCOPES:
                take_in(value)
            case ast.Assign(
                targets=[ast.Subscript(value=holder, slice=ast.Constant(value=str(name)))],
                value=value,
            ) if _is_custom_objects(holder):
                found[name] = (*found.get(name, ()), value)
    return found


def _is_custom_objects(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and _last(node.func) == "get_custom_objects"


def _defaults(arguments: ast.arguments) -> Iterator[tuple[str, ast.expr]]:
    listed = [*arguments.posonlyargs, *arguments.args]
    with_default = listed[len(listed) - len(arguments.defaults) :]
    yield from zip((each.arg for each in with_default), arguments.defaults, strict=True)
    for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if default is not None:
            yield each.arg, default


def _elements(series: ast.expr, values: Mapping[str, tuple[ast.expr, ...]]) -> list[ast.expr]:
    """What a loop's variable is set to in turn, as far as the file spells it out."""
    index = ast.Constant(0)
    match series:
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            return elements
        case ast.Name(id=name) | ast.Attribute(attr=name):
            bound = values.get(name, ())
            return [
                each
                for value in bound
                if isinstance(value, ast.List | ast.Tuple | ast.Set)
                for each in _elements(value, {})
            ]
        case ast.Call(func=ast.Attribute(value=holder, attr="values"), args=[]):
            return _entries(holder, values)
        case ast.Call(func=ast.Attribute(value=holder, attr="items"), args=[]):
            return [ast.Tuple([index, each]) for each in _entries(holder, values)]
        case ast.Call(func=ast.Name(id="enumerate"), args=[inner, *_]):
            return [ast.Tuple([index, each]) for each in _elements(inner, values)]
        case ast.Call(func=ast.Name(id=("list" | "tuple" | "sorted" | "reversed")), args=[inner]):
            return _elements(inner, values)
        case ast.Call(func=ast.Name(id="zip"), args=columns):
            rows = zip_longest(*(_elements(each, values) for each in columns), fillvalue=index)
            return [ast.Tuple(list(row)) for row in rows]
    return []


def _entries(holder: ast.expr, values: Mapping[str, tuple[ast.expr, ...]]) -> list[ast.expr]:
    """The values of a dictionary."""
    match holder:
        case ast.Dict(values=entries):
            return entries
        case ast.Name(id=name) | ast.Attribute(attr=name):
            bound = values.get(name, ())
            return [e for value in bound if isinstance(value, ast.Dict) for e in value.values]
    return []


def _values(node: ast.Call, keywords: frozenset[str], position: int) -> Iterator[ast.expr]:
    for keyword in node.keywords:
        if keyword.arg in keywords:
            yield keyword.value
    if (
        isinstance(node.func, ast.Attribute)
        and node.func.attr == "compile"
        and dotted(node.func) != "re.compile"
        and len(node.args) > position
    ):
        yield node.args[position]


def _unpacked(node: ast.Call, keywords: frozenset[str], assigned: Assigned) -> Iterator[ast.expr]:
    """The values that ``**settings`` passes by one of these keywords."""
    for keyword in node.keywords:
        if keyword.arg is not None:
            continue
        given: tuple[ast.expr, ...] = (keyword.value,)
        if isinstance(keyword.value, ast.Name | ast.Attribute):
            given = assigned.values.get(_last(keyword.value) or "", ())
        for each in given:
            match each:
                case ast.Dict(keys=keys, values=values):
                    for key, value in zip(keys, values, strict=True):
                        if isinstance(key, ast.Constant) and key.value in keywords:
                            yield value


def references(
    node: ast.expr, assigned: Assigned, seen: frozenset[str] = frozenset()
) -> Iterator[tuple[str, bool]]:
    """The names that may stand for a value, each with whether it is the value itself or called for it."""
    match node:
        case ast.Constant(value=str(name)) if name not in seen:
            yield repr(name), True
            for value in assigned.registered.get(name, ()):
                yield from references(value, assigned, seen | {name})
        case ast.Name(id=name) | ast.Attribute(attr=name):
            yield name, True
            if name not in seen:
                for value in assigned.values.get(name, ()):
                    yield from references(value, assigned, seen | {name})
        case ast.Call(func=function, args=args):
            called = _last(function)
            if called == "get" and isinstance(function, ast.Attribute):
                if _is_custom_objects(function.value) and args:
                    yield from _looked_up(args[0], assigned, seen)
                # Of a dictionary; of a module, such as `keras.losses.get`, it stands for nothing here.
                yield from references(function.value, assigned, seen)
            elif called == "partial" and args:
                yield from references(args[0], assigned, seen)
            elif called is not None and called not in seen:
                yield called, False
                # A selector, `get_loss("dice")`, stands for what it may return.
                for value in assigned.returns.get(called, ()):
                    if isinstance(value, ast.Name | ast.Attribute | ast.Subscript | ast.Dict):
                        yield from references(value, assigned, seen | {called})
        case ast.Dict(values=values):
            for value in values:
                yield from references(value, assigned, seen)
        case ast.List(elts=values) | ast.Tuple(elts=values) | ast.Set(elts=values):
            for value in values:
                yield from references(value, assigned, seen)
        case ast.IfExp(body=first, orelse=second):
            yield from references(first, assigned, seen)
            yield from references(second, assigned, seen)
        case ast.Subscript(value=value, slice=key) if _is_custom_objects(value):
            yield from _looked_up(key, assigned, seen)
        case ast.Subscript(value=value) | ast.Starred(value=value):
            yield from references(value, assigned, seen)
        case ast.BinOp(left=first, right=second):
            yield from references(first, assigned, seen)
            yield from references(second, assigned, seen)


def called_through(module: ast.Module, assigned: Assigned) -> Iterator[tuple[ast.Call, str, bool]]:
    """The names that are called by another name, out of a dictionary, or fresh from a factory.

    Each with whether it is called itself, rather than what it returns.
    """
    for node in every(module, ast.Call):
        itself = _last(node.func)
        for name, direct in references(node.func, assigned):
            if name != itself:
                yield node, name, direct


def takes_losses(passed_on: Collection[str], call: ast.Call, keyword: str | None) -> bool:
    """Whether a call takes its argument for a loss, and does not call it as a function.

    ``passed_on`` are the functions of the file that compile a model with what they are given.
    """
    if keyword in ("loss", "losses", "custom_objects"):
        return True
    called = _last(call.func)
    return called in passed_on or (called == "compile" and keyword is None)


def _looked_up(
    key: ast.expr, assigned: Assigned, seen: frozenset[str]
) -> Iterator[tuple[str, bool]]:
    """What may stand in Keras' custom objects under a name; ``*`` where the name is not known."""
    if isinstance(key, ast.Constant):
        yield from references(key, assigned, seen)
        return
    yield repr(ANY_STRING), True
    if ANY_STRING not in seen:
        for values in assigned.registered.values():
            for value in values:
                yield from references(value, assigned, seen | {ANY_STRING})


def _calls(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and (name := _last(part.func)) is not None:
            yield name


def _under_tape(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Module) -> Iterator[str]:
    taped: dict[str, set[str]] = {}
    wanted: set[str] = set()
    inside = [each for each in statements(node.body) if not isinstance(each, Definition)]
    for statement in inside:
        if isinstance(statement, ast.With) and any(
            isinstance(item.context_expr, ast.Call) and _is_tape(item.context_expr)
            for item in statement.items
        ):
            for inner in statements(statement.body):
                match inner:
                    case ast.Assign(targets=targets, value=value):
                        names = [
                            n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)
                        ]
                    case ast.AugAssign(target=ast.Name(id=name), value=value):
                        names = [name]
                    case _:
                        continue
                for name in names:
                    taped.setdefault(name, set()).update(_calls(value))
                    for part in ast.walk(value):
                        if isinstance(part, ast.Name) and part.id in taped:
                            taped[name] |= taped[part.id]
    if not taped:
        return
    for statement in inside:
        for part in ast.walk(statement):
            match part:
                case ast.Call(func=ast.Attribute(attr=("gradient" | "minimize")), args=[first, *_]):
                    wanted.update(n.id for n in ast.walk(first) if isinstance(n, ast.Name))
    for name in wanted:
        yield from taped.get(name, ())
