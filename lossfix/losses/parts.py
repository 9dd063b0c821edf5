"""The functions that a loss is made of: smoothed for this loss alone, with its steepness handed down.

A helper that a metric or another loss shares must give them what it always gave. The loss gets a copy
of its own, and only that is smoothed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import libcst as cst

from lossfix.losses.loss import STEEPNESS, Loss
from lossfix.losses.parameters import add, default_of, parameter_names
from lossfix.model import Form
from lossfix.syntax.build import Replacement
from lossfix.syntax.tree import walk


@dataclass(frozen=True, eq=False)
class Fork:
    """A copy of a part for one loss alone."""

    loss: Loss
    """The loss, or the part of it, that calls the copy."""
    replace: Mapping[cst.CSTNode, Replacement]
    definition: cst.FunctionDef


def calls_of(caller: Loss, part: Loss) -> tuple[cst.Call, ...]:
    """Where a loss calls one of its parts."""
    name = part.candidate.path[-1]
    return tuple(
        node
        for node in walk(caller.function)
        if isinstance(node, cst.Call)
        and isinstance(node.func, cst.Name)
        and node.func.value == name
    )


def is_shared(part: Loss, whole: Loss, family: Sequence[Loss]) -> bool:
    """Whether anything besides the loss ``whole`` and its parts would notice a change of ``part``.

    Args:
        family: the loss and all of its parts.
    """
    if part is whole:
        return False
    name = part.candidate.path[-1]
    if part.candidate.metric or name in part.project.called:
        return True
    inside = {id(node) for each in family for node in walk(each.function)}
    if any(
        isinstance(node, cst.Name) and node.value == name and id(node) not in inside
        for node in walk(part.tree.module)
    ):
        return True
    others = [each for each in family if each is not part]
    return any(is_shared(each, whole, others) for each in others if calls_of(each, part))


def fork(part: Loss, whole: Loss, family: Sequence[Loss]) -> Fork | None:
    """The copy of ``part``, or of what leads to it from the loss ``whole``.

    ``None`` where ``part`` is no plain function of the module, or where no loss calls it.
    """
    others = [each for each in family if each is not part]
    callers = [each for each in others if calls_of(each, part)]
    for caller in callers:
        if not is_shared(caller, whole, family):
            return _forked(part, caller)
    for caller in callers:
        copy = fork(caller, whole, others)
        if copy is not None:
            return copy
    return None


def _forked(part: Loss, caller: Loss) -> Fork | None:
    if part.form is not Form.FUNCTION or part.function.decorators or calls_of(part, part):
        return None
    name = caller.fresh(f"_soft_{part.candidate.path[-1].lstrip('_')}")
    blank = cst.EmptyLine(indent=False)
    copy = part.function.deep_clone().with_changes(
        name=cst.Name(name), leading_lines=[blank, blank]
    )
    replace: dict[cst.CSTNode, Replacement] = {
        call.func: cst.Name(name) for call in calls_of(caller, part)
    }
    return Fork(caller, replace, copy)


def handed_down(part: Loss, caller: Loss) -> Mapping[cst.CSTNode, Replacement]:
    """What makes ``caller`` hand its steepness to ``part``; nothing where it does already."""
    names = parameter_names(part.function)
    wish = next((each for each in names if each.endswith(STEEPNESS)), None)
    default = None if wish is None else default_of(part.function, wish)
    calls = (
        [] if wish is None else [c for c in calls_of(caller, part) if not _gives(c, wish, names)]
    )
    if wish is None or default is None or not calls:
        return {}
    added = add(caller, STEEPNESS, part.tree.code(default))
    if added is None:
        return {}
    replace: dict[cst.CSTNode, Replacement] = dict(added.replace)
    for call in calls:
        plain = len(call.args) == names.index(wish) and all(_is_plain(each) for each in call.args)
        argument = (
            cst.Arg(added.reference)
            if plain
            else cst.Arg(
                added.reference,
                keyword=cst.Name(wish),
                equal=cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace("")),
            )
        )
        replace[call] = _with_argument(argument)
    return replace


def _with_argument(argument: cst.Arg) -> Replacement:
    def with_argument(node: cst.CSTNode) -> cst.CSTNode:
        assert isinstance(node, cst.Call)
        return node.with_changes(args=[*_separated(node.args), argument])

    return with_argument


def _separated(args: Sequence[cst.Arg]) -> Iterator[cst.Arg]:
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    for each in args:
        yield each if isinstance(each.comma, cst.Comma) else each.with_changes(comma=comma)


def _gives(call: cst.Call, name: str, names: Sequence[str]) -> bool:
    if any(each.star for each in call.args):
        return True
    return len(call.args) > names.index(name) or any(
        each.keyword is not None and each.keyword.value == name for each in call.args
    )


def _is_plain(argument: cst.Arg) -> bool:
    return argument.keyword is None and not argument.star
