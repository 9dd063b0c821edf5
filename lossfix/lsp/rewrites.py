"""What an editor may be offered: one step of the engine, all exact ones, or a comment that silences."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import replace

from lossfix import call_sites, checking, engine, layout, repairs, run, source
from lossfix.losses.code.loss import Loss, Relaxation
from lossfix.losses.codebase.places import Place
from lossfix.lsp.folder import View
from lossfix.model import Finding, Gate
from lossfix.source import Document
from lossfix.syntax.parsing import Unparsable

Texts = tuple[tuple[Document, str], ...]
"""Documents and their new texts; empty where nothing can be done."""

_FORM = "LF3"
"""Rules on the shape of the code: they alone may need edits in other files."""

_BRACKETS = re.compile(r"#\s*lossfix:\s*ignore\[[^\]]*(?=\])")


def one_step(view: View, document: Document, finding: Finding) -> Texts:
    """The engine's step that settles ``finding``, and the calls in other files that it concerns.

    A gate is smoothed as the configuration says, with the default steepness where that is left to
    measurement: nothing is measured here.
    """
    if finding.code.startswith(_FORM):
        view = view.with_callers
    text = document.source.text
    options = replace(
        run.options_for(view.request, view.files, document),
        relaxation=Relaxation(
            view.request.gate or Gate.SIGMOID, view.request.steepness or repairs.UNCALIBRATED
        ),
        skips=_all_but(finding, text),
    )
    for name in _owners(text, options, finding):
        repair = engine.repair(document.source.path, text, name, options)
        if repair.steps:
            instances = _instances(view, document, (repair.loss,), (repair.becomes,))
            return _with_callers(view, document, repair.after, instances)
    return ()


def every_exact(view: View, document: Document) -> Texts:
    """All that can be mended exactly in a document, as long as no other file has to change with it."""
    view = view.with_callers
    options = replace(
        run.options_for(view.request, view.files, document),
        exact_only=True,
        relaxation=Relaxation(Gate.KEEP),
        skips=lambda current: source.suppressions(current).cover,
    )
    try:
        texts = _mended(view, document, options)
    except Unparsable:
        return ()
    if any(other is not document for other, _ in texts):
        rules = tuple(rule for rule in options.rules if not rule.code.startswith(_FORM))
        texts = _mended(view, document, replace(options, rules=rules))
    return texts


def silenced(document: Document, finding: Finding) -> str | None:
    """The text with a comment that silences ``finding``, on the first of its lines that can bear one."""
    text = document.source.text
    lines = text.split("\n")
    for line, column in _line_ends(text, finding.span.line):
        old = lines[line - 1]
        brackets = _BRACKETS.search(old)
        if brackets:
            new = f"{old[: brackets.end()]}, {finding.code}{old[brackets.end() :]}"
        else:
            new = f"{old[:column].rstrip()}  # lossfix: ignore[{finding.code}]"
        changed = "\n".join([*lines[: line - 1], new, *lines[line:]])
        if source.suppressions(changed).cover(finding):
            return changed
        if line > finding.span.end_line:
            break
    return None


def loss_at(view: View, document: Document, line: int) -> Loss | None:
    """The innermost loss around a line, counted from 1."""
    if document.source.path not in view.files.numbers:
        return None
    options = run.options_for(view.request, view.files, document)
    try:
        losses = checking.losses_in(document.source.text, options)
    except Unparsable:
        return None
    around = [
        loss
        for loss in losses
        if loss.tree.spans[loss.outermost].line <= line <= loss.tree.spans[loss.outermost].end_line
    ]
    return max(around, key=lambda loss: loss.tree.spans[loss.outermost].line, default=None)


def _all_but(finding: Finding, text: str) -> Callable[[str], Callable[[Finding], bool]]:
    """Skips all findings but one, and all once that one is settled."""

    def wanted(each: Finding) -> bool:
        return (each.span, each.code, each.message) == (
            finding.span,
            finding.code,
            finding.message,
        )

    def skips(current: str) -> Callable[[Finding], bool]:
        return lambda each: current != text or not wanted(each)

    return skips


def _owners(text: str, options: checking.Options, finding: Finding) -> Iterator[str]:
    """The losses whose repair may settle ``finding``: a part of a loss is mended along with it."""
    names = dict.fromkeys(loss.name for loss in engine.repairable(text, options))
    if finding.loss in names:
        yield finding.loss
    else:
        yield from names


def _mended(view: View, document: Document, options: checking.Options) -> Texts:
    text = document.source.text
    becomes: dict[str, str] = {}
    for name in dict.fromkeys(loss.name for loss in engine.repairable(text, options)):
        repair = engine.repair(document.source.path, text, name, options)
        text = repair.after
        becomes[name] = repair.becomes
    if text == document.source.text:
        return ()
    instances = _instances(view, document, tuple(becomes), tuple(becomes.values()))
    return _with_callers(view, document, text, instances)


def _instances(
    view: View, document: Document, before: tuple[str, ...], after: tuple[str, ...]
) -> frozenset[Place]:
    """The functions of a document that became instances of a class."""
    number = view.files.numbers[document.source.path]
    return frozenset(
        Place(number, old)
        for old, new in zip(before, after, strict=True)
        if old != new and "." not in old
    )


def _with_callers(view: View, document: Document, text: str, instances: frozenset[Place]) -> Texts:
    """The new text in the project's format, and that of each file that calls what is an instance now."""
    if not instances:
        return ((document, _laid_out(document, text)),)
    changed: list[tuple[Document, str]] = []
    for number, other in enumerate(view.files.documents):
        own = other.source.path == document.source.path
        old = text if own else other.source.text
        new = call_sites.rewritten(old, number, view.files.modules, instances)
        if own:
            changed.insert(0, (document, _laid_out(document, new)))
        elif new != old:
            if other.source.cells:
                # Cells of a notebook are not the editor's text: the command line edits them.
                return ()
            changed.append((other, _laid_out(other, new)))
    return tuple(changed)


def _laid_out(document: Document, text: str) -> str:
    return layout.layout(document.source.text, text, layout.style_for(document.path))


def _line_ends(text: str, first: int) -> Iterator[tuple[int, int]]:
    """From line ``first`` on, where a line ends that is in no string and does not go on."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type in (tokenize.NEWLINE, tokenize.NL) and token.start[0] >= first:
                yield token.start
    except (tokenize.TokenError, SyntaxError):
        return
