"""A session with the language server, message by message: what comes too early, too late, or is none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest
from program import ROOT

NOT_INITIALIZED, INVALID_REQUEST, INVALID_PARAMS = -32002, -32600, -32602
INITIALIZE = {"processId": None, "rootUri": None, "capabilities": {}}
PLACE = {"textDocument": {"uri": "file:///losses.py"}, "position": {"line": 0, "character": 0}}
EXIT = {"method": "exit"}


def session(*messages: dict[str, Any] | Sequence[object]) -> tuple[int, list[dict[str, Any]]]:
    """The exit code, and what was answered, when an editor sends these and is gone."""
    sent = b""
    for message in messages:
        whole = {"jsonrpc": "2.0", **message} if isinstance(message, dict) else message
        body = json.dumps(whole).encode()
        sent += b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    done = subprocess.run(
        (sys.executable, "-m", "lossfix", "lsp"),
        input=sent,
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=120,
    )
    answers, rest = [], done.stdout
    while rest:
        head, _, rest = rest.partition(b"\r\n\r\n")
        length = int(head.partition(b"Content-Length: ")[2].split()[0])
        answers.append(json.loads(rest[:length]))
        rest = rest[length:]
    return done.returncode, [each for each in answers if "method" not in each]


def request(number: int, method: str, params: object = None) -> dict[str, Any]:
    return {"id": number, "method": method, "params": params}


def test_every_request_is_answered_in_its_time() -> None:
    code, answers = session(
        request(1, "textDocument/hover", PLACE),
        request(2, "shutdown"),
        {"method": "textDocument/didOpen", "params": {}},
        request(3, "initialize", INITIALIZE),
        request(4, "initialize", INITIALIZE),
        request(5, "textDocument/hover", {"nothing": True}),
        request(6, "textDocument/hover", 7),
        [],
        request(8, "shutdown"),
        request(9, "textDocument/hover", PLACE),
        EXIT,
    )
    assert code == 0
    assert {each.get("id"): each.get("error", {}).get("code") for each in answers} == {
        1: NOT_INITIALIZED,
        2: NOT_INITIALIZED,
        3: None,
        4: INVALID_REQUEST,
        5: INVALID_PARAMS,
        6: INVALID_PARAMS,
        None: INVALID_REQUEST,
        8: None,
        9: INVALID_REQUEST,
    }


@pytest.mark.parametrize("last", [(EXIT,), ()], ids=["exit", "gone"])
def test_an_editor_that_is_gone_without_a_word_ends_the_server(
    last: Sequence[dict[str, Any]],
) -> None:
    code, answers = session(request(1, "initialize", INITIALIZE), *last)
    assert (code, [each["id"] for each in answers]) == (1, [1])
