"""The smallest module that still holds a loss, and how the loss is built there.

The user's script itself never runs. Where the loss reaches a name that something other than an import, a
definition or a constant binds, it is not verifiable, and the reason names the line.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Mapping
from dataclasses import replace

from lossfix.losses.discovery.candidate import Candidate, Project, Used
from lossfix.losses.discovery.constants import problem_of
from lossfix.losses.discovery.outline import ITSELF, expressions_of
from lossfix.losses.discovery.unnamed import Unnamed, captured
from lossfix.losses.probing.assumed import assumed
from lossfix.losses.probing.bound import bound
from lossfix.losses.probing.building import MAKER, expression_of, instance
from lossfix.losses.probing.excerpt import Excerpt, Hole, excerpt
from lossfix.losses.probing.lifted import lifted
from lossfix.losses.probing.module import ReadModule, source_of
from lossfix.losses.probing.pared import attributes_of, instance_of, pared
from lossfix.model import Form, Subject
from lossfix.syntax.nodes import below, parents
from lossfix.syntax.quiet import parsed, parsed_expression
from lossfix.syntax.scope import (
    Definition,
    defaults,
    definitions,
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
    module = parsed(text)
    if candidate.form in (Form.METHOD, Form.CLOSURE) and len(candidate.path) > 1:
        text = pared(text, candidate.path[0], candidate.path[1:2])
        module = parsed(text)
    if candidate.form is Form.SUBCLASS and len(candidate.path) > 1:
        try:
            text = lifted(text, candidate.path)
        except Hole as hole:
            return Subject("", "", unverifiable=str(hole))
        module, candidate = parsed(text), replace(candidate, path=candidate.path[-1:])
    expression, assumptions, failure = expression_of(module, candidate, arguments)
    if failure:
        return Subject("", expression, unverifiable=failure)
    try:
        if candidate.form is Form.LAMBDA and len(candidate.path) == 1:
            whole, assumptions = _making(text, _unnamed(module, candidate), module)
            taken = excerpt(whole, {MAKER}, read_module)
        elif candidate.form is Form.NESTED:
            taken, assumptions = _nested(text, module, candidate, read_module)
        else:
            # What is built may be a class that extends the one that is asked about.
            built = expression.partition("(")[0].partition(".")[0]
            taken = excerpt(text, {candidate.path[0], built}, read_module)
    except Hole as hole:
        return Subject("", expression, unverifiable=str(hole))
    steepened = _steepened(module, candidate, expression, steepness)
    return Subject(taken.source, expression, steepened, assumptions, modules=taken.modules)


def _unnamed(module: ast.Module, candidate: Candidate) -> Unnamed:
    name = frozenset(candidate.path[:1])
    found = expressions_of(module, Project(used=Used(compiled=name, built=name)))
    return next(each for each in found if each.path == candidate.path)


def _making(text: str, loss: Unnamed, module: ast.Module) -> tuple[str, tuple[str, ...]]:
    """``text`` with a function that makes a loss that is an expression, and what was assumed for that."""
    owner, itself = _method_around(module, loss)
    given = _handed_in(module, loss, itself)
    lines = [*given, f"return {ast.unparse(loss.node)}"]
    assumptions = tuple(given)
    if any(isinstance(part, ast.Name) and part.id == itself for part in ast.walk(loss.node)):
        text = pared(text, owner, attributes_of([loss.node], itself))
        built, told, failure = instance(parsed(text), owner)
        if failure:
            raise Hole(failure)
        lines.insert(0, f"{itself} = {built}")
        assumptions = (*told, *assumptions)
    body = "".join(f"    {line}\n" for line in lines)
    return f"{text}\n\n\ndef {MAKER}():\n{body}", assumptions


def _handed_in(module: ast.Module, loss: Unnamed, itself: str) -> list[str]:
    """Values for the parameters of the function around a loss that the loss uses, one line for each."""
    around = _function_around(module, loss)
    handed = dict(defaults(around.args)) if around is not None else {}
    stored = {
        part.id
        for part in below(around or loss.node)
        if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load)
    }
    lines: dict[str, str] = {}
    while name := captured(module, loss, frozenset({itself, *lines})):
        if around is None or name not in handed or name in stored:
            raise Hole(f"it uses `{name}`, which is set around it")
        default = handed[name]
        value = assumed(module, around, name) if default is None else ast.unparse(default)
        lines[name] = f"{name} = {value}"
    return list(lines.values())


def _function_around(module: ast.Module, loss: Unnamed) -> ast.FunctionDef | None:
    """The function in which a loss stands: nothing between the two binds a name."""
    above = parents(module).get(loss.node)
    while above is not None and not isinstance(above, ast.FunctionDef):
        above = parents(module).get(above)
    return above


def _method_around(module: ast.Module, loss: Unnamed) -> tuple[str, str]:
    """The class of the module in a method of which a loss stands, and what the instance is called there."""
    for owner in module.body:
        for method in owner.body if isinstance(owner, ast.ClassDef) else ():
            if isinstance(method, ast.FunctionDef) and loss.node in ast.walk(method):
                assert isinstance(owner, ast.ClassDef)
                return owner.name, instance_of(method)
    return "", ""


def _nested(
    text: str, module: ast.Module, candidate: Candidate, read_module: ReadModule
) -> tuple[Excerpt, tuple[str, ...]]:
    """A nested function with what it captures, where that is made of constants, and what was assumed."""
    listed = dict(definitions(module.body))
    function = listed[candidate.path]
    outer = listed[candidate.path[:-1]]
    if not isinstance(outer, ast.FunctionDef) or isinstance(function, ast.ClassDef):
        raise Hole("it is defined in a place from which it cannot be taken")
    free = {part.id for part in ast.walk(function) if isinstance(part, ast.Name)}
    scope = scope_of_module(module)
    itself = ""
    if len(candidate.path) == 3:
        itself = instance_of(outer)
    prelude: list[str] = []
    taken: set[str] = set()
    handed: list[str] = []
    needed: list[ast.AST] = [function]
    for name, default in defaults(outer.args):
        if name in free and name != itself:
            value = assumed(module, outer, name) if default is None else ast.unparse(default)
            handed += [f"{name} = {value}"] * (default is None)
            prelude.append(f"{name} = {value}\n")
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
        needed.append(statement)
        taken |= found.binds
        free |= found.reads | found.annotates
    own = textwrap.dedent(source_of(text, function))
    assumptions = tuple(handed)
    if itself in free:
        owner = candidate.path[0]
        text = pared(text, owner, attributes_of(needed, itself))
        built, told, failure = instance(parsed(text), owner)
        if failure:
            raise Hole(failure)
        assumptions = (*told, *assumptions)
        prelude.insert(0, f"{itself} = {built}\n")
        taken.add(itself)
        free.add(owner)
    taken_from = excerpt(text, free - taken, read_module, extra="".join([*prelude, own]))
    return taken_from, assumptions


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
        position = [n for n in taken if n not in ITSELF].index(wish)
        return _with_argument(expression, position, given)
    return f"lambda y_true, y_pred: {expression}(y_true, y_pred, {given})"


def _with_argument(expression: str, position: int, given: str) -> str:
    """A call in which the parameter at ``position`` is ``given``, as ``name=value``."""
    call, taken_out = parsed_expression(expression), ""
    match call:
        case ast.Subscript(value=called, slice=key):
            # What a factory returns in a dictionary.
            call, taken_out = called, f"[{ast.unparse(key)}]"
    assert isinstance(call, ast.Call)
    name, _, value = given.partition("=")
    arguments = [ast.unparse(each) for each in call.args]
    keywords = [ast.unparse(each) for each in call.keywords if each.arg != name]
    if position < len(arguments):
        arguments[position] = value
    else:
        keywords.append(given)
    return f"{ast.unparse(call.func)}({', '.join([*arguments, *keywords])}){taken_out}"
