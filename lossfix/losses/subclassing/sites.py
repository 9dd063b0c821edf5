"""Where the rest of a file uses a loss, and what becomes of that where the loss changes its form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.code.parameters import parameter_names
from lossfix.losses.discovery.lookups import lookups_in
from lossfix.losses.discovery.uses import uses_of
from lossfix.losses.subclassing.classes import class_name
from lossfix.losses.subclassing.obstacles import own_parameters
from lossfix.model import Form
from lossfix.syntax import build
from lossfix.syntax.tree import dotted, walk

_CUSTOM_OBJECTS = "get_custom_objects()"


def reads(loss: Loss, name: str) -> Iterator[cst.Name]:
    """Where the rest of the file reads a module-level name, outside of the loss itself."""
    for node in loss.tree.names.get(name, ()):
        if loss.outermost in loss.tree.ancestors(node):
            continue
        above = loss.tree.parents.get(node)
        match above:
            case cst.Attribute() if above.attr is node:
                continue
            case cst.Arg() if above.keyword is node:
                continue
            case cst.Param() | cst.AssignTarget() | cst.ImportAlias() | cst.AsName():
                continue
            case cst.FunctionDef() | cst.ClassDef():
                continue
        if not _is_a_variable(loss, node):
            yield node


def _is_a_variable(loss: Loss, node: cst.Name) -> bool:
    """Whether a function around ``node`` binds the name itself: `dice_loss = 1 - dice` of another loss."""
    inner: cst.CSTNode = node
    for above in loss.tree.ancestors(node):
        if isinstance(above, cst.FunctionDef) and inner is above.body:
            if above in loss.tree.ancestors(loss.outermost):
                return False
            if node.value in loss.tree.scope(above).everything():
                return True
        inner = above
    return False


@dataclass(frozen=True, eq=False)
class CallSites:
    """What must change where the loss is used, or why it must not change its form."""

    replace: Mapping[cst.CSTNode, build.Replacement]
    reason: str = ""


def call_sites(loss: Loss) -> CallSites:
    """How the uses of a function in its own file take to an instance in its place.

    A direct call used the unreduced value, and gets it from ``call``. A partial application becomes an
    instance with those parameters. Where the function escapes into something that may call it, its
    form must stay.
    """
    name = (loss.factory or loss.function).name.value
    for each in lookups_in(loss.tree.outline):
        if not each.module:
            return CallSites(
                {}, f"line {each.node.lineno} looks functions up by name, and may call it"
            )
    replace: dict[cst.CSTNode, build.Replacement] = {}
    for read in reads(loss, name):
        above = loss.tree.parents.get(read)
        match above:
            case cst.Call() if above.func is read:
                if loss.form is Form.CLOSURE:
                    if not _is_only_compiled(loss, above, frozenset()):
                        return CallSites({}, "what the factory returns may be called directly")
                    continue
                plain = all(each.keyword is None and not each.star for each in above.args)
                if not plain or len(above.args) != 2:
                    return CallSites({}, "it is called with more than targets and predictions")
                if any(_is_literal(each.value) for each in above.args):
                    return CallSites({}, "it is called with numbers, which are no tensors")
                replace[read] = build.name(f"{name}.call")
                continue
            case cst.Attribute():
                return CallSites(
                    {}, f"`{loss.tree.code(above)}` is used, which an instance has not"
                )
            case cst.Arg() if (made := _applied(loss, above)) is not None:
                replace[made[0]] = made[1]
                continue
        if loss.form is Form.CLOSURE:
            return CallSites({}, "the factory is used without being called")
        if not _is_only_compiled(loss, read, frozenset()):
            return CallSites({}, "it is used where it may be called as a function")
    return CallSites(replace)


def _is_literal(node: cst.BaseExpression) -> bool:
    # `huber(0, errors)`: a number, or a list of them, has no shape by which ranks could be aligned.
    match node:
        case cst.UnaryOperation(expression=inner):
            return _is_literal(inner)
    return isinstance(node, cst.BaseNumber | cst.List | cst.Tuple)


def is_applied(loss: Loss) -> bool:
    """Whether the file applies the function partially."""
    for read in reads(loss, (loss.factory or loss.function).name.value):
        argument = loss.tree.parents.get(read)
        call = loss.tree.parents.get(argument) if isinstance(argument, cst.Arg) else None
        if isinstance(call, cst.Call) and loss.qualified(call.func) == "functools.partial":
            return True
    return False


def _applied(loss: Loss, argument: cst.Arg) -> tuple[cst.Call, cst.Call] | None:
    """A partial application of the function that is compiled, and the instance in its place."""
    call = loss.tree.parents.get(argument)
    if not isinstance(call, cst.Call) or loss.form is not Form.FUNCTION:
        return None
    if loss.qualified(call.func) != "functools.partial" or call.args[0] is not argument:
        return None
    own = {each.name.value for each in own_parameters(loss)}
    given = call.args[1:]
    named = all(each.keyword is not None and each.keyword.value in own for each in given)
    if not named or not _is_only_compiled(loss, call, frozenset()):
        return None
    return call, call.with_changes(func=cst.Name(class_name(loss)), args=given)


def _is_only_compiled(loss: Loss, node: cst.CSTNode, seen: frozenset[str]) -> bool:
    """Whether an expression, under all names that it is given, only ever ends in ``compile``."""
    above = loss.tree.parents.get(node)
    match above:
        case cst.Arg():
            call = loss.tree.parents.get(above)
            return isinstance(call, cst.Call) and (
                _takes_losses(loss, call, above) or _passes_on(loss, call, above, seen)
            )
        case (
            cst.Element() | cst.DictElement() | cst.IfExp() | cst.List() | cst.Tuple() | cst.Dict()
        ):
            return _is_only_compiled(loss, above, seen)
        case cst.Subscript() if above.value is node:
            return _is_only_compiled(loss, above, seen)
        case cst.Assign(
            targets=[cst.AssignTarget(target=cst.Subscript(value=holder))]
        ) if loss.tree.code(holder).endswith(_CUSTOM_OBJECTS):
            return True
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Attribute(value=holder))]) if (
            loss.operation(holder) or ""
        ).endswith("keras.losses"):
            return True
        case cst.Assign(targets=targets):
            names = [each.target.value for each in targets if isinstance(each.target, cst.Name)]
            return len(names) == len(targets) and all(
                name in seen or _all_compiled(loss, name, seen | {name}) for name in names
            )
        case cst.Return():
            function = next(
                each for each in loss.tree.ancestors(above) if isinstance(each, cst.FunctionDef)
            )
            name = function.name.value
            return name in seen or all(
                isinstance(call := loss.tree.parents.get(read), cst.Call)
                and call.func is read
                and _is_only_compiled(loss, call, seen | {name})
                for read in reads(loss, name)
            )
    return False


def _passes_on(loss: Loss, call: cst.Call, argument: cst.Arg, seen: frozenset[str]) -> bool:
    """Whether a function of this file, given the argument by position, only ever compiles it."""
    if not isinstance(call.func, cst.Name) or any(each.star or each.keyword for each in call.args):
        return False
    path = (call.func.value,)
    called = [each for where, each in loss.tree.definitions if where == path]
    match called:
        case [cst.FunctionDef() as function]:
            names = parameter_names(function)
            position = call.args.index(argument)
            if position >= len(names) or ".".join((*path, names[position])) in seen:
                return False
            name = names[position]
            known = seen | {".".join((*path, name))}
            return all(
                _is_only_compiled(loss, node, known)
                for node in walk(function.body, cst.Name)
                if node.value == name and not _is_keyword(loss, node)
            )
    return False


def _is_keyword(loss: Loss, node: cst.Name) -> bool:
    above = loss.tree.parents.get(node)
    return isinstance(above, cst.Arg) and above.keyword is node


def _all_compiled(loss: Loss, name: str, seen: frozenset[str]) -> bool:
    return all(_is_only_compiled(loss, read, seen) for read in reads(loss, name))


def _compiles_elsewhere(loss: Loss, call: cst.Call, argument: cst.Arg) -> bool:
    """Whether a function of another file compiles a model with an argument."""
    origin = loss.tree.scopes[-1].resolve(dotted(call.func) or "")
    key: int | str = call.args.index(argument)
    if argument.keyword is not None:
        key = argument.keyword.value
    elif any(each.star for each in call.args):
        return False
    return origin is not None and (origin, key) in loss.project.compiling


def _takes_losses(loss: Loss, call: cst.Call, argument: cst.Arg) -> bool:
    keyword = argument.keyword.value if argument.keyword is not None else None
    if keyword in ("loss", "losses", "custom_objects"):
        return True
    called = (dotted(call.func) or "").rpartition(".")[2]
    if loss.tree.code(call.func).endswith(f"{_CUSTOM_OBJECTS}.update"):
        return True
    if called in ("CustomObjectScope", "custom_object_scope"):
        return True
    if _compiles_elsewhere(loss, call, argument):
        return True
    if called == "compile":
        return keyword is None
    # A function of this file that compiles a model with it.
    return called in uses_of(loss.tree.outline).passed_on
