"""Findings and rewrites as the protocol has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lsprotocol import types
from pygls.workspace import PositionCodec

from lossfix.lsp import rewrites
from lossfix.lsp.folder import View
from lossfix.lsp.rewrites import Texts
from lossfix.lsp.spans import range_of, text_edits
from lossfix.model import Finding, Safety, Severity
from lossfix.pages import markdown
from lossfix.rules import rule_called
from lossfix.source import Document

FIX_ALL = "source.fixAll.lossfix"
MEASURE = "lossfix.verify"
"""The command that measures a loss, and the kind of the action that offers it: a kind of our own, so
that no setting has it run on save."""

_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFO: types.DiagnosticSeverity.Information,
}


@dataclass(frozen=True)
class Buffer:
    """A document as the editor holds it."""

    uri: str
    version: int | None
    newline: str
    document: Document


@dataclass(frozen=True)
class Client:
    """What the editor at the other end understands."""

    codec: PositionCodec
    versioned: bool
    """Whether it takes edits for a version of a document."""


def diagnostics(
    findings: Sequence[Finding], document: Document, codec: PositionCodec
) -> list[types.Diagnostic]:
    """Each finding at its place, in the client's units."""
    lines = document.source.text.split("\n")
    return [_diagnostic(finding, lines, codec) for finding in findings]


def _diagnostic(finding: Finding, lines: Sequence[str], codec: PositionCodec) -> types.Diagnostic:
    reason = f" ({finding.reason})" if finding.reason else ""
    return types.Diagnostic(
        range=range_of(finding.span, lines, codec),
        message=f"{finding.message}{reason}",
        severity=_SEVERITIES[finding.severity],
        code=finding.code,
        source="lossfix",
    )


def pages_at(
    findings: Sequence[Finding], position: types.Position, document: Document, codec: PositionCodec
) -> types.Hover | None:
    """The pages of the rules that found something at a place."""
    lines = document.source.text.split("\n")
    here = [each for each in findings if _touches(range_of(each.span, lines, codec), position)]
    rules = {each.code: rule_called(each.code) for each in here}
    pages = [markdown(rule) for rule in rules.values() if rule is not None]
    if not pages:
        return None
    return types.Hover(
        types.MarkupContent(types.MarkupKind.Markdown, "\n---\n\n".join(pages)),
        range_of(here[0].span, lines, codec),
    )


def actions(
    view: View,
    buffer: Buffer,
    buffers: Mapping[str, Buffer],
    params: types.CodeActionParams,
    client: Client,
) -> list[types.CodeAction]:
    """What can be done about the findings in a range, the safest first.

    Args:
        buffers: what the editor holds, by the documents' paths.
    """
    only = params.context.only
    document = buffer.document
    lines = document.source.text.split("\n")
    findings = view.findings(document)
    found: list[types.CodeAction] = []
    if _is_asked_for(types.CodeActionKind.QuickFix.value, only):
        here = [
            finding
            for finding in findings
            if _share_a_line(range_of(finding.span, lines, client.codec), params.range)
        ]
        fixes = [_quick_fix(view, buffer, buffers, each, client) for each in here]
        found += [fix for fix in fixes if fix is not None]
        found.sort(key=lambda action: not action.is_preferred)
        found += _silencing(buffer, here, client)
    invoked = params.context.trigger_kind is not types.CodeActionTriggerKind.Automatic
    if _is_asked_for(FIX_ALL, only) and (only or invoked):
        found += _fix_all(view, buffer, buffers, findings, client)
    if _is_asked_for(MEASURE, only) and (only or invoked):
        found += _measure(view, buffer, params.range.start)
    return found


def _is_asked_for(kind: str, only: Sequence[types.CodeActionKind | str] | None) -> bool:
    if not only:
        return True
    wanted = [each.value if isinstance(each, types.CodeActionKind) else each for each in only]
    return any(not each or kind == each or kind.startswith(f"{each}.") for each in wanted)


def _quick_fix(
    view: View,
    buffer: Buffer,
    buffers: Mapping[str, Buffer],
    finding: Finding,
    client: Client,
) -> types.CodeAction | None:
    if finding.safety is Safety.MANUAL:
        return None
    texts = rewrites.one_step(view, buffer.document, finding)
    if not texts:
        return None
    exact = finding.safety is Safety.EXACT
    lines = buffer.document.source.text.split("\n")
    name = f"{finding.code} {finding.rule}"
    return types.CodeAction(
        title=f"Fix {name} exactly" if exact else f"Smooth {name} (changes values, not measured)",
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[_diagnostic(finding, lines, client.codec)],
        is_preferred=exact,
        edit=_workspace_edit(texts, buffer, buffers, client),
    )


def _silencing(
    buffer: Buffer, findings: Sequence[Finding], client: Client
) -> Iterator[types.CodeAction]:
    lines = buffer.document.source.text.split("\n")
    for finding in {each.code: each for each in findings if each.loss}.values():
        text = rewrites.silenced(buffer.document, finding)
        if text is not None:
            yield types.CodeAction(
                title=f"Ignore {finding.code} {finding.rule} on this line",
                kind=types.CodeActionKind.QuickFix,
                diagnostics=[_diagnostic(finding, lines, client.codec)],
                is_preferred=False,
                edit=_workspace_edit(((buffer.document, text),), buffer, {}, client),
            )


def _fix_all(
    view: View,
    buffer: Buffer,
    buffers: Mapping[str, Buffer],
    findings: Sequence[Finding],
    client: Client,
) -> Iterator[types.CodeAction]:
    if any(each.safety is Safety.EXACT for each in findings):
        texts = rewrites.every_exact(view, buffer.document)
        if texts:
            yield types.CodeAction(
                title="Fix all that lossfix can fix exactly",
                kind=FIX_ALL,
                edit=_workspace_edit(texts, buffer, buffers, client),
            )


def _measure(view: View, buffer: Buffer, place: types.Position) -> Iterator[types.CodeAction]:
    loss = rewrites.loss_at(view, buffer.document, place.line + 1)
    if loss is not None:
        title = f"Measure {loss.name} (runs its code, isolated)"
        position = {"line": place.line, "character": place.character}
        command = types.Command(title, command=MEASURE, arguments=[buffer.uri, position])
        yield types.CodeAction(title=title, kind=MEASURE, command=command)


def _workspace_edit(
    texts: Texts, buffer: Buffer, buffers: Mapping[str, Buffer], client: Client
) -> types.WorkspaceEdit:
    changes = []
    for document, text in texts:
        held = buffer if document is buffer.document else buffers.get(document.source.path)
        uri = held.uri if held is not None else document.path.absolute().as_uri()
        newline = held.newline if held is not None else newline_of(document.data)
        edits = text_edits(document.source.text, text, newline, client.codec)
        changes.append((uri, held.version if held is not None else None, edits))
    if not client.versioned:
        return types.WorkspaceEdit(changes={uri: list(edits) for uri, _, edits in changes})
    return types.WorkspaceEdit(
        document_changes=[
            types.TextDocumentEdit(
                types.OptionalVersionedTextDocumentIdentifier(uri=uri, version=version), edits
            )
            for uri, version, edits in changes
        ]
    )


def newline_of(data: bytes) -> str:
    """The line end of what is inserted into a text that has these bytes."""
    return "\r\n" if b"\r\n" in data else "\n"


def _share_a_line(one: types.Range, other: types.Range) -> bool:
    # The cursor may stand anywhere on the line.
    return one.start.line <= other.end.line and other.start.line <= one.end.line


def _touches(place: types.Range, position: types.Position) -> bool:
    return place.start <= position <= place.end
