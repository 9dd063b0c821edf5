"""The smallest module that still holds a loss, and how the loss is built there.

The user's script itself never runs. Where the loss reaches a name that something other than an import, a
definition or a constant binds, it is not verifiable, and the reason names the line.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Mapping

from lossfix.losses.discovery.candidate import Candidate, Project
from lossfix.losses.discovery.constants import problem_of
from lossfix.losses.discovery.outline import expressions_of
from lossfix.losses.discovery.unnamed import Unnamed, captured
from lossfix.losses.probing.assumed import assumed
from lossfix.losses.probing.bound import bound
from lossfix.losses.probing.excerpt import Excerpt, Hole, ReadModule, excerpt, source_of
from lossfix.model import Form, Subject
from lossfix.syntax.scope import (
    Definition,
    defaults,
    definitions,
    dotted,
    parameters,
    scope_of_module,
    statements,
)

STEEPNESS = {"steepness": "{steepness}", "gate_steepness": "{steepness}"}
"""What the rules call the steepness of a gate."""

WRITTEN_BY_HAND = {
    **STEEPNESS,
    **dict.fromkeys(
        ("sharpness", "slope", "hardness", "beta", "k", "scale", "alpha"), "{steepness}"
    ),
    **dict.fromkeys(("temperature", "temp", "tau", "width", "softness"), "1.0 / {steepness}"),
}
"""What others call it, or its reciprocal, the most telling names first."""

_MADE = "make_the_loss"
"""What makes a loss that is an expression, in its excerpt."""


def extract(
    text: str,
    candidate: Candidate,
    read_module: ReadModule = lambda name: None,
    arguments: tuple[str, ...] | None = None,
    steepness: Mapping[str, str] = STEEPNESS,
) -> Subject:
    """The subject of one loss of ``text``.

    Args:
        text: a whole module that parses.
        candidate: the loss, as discovered in this text.
        read_module: gives the text of modules of the same project.
        arguments: what to build a factory or a class with, instead of what its calls say.
        steepness: names of parameters that make a gate steeper, the first that the loss has counts,
            and what each is given, with a hole ``{steepness}``.
    """
    module = ast.parse(text)
    expression, assumptions, failure = _expression(module, candidate, arguments)
    if failure:
        return Subject("", expression, unverifiable=failure)
    try:
        if candidate.form is Form.LAMBDA and len(candidate.path) == 1:
            whole = f"{text}\n\n\n{_making(_unnamed(module, candidate), module)}\n"
            taken = excerpt(whole, {_MADE}, read_module)
        elif candidate.form is Form.NESTED:
            taken = _nested(text, module, candidate, read_module)
        else:
            taken = excerpt(text, {candidate.path[0]}, read_module)
    except Hole as hole:
        return Subject("", expression, unverifiable=str(hole))
    steepened = _steepened(module, candidate, expression, steepness)
    return Subject(taken.source, expression, steepened, assumptions, modules=taken.modules)


def _unnamed(module: ast.Module, candidate: Candidate) -> Unnamed:
    name = frozenset(candidate.path[:1])
    found = expressions_of(module, Project(compiled=name, built=name))
    return next(each for each in found if each.path == candidate.path)


def _making(loss: Unnamed, module: ast.Module) -> str:
    """A function that makes a loss that is an expression, with all that the expression reads."""
    if name := captured(module, loss):
        raise Hole(f"it uses `{name}`, which is set around it")
    return f"def {_MADE}():\n    return {ast.unparse(loss.node)}"


def _nested(
    text: str, module: ast.Module, candidate: Candidate, read_module: ReadModule
) -> Excerpt:
    """A nested function with what it captures, where that is made of constants."""
    listed = dict(definitions(module.body))
    function = listed[candidate.path]
    outer = listed[candidate.path[:-1]]
    if isinstance(outer, ast.ClassDef) or isinstance(function, ast.ClassDef):
        raise Hole("it is defined in a place from which it cannot be taken")
    free = {part.id for part in ast.walk(function) if isinstance(part, ast.Name)}
    scope = scope_of_module(module)
    prelude: list[str] = []
    taken: set[str] = set()
    for name, default in defaults(outer.args):
        if name in free:
            if default is None:
                raise Hole(f"it captures `{name}`, a parameter of `{outer.name}` without a default")
            prelude.append(f"{name} = {ast.unparse(default)}\n")
            taken.add(name)
    for statement in statements(outer.body):
        found = bound(statement)
        if statement is function or not found.binds & free:
            continue
        if problem := problem_of(statement, scope.resolve):
            raise Hole(
                f"it captures `{sorted(found.binds & free)[0]}` of `{outer.name}`, bound by {problem}"
            )
        prelude.append(textwrap.dedent(source_of(text, statement)))
        taken |= found.binds
        free |= found.reads
    own = textwrap.dedent(source_of(text, function))
    return excerpt(text, free - taken, read_module, extra="".join([*prelude, own]))


def _expression(
    module: ast.Module, candidate: Candidate, arguments: tuple[str, ...] | None
) -> tuple[str, tuple[str, ...], str]:
    """How to build the loss, what had to be assumed for that, and why it cannot be built."""
    listed: Mapping[tuple[str, ...], Definition] = dict(definitions(module.body))
    path = candidate.path
    match candidate.form:
        case Form.LAMBDA if len(path) == 1:
            return f"{_MADE}()", (), ""
        case Form.FUNCTION | Form.NESTED:
            return path[-1], (), ""
        case Form.CLOSURE | Form.LAMBDA if len(path) == 2:
            factory = listed[path[:-1]]
            if isinstance(factory, ast.ClassDef):
                return "", (), "its factory is a class"
            holder = factory if isinstance(factory, ast.FunctionDef) else None
            return _call_of(module, path[0], holder, candidate, arguments)
        case Form.SUBCLASS if len(path) == 1 and _lacks_self(listed[path], candidate):
            # As a function of its class it runs, and says what it was meant to compute.
            return f"{path[0]}.call", (), ""
        case Form.SUBCLASS | Form.WRAPPER if len(path) == 1:
            holder = _constructor(listed, listed[path])
            return _call_of(module, path[0], holder, candidate, arguments)
        case Form.METHOD if len(path) == 2:
            holder = _constructor(listed, listed[path[:-1]])
            built, told, failure = _call_of(module, path[0], holder, candidate, arguments)
            return f"{built}.{path[1]}", told, failure
    return "", (), "it is nested too deeply to be taken out of its file"


def _lacks_self(node: Definition, candidate: Candidate) -> bool:
    if not isinstance(node, ast.ClassDef):
        return False
    pair = {candidate.y_true, candidate.y_pred}
    return any(
        isinstance(each, ast.FunctionDef)
        and each.name == "call"
        and not each.decorator_list
        and set(parameters(each)[:2]) == pair
        for each in node.body
    )


def _constructor(
    listed: Mapping[tuple[str, ...], Definition], node: Definition
) -> ast.FunctionDef | None:
    """The constructor of a class of the file, its own or the one that it inherits there."""
    if not isinstance(node, ast.ClassDef):
        return None
    for each in node.body:
        if isinstance(each, ast.FunctionDef) and each.name == "__init__":
            return each
    for base in node.bases:
        name = dotted(base)
        if name is not None and (name,) in listed and listed[(name,)] is not node:
            return _constructor(listed, listed[(name,)])
    return None


def _call_of(
    module: ast.Module,
    name: str,
    holder: ast.FunctionDef | None,
    candidate: Candidate,
    arguments: tuple[str, ...] | None,
) -> tuple[str, tuple[str, ...], str]:
    """The call of a factory, or of the class whose constructor is ``holder``."""
    given = candidate.arguments if arguments is None else arguments
    if given:
        return f"{name}({', '.join(given)})", (), ""
    required = (
        [] if holder is None else [n for n, default in defaults(holder.args) if default is None]
    )
    if holder is not None and holder.name == "__init__":
        required = required[1:]
    values = [f"{each}={assumed(module, holder, each)}" for each in required if holder is not None]
    built = f"{name}({', '.join(values)})"
    return built, ((built,) if values else ()), ""


def _steepened(
    module: ast.Module, candidate: Candidate, expression: str, steepness: Mapping[str, str]
) -> str:
    """The same loss with a hole for the steepness, where it has such a parameter."""
    if candidate.form is Form.LAMBDA:
        return ""
    listed: Mapping[tuple[str, ...], Definition] = dict(definitions(module.body))
    holder: Definition | None = listed[candidate.path]
    if candidate.form is Form.CLOSURE:
        holder = listed.get(candidate.path[:-1])
    if isinstance(holder, ast.ClassDef):
        holder = next(
            (e for e in holder.body if isinstance(e, ast.FunctionDef) and e.name == "__init__"),
            None,
        )
    if holder is None or isinstance(holder, ast.ClassDef):
        return ""
    taken = parameters(holder)
    wish = next((name for name in steepness if name in taken), None)
    if wish is None:
        return ""
    given = f"{wish}={steepness[wish]}"
    if candidate.form in (Form.CLOSURE, Form.SUBCLASS):
        return _with_argument(expression, [n for n in taken if n != "self"].index(wish), given)
    return f"lambda y_true, y_pred: {expression}(y_true, y_pred, {given})"


def _with_argument(expression: str, position: int, given: str) -> str:
    """A call in which the parameter at ``position`` is ``given``, as ``name=value``."""
    call = ast.parse(expression, mode="eval").body
    assert isinstance(call, ast.Call)
    name, _, value = given.partition("=")
    arguments = [ast.unparse(each) for each in call.args]
    keywords = [ast.unparse(each) for each in call.keywords if each.arg != name]
    if position < len(arguments):
        arguments[position] = value
    else:
        keywords.append(given)
    return f"{ast.unparse(call.func)}({', '.join([*arguments, *keywords])})"
