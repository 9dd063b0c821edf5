"""What is wrong with the losses of one text: every rule is asked, and nothing is changed.

A finding is what people read, the match behind it is what the engine rewrites; both come from here, so
that what ``check`` promises to be mendable is what ``fix`` sets out to mend. This is all that a check needs:
whoever only reads a file needs no engine.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import libcst as cst

from lossfix.losses.calls.wrapped import plain_python
from lossfix.losses.code.concrete import losses_of
from lossfix.losses.code.loss import Loss, Relaxation
from lossfix.losses.code.unfolding import body_of
from lossfix.losses.discovery.candidate import Candidate, Project, Settings
from lossfix.losses.discovery.discover import discover
from lossfix.losses.discovery.wiring import Misuse, Wiring
from lossfix.losses.operations.injected import NEED_NOT_BE_TENSORFLOW
from lossfix.model import Evidence, Finding, Form, Safety, Severity, Span
from lossfix.rules import RULES
from lossfix.rules.rule import Match, Rule
from lossfix.syntax.guards import GuardTripped
from lossfix.syntax.nodes import span_of
from lossfix.syntax.parsing import Unparsable, outline, parse
from lossfix.syntax.remembered import one_file, remembered
from lossfix.syntax.tree import Tree, walk

_NAMELESS = "give the loss a name first (LF318)"
_SLOPES = "LF2"
"""The codes of what has no slope."""
A_METRIC_TOO = "it is a metric too, and smoothing would change what that reports"


@dataclass(frozen=True)
class Options:
    """What a run wants of the losses of a text: what is looked for, and what may become of it."""

    rules: tuple[Rule, ...]
    relaxation: Relaxation = field(default_factory=Relaxation)
    exact_only: bool = False
    settings: Settings = field(default_factory=Settings)
    project: Project = field(default_factory=Project)
    package: str = "custom"
    skips: Callable[[str], Callable[[Finding], bool]] | None = None
    """For a text, which of its findings must not be mended."""


@dataclass(frozen=True, eq=False)
class Found:
    """A place at which a rule applies to a loss."""

    rule: Rule
    loss: Loss
    match: Match

    @property
    def key(self) -> tuple[str, ...]:
        """Tells it from all else that may be found while a loss is repaired."""
        return self.rule.code, self.loss.project.path, self.loss.name, self.match.message


@remembered(8)
def _tree(text: str) -> Tree:
    return parse(text)


_outline = remembered(8)(outline)


def losses_in(text: str, options: Options) -> tuple[Loss, ...]:
    """The losses of a text.

    Raises:
        Unparsable: where the text is not Python.
    """
    return _losses(text, options.settings, options.project, options.relaxation, options.package)


@remembered(16)
def _losses(
    text: str, settings: Settings, project: Project, relaxation: Relaxation, package: str
) -> tuple[Loss, ...]:
    # A text is looked at again after each step, and by each attempt: what a loss has found out about
    # itself by then is kept with it.
    candidates = _candidates(text, settings, project)
    if not candidates:
        return ()
    with _within_reach():
        return losses_of(_tree(text), candidates, relaxation, package, project)


@remembered(16)
def _candidates(text: str, settings: Settings, project: Project) -> tuple[Candidate, ...]:
    with _within_reach():
        return discover(_outline(text), settings, project)


def loss_of(text: str, options: Options, candidate: Candidate) -> Loss:
    """One of the losses of a text, found once more: who waits for a measurement keeps no tree meanwhile."""
    return next(each for each in losses_in(text, options) if each.candidate == candidate)


@contextmanager
def _within_reach() -> Iterator[None]:
    """What is nested deeper than Python's stack reaches counts as what Python cannot read: one such file
    must not end a run over thousands."""
    try:
        yield
    except RecursionError:
        raise Unparsable("nested too deeply", 1, 1) from None


def candidates_in(text: str, options: Options) -> tuple[Candidate, ...]:
    """The losses of a text, without building a concrete tree for it.

    Raises:
        Unparsable: where the text is not Python.
    """
    return _candidates(text, options.settings, options.project)


def bound_to_a_call(text: str, maker: str) -> Iterator[str]:
    """The variables of a module that are what a call of ``maker`` gives, as an instance of its class.

    Raises:
        Unparsable: where the text is not Python.
    """
    for statement in _outline(text).body:
        match statement:
            case ast.Assign(
                targets=[ast.Name(id=bound)], value=ast.Call(func=ast.Name(id=called))
            ) if (called == maker):
                yield bound


@one_file()
def check(
    path: str,
    text: str,
    options: Options,
    candidates: tuple[Candidate, ...] | None = None,
    wires: bool = True,
) -> tuple[Finding, ...]:
    """Everything that is wrong with the losses of ``text``; a text that is not Python is LF000.

    Args:
        candidates: the losses of the text, where they are known already.
        wires: whether the text may wire losses wrongly, where that is known.
    """
    try:
        if candidates is None:
            candidates = candidates_in(text, options)
        losses: tuple[Loss, ...] = ()
        if candidates:
            with _within_reach():
                losses = losses_of(
                    _tree(text), candidates, options.relaxation, options.package, options.project
                )
        findings = [each for loss in losses for each in _findings(path, loss, losses, options)]
        with _within_reach():
            findings += [each for loss in losses for each in _within(path, loss, options)]
        if wires:
            # What a loss reaches has been told with what becomes of it.
            told = {(each.code, each.span.line, each.span.column) for each in findings}
            with _within_reach():
                findings += [
                    each
                    for each in _miswired(path, text, candidates, options.rules)
                    if (each.code, each.span.line, each.span.column) not in told
                ]
    except Unparsable as error:
        return (unparsable(path, error),)
    return once(sorted(findings, key=lambda each: (each.span, each.code, each.message)))


def _findings(path: str, loss: Loss, losses: Sequence[Loss], options: Options) -> Sequence[Finding]:
    try:
        return [
            finding_of(path, found, replaced(loss, losses) or refusal(found, options))
            for found in found_in(loss, options.rules)
        ]
    except RecursionError:
        said = f"cannot be read: `{loss.name}` is nested too deeply"
        reason = "its values build on one another further than Python's own stack reaches"
        return [_unread(path, loss.candidate.line, 1, said, reason)]


def _within(path: str, loss: Loss, options: Options) -> Iterator[Finding]:
    """What is wrong inside of a loss that is an expression, as the function that it would be."""
    as_written = None if loss.expression is None else body_of(loss.expression)
    if as_written is None:
        return
    tree, name = loss.tree, loss.candidate.path[-1]
    name = loss.fresh(name, f"{name}_loss")
    whole = tree.module.with_changes(
        body=[*tree.module.body, loss.function.with_changes(name=cst.Name(name))]
    ).code
    used = replace(options.project.used, compiled=frozenset({name}))
    known = replace(options, project=replace(options.project, used=used))
    namer = next((rule for rule in options.rules if rule.of_expressions), None)
    stays = namer is None or any(match.reason for match in matches(namer, loss))
    for function in losses_in(whole, known):
        if function.candidate.path != (name,) or function.expression is not None:
            continue
        (body,) = (each.value for each in walk(function.function, cst.Return))
        assert body is not None
        there = dict(zip(_expressions(body), _expressions(as_written), strict=True))
        for found in found_in(function, options.rules):
            if found.match.place in there:
                reason = refusal(found, options) or (_NAMELESS if stays else "")
                span = tree.spans[there[found.match.place]]
                yield replace(finding_of(path, found, reason), span=span, loss=loss.name)


def _expressions(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    return (each for each in walk(node) if isinstance(each, cst.BaseExpression))


def _miswired(
    path: str, text: str, candidates: tuple[Candidate, ...], rules: Sequence[Rule]
) -> Iterator[Finding]:
    """What is wrong with how a text puts its losses to use."""
    wiring = Wiring(_outline(text), candidates)
    for rule, misuse in _misuses(wiring, rules):
        yield _misused(path, text, rule, misuse)


def _misuses(wiring: Wiring, rules: Sequence[Rule]) -> Iterator[tuple[Rule, Misuse]]:
    for rule in rules:
        for misuse in rule.wiring(wiring):
            if not wiring.never_runs(misuse.node):
                yield rule, misuse


def is_miswired(module: ast.Module) -> bool:
    """Whether any rule has something to say on how a file without a loss of its own wires others."""
    wiring = Wiring(module)
    return any(True for _ in _misuses(wiring, RULES))


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


def replaced(loss: Loss, losses: Sequence[Loss]) -> str:
    """Why a loss is left alone that is not the last of its name; empty where it is."""
    if next(each for each in reversed(losses) if each.name == loss.name) is loss:
        return ""
    return "it is defined again further down, and only the last definition is measured"


def once(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """``findings`` without those that another loss that reaches the same place has told already."""
    told = {(each.span, each.code, each.message): each for each in reversed(findings)}
    return tuple(each for each in findings if told[each.span, each.code, each.message] is each)


def unparsable(path: str, error: Unparsable) -> Finding:
    """The finding LF000 of a file that is not Python."""
    if error.cure:
        return unreadable(path, error.line, error.column, error.message, error.cure)
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


def matches(rule: Rule, loss: Loss) -> Iterator[Match]:
    """Where a rule applies to a loss, but for what runs as plain Python inside of it."""
    if rule.of_expressions is not (loss.form is Form.LAMBDA):
        return
    if rule.code.startswith(_SLOPES) and _only_measures(loss):
        return
    outside = plain_python(loss)
    for match in rule.match(loss):
        if not outside or outside.isdisjoint(loss.tree.ancestors(match.node)):
            yield match


def _only_measures(loss: Loss) -> bool:
    """Whether a class of losses is a metric, which needs no slope: nothing compiles it."""
    candidate = loss.candidate
    return candidate.metric and candidate.evidence == (Evidence.SUBCLASS,)


def found_in(loss: Loss, rules: Sequence[Rule]) -> Iterator[Found]:
    """Where any of the rules applies to a loss, in their order."""
    for rule in rules:
        for match in matches(rule, loss):
            yield Found(rule, loss, match)


def refusal(found: Found, options: Options) -> str:
    """Why what was found is not mended; empty where it can be."""
    if found.match.reason:
        return found.match.reason
    if found.rule.safety is Safety.MANUAL:
        return "there is no rewrite that would keep its meaning"
    if found.loss.injected:
        return NEED_NOT_BE_TENSORFLOW
    if found.rule.safety is Safety.RELAXED:
        if options.exact_only:
            return "--exact-only: smoothing changes values"
        if found.loss.candidate.metric and not found.loss.only_reached:
            return A_METRIC_TOO
        if reader := read_elsewhere(found.loss):
            return reader
    try:
        if found.rule.rewrite(found.loss, found.match) is None:
            return "no safe rewrite is known for this form"
    except GuardTripped as error:
        return str(error)
    return ""


def read_elsewhere(loss: Loss) -> str:
    """Who calls what nothing but its name makes a loss: a score is called for its value."""
    if loss.relaxation.asked or loss.candidate.evidence != (Evidence.NAMED,):
        return ""
    name = (loss.factory or loss.function).name.value
    where = dict(loss.project.called.functions).get(name, "")
    if not where and name not in loss.project.called.plainly:
        return ""
    where = where or "another file calls it"
    return (
        f"{where}, and nothing trains with it: smoothing would change the value that is asked for"
    )


def finding_of(path: str, found: Found, reason: str) -> Finding:
    """What people read of what was found; ``reason`` says why it is not mended, where it is not."""
    spans = found.loss.tree.spans
    span = spans[found.match.place]
    further = {spans[each].line for each in found.match.shows_at} - {span.line}
    return Finding(
        path=path,
        span=span,
        code=found.rule.code,
        rule=found.rule.name,
        severity=found.match.severity or found.rule.severity,
        safety=Safety.MANUAL if reason else found.rule.safety,
        message=found.match.message,
        loss=found.loss.name,
        reason=reason,
        further=tuple(sorted(further)),
    )
