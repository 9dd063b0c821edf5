"""A session with the language server, message by message: what comes too early, too late, or is none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from program import ROOT

NOT_INITIALIZED, INVALID_REQUEST, INVALID_PARAMS = -32002, -32600, -32602
INITIALIZE = {"processId": None, "rootUri": None, "capabilities": {}}
PLACE = {"textDocument": {"uri": "file:///losses.py"}, "position": {"line": 0, "character": 0}}
EXIT = {"method": "exit"}


def framed(message: dict[str, Any] | Sequence[object]) -> bytes:
    whole = {"jsonrpc": "2.0", **message} if isinstance(message, dict) else message
    body = json.dumps(whole).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def session(*messages: dict[str, Any] | Sequence[object]) -> tuple[int, list[dict[str, Any]]]:
    """The exit code, and what was answered, when an editor sends these and is gone."""
    done = subprocess.run(
        (sys.executable, "-m", "lossfix", "lsp"),
        input=b"".join(map(framed, messages)),
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


@pytest.mark.skipif(sys.platform != "linux", reason="asks ps for the children of the server")
@pytest.mark.parametrize("last", [(request(3, "shutdown"), EXIT), ()], ids=["shutdown", "gone"])
def test_no_measurement_outlives_the_session(
    tmp_path: Path, last: Sequence[dict[str, Any]]
) -> None:
    losses = tmp_path / "losses.py"
    text = (
        "import time\nimport tensorflow as tf\n\ndef my_loss(y_true, y_pred):\n    time.sleep(600)\n"
        "    return tf.abs(y_true - y_pred)\n\nmodel.compile(loss=my_loss)\n"
    )
    losses.write_text(text)
    (tmp_path / "lossfix.toml").write_text("[verify]\ntimeout = 600\n")
    uri = losses.as_uri()
    document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
    place = {"line": 4, "character": 0}
    server = subprocess.Popen(
        (sys.executable, "-m", "lossfix", "lsp"),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert server.stdin is not None
    with server, server.stdin:
        for message in (
            request(1, "initialize", {**INITIALIZE, "rootUri": tmp_path.as_uri()}),
            {"method": "textDocument/didOpen", "params": {"textDocument": document}},
            request(
                2,
                "workspace/executeCommand",
                {"command": "lossfix.verify", "arguments": [uri, place]},
            ),
        ):
            server.stdin.write(framed(message))
        server.stdin.flush()
        while not (workers := children(server.pid)):
            assert server.poll() is None
            time.sleep(0.2)
        for message in last:
            server.stdin.write(framed(message))
        server.stdin.close()
        try:
            assert server.wait(60) == (0 if last else 1)
        finally:
            server.kill()
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)


def children(process: int) -> list[str]:
    told = subprocess.run(("ps", "-o", "pid=", "--ppid", str(process)), capture_output=True)
    return told.stdout.decode().split()
