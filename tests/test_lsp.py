"""The language server through a real client on stdin and stdout, as two editors."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types
from program import ROOT, lossfix
from pytest_lsp import (
    ClientServerConfig,
    LanguageClient,
    client_capabilities,
    make_test_lsp_client,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

CODE = "visual-studio-code"
"""Is sent diagnostics, counts in UTF-16, and takes edits for a version of a document."""
NEOVIM = "neovim@v0.11.0"
"""Asks for diagnostics, offers UTF-8 first, and takes edits without a version."""

BROKEN = """\
import tensorflow as tf


def {name}(y_true, y_pred):
    error = y_true.numpy() - y_pred.numpy()
    weight = tf.where(y_pred > 0.5, 2.0, 1.0)
    return tf.reduce_mean(weight * tf.square(error), axis=-1)


model.compile(optimizer="adam", loss={name})
"""


def editor() -> LanguageClient:
    """A client that lets the server say which files it wants to hear of."""
    client = make_test_lsp_client()

    @client.feature(types.CLIENT_REGISTER_CAPABILITY)
    def register(params: types.RegistrationParams) -> None:
        assert [each.method for each in params.registrations] == [
            types.WORKSPACE_DID_CHANGE_WATCHED_FILES
        ]

    return client


SERVER = ClientServerConfig(
    client_factory=editor,
    server_command=[sys.executable, "-m", "lossfix", "lsp"],
    server_env={**os.environ, "PYTHONPATH": str(ROOT)},
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace that the editors open: each test has files of its own in it."""
    folder = tmp_path_factory.mktemp("workspace")
    (folder / "pyproject.toml").write_text(
        '[tool.lossfix]\nextend-exclude = ["left_out.py"]\n'
        '[tool.lossfix.per-file-ignores]\n"quiet.py" = ["LF1"]\n'
    )
    (folder / "named_elsewhere.py").write_text(
        "import tensorflow as tf\n\n\n"
        "def distance(one, other):\n    return tf.abs(one.numpy() - other)\n"
    )
    (folder / "caller.py").write_text(
        "from rewritten import moved\n\n\ndef shown(a, b):\n    return moved(a, b)\n"
    )
    return folder


async def in_editor(client: LanguageClient, folder: Path, editor: str) -> None:
    await client.initialize_session(
        types.InitializeParams(
            capabilities=client_capabilities(editor),
            workspace_folders=[types.WorkspaceFolder(folder.as_uri(), folder.name)],
            root_uri=folder.as_uri(),
        )
    )


@pytest_lsp.fixture(config=SERVER, scope="module", params=[CODE, NEOVIM])
async def client(
    client: LanguageClient, request: pytest.FixtureRequest, folder: Path
) -> AsyncIterator[None]:
    """Each of the two editors in turn."""
    await in_editor(client, folder, request.param)
    yield
    await client.shutdown_session()


@pytest_lsp.fixture(config=SERVER, scope="module")
async def code(client: LanguageClient, folder: Path) -> AsyncIterator[None]:
    """Visual Studio Code."""
    await in_editor(client, folder, CODE)
    yield
    await client.shutdown_session()


ALL = {"LF1", "LF2", "LF3"}


class Opened:
    """A file in an editor."""

    def __init__(self, client: LanguageClient, path: Path, text: str) -> None:
        self.client, self.path, self.uri = client, path, path.as_uri()
        self.version, self.text = 1, text
        client.diagnostics.pop(self.uri, None)
        item = types.TextDocumentItem(self.uri, "python", self.version, text)
        client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    @property
    def identifier(self) -> types.TextDocumentIdentifier:
        return types.TextDocumentIdentifier(self.uri)

    async def becomes(self, text: str) -> list[str]:
        """Replace the text; the codes of what is found then."""
        self.version += 1
        self.text = text
        self.client.diagnostics.pop(self.uri, None)
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self.version, self.uri),
                [types.TextDocumentContentChangeWholeDocument(text)],
            )
        )
        return await self.codes()

    async def diagnostics(self) -> list[types.Diagnostic]:
        """As this editor comes by them."""
        capabilities = self.client.capabilities
        assert capabilities
        assert capabilities.text_document
        if capabilities.text_document.diagnostic is not None:
            report = await self.client.text_document_diagnostic_async(
                types.DocumentDiagnosticParams(self.identifier)
            )
            assert isinstance(report, types.RelatedFullDocumentDiagnosticReport)
            return list(report.items)
        for _ in range(400):
            if self.uri in self.client.diagnostics:
                return list(self.client.diagnostics[self.uri])
            await asyncio.sleep(0.05)
        raise AssertionError("no diagnostics were sent")

    async def codes(self) -> list[str]:
        return [str(each.code) for each in await self.diagnostics()]

    async def actions(self, *only: str, line: int | None = None) -> list[types.CodeAction]:
        """What is offered for a line, or for the whole text."""
        start, end = (0, self.text.count("\n")) if line is None else (line, line)
        found = await self.client.text_document_code_action_async(
            types.CodeActionParams(
                self.identifier,
                types.Range(types.Position(start, 0), types.Position(end, 0)),
                types.CodeActionContext([], only=list(only) or None),
            )
        )
        return [each for each in found or () if isinstance(each, types.CodeAction)]

    def edits(self, action: types.CodeAction) -> dict[str, list[types.TextEdit]]:
        """The edits of an action by document; those for a version are for the one that is open."""
        assert action.edit
        if action.edit.changes is not None:
            return {uri: list(edits) for uri, edits in action.edit.changes.items()}
        found = {}
        for change in action.edit.document_changes or ():
            assert isinstance(change, types.TextDocumentEdit)
            opened = change.text_document.uri == self.uri
            assert change.text_document.version == (self.version if opened else None)
            found[change.text_document.uri] = list(change.edits)
        return found

    def after(self, action: types.CodeAction) -> str:
        return applied(self.text, self.edits(action)[self.uri])


