"""Losses that are expressions: a lambda, or a partial application, as ``compile`` is given it.

Each is the same as a function of one ``return``, under the name that the file gives it or one that tells what
it is. As such it is looked at, and as such it is written where it is mended.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from lossfix.losses.discovery.constants import PURE_ROOTS
from lossfix.losses.discovery.uses import Uses
from lossfix.losses.operations.spelling import first_free, names_in
from lossfix.syntax.nodes import below, every, parents
from lossfix.syntax.scope import dotted, last_part, scope_of_module, statements

PARAMETERS = ("y_true", "y_pred")
"""What a partial application is handed by Keras, as a function of its own would call it."""


@dataclass(frozen=True, eq=False)
class Unnamed:
    """One loss that is an expression."""

    path: tuple[str, ...]
    """Its name; behind that of the factory that returns it, where one does."""
    node: ast.expr
    """The whole of it: what wraps a lambda is a part of it."""
    function: ast.FunctionDef
    """The same as a function."""
    assigned: ast.Assign | None = None
    """The statement that gives it its name in the module, where one alone does."""


def unnamed_losses(module: ast.Module, uses: Uses) -> tuple[Unnamed, ...]:
    """The losses of a file that are expressions, in document order, and behind them what factories return."""
    found = list(uses.unnamed)
    named = _assigned(module)
    for name, statement in named.items():
        # Another file compiles it by this name.
        if name in uses.compiled and statement.value not in found:
            found.append(statement.value)
    found = [each for each in found if not _returns_predictions(each)]
    returned = list(_returned(module, uses))
    if not found and not returned:
        return ()
    taken = names_in(module)
    losses = []
    for node in found:
        own = next((each for each in named.values() if each.value is node), None)
        name = first_free(_wishes(module, node), taken) if own is None else _target(own)
        function = _as_function(module, node, name)
        if function is not None:
            taken |= {name}
            losses.append(Unnamed((name,), node, function, own))
    for factory, node in returned:
        wish = "loss" if "loss" in factory.name.lower() else f"{factory.name}_loss"
        name = first_free((wish,), names_in(ast.Module([factory], [])))
        function = _as_function(module, node, name)
        if function is not None:
            losses.append(Unnamed((factory.name, name), node, function))
    return tuple(losses)


def _assigned(module: ast.Module) -> dict[str, ast.Assign]:
    """The names that the module gives to a loss that is an expression, and to nothing else."""
    bound = Counter(
        each.id for each in every(module, ast.Name) if not isinstance(each.ctx, ast.Load)
    )
    bound.update(each.name for each in every(module, ast.FunctionDef))
    bound.update(each.name for each in every(module, ast.ClassDef))
    found = {}
    for statement in module.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda() | ast.Call() as value):
                if bound[name] == 1 and (isinstance(value, ast.Lambda) or _wraps(value)):
                    found[name] = statement
    return found


def _target(statement: ast.Assign) -> str:
    (target,) = statement.targets
    assert isinstance(target, ast.Name)
    return target.id


def _wraps(node: ast.Call) -> bool:
    return last_part(node.func) == "partial" or any(
        isinstance(a, ast.Lambda) for a in node.args[:1]
    )


def _returned(module: ast.Module, uses: Uses) -> Iterator[tuple[ast.FunctionDef, ast.Lambda]]:
    """The lambdas that the file's factories return, each factory one."""
    for function in module.body:
        if not isinstance(function, ast.FunctionDef) or function.name not in uses.built:
            continue
        returns = [each for each in statements(function.body) if isinstance(each, ast.Return)]
        match returns:
            case [ast.Return(value=ast.Lambda() as node) as only] if only is function.body[-1]:
                yield function, node


