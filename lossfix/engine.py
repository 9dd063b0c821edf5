"""Repairs one text: settles one match at a time, and guards every step.

A rewrite may uncover the next finding (``np.where(y_pred.numpy() > .5, 1, 0)`` becomes a
``tf.where`` and then a sigmoid), and nested rewrites made in one pass get lost. So the text is read,
the first match of the first rule that has one is rewritten, the result is printed, guarded and read
again, until no rule finds anything that it can mend.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import libcst as cst

from lossfix import rewriting
from lossfix.checking import (
    A_METRIC_TOO,
    Found,
    Options,
    finding_of,
    found_in,
    losses_in,
    matches,
    once,
    read_elsewhere,
    refusal,
    replaced,
)
from lossfix.losses.code.liveness import STEEPNESS
from lossfix.losses.code.loss import Loss
from lossfix.losses.smoothing import parts
from lossfix.model import FileChange, Finding, Repair, Safety, Step
from lossfix.rules.rule import Edit, Match
from lossfix.syntax.guards import GuardTripped
from lossfix.syntax.remembered import one_file
from lossfix.syntax.twins import without_twins

_MOST_STEPS = 200
"""A loss that needs more steps than this is one on which two rules undo each other."""

_LEAVES_THE_GRAPH = "LF1"
_PASSED_ON = (cst.List, cst.Tuple, cst.Element, cst.BinaryOperation, cst.UnaryOperation)
"""What an argument may be made of, that TensorFlow makes one tensor of."""

_SHARED = "a metric or another loss shares it, and it is no plain function that could be copied"
_OF_AN_EXPRESSION = "a lambda calls it, which has no parameter to hand a steepness down by"


@dataclass(frozen=True)
class File:
    """One file of a run, as the repair of a loss of another one sees it."""

    path: str
    text: str
    options: Options


NOTHING: Mapping[str, File] = MappingProxyType({})

_Key = tuple[str, str]
"""A loss, or a part of one: its file, and its name there."""


@dataclass
class _Draft:
    """A repair as far as it has got: all files that it has reached, with everything settled so far."""

    own: str
    """The file of the loss."""
    files: dict[str, File]
    others: Mapping[str, File]
    """What may be reached and was not, so far."""
    names: set[_Key]
    """The loss and its parts, as they are called by now."""
    becomes: str
    """What the loss is called by now."""
    steps: list[Step] = field(default_factory=list)
    refused: dict[tuple[str, ...], str] = field(default_factory=dict)
    """Why what was found is not mended, by ``Found.key``."""
    relaxed: bool = False
    """Whether any step smoothed a gate."""
    copies: set[_Key] = field(default_factory=set)
    """The functions that were added to a module: copies of parts, for this loss alone."""

    def losses(self, path: str) -> tuple[Loss, ...]:
        """The losses of a file as it is by now."""
        return losses_in(self.files[path].text, self.files[path].options)

    def rename(self, path: str, old: str, new: str) -> None:
        """Know the loss, or a part of it, by the name that a rewrite gave it."""
        self.names.discard((path, old))
        self.names.add((path, new))
        if (path, old) == (self.own, self.becomes):
            self.becomes = new

    def take(self, texts: Mapping[str, str]) -> None:
        """Go on with other texts."""
        for path, text in texts.items():
            self.files[path] = replace(self.files[path], text=text)


def repairable(text: str, options: Options) -> tuple[Loss, ...]:
    """The losses that ``repair`` may be asked for, in document order.

    A part of another loss is repaired along with it.
    """
    return tuple(loss for loss in losses_in(text, options) if not loss.only_reached)


@one_file()
def repair(
    path: str, text: str, name: str, options: Options, others: Mapping[str, File] = NOTHING
) -> Repair:
    """One loss of ``text`` with everything settled that can be, and what it reaches with it.

    Args:
        others: the other files of the run by their paths, as ``Project`` speaks of them. What the loss
            calls in one of them is mended there.

    Raises:
        Unparsable: where the text is not Python.
    """
    # What tells a loss from an evaluation in NumPy may go before NumPy does.
    options = replace(options, settings=replace(options.settings, known=frozenset({name})))
    own = options.project.path
    draft = _Draft(own, {own: File(path, text, options)}, others, {(own, name)}, name)
    for _ in range(_MOST_STEPS):
        # A rewrite may call what was only wrapped before, and makes it a part of the loss by that.
        draft.names |= _parts(draft)
        if not _settle_one(draft):
            break
    _share_copies(draft, text)
    left = [
        finding_of(
            _path(draft, found),
            found,
            draft.refused.get(found.key) or refusal(found, options),
        )
        for found in _open(draft)
    ]
    return Repair(
        loss=name,
        becomes=draft.becomes,
        steps=tuple(draft.steps),
        before=text,
        after=draft.files[own].text,
        promise=Safety.RELAXED if draft.relaxed else Safety.EXACT,
        gate=options.relaxation.gate,
        steepness=options.relaxation.steepness if draft.relaxed else 0.0,
        left=once(left),
        elsewhere=tuple(
            FileChange(file.path, others[key].text, file.text)
            for key, file in sorted(draft.files.items())
            if key != own and file.text != others[key].text
        ),
    )


def _parts(draft: _Draft) -> set[_Key]:
    """The parts of the loss, through any number of calls, in its own file and in others."""
    found: set[_Key] = set()
    queue = [(draft.own, draft.becomes)]
    while queue:
        path, name = queue.pop()
        losses = draft.losses(path)
        loss = next((each for each in reversed(losses) if each.name == name), None)
        if loss is None:
            continue
        called = [(path, each.name) for each in parts.called(loss, losses)]
        for helper in loss.project.helpers:
            if helper.path in draft.others and parts.calls_by(loss, helper.written):
                if helper.path not in draft.files:
                    draft.files[helper.path] = _opened(draft, helper.path)
                called.append((helper.path, helper.name))
        for key in called:
            if key not in found:
                found.add(key)
                queue.append(key)
    return found


def _opened(draft: _Draft, path: str) -> File:
    """Another file, to be mended as the loss's own is."""
    file, own = draft.others[path], draft.files[draft.own].options
    options = replace(file.options, relaxation=own.relaxation, exact_only=own.exact_only)
    return replace(file, options=options)