def applied(text: str, edits: list[types.TextEdit]) -> str:
    lines = re.split(r"(?<=\n)", text)
    starts = [sum(map(len, lines[:n])) for n in range(len(lines) + 1)]
    for edit in sorted(edits, key=lambda each: each.range.start, reverse=True):
        start, end = (
            starts[place.line] + place.character for place in (edit.range.start, edit.range.end)
        )
        text = text[:start] + edit.new_text + text[end:]
    return text


def fix_of(actions: list[types.CodeAction], code: str) -> types.CodeAction:
    return next(
        each
        for each in actions
        if re.match(rf"(Fix|Smooth) {code}\b", each.title) and each.kind == "quickfix"
    )


async def test_the_editor_shows_what_check_finds(client: LanguageClient, folder: Path) -> None:
    text = BROKEN.format(name="my_loss")
    path = folder / "the same é.py"
    path.write_text(text)
    try:
        found = await Opened(client, path, text).diagnostics()
        told = json.loads(lossfix("check", path.name, "--output-format", "json", at=folder).out)
    finally:
        path.unlink()
    assert {each.source for each in found} == {"lossfix"}
    assert [
        (each.code, each.range.start.line + 1, each.range.start.character + 1) for each in found
    ] == [
        (each["code"], each["location"]["row"], each["location"]["column"])
        for each in told["findings"]
    ]
    assert len(found) >= 3


async def test_half_typed_code_is_one_finding_and_the_server_lives_on(
    client: LanguageClient, folder: Path
) -> None:
    text = BROKEN.format(name="my_loss")
    opened = Opened(client, folder / "typed.py", text)
    before = await opened.codes()
    for half in (text.replace("):", ":", 1), f"{text}    (", f"{text}'''", f"{text}\0"):
        assert await opened.becomes(half) == ["LF000"]
        await opened.actions()
    assert await opened.becomes(text) == before


async def test_every_finding_that_can_be_mended_has_a_quick_fix_that_mends_it(
    client: LanguageClient, folder: Path
) -> None:
    opened = Opened(client, folder / "fixed.py", BROKEN.format(name="my_loss"))
    codes = await opened.codes()
    assert {"LF101", "LF201", "LF301"} <= set(codes)
    text = opened.text
    for code in sorted(set(codes)):
        await opened.becomes(text)
        action = fix_of(await opened.actions("quickfix"), code)
        left = await opened.becomes(opened.after(action))
        assert "LF000" not in left
        assert left.count(code) == codes.count(code) - 1


async def test_a_fix_edits_nothing_but_what_changes(client: LanguageClient, folder: Path) -> None:
    text = BROKEN.format(name="my_loss").replace("\n", "\r\n")
    opened = Opened(client, folder / "windows.py", text)
    action = fix_of(await opened.actions("quickfix", line=4), "LF101")
    edits = opened.edits(action)[opened.uri]
    assert {line for each in edits for line in (each.range.start.line, each.range.end.line)} == {4}
    assert opened.after(action) == text.replace("y_true.numpy()", "y_true")


async def test_smoothing_is_never_preferred_and_never_part_of_fixing_all(
    client: LanguageClient, folder: Path
) -> None:
    opened = Opened(client, folder / "gated.py", BROKEN.format(name="my_loss"))
    actions = await opened.actions()
    smoothing = fix_of(actions, "LF201")
    assert "not measured" in smoothing.title
    assert not smoothing.is_preferred
    assert fix_of(actions, "LF101").is_preferred
    (everything,) = await opened.actions("source.fixAll")
    assert everything.kind == "source.fixAll.lossfix"
    assert "tf.where(y_pred > " in opened.after(everything)


