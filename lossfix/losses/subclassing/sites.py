"""Where the rest of a file uses a loss, and what becomes of that where the loss changes its form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.discovery.lookups import lookups_in
from lossfix.losses.subclassing.classes import class_name
from lossfix.losses.subclassing.obstacles import constructor_parameters
from lossfix.losses.subclassing.only_compiled import is_only_compiled
from lossfix.losses.subclassing.reads import reads
from lossfix.model import Form
from lossfix.syntax import build


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
                    if not is_only_compiled(loss, above):
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
        if not is_only_compiled(loss, read):
            line = loss.tree.spans[read].line
            return CallSites({}, f"line {line} uses it where it may be called as a function")
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
    own = {each.name.value for each in constructor_parameters(loss)}
    given = call.args[1:]
    named = all(each.keyword is not None and each.keyword.value in own for each in given)
    if not named or not is_only_compiled(loss, call):
        return None
    return call, call.with_changes(func=cst.Name(class_name(loss)), args=given)
