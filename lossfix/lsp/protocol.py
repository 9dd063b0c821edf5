"""The session as the protocol has it: who is answered when, and every request is answered."""

from __future__ import annotations

from enum import Enum, auto
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.protocol import LanguageServerProtocol


class _Session(Enum):
    """How far a session is."""

    NEW = auto()
    OPEN = auto()
    ENDED = auto()


class Protocol(LanguageServerProtocol):
    """Refuses what comes too early, too late, or is no message; pygls answers none of these as it should.

    https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#lifeCycleMessages
    """

    _session = _Session.NEW

    @property
    def ended(self) -> bool:
        """Whether the editor said that the session is over."""
        return self._session is _Session.ENDED

    def structure_message(self, data: dict[str, Any]) -> Any:
        """The message that ``data`` stands for; of a request that stands for none the editor hears so."""
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "method" not in data or "id" not in data:
                raise
            return error.to_response_error(), data["id"]

    def handle_message(self, message: Any) -> None:
        """Hand a message on to whom it concerns, if this is the time for it."""
        match message:
            case (types.ResponseError() as error, number):
                self._send_response(number, error=error)
                return
            case dict() | list() | None | str() | int() | float():
                self._refuse(
                    None, types.ErrorCodes.InvalidRequest, "this is no message of JSON-RPC"
                )
                return
        method, number = getattr(message, "method", ""), getattr(message, "id", None)
        refusal = self._refusal(method)
        if refusal is None:
            if method == types.INITIALIZE:
                self._session = _Session.OPEN
            elif method == types.SHUTDOWN:
                self._session = _Session.ENDED
                # A request that is given up leaves the list, which pygls walks while it does so.
                for future in [*self._request_futures.values()]:
                    future.cancel()
            super().handle_message(message)
        elif number is not None and method:
            self._refuse(number, *refusal)

    def _refusal(self, method: str) -> tuple[types.ErrorCodes, str] | None:
        """Why this is not the time for a message; a notification is dropped then."""
        if method == types.EXIT:
            return None
        match self._session:
            case _Session.NEW if method != types.INITIALIZE:
                return types.ErrorCodes.ServerNotInitialized, "initialize comes first"
            case _Session.OPEN if method == types.INITIALIZE:
                return types.ErrorCodes.InvalidRequest, "the session is initialized already"
            case _Session.ENDED:
                return types.ErrorCodes.InvalidRequest, "the session has been shut down"
        return None

    def _refuse(self, number: Any, code: types.ErrorCodes, said: str) -> None:
        self._send_response(number, error=types.ResponseError(code=code.value, message=said))