async def test_fixing_all_is_what_the_program_does_with_exact_only(
    client: LanguageClient, folder: Path
) -> None:
    text = BROKEN.format(name="my_loss")
    arguments = ("fix", "-", "--stdin-filename", "alone.py", "--no-verify", "--exact-only")
    expected = lossfix(*arguments, at=folder, stdin=text.encode()).text
    opened = Opened(client, folder / "alone.py", text)
    (everything,) = await opened.actions("source.fixAll.lossfix")
    assert opened.after(everything) == expected
    await opened.becomes(expected)
    assert await opened.actions("source.fixAll") == []


async def test_a_finding_can_be_ignored_on_its_line(client: LanguageClient, folder: Path) -> None:
    text = BROKEN.format(name="my_loss")
    opened = Opened(client, folder / "ignored.py", text)
    action = next(each for each in await opened.actions(line=5) if "Ignore LF201" in each.title)
    assert not action.is_preferred
    left = await opened.becomes(opened.after(action))
    assert opened.text.splitlines()[5].endswith("1.0)  # lossfix: ignore[LF201]")
    assert "LF201" not in left
    assert "LF101" in left


async def test_hovering_over_a_finding_shows_the_page_of_its_rule(
    client: LanguageClient, folder: Path
) -> None:
    opened = Opened(client, folder / "hovered.py", BROKEN.format(name="my_loss"))
    place = next(each.range for each in await opened.diagnostics() if each.code == "LF201")
    hover = await client.text_document_hover_async(
        types.HoverParams(opened.identifier, place.start)
    )
    assert hover
    assert isinstance(hover.contents, types.MarkupContent)
    assert lossfix("explain", "LF201", at=folder).text.strip() in hover.contents.value
    nowhere = types.HoverParams(opened.identifier, types.Position(1, 0))
    assert await client.text_document_hover_async(nowhere) is None


async def test_columns_are_counted_as_the_editor_counts(
    client: LanguageClient, folder: Path
) -> None:
    text = BROKEN.format(name="my_loss").replace("    weight = ", "    _, weight = '𝟚é', ", 1)
    opened = Opened(client, folder / "counted.py", text)
    place = next(each.range for each in await opened.diagnostics() if each.code == "LF201")
    line = text.splitlines()[place.start.line]
    assert client.capabilities
    utf8 = client.capabilities.general and client.capabilities.general.position_encodings
    encoding, unit = ("utf-8", 1) if utf8 else ("utf-16-le", 2)
    data = line.encode(encoding)
    found = data[place.start.character * unit : place.end.character * unit].decode(encoding)
    assert found.startswith(("tf.where", "y_pred > 0.5"))
    assert "é" not in found


async def test_what_other_files_do_with_a_function_makes_it_a_loss(
    client: LanguageClient, folder: Path
) -> None:
    path = folder / "named_elsewhere.py"
    opened = Opened(client, path, path.read_text())
    assert await opened.codes() == []
    # Not on the disk: the editor's own text counts.
    Opened(
        client,
        folder / "unsaved.py",
        "from named_elsewhere import distance\n\nmodel.compile(loss=distance)\n",
    )
    assert "LF101" in await opened.becomes(f"{path.read_text()}\n")
    closing = types.TextDocumentIdentifier((folder / "unsaved.py").as_uri())
    client.text_document_did_close(types.DidCloseTextDocumentParams(closing))
    assert await opened.becomes(path.read_text()) == []


async def test_calls_in_other_files_follow_a_function_that_becomes_a_class(
    client: LanguageClient, folder: Path
) -> None:
    text = BROKEN.format(name="moved")
    path = folder / "rewritten.py"
    path.write_text(text)
    try:
        opened = Opened(client, path, text)
        # So that the folder is looked at again.
        client.workspace_did_change_watched_files(
            types.DidChangeWatchedFilesParams(
                [types.FileEvent((folder / "caller.py").as_uri(), types.FileChangeType.Changed)]
            )
        )
        edits = opened.edits(fix_of(await opened.actions("quickfix"), "LF301"))
        caller = folder / "caller.py"
        assert "return moved.call(a, b)" in applied(caller.read_text(), edits[caller.as_uri()])
        # On save only the file that is saved may change.
        (everything,) = await opened.actions("source.fixAll")
        assert set(opened.edits(everything)) == {opened.uri}
        assert ".numpy()" not in opened.after(everything)
        assert "class Moved" not in opened.after(everything)
    finally:
        path.unlink()


async def test_the_configuration_of_the_project_counts(
    client: LanguageClient, folder: Path
) -> None:
    text = BROKEN.format(name="my_loss")
    quiet = await Opened(client, folder / "quiet.py", text).codes()
    assert "LF201" in quiet
    assert not any(code.startswith("LF1") for code in quiet)
    (folder / "left_out.py").write_text(text)
    assert await Opened(client, folder / "left_out.py", text).codes() == []


