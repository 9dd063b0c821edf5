"""The functions that a loss is made of: smoothed for this loss alone, with its steepness handed down.

A helper that a metric or another loss shares must give them what it always gave. The loss gets a copy
of its own, and only that is smoothed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import libcst as cst

from lossfix.losses.code.liveness import STEEPNESS
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.parameters import add, default_of, parameter_names
from lossfix.losses.discovery.candidate import Elsewhere, Helper, Parts, Project
from lossfix.losses.discovery.outline import ITSELF
from lossfix.losses.operations.spelling import first_free, names_in
from lossfix.model import Form
from lossfix.syntax import build
from lossfix.syntax.build import Replacement, comma, tight_equal, with_arguments
from lossfix.syntax.tree import dotted, walk


@dataclass(frozen=True, eq=False)
class Fork:
    """A copy of a part for one loss alone."""

    part: Loss
    """What is copied."""
    loss: Loss
    """The loss, or the part of it, that calls the copy."""
    replace: Mapping[cst.CSTNode, Replacement]
    """In the file of that loss."""
    definition: cst.FunctionDef | None
    """It stands above the caller, or, where the part is another file's, above the part: its names mean
    there what they meant. ``None`` for a method, whose copy ``replace`` puts beside it."""
    call_sites: tuple[cst.CSTNode, ...] = ()
    """What is replaced outside of the caller."""
    imports: tuple[str, ...] = ()
    caller_project: Project = field(default_factory=Project)
    part_project: Project = field(default_factory=Project)
    """What both files say of each other, once they are two files and the copy is there."""


def called(loss: Loss, losses: Sequence[Loss]) -> Iterator[Loss]:
    """The parts that a loss calls, of those of its own file."""
    names = {dotted(node.func) for node in walk(loss.function, cst.Call)}
    return (
        each
        for each in losses
        if each.only_reached and each is not loss and not names.isdisjoint(_written(loss, each))
    )


def calls_by(caller: Loss, written: str) -> tuple[cst.Call, ...]:
    """Where a loss calls a dotted name."""
    return tuple(node for node in walk(caller.function, cst.Call) if dotted(node.func) == written)


def calls_of(caller: Loss, part: Loss) -> tuple[cst.Call, ...]:
    """Where a loss calls one of its parts, be it in another file."""
    return tuple(call for name in _written(caller, part) for call in calls_by(caller, name))


def _written(caller: Loss, part: Loss) -> tuple[str, ...]:
    """The names under which the file of a loss knows one of its parts."""
    if caller.project.path != part.project.path:
        return tuple(each.written for each in _helpers(caller, part))
    last = part.candidate.path[-1]
    if part.form is not Form.METHOD:
        return (last,)
    owner = part.candidate.path[:-1]
    own = caller.candidate.path[: len(owner)] == owner or _stands_in(caller, owner)
    itself = tuple(f"{each}.{last}" for each in sorted(ITSELF)) if own else ()
    return (*itself, part.name) if len(owner) == 1 else itself


def _stands_in(caller: Loss, owner: tuple[str, ...]) -> bool:
    """Whether a loss that is an expression stands in a class."""
    if caller.expression is None:
        return False
    around = set(caller.tree.ancestors(caller.expression))
    return any(path == owner and node in around for path, node in caller.tree.definitions)


def _helpers(caller: Loss, part: Loss) -> Iterator[Helper]:
    target = (part.project.path, part.name)
    return (each for each in caller.project.helpers if (each.path, each.name) == target)


def is_shared(part: Loss, whole: Loss, family: Sequence[Loss]) -> bool:
    """Whether anything besides the loss ``whole`` and its parts would notice a change of ``part``.

    Args:
        family: the loss and all of its parts.
    """
    if part is whole:
        return False
    name = part.candidate.path[-1]
    if part.candidate.metric or _is_read_elsewhere(part, family):
        return True
    inside = {id(node) for each in family for node in walk(each.function)}
    if any(
        node.value == name and id(node) not in inside for node in walk(part.tree.module, cst.Name)
    ):
        return True
    others = [each for each in family if each is not part]
    return any(is_shared(each, whole, others) for each in others if calls_of(each, part))


def _is_read_elsewhere(part: Loss, family: Sequence[Loss]) -> bool:
    if part.name not in part.project.parts.reached:
        return part.candidate.path[-1] in part.project.called.plainly
    known = {(each.project.path, each.name) for each in family}

    def is_known(reader: Elsewhere) -> bool:
        parts = reader.name.split(".")
        around = (".".join(parts[:end]) for end in range(1, len(parts) + 1))
        return any((reader.path, each) in known for each in around)

    return any(
        name == part.name and not is_known(reader) for name, reader in part.project.parts.readers
    )


def fork(part: Loss, whole: Loss, family: Sequence[Loss], smooths: bool) -> Fork | None:
    """The copy of ``part``, or of what leads to it from the loss ``whole``.

    ``None`` where ``part`` is no plain function of the module, or where no loss calls it.

    Args:
        smooths: whether the copy is to be smoothed, and is called so; else it takes tensors, for which
            the original will not do.
    """
    others = [each for each in family if each is not part]
    callers = [each for each in others if calls_of(each, part)]
    for caller in callers:
        if not is_shared(caller, whole, family):
            return _forked(part, caller, smooths)
    for caller in callers:
        copy = fork(caller, whole, others, smooths)
        if copy is not None:
            return copy
    return None


def _forked(part: Loss, caller: Loss, smooths: bool) -> Fork | None:
    if part.function.decorators or calls_of(part, part) or caller.form is Form.LAMBDA:
        return None
    name = _name_of_copy(part, caller, smooths)
    if part.form is Form.METHOD:
        return _forked_method(part, caller, name)
    if part.form is not Form.FUNCTION:
        return None
    blank = cst.EmptyLine(indent=False)
    copy = part.function.deep_clone().with_changes(
        name=cst.Name(name), leading_lines=[blank, blank]
    )
    if caller.project.path != part.project.path:
        return _forked_elsewhere(part, caller, copy)
    replace: dict[cst.CSTNode, Replacement] = {
        call.func: cst.Name(name) for call in calls_of(caller, part)
    }
    return Fork(part, caller, replace, copy)


def _forked_method(part: Loss, caller: Loss, name: str) -> Fork:
    """The copy stands above the method in the same class."""
    lines = [cst.EmptyLine(indent=False)]
    copy = part.function.deep_clone().with_changes(name=cst.Name(name))
    replace: dict[cst.CSTNode, Replacement] = {
        call.func: build.name(f"{(dotted(call.func) or 'self').rpartition('.')[0]}.{name}")
        for call in calls_of(caller, part)
    }
    replace[part.function] = lambda node: [copy, node.with_changes(leading_lines=lines)]
    return Fork(part, caller, replace, None, (part.function,))


def _name_of_copy(part: Loss, caller: Loss, smooths: bool) -> str:
    old = part.candidate.path[-1]
    public = caller.project.path != part.project.path and not old.startswith("_")
    taken = names_in(part.tree.outline) | names_in(caller.tree.outline)
    kind = "soft" if smooths else "tensor"
    return first_free((f"{'' if public else '_'}{kind}_{old.lstrip('_')}",), taken)


def _forked_elsewhere(part: Loss, caller: Loss, copy: cst.FunctionDef) -> Fork | None:
    """The copy stands beside the part, and the caller's file imports it from there."""
    name = copy.name.value
    replace: dict[cst.CSTNode, Replacement] = {}
    sites: list[cst.CSTNode] = []
    new: list[Helper] = []
    imports: dict[str, None] = {}
    for helper in _helpers(caller, part):
        calls = calls_by(caller, helper.written)
        root, _, _ = helper.written.rpartition(".")
        written = f"{root}.{name}" if root and helper.direct else name
        replace.update({call.func: build.name(written) for call in calls})
        new.append(dataclasses.replace(helper, written=written, name=name, direct=True))
        if written != name or not calls:
            continue
        statements = _imports_of(caller, helper)
        if statements:
            dropped = helper.written if _is_done_with(caller, helper, calls) else ""
            replace.update({each: _importing(name, dropped) for each in statements})
            sites += statements
        elif helper.module:
            imports[f"from {helper.module} import {name}"] = None
        else:
            return None
    here, there = caller.project, part.project
    reader = Elsewhere(here.path, caller.name)
    return Fork(
        part,
        caller,
        replace,
        copy,
        tuple(sites),
        tuple(imports),
        dataclasses.replace(here, helpers=(*here.helpers, *new)),
        dataclasses.replace(there, parts=_with_copy(there.parts, part.name, name, reader)),
    )


