"""The server: what the editor says becomes views of folders, and what they show goes back to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path
from pygls.workspace import TextDocument

from lossfix import __version__, source
from lossfix.config import ConfigError
from lossfix.lsp import actions
from lossfix.lsp.actions import Buffer, Client
from lossfix.lsp.folder import Folder, View
from lossfix.lsp.protocol import Protocol
from lossfix.source import SourceError
from lossfix.syntax.remembered import one_file

Answer = TypeVar("Answer")


class Server(LanguageServer):
    """What is known of the editor's folders; one thread looks at them, in the order that it is asked."""

    def __init__(self) -> None:
        # Whole texts: a form feed ends a line for pygls, and for neither Python nor the protocol.
        super().__init__(
            "lossfix",
            __version__,
            text_document_sync_kind=types.TextDocumentSyncKind.Full,
            protocol_cls=Protocol,
        )
        self.folders: dict[Path, Folder] = {}
        self.is_told_of_files = False
        """Whether the editor says which files changed; else all are looked at again after a save."""
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="lossfix")
        self._told: set[str] = set()

    def buffers(self) -> tuple[Buffer, ...]:
        """The Python files that the editor holds, as they are now."""
        texts = sorted(self.workspace.text_documents.values(), key=lambda each: each.uri)
        return tuple(_buffer(each) for each in texts if _is_python(each))

    def buffer(self, uri: str) -> Buffer | None:
        """One of them."""
        return next((each for each in self.buffers() if each.uri == uri), None)

    @property
    def is_shut_down(self) -> bool:
        """Whether the editor said that the session is over."""
        return isinstance(self.protocol, Protocol) and self.protocol.ended

    @property
    def client(self) -> Client:
        """What the editor understands."""
        workspace = self.client_capabilities.workspace
        edit = workspace.workspace_edit if workspace else None
        return Client(
            self.workspace.position_codec, bool(edit is not None and edit.document_changes)
        )

    @property
    def asks(self) -> bool:
        """Whether the editor asks for diagnostics; else they are sent to it."""
        document = self.client_capabilities.text_document
        return document is not None and document.diagnostic is not None

    async def look(
        self, uri: str, use: Callable[[View, Buffer, tuple[Buffer, ...]], Answer], nothing: Answer
    ) -> Answer:
        """``use`` of a document in its folder, or ``nothing`` where it cannot be looked at."""
        buffer, buffers = self.buffer(uri), self.buffers()
        if buffer is None:
            return nothing
        folder = self._folder(buffer.document.path)
        mates = tuple(each for each in buffers if self._folder(each.document.path) is folder)

        def work() -> Answer:
            view = folder.view([each.document for each in mates])
            with one_file():
                return use(view, buffer, mates)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._worker, work)
        except (ConfigError, SourceError) as error:
            self._tell_once(str(error))
            return nothing

    def forget(self) -> None:
        """Look at everything again: files or configurations changed."""
        self._told.clear()
        for folder in self.folders.values():
            folder.forget()

    def _folder(self, path: Path) -> Folder:
        """The innermost folder of the workspace around a file, or the file's own folder alone."""
        uris = [each.uri for each in self.workspace.folders.values()]
        if not uris and self.workspace.root_uri is not None:
            uris = [self.workspace.root_uri]
        roots = [Path(root) for uri in uris if (root := to_fs_path(uri)) is not None]
        around = [root for root in roots if path.is_relative_to(root)]
        nearest = max(around, key=lambda each: len(each.parts), default=path.parent)
        if nearest not in self.folders:
            self.folders[nearest] = Folder(nearest, alone=not around)
        return self.folders[nearest]

    def _tell_once(self, message: str) -> None:
        if message not in self._told:
            self._told.add(message)
            self.say(f"lossfix: {message}", types.MessageType.Error)

    def say(self, message: str, kind: types.MessageType) -> None:
        """Show a message to the person at the editor."""
        self.window_show_message(types.ShowMessageParams(kind, message))

    async def found(self, uri: str) -> list[types.Diagnostic]:
        """The diagnostics of a document as it is now."""
        codec = self.client.codec

        def use(view: View, buffer: Buffer, _: tuple[Buffer, ...]) -> list[types.Diagnostic]:
            return actions.diagnostics(view.findings(buffer.document), buffer.document, codec)

        return await self.look(uri, use, [])

    async def publish(self, uri: str, pause: float = 0.0) -> None:
        """Send the diagnostics of a document, unless it changes within ``pause`` seconds or meanwhile."""
        version = self._version(uri)
        await asyncio.sleep(pause)
        if self._version(uri) != version or version is None:
            return
        found = await self.found(uri)
        if self._version(uri) == version:
            self.text_document_publish_diagnostics(
                types.PublishDiagnosticsParams(uri=uri, diagnostics=found, version=version)
            )

    async def refresh(self) -> None:
        """Have all open documents looked at again."""
        workspace = self.client_capabilities.workspace
        if not self.asks:
            for buffer in self.buffers():
                await self.publish(buffer.uri)
        elif workspace and workspace.diagnostics and workspace.diagnostics.refresh_support:
            await self.workspace_diagnostic_refresh_async(None)

    def _version(self, uri: str) -> int | None:
        # The keys of pygls are spelled otherwise where a name has a space or a colon.
        held = self.workspace.text_documents.values()
        return next((each.version or 0 for each in held if each.uri == uri), None)


def _is_python(document: TextDocument) -> bool:
    scheme = document.uri.partition(":")[0]
    return scheme in ("file", "untitled") and (
        document.language_id == "python" or document.uri.endswith(".py")
    )


def _buffer(document: TextDocument) -> Buffer:
    path = to_fs_path(document.uri)
    name = path or f"{unquote(document.uri.partition(':')[2])}.py"
    read = source.from_buffer(Path(name), document.source)
    return Buffer(document.uri, document.version, actions.newline_of(read.data), read)