def _open(draft: _Draft) -> Iterator[Found]:
    for loss in _family(draft):
        for found in found_in(loss, draft.files[loss.project.path].options.rules):
            if _is_of(found.match, draft):
                yield found


def _is_of(match: Match, draft: _Draft) -> bool:
    """Whether what was found in a part is true of this loss, and not of another that has the part, too."""
    return not match.of or draft.becomes in match.of


def _family(draft: _Draft) -> list[Loss]:
    """The loss and its parts as they are by now, its own file first."""
    return [
        loss
        for path in sorted(draft.files, key=lambda each: (each != draft.own, each))
        for loss in draft.losses(path)
        if (path, loss.name) in draft.names and not replaced(loss, draft.losses(path))
    ]


def _path(draft: _Draft, found: Found) -> str:
    return draft.files[found.loss.project.path].path


def _settle_one(draft: _Draft) -> bool:
    """Carry out the first rewrite that may be made; whether there was one."""
    losses = _family(draft)
    for found, finding in _mendable(draft, losses):
        edit = found.rule.rewrite(found.loss, found.match)
        if edit is None:
            continue
        try:
            texts = _settled(found, edit, losses, draft)
        except GuardTripped as error:
            draft.refused[found.key] = str(error)
            continue
        path = found.loss.project.path
        draft.steps.append(_step(finding, path, texts, draft))
        draft.take(texts)
        draft.relaxed |= found.rule.safety is Safety.RELAXED
        if edit.becomes:
            draft.rename(path, found.loss.name, edit.becomes)
        return True
    return False


def _mendable(draft: _Draft, losses: Sequence[Loss]) -> Iterator[tuple[Found, Finding]]:
    """What is wrong with ``losses`` and may be mended, rule by rule, with what people read of it."""
    options = draft.files[draft.own].options
    skips = {
        path: file.options.skips(file.text)
        for path, file in draft.files.items()
        if file.options.skips is not None
    }
    # What stays a lambda has no name that would outlive a change of what it calls.
    for rule in sorted(options.rules, key=lambda each: not each.of_expressions):
        if rule.safety is Safety.MANUAL or (options.exact_only and rule.safety is Safety.RELAXED):
            continue
        for loss in losses:
            path = loss.project.path
            if path != draft.own and rule not in draft.files[path].options.rules:
                continue
            for match in matches(rule, loss):
                found = Found(rule, loss, match)
                if match.reason or found.key in draft.refused or not _is_of(match, draft):
                    continue
                finding = finding_of(_path(draft, found), found, "")
                if path not in skips or not skips[path](finding):
                    yield found, finding


def _step(finding: Finding, key: str, texts: Mapping[str, str], draft: _Draft) -> Step:
    old = draft.files[key].text
    elsewhere = tuple(
        FileChange(draft.files[path].path, draft.files[path].text, text)
        for path, text in sorted(texts.items())
        if path != key
    )
    return Step(finding, old, texts.get(key, old), elsewhere)


def _settled(found: Found, edit: Edit, losses: Sequence[Loss], draft: _Draft) -> Mapping[str, str]:
    """The texts that ``edit`` changes, which smooths a part of the loss for this loss alone."""
    loss, key = found.loss, found.loss.project.path
    smooths = found.rule.safety is Safety.RELAXED
    whole = next(
        each for each in losses if (each.project.path, each.name) == (draft.own, draft.becomes)
    )
    if loss is whole or not (smooths or _changes_its_type(found, draft)):
        if smooths and loss.candidate.metric:
            raise GuardTripped(A_METRIC_TOO)
        if smooths and (reason := read_elsewhere(loss)):
            raise GuardTripped(reason)
        return {key: _apply(found, edit, draft)}
    if parts.is_shared(loss, whole, losses):
        copy = parts.fork(loss, whole, losses, smooths)
        if copy is None:
            raise GuardTripped(_SHARED)
        return _forked(copy, draft)
    text = _apply(found, edit, draft)
    return _handed_down(text, loss, draft) if smooths else {key: text}