def _with_copy(parts: Parts, old: str, new: str, reader: Elsewhere) -> Parts:
    """What is known of the parts in a file, with a copy of one of them that a loss reads."""
    return dataclasses.replace(
        parts,
        reached=parts.reached | {new},
        readers=(*parts.readers, (new, reader)),
        handed=(*parts.handed, *((new, roles) for name, roles in parts.handed if name == old)),
    )


def _imports_of(caller: Loss, helper: Helper) -> list[cst.ImportFrom]:
    """The statements by which the caller's file has a helper from the file where that stands."""
    if not helper.direct:
        return []
    return [
        node
        for node in walk(caller.tree.module, cst.ImportFrom)
        if not isinstance(node.names, cst.ImportStar)
        and any(
            (each.evaluated_alias or each.evaluated_name) == helper.written for each in node.names
        )
    ]


def _is_done_with(caller: Loss, helper: Helper, calls: Sequence[cst.Call]) -> bool:
    """Whether nothing needs an import any more, once these calls do not."""
    name, lent = helper.written, caller.project.lent
    called = {call.func for call in calls}
    for node in walk(caller.tree.module):
        match node:
            case cst.Name(value=value) if value == name and node not in called:
                if not isinstance(caller.tree.parents.get(node), cst.ImportAlias | cst.AsName):
                    return False
            case cst.SimpleString() if node.evaluated_value == name:
                # `__all__` names it.
                return False
    return name not in lent and "*" not in lent


