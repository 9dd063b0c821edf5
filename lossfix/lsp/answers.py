"""What the server answers to: each message of an editor, with what is done about it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from lossfix.lsp import actions
from lossfix.lsp.actions import Buffer
from lossfix.lsp.folder import View
from lossfix.lsp.measuring import NotMeasured, Target, measured, target_at
from lossfix.lsp.server import Server

PAUSE = 0.25
"""Seconds without a key being typed after which an editor that does not ask is told what was found."""


def serve() -> bool:
    """Serve an editor on stdin and stdout until it is gone; whether it shut the session down before."""
    server = make()
    server.start_io()
    return server.is_shut_down


def make() -> Server:
    """A server with all that it answers to."""
    server = Server()
    server.feature(types.INITIALIZED)(_initialized)
    server.feature(types.TEXT_DOCUMENT_DID_OPEN)(_opened)
    server.feature(types.TEXT_DOCUMENT_DID_CHANGE)(_changed)
    server.feature(types.TEXT_DOCUMENT_DID_SAVE)(_saved)
    server.feature(types.TEXT_DOCUMENT_DID_CLOSE)(_closed)
    server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)(_watched)
    server.feature(
        types.TEXT_DOCUMENT_DIAGNOSTIC,
        types.DiagnosticOptions(
            inter_file_dependencies=True, workspace_diagnostics=False, identifier="lossfix"
        ),
    )(_diagnostic)
    server.feature(types.TEXT_DOCUMENT_HOVER)(_hover)
    server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(
            code_action_kinds=[types.CodeActionKind.QuickFix, actions.FIX_ALL, actions.MEASURE]
        ),
    )(_code_action)
    server.command(actions.MEASURE)(_verify)
    return server


async def _initialized(ls: Server, params: types.InitializedParams) -> None:
    workspace = ls.client_capabilities.workspace
    watched = workspace.did_change_watched_files if workspace else None
    if watched is not None and watched.dynamic_registration:
        patterns = ("**/*.py", "**/pyproject.toml", "**/lossfix.toml")
        options = types.DidChangeWatchedFilesRegistrationOptions(
            [types.FileSystemWatcher(pattern) for pattern in patterns]
        )
        method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
        registration = types.Registration("files", method, options)
        with suppress(JsonRpcException):
            await ls.client_register_capability_async(types.RegistrationParams([registration]))
            ls.is_told_of_files = True


async def _opened(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
    if not ls.asks:
        await ls.publish(params.text_document.uri)


async def _changed(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
    if not ls.asks:
        await ls.publish(params.text_document.uri, PAUSE)


async def _saved(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
    if not ls.is_told_of_files:
        ls.forget()
    await ls.refresh()


def _closed(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
    # What was typed and not saved is gone: the file counts again.
    ls.forget()
    if not ls.asks:
        ls.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri=params.text_document.uri, diagnostics=[])
        )


async def _watched(ls: Server, params: types.DidChangeWatchedFilesParams) -> None:
    held = {each.uri for each in ls.buffers()}
    if any(change.uri not in held for change in params.changes):
        ls.forget()
        await ls.refresh()


async def _diagnostic(
    ls: Server, params: types.DocumentDiagnosticParams
) -> types.RelatedFullDocumentDiagnosticReport:
    return types.RelatedFullDocumentDiagnosticReport(await ls.found(params.text_document.uri))


async def _hover(ls: Server, params: types.HoverParams) -> types.Hover | None:
    codec = ls.client.codec

    def use(view: View, buffer: Buffer, _: tuple[Buffer, ...]) -> types.Hover | None:
        findings = view.findings(buffer.document)
        return actions.pages_at(findings, params.position, buffer.document, codec)

    return await ls.look(params.text_document.uri, use, None)


async def _code_action(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
    client = ls.client

    def use(view: View, buffer: Buffer, buffers: Sequence[Buffer]) -> list[types.CodeAction]:
        held = {each.document.source.path: each for each in buffers}
        return actions.actions(view, buffer, held, params, client)

    return await ls.look(params.text_document.uri, use, [])


async def _verify(ls: Server, uri: str, position: types.Position) -> dict[str, object] | None:
    """What was measured of the loss at a position; ``None`` where nothing was."""

    def use(view: View, buffer: Buffer, _: tuple[Buffer, ...]) -> Target | str:
        try:
            return target_at(view, buffer, position)
        except NotMeasured as error:
            return str(error)

    nothing: Target | str = "the file is not open, or its folder cannot be read"
    target = await ls.look(uri, use, nothing)
    if isinstance(target, str):
        ls.say(f"lossfix: {target}", types.MessageType.Warning)
        return None
    try:
        outcome = await measured(ls, target)
    except NotMeasured as error:
        ls.say(f"lossfix: {error}", types.MessageType.Error)
        return None
    if outcome is None or outcome.verdict is None:
        return None
    verdict = outcome.verdict
    ls.say(f"{outcome.loss}: {verdict.summary}", types.MessageType.Info)
    return {
        "loss": outcome.loss,
        "ruling": verdict.ruling.value,
        "gradient": verdict.before.value,
        "summary": verdict.summary,
        "reasons": list(verdict.reasons),
        "notes": list(verdict.notes),
    }