async def test_each_folder_of_a_workspace_has_its_own_configuration_and_it_may_change(
    client: LanguageClient, folder: Path, tmp_path: Path
) -> None:
    text = BROKEN.format(name="my_loss")
    below, beside = tmp_path / "outer" / "below", tmp_path / "beside"
    for root, ignored in ((below, "LF1"), (beside, "LF2")):
        root.mkdir(parents=True)
        (root / "lossfix.toml").write_text(f'ignore = ["{ignored}"]\n')
        (root / "losses.py").write_text(text)
    folders = [types.WorkspaceFolder(each.as_uri(), each.name) for each in (below, beside)]
    client.workspace_did_change_workspace_folders(
        types.DidChangeWorkspaceFoldersParams(types.WorkspaceFoldersChangeEvent(folders, []))
    )
    inner = Opened(client, below / "losses.py", text)
    outer = Opened(client, beside / "losses.py", text)
    assert {code[:3] for code in await inner.codes()} == {"LF2", "LF3"}
    assert {code[:3] for code in await outer.codes()} == {"LF1", "LF3"}
    for setting, expected in (('["LF3"]', {"LF1", "LF2"}), ('["LF3"', set()), ("[]", ALL)):
        toml = below / "lossfix.toml"
        toml.write_text(f"ignore = {setting}\n")
        changed = types.FileEvent(toml.as_uri(), types.FileChangeType.Changed)
        client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([changed]))
        client.text_document_did_save(types.DidSaveTextDocumentParams(inner.identifier))
        # The editor is told to ask again: an answer may have been under way.
        for _ in range(20):
            found = {code[:3] for code in await inner.becomes(f"{inner.text}\n")}
            if found == expected:
                break
        assert found == expected
    assert {code[:3] for code in await outer.codes()} == {"LF1", "LF3"}
    client.workspace_did_change_workspace_folders(
        types.DidChangeWorkspaceFoldersParams(types.WorkspaceFoldersChangeEvent([], folders))
    )


async def test_no_code_runs_when_a_file_is_opened_changed_or_saved(
    client: LanguageClient, folder: Path
) -> None:
    ran = folder / "ran"
    text = f"open({str(ran)!r}, 'w').close()\n" + BROKEN.format(name="my_loss")
    path = folder / "effects.py"
    path.write_text(text)
    try:
        opened = Opened(client, path, text)
        await opened.diagnostics()
        await opened.becomes(f"{text}\n")
        client.text_document_did_save(types.DidSaveTextDocumentParams(opened.identifier))
        await opened.actions()
        await opened.actions("source.fixAll")
    finally:
        path.unlink()
    assert not ran.exists()


def measurement(opened: Opened, line: int) -> types.ExecuteCommandParams:
    position = {"line": line, "character": 0}
    return types.ExecuteCommandParams("lossfix.verify", [opened.uri, position])


async def test_a_loss_is_measured_on_demand_with_progress(
    code: LanguageClient, folder: Path
) -> None:
    text = BROKEN.format(name="my_loss")
    path = folder / "measured.py"
    opened = Opened(code, path, text)
    place = types.Range(types.Position(4, 0), types.Position(4, 0))
    wanted = types.CodeActionContext([], only=["lossfix.verify"])
    (offered,) = await code.text_document_code_action_async(
        types.CodeActionParams(opened.identifier, place, wanted)
    )
    assert offered.title == "Measure my_loss (runs its code, isolated)"
    assert await code.workspace_execute_command_async(measurement(opened, 0)) is None
    assert "no loss under the cursor" in code.messages[-1].message
    assert await code.workspace_execute_command_async(measurement(opened, 4)) is None
    assert "save the file first" in code.messages[-1].message
    path.write_text(text)
    try:
        answer = await code.workspace_execute_command_async(measurement(opened, 4))
    finally:
        path.unlink()
    assert (answer["loss"], answer["gradient"]) == ("my_loss", "none")
    assert code.messages[-1].message.startswith("my_loss: gradient none")
    (reports,) = code.progress_reports.values()
    assert [each.kind for each in reports] == ["begin", "end"]


async def test_a_measurement_can_be_cancelled(code: LanguageClient, folder: Path) -> None:
    path = folder / "endless.py"
    text = f"import time\n\ntime.sleep(600)\n{BROKEN.format(name='endless')}"
    path.write_text(text)
    code.progress_reports.clear()
    opened = Opened(code, path, text)
    request = asyncio.ensure_future(code.workspace_execute_command_async(measurement(opened, 8)))
    while not any(code.progress_reports.values()):
        await asyncio.sleep(0.05)
    await asyncio.sleep(1)
    (token,) = code.progress_reports
    code.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
    try:
        assert await asyncio.wait_for(request, 20) is None
    finally:
        path.unlink()
    assert await opened.codes()
