"""The loss under the cursor, measured as ``lossfix verify`` does, with progress shown by the editor."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass, field

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from lossfix import measure, source
from lossfix.config import Config
from lossfix.lsp import rewrites
from lossfix.lsp.actions import Buffer
from lossfix.lsp.folder import View
from lossfix.model import Outcome, Report
from lossfix.source import SourceError
from lossfix.verify import interpreter
from lossfix.verify.client import Verifier
from lossfix.verify.interpreter import InterpreterError


class NotMeasured(Exception):
    """There is nothing that could be measured; the message says why."""


@dataclass(frozen=True)
class Target:
    """A loss in a file that is saved as the editor shows it."""

    config: Config
    wish: str
    """``PATH::LOSS``."""
    name: str


@dataclass
class _Run:
    """One measurement; it can be ended while it is under way."""

    target: Target
    verifiers: list[Verifier] = field(default_factory=list)
    ended: bool = False

    def report(self) -> Report:
        return measure.verify(self.target.config, [self.target.wish], None, False, self._start)

    def end(self) -> None:
        self.ended = True
        for verifier in self.verifiers:
            verifier.close()

    def _start(self) -> Verifier:
        config, limits = self.target.config, self.target.config.verify
        found = interpreter.find(configured=limits.python or None, project=config.root)
        if self.ended:
            raise NotMeasured("it was cancelled")
        verifier = Verifier(
            found.path, timeout=limits.timeout, memory=limits.memory, seed=limits.seed
        )
        self.verifiers.append(verifier)
        return verifier


def target_at(view: View, buffer: Buffer, position: types.Position) -> Target:
    """The loss around a position.

    Raises:
        NotMeasured: there is none, or the file on the disk is another one.
    """
    loss = rewrites.loss_at(view, buffer.document, position.line + 1)
    if loss is None:
        raise NotMeasured("there is no loss under the cursor")
    path = buffer.document.path
    if not path.is_file() or not _is_saved(buffer):
        raise NotMeasured("save the file first: what is measured is the file on the disk")
    return Target(view.request.config, f"{path}::{loss.name}", loss.name)


def _is_saved(buffer: Buffer) -> bool:
    return source.read(buffer.document.path).source.text == buffer.document.source.text


async def measured(server: LanguageServer, target: Target) -> Outcome | None:
    """What was measured, with progress where the editor shows it; ``None`` where it was cancelled.

    Raises:
        NotMeasured: there is no interpreter that could.
    """
    run = _Run(target)
    work = asyncio.ensure_future(asyncio.to_thread(run.report))
    token = await _begun(server, target)
    try:
        waited: set[asyncio.Future[object]] = {work}  # type: ignore[arg-type]
        if token is not None:
            waited.add(asyncio.wrap_future(server.work_done_progress.tokens[token]))
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        return work.result().outcomes[0] if work.done() else None
    except (measure.NoSuchLoss, SourceError, InterpreterError) as error:
        raise NotMeasured(str(error)) from error
    finally:
        if not work.done():
            # Cancelled, or the editor is gone: nobody waits for what comes of it.
            work.add_done_callback(lambda future: future.cancelled() or future.exception())
        # Where the server ends, the work is cancelled, too, and goes on in its thread all the same.
        run.end()
        if token is not None:
            server.work_done_progress.end(token, types.WorkDoneProgressEnd())


async def _begun(server: LanguageServer, target: Target) -> str | None:
    window = server.client_capabilities.window
    if window is None or not window.work_done_progress:
        return None
    token = str(uuid.uuid4())
    await server.work_done_progress.create_async(token)
    begin = types.WorkDoneProgressBegin(title=f"Measuring {target.name}", cancellable=True)
    server.work_done_progress.begin(token, begin)
    return token
