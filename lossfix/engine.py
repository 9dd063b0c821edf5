"""Checks and repairs one text: settles one match at a time, and guards every step.

A rewrite may uncover the next finding (``np.where(y_pred.numpy() > .5, 1, 0)`` becomes a
``tf.where`` and then a sigmoid), and nested rewrites made in one pass get lost. So the text is read,
the first match of the first rule that has one is rewritten, the result is printed, guarded and read
again, until no rule finds anything that it can mend.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import dropwhile

import libcst as cst

from lossfix.losses import parts
from lossfix.losses.discover import Candidate, Project, Settings, discover
from lossfix.losses.loss import Loss, Relaxation, losses_of
from lossfix.losses.wiring import Misuse, Wiring, span_of
from lossfix.model import Finding, Repair, Safety, Severity, Span, Step
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax import build, guards
from lossfix.syntax.guards import GuardTripped
from lossfix.syntax.imports import add_imports
from lossfix.syntax.scope import unbound
from lossfix.syntax.tree import Tree, Unparsable, children, outline, parse

_MOST_STEPS = 200
"""A loss that needs more steps than this is one on which two rules undo each other."""

_A_METRIC_TOO = "it is a metric too, and smoothing would change what that reports"
_SHARED = "a metric or another loss shares it, and it is no plain function that could be copied"

_USUAL_IMPORTS = {"tf": "import tensorflow as tf", "tensorflow": "import tensorflow"}


@dataclass(frozen=True)
class Options:
    """What a run wants of the engine."""

    rules: tuple[Rule, ...]
    relaxation: Relaxation = field(default_factory=Relaxation)
    exact_only: bool = False
    settings: Settings = field(default_factory=Settings)
    project: Project = field(default_factory=Project)
    package: str = "custom"
    skips: Callable[[str], Callable[[Finding], bool]] | None = None
    """For a text, which of its findings must not be mended."""


@dataclass(frozen=True, eq=False)
class _Found:
    rule: Rule
    loss: Loss
    match: Match

    @property
    def key(self) -> tuple[str, str, str]:
        return self.rule.code, self.loss.name, self.match.message


@dataclass
class _Progress:
    text: str
    names: set[str]
    becomes: str
    steps: list[Step] = field(default_factory=list)
    refused: dict[tuple[str, str, str], str] = field(default_factory=dict)
    relaxed: bool = False


@lru_cache(maxsize=8)
def _tree(text: str) -> Tree:
    return parse(text)


_outline = lru_cache(maxsize=8)(outline)


def losses_in(text: str, options: Options) -> tuple[Loss, ...]:
    """The losses of a text.

    Raises:
        Unparsable: where the text is not Python.
    """
    return _losses(text, options.settings, options.project, options.relaxation, options.package)


@lru_cache(maxsize=16)
def _losses(
    text: str, settings: Settings, project: Project, relaxation: Relaxation, package: str
) -> tuple[Loss, ...]:
    # A text is looked at again after each step, and by each attempt: what a loss has found out about
    # itself by then is kept with it.
    candidates = discover(_outline(text), settings, project)
    if not candidates:
        return ()
    return losses_of(_tree(text), candidates, relaxation, package, project)


def candidates_in(text: str, options: Options) -> tuple[Candidate, ...]:
    """The losses of a text, without building a concrete tree for it.

    Raises:
        Unparsable: where the text is not Python.
    """
    return discover(_outline(text), options.settings, options.project)


def check(path: str, text: str, options: Options) -> tuple[Finding, ...]:
    """Everything that is wrong with the losses of ``text``; a text that is not Python is LF000."""
    try:
        losses = losses_in(text, options)
    except Unparsable as error:
        return (unparsable(path, error),)
    findings = [
        _finding(path, found, _replaced(loss, losses) or _refusal(found, options))
        for loss in losses
        for found in _found(loss, options.rules)
    ]
    findings += _miswired(path, text, options)
    return _once(sorted(findings, key=lambda each: (each.span, each.code, each.message)))


def _miswired(path: str, text: str, options: Options) -> Iterator[Finding]:
    """What is wrong with how a text puts its losses to use."""
    wiring = Wiring(_outline(text), candidates_in(text, options))
    for rule in options.rules:
        for misuse in rule.wiring(wiring):
            yield _misused(path, text, rule, misuse)


def _misused(path: str, text: str, rule: Rule, misuse: Misuse) -> Finding:
    return Finding(
        path=path,
        span=span_of(text, misuse.node),
        code=rule.code,
        rule=rule.name,
        severity=misuse.severity or rule.severity,
        safety=Safety.MANUAL,
        message=misuse.message,
        loss=misuse.loss,
        reason=misuse.reason or "there is no rewrite that would keep its meaning",
    )


def _replaced(loss: Loss, losses: Sequence[Loss]) -> str:
    """Why a loss is left alone that is not the last of its name; empty where it is."""
    if next(each for each in reversed(losses) if each.name == loss.name) is loss:
        return ""
    return "it is defined again further down, and only the last definition is measured"


def _once(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """``findings`` without those that another loss that reaches the same place has told already."""
    told = {(each.span, each.code, each.message): each for each in reversed(findings)}
    return tuple(each for each in findings if told[each.span, each.code, each.message] is each)


def unparsable(path: str, error: Unparsable) -> Finding:
    """The finding LF000 of a file that is not Python."""
    grammar = ".".join(map(str, sys.version_info[:2]))
    reason = f"it is read with the grammar of Python {grammar}, which runs lossfix"
    return _unread(path, error.line, error.column, f"does not parse: {error.message}", reason)


def unreadable(path: str, line: int, column: int, message: str, cure: str) -> Finding:
    """The finding LF000 of a file whose bytes are no text, or no notebook."""
    return _unread(path, line, column, f"cannot be read: {message}", cure)


def _unread(path: str, line: int, column: int, message: str, reason: str) -> Finding:
    return Finding(
        path=path,
        span=Span(line, column, line, column),
        code="LF000",
        rule="unparsable",
        severity=Severity.ERROR,
        safety=Safety.MANUAL,
        message=message,
        loss="",
        reason=reason,
    )


def repairable(text: str, options: Options) -> tuple[Loss, ...]:
    """The losses that ``repair`` may be asked for, in document order.

    A part of another loss is repaired along with it.
    """
    return tuple(loss for loss in losses_in(text, options) if not loss.only_reached)


def repair(path: str, text: str, name: str, options: Options) -> Repair:
    """One loss of ``text`` with everything settled that can be, and what it reaches with it.

    Raises:
        Unparsable: where the text is not Python.
    """
    progress = _Progress(text, {name}, name)
    # What tells a loss from an evaluation in NumPy may go before NumPy does.
    options = replace(options, settings=replace(options.settings, known=frozenset({name})))
    for _ in range(_MOST_STEPS):
        # A rewrite may call what was only wrapped before, and makes it a part of the loss by that.
        losses = {loss.name: loss for loss in losses_in(progress.text, options)}
        progress.names |= _parts(losses, progress.becomes)
        if not _settle_one(path, progress, options):
            break
    left = [
        _finding(path, found, progress.refused.get(found.key) or _refusal(found, options))
        for found in _open(progress, options)
    ]
    return Repair(
        loss=name,
        becomes=progress.becomes,
        steps=tuple(progress.steps),
        before=text,
        after=progress.text,
        promise=Safety.RELAXED if progress.relaxed else Safety.EXACT,
        gate=options.relaxation.gate,
        steepness=options.relaxation.steepness if progress.relaxed else 0.0,
        left=_once(left),
    )


def _parts(losses: dict[str, Loss], name: str) -> set[str]:
    # The parts of a loss in the same file, through any number of calls.
    parts: set[str] = set()
    queue = [name]
    while queue:
        loss = losses.get(queue.pop())
        if loss is None:
            continue
        called = {
            node.func.value for node in _calls(loss.function) if isinstance(node.func, cst.Name)
        }
        for other in losses.values():
            last = other.candidate.path[-1]
            if other.only_reached and last in called and other.name not in parts:
                parts.add(other.name)
                queue.append(other.name)
    return parts


def _calls(node: cst.CSTNode) -> Iterator[cst.Call]:
    stack = [node]
    while stack:
        each = stack.pop()
        if isinstance(each, cst.Call):
            yield each
        stack.extend(children(each))


def _found(loss: Loss, rules: Sequence[Rule]) -> Iterator[_Found]:
    for rule in rules:
        for match in rule.match(loss):
            yield _Found(rule, loss, match)


def _open(progress: _Progress, options: Options) -> Iterator[_Found]:
    losses = losses_in(progress.text, options)
    for loss in losses:
        if loss.name in progress.names and not _replaced(loss, losses):
            yield from _found(loss, options.rules)


def _refusal(found: _Found, options: Options) -> str:
    if found.match.reason:
        return found.match.reason
    if found.rule.safety is Safety.MANUAL:
        return "there is no rewrite that would keep its meaning"
    if found.rule.safety is Safety.RELAXED:
        if options.exact_only:
            return "--exact-only: smoothing changes values"
        if found.loss.candidate.metric and not found.loss.only_reached:
            return _A_METRIC_TOO
    try:
        if found.rule.rewrite(found.loss, found.match) is None:
            return "no safe rewrite is known for this form"
    except GuardTripped as error:
        return str(error)
    return ""


def _finding(path: str, found: _Found, reason: str) -> Finding:
    return Finding(
        path=path,
        span=found.loss.tree.spans[found.match.node],
        code=found.rule.code,
        rule=found.rule.name,
        severity=found.match.severity or found.rule.severity,
        safety=Safety.MANUAL if reason else found.rule.safety,
        message=found.match.message,
        loss=found.loss.name,
        reason=reason,
    )


def _settle_one(path: str, progress: _Progress, options: Options) -> bool:
    found_here = losses_in(progress.text, options)
    losses = [
        loss
        for loss in found_here
        if loss.name in progress.names and not _replaced(loss, found_here)
    ]
    skip = options.skips(progress.text) if options.skips is not None else None
    for rule in options.rules:
        if rule.safety is Safety.MANUAL or (options.exact_only and rule.safety is Safety.RELAXED):
            continue
        for loss in losses:
            for match in rule.match(loss):
                found = _Found(rule, loss, match)
                if match.reason or found.key in progress.refused:
                    continue
                if skip is not None and skip(_finding(path, found, "")):
                    continue
                edit = rule.rewrite(loss, match)
                if edit is None:
                    continue
                try:
                    after = _settled(found, edit, losses, options, progress)
                except GuardTripped as error:
                    progress.refused[found.key] = str(error)
                    continue
                progress.steps.append(Step(_finding(path, found, ""), progress.text, after))
                progress.text = after
                progress.relaxed |= rule.safety is Safety.RELAXED
                if edit.becomes:
                    progress.names = (progress.names - {loss.name}) | {edit.becomes}
                    if loss.name == progress.becomes:
                        progress.becomes = edit.becomes
                return True
    return False


def _settled(
    found: _Found, edit: Edit, losses: Sequence[Loss], options: Options, progress: _Progress
) -> str:
    """The text after ``edit``, which smooths a part of the loss for this loss alone."""
    loss = found.loss
    if found.rule.safety is not Safety.RELAXED or loss.name == progress.becomes:
        if found.rule.safety is Safety.RELAXED and loss.candidate.metric:
            raise GuardTripped(_A_METRIC_TOO)
        return _apply(found, edit, options)
    whole = next(each for each in losses if each.name == progress.becomes)
    if parts.is_shared(loss, whole, losses):
        copy = parts.fork(loss, whole, losses)
        if copy is None:
            raise GuardTripped(_SHARED)
        progress.names.discard(loss.name)
        return _rewritten(copy.loss, Edit(copy.replace, before=(copy.definition,)))
    return _handed_down(_apply(found, edit, options), loss.name, options, progress)


def _handed_down(text: str, name: str, options: Options, progress: _Progress) -> str:
    """``text`` where every loss of this repair hands its steepness to the part called ``name``."""
    queue = [name]
    while queue:
        family = {each.name: each for each in losses_in(text, options)}
        part = family.get(queue[-1])
        for caller in sorted(progress.names & family.keys()):
            change = {} if part is None else parts.handed_down(part, family[caller])
            if change:
                text = _rewritten(family[caller], Edit(change))
                queue.append(caller)
                break
        else:
            queue.pop()
    return text


def _apply(found: _Found, edit: Edit, options: Options) -> str:
    text = _rewritten(found.loss, edit)
    _guard_progress(found, edit, text, options)
    return text


def _rewritten(loss: Loss, edit: Edit) -> str:
    tree = loss.tree
    _guard_places(loss, edit)
    module = build.replace(tree.module, edit.replace, tree.parents)
    if edit.before:
        module = _with_statements(loss, module, edit.before)
    missing = unbound(guards.outline_of(module.code)) - unbound(tree.outline)
    imports = tuple(_import_for(name, loss) for name in sorted(missing))
    if imports:
        module = add_imports(tree, module, imports)
    text = module.code
    guards.reads_back(text, module)
    guards.keeps_comments(tree.text, text)
    guards.binds_its_names(tree.outline, guards.outline_of(text))
    return text


def _import_for(name: str, loss: Loss) -> str:
    if name == "keras":
        imports = loss.tree.scopes[-1].imports.values()
        if any(each.startswith("tensorflow.keras") for each in imports):
            return "from tensorflow import keras"
        return "import keras"
    if name not in _USUAL_IMPORTS:
        raise GuardTripped(f"the rewrite would use `{name}`, which this file does not bind")
    return _USUAL_IMPORTS[name]


def _with_statements(
    loss: Loss, module: cst.Module, statements: tuple[cst.BaseStatement, ...]
) -> cst.Module:
    # Above the top-level statement that held the loss: positions in the body are unchanged by a
    # replacement except behind it.
    top: cst.CSTNode = loss.outermost
    for above in loss.tree.ancestors(loss.outermost):
        if isinstance(above, cst.Module):
            break
        top = above
    position = next(n for n, each in enumerate(loss.tree.module.body) if each is top)
    body = list(module.body)
    first, following = _moved_below(statements[0], body[position])
    return module.with_changes(
        body=[*body[:position], first, *statements[1:], following, *body[position + 1 :]]
    )


def _moved_below(
    new: cst.BaseStatement, following: cst.BaseStatement
) -> tuple[cst.BaseStatement, cst.BaseStatement]:
    """Both with their leading lines: a comment that opens a cell (``# %%``) stays above both."""
    lines = list(getattr(following, "leading_lines", ()))
    marks = [
        n for n, each in enumerate(lines) if each.comment and each.comment.value.startswith("# %")
    ]
    end = marks[-1] + 1 if marks else 0
    if marks:
        new = new.with_changes(leading_lines=lines[:end])
    kept = list(dropwhile(lambda line: line.comment is None, lines[end:]))
    blank = cst.EmptyLine(indent=False)
    return new, following.with_changes(leading_lines=[blank, blank, *kept])


def _guard_places(loss: Loss, edit: Edit) -> None:
    allowed = set(edit.call_sites)
    for node in edit.replace:
        if node is loss.outermost or node in allowed:
            continue
        if not any(above is loss.outermost for above in loss.tree.ancestors(node)):
            raise GuardTripped("the rewrite would touch code outside of the loss")


def _guard_progress(found: _Found, edit: Edit, text: str, options: Options) -> None:
    # Fewer findings of this rule in this loss, or the rewrite could go round in circles.
    before = sum(1 for _ in found.rule.match(found.loss))
    name = edit.becomes or found.loss.name
    after = [
        sum(1 for _ in found.rule.match(loss))
        for loss in losses_in(text, options)
        if loss.name == name
    ]
    if after and max(after) >= before:
        raise GuardTripped("the rewrite would leave the finding as it is")