def _changes_its_type(found: Found, draft: _Draft) -> bool:
    # What other files call with arrays would hand them tensors.
    if found.loss.project.path == draft.own or not found.rule.code.startswith(_LEAVES_THE_GRAPH):
        return False
    return not _is_made_a_tensor(found)


def _is_made_a_tensor(found: Found) -> bool:
    """Whether what is mended is handed to TensorFlow or Keras, which make a tensor of it anyway."""
    parents = found.loss.tree.parents
    argument = parents.get(found.match.node)
    while isinstance(argument, _PASSED_ON):
        argument = parents.get(argument)
    call = parents.get(argument) if isinstance(argument, cst.Arg) else None
    name = found.loss.qualified(call.func) if isinstance(call, cst.Call) else None
    return (name or "").startswith(("tensorflow.", "keras."))


def _share_copies(draft: _Draft, text: str) -> None:
    """Give up copies that another loss brought along before, and end the last step in what is left.

    Args:
        text: of the loss's own file, before anything was mended.
    """
    if not draft.copies:
        return
    old = {path: text if path == draft.own else draft.others[path].text for path in draft.files}
    now = {path: file.text for path, file in draft.files.items()}
    texts, instead = without_twins(old, now, draft.copies, STEEPNESS)
    for (path, name), stays in instead.items():
        draft.rename(path, name, stays)
    if instead:
        draft.take(texts)
        *first, last = draft.steps
        end = {draft.files[path].path: (now[path], texts[path]) for path in texts}
        _, after = end.pop(last.finding.path)
        start = {each.path: each.before for each in last.elsewhere}
        elsewhere = tuple(
            FileChange(path, start.get(path, before), then)
            for path, (before, then) in sorted(end.items())
            if path in start or before != then
        )
        draft.steps = [*first, replace(last, after=after, elsewhere=elsewhere)]


def _forked(copy: parts.Fork, draft: _Draft) -> Mapping[str, str]:
    """The texts with a copy of a part that the loss calls in its place."""
    part, caller = copy.part, copy.loss
    here, there = caller.project.path, part.project.path
    if copy.definition is not None:
        draft.copies.add((there, copy.definition.name.value))
    edit = Edit(copy.replace, call_sites=copy.call_sites, imports=copy.imports)
    if here == there:
        before = () if copy.definition is None else (copy.definition,)
        texts = {here: rewriting.rewritten(caller, replace(edit, before=before))}
    else:
        assert copy.definition is not None
        above = Edit({}, before=(copy.definition,))
        texts = {here: rewriting.rewritten(caller, edit), there: rewriting.rewritten(part, above)}
        for path, project in ((here, copy.caller_project), (there, copy.part_project)):
            file = draft.files[path]
            draft.files[path] = replace(file, options=replace(file.options, project=project))
    draft.names.discard((there, part.name))
    return texts


def _handed_down(text: str, part: Loss, draft: _Draft) -> Mapping[str, str]:
    """``text`` where every loss of this repair hands its steepness to ``part``, and other such texts."""
    texts = {part.project.path: text}
    options = {path: file.options for path, file in draft.files.items()}

    def now(path: str) -> dict[str, Loss]:
        current = texts.get(path, draft.files[path].text)
        return {each.name: each for each in losses_in(current, options[path])}

    queue: list[_Key] = [(part.project.path, part.name)]
    while queue:
        path, name = queue[-1]
        smoothed = now(path).get(name)
        for there, caller in sorted(draft.names):
            loss = now(there).get(caller)
            change = {} if smoothed is None or loss is None else parts.handed_down(smoothed, loss)
            if change and loss is not None and loss.expression is not None:
                raise GuardTripped(_OF_AN_EXPRESSION)
            if change and loss is not None:
                texts[there] = rewriting.rewritten(loss, Edit(change))
                queue.append((there, caller))
                break
        else:
            queue.pop()
    return texts


def _apply(found: Found, edit: Edit, draft: _Draft) -> str:
    text = rewriting.rewritten(found.loss, edit)
    _guard_progress(found, edit, text, draft.files[found.loss.project.path].options)
    return text


def _guard_progress(found: Found, edit: Edit, text: str, options: Options) -> None:
    # Fewer findings of this rule in this loss, or the rewrite could go round in circles.
    before = sum(1 for _ in matches(found.rule, found.loss))
    name = edit.becomes or found.loss.name
    after = [
        sum(1 for _ in matches(found.rule, loss))
        for loss in losses_in(text, options)
        if loss.name == name
    ]
    if after and max(after) >= before:
        raise GuardTripped("the rewrite would leave the finding as it is")