def _importing(name: str, dropped: str) -> Replacement:
    """An import statement that imports ``name`` too, or in the place of ``dropped``."""

    def importing(node: cst.CSTNode) -> cst.CSTNode:
        assert isinstance(node, cst.ImportFrom)
        assert not isinstance(node.names, cst.ImportStar)
        if dropped:
            renamed = cst.ImportAlias(cst.Name(name))
            return node.with_changes(
                names=[
                    (
                        renamed.with_changes(comma=each.comma)
                        if (each.evaluated_alias or each.evaluated_name) == dropped
                        else each
                    )
                    for each in node.names
                ]
            )
        *first, last = node.names
        between = first[-1].comma if first else comma()
        new = cst.ImportAlias(cst.Name(name), comma=last.comma)
        return node.with_changes(names=[*first, last.with_changes(comma=between), new])

    return importing


def handed_down(part: Loss, caller: Loss) -> Mapping[cst.CSTNode, Replacement]:
    """What makes ``caller`` hand its steepness to ``part``; nothing where it does already."""
    names = parameter_names(part.function)[part.takes_instance :]
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
                equal=tight_equal(),
            )
        )
        replace[call] = _with_argument(argument)
    return replace


def _with_argument(argument: cst.Arg) -> Replacement:
    def with_argument(node: cst.CSTNode) -> cst.CSTNode:
        assert isinstance(node, cst.Call)
        return with_arguments(node, [argument])

    return with_argument


def _gives(call: cst.Call, name: str, names: Sequence[str]) -> bool:
    if any(each.star for each in call.args):
        return True
    return len(call.args) > names.index(name) or any(
        each.keyword is not None and each.keyword.value == name for each in call.args
    )


def _is_plain(argument: cst.Arg) -> bool:
    return argument.keyword is None and not argument.star