def _wishes(module: ast.Module, node: ast.expr) -> tuple[str, ...]:
    """Names that tell what a loss is: the output that it is for, or the function that it calls."""
    above = parents(module).get(node)
    wishes = []
    if isinstance(above, ast.Dict):
        key = above.keys[above.values.index(node)]
        if (
            isinstance(key, ast.Constant)
            and isinstance(key.value, str)
            and key.value.isidentifier()
        ):
            wishes.append(key.value if "loss" in key.value.lower() else f"{key.value}_loss")
    root, _, called = _function_called(node).rpartition(".")
    imports = scope_of_module(module).imports
    own = {name for name, origin in imports.items() if origin.split(".")[0] not in PURE_ROOTS}
    own.update(each.name for each in every(module, ast.FunctionDef))
    if (root.partition(".")[0] or called) in own:
        wishes.append(f"custom_{called}" if "loss" in called.lower() else f"{called}_loss")
    return (*wishes, "custom_loss") if wishes else ("custom_loss",)


def _function_called(node: ast.expr) -> str:
    match node:
        case ast.Lambda(body=ast.Call(func=function)):
            return dotted(function) or ""
        case ast.Call(func=function, args=[first, *_]) if last_part(function) == "partial":
            return dotted(first) or ""
    return ""


def _as_function(module: ast.Module, node: ast.expr, name: str) -> ast.FunctionDef | None:
    """The same as a function; ``None`` where that is not plain."""
    match node:
        case ast.Lambda(args=arguments, body=body):
            pass
        case ast.Call(func=function, args=[ast.Lambda(args=arguments, body=body)], keywords=[]) if (
            last_part(function) == "function"
        ):
            pass
        case ast.Call(func=function, args=[inner, *given], keywords=keywords) if (
            last_part(function) == "partial" and dotted(inner) is not None
        ):
            own = {each.name for each in every(module, ast.FunctionDef)}
            if not given and dotted(inner) in own:
                # With keywords alone it becomes an instance, along with its function.
                return None
            values = [*given, *(each.value for each in keywords)]
            # What is called there is called once, and in a function it would be for every batch.
            if any(isinstance(part, ast.Starred | ast.Call) for v in values for part in below(v)):
                return None
            used = names_in(ast.Module([ast.Expr(node)], []))
            if any(each.arg is None for each in keywords) or used & {*PARAMETERS}:
                return None
            arguments = ast.arguments(
                [], [ast.arg(each) for each in PARAMETERS], None, [], [], None, []
            )
            pair = [ast.Name(each, ast.Load()) for each in PARAMETERS]
            body = ast.Call(inner, [*given, *pair], keywords)
        case _:
            return None
    if any(isinstance(part, ast.Yield | ast.YieldFrom | ast.Await) for part in below(body)):
        return None
    if len(arguments.posonlyargs) + len(arguments.args) < 2:
        return None
    result = ast.Return(body)
    made = ast.FunctionDef(name=name, args=arguments, body=[result], decorator_list=[])
    for each in (made, result):
        ast.copy_location(each, node)
    return ast.fix_missing_locations(made)


def _returns_predictions(node: ast.expr) -> bool:
    """Whether a loss hands on what the model gives: one whose output is the loss, as CTC's often is."""
    match node:
        case ast.Lambda(args=ast.arguments(args=[_, ast.arg(arg=second)]), body=ast.Name(id=name)):
            return name == second
    return False


def captured(module: ast.Module, loss: Unnamed, known: frozenset[str] = frozenset()) -> str:
    """A name that is set around a loss, by a function, a comprehension or a loop, and that it uses.

    Args:
        known: those that do not count.
    """
    around: set[str] = set()
    above = parents(module).get(loss.node)
    while above is not None:
        match above:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                around |= _bound(above)
            case ast.For(target=target):
                around |= _bound(target)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                around |= _bound(above)
        above = parents(module).get(above)
    own = _bound(loss.function)
    used = sorted(
        (part.lineno, part.col_offset, part.id)
        for part in below(loss.function)
        if isinstance(part, ast.Name) and part.id in around - own - known
    )
    return used[0][2] if used else ""


def _bound(node: ast.AST) -> set[str]:
    """What a function or a comprehension binds, whatever its inner ones bind with it."""
    names: set[str] = set()
    for part in below(node):
        match part:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                names.add(name)
            case ast.alias(name=name, asname=asname):
                names.add(asname or name.split(".")[0])
            case ast.ExceptHandler(name=str() as name):
                names.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) if part is not node:
                names.add(name)
    return names
