"""A fix is taken back wherever nothing else has touched its files; patches are git's."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossfix import source
from lossfix.source import Change, SourceError, patch, records, replace, write_all

BYTES = st.lists(
    st.sampled_from(
        [b"a\n", b"b\n", b"\n", b"\r\n", b"\xff\xfe\n", b"-- a\n", b"\\ No newline\n", b"@@\n"]
    ),
    max_size=12,
).map(b"".join)
ENDS = st.sampled_from([b"", b"a", b"\r", b"\xe9"])


@settings(deadline=None, max_examples=60)
@given(
    before=st.builds(bytes.__add__, BYTES, ENDS),
    after=st.builds(bytes.__add__, BYTES, ENDS),
    name=st.sampled_from(["a.py", "sub/b c.py", 'q"\t\\é.py']),
)
def test_git_applies_a_patch_and_takes_it_back(tmp_path_factory, before, after, name):
    folder = tmp_path_factory.mktemp("apply")
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    text = patch(name, before, after)
    if before == after:
        assert text == b""
        return
    apply = ["git", "apply", "--whitespace=nowarn", "-"]
    # Git takes a file that is empty on one side of a patch for one that is made or deleted.
    if before and after:
        file.write_bytes(before)
        subprocess.run(apply, cwd=folder, input=text, check=True)
        assert file.read_bytes() == after
        subprocess.run([*apply, "-R"], cwd=folder, input=text, check=True)
        assert file.read_bytes() == before
    file.write_bytes(after)
    source.record(folder, [Change(file, before, after)])
    assert source.undo(folder).restored == (name,)
    assert file.read_bytes() == before


@pytest.fixture
def fixed(tmp_path, monkeypatch):
    """A folder in which a fix has turned ``old`` into ``new`` in two files."""
    monkeypatch.chdir(tmp_path)
    changes = []
    for name in ("a.py", "sub/b.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"new\n")
        changes.append(Change(Path(name), b"old\n", b"new\n"))
    source.record(tmp_path, changes)
    return tmp_path


def test_a_fix_is_taken_back(fixed):
    (record,) = source.records(fixed)
    undone = source.undo(fixed, record.identifier)
    assert (undone.restored, undone.already, undone.changed) == (("a.py", "sub/b.py"), (), ())
    assert {(fixed / name).read_bytes() for name in record.paths} == {b"old\n"}
    assert source.records(fixed) == ()


def test_files_that_changed_since_are_left_and_said(fixed):
    (fixed / "a.py").write_bytes(b"mine\n")
    undone = source.undo(fixed)
    assert (undone.restored, undone.changed) == (("sub/b.py",), ("a.py",))
    assert (fixed / "a.py").read_bytes() == b"mine\n"
    (fixed / "a.py").write_bytes(b"new\n")
    again = source.undo(fixed)
    assert (again.restored, again.already) == (("a.py",), ("sub/b.py",))
    assert source.records(fixed) == ()


def test_a_file_that_went_is_not_made_anew(fixed):
    (fixed / "a.py").unlink()
    assert source.undo(fixed).changed == ("a.py",)
    assert not (fixed / "a.py").exists()


def test_the_last_fix_is_taken_back_first(fixed):
    source.record(fixed, [Change(fixed / "a.py", b"new\n", b"newer\n")])
    (fixed / "a.py").write_bytes(b"newer\n")
    assert len(source.records(fixed)) == 2
    assert source.undo(fixed).restored == ("a.py",)
    assert source.undo(fixed).restored == ("a.py", "sub/b.py")


def test_records_of_one_second_keep_their_order(fixed, monkeypatch):
    monkeypatch.setattr("time.strftime", lambda _: "20300101-000000")
    made = [source.record(fixed, [Change(fixed / "a.py", b"", b"x\n")]) for _ in range(11)]
    assert [record.identifier for record in source.records(fixed)][1:] == made


def test_a_record_that_is_damaged_stands_in_the_way_of_no_other(fixed):
    damaged = fixed / ".lossfix" / "undo" / "20000101-000000.patch"
    damaged.write_text("nothing\n")
    assert source.undo(fixed).restored == ("a.py", "sub/b.py")
    with pytest.raises(SourceError, match=r"20000101-000000\.patch: is not a record of a fix"):
        source.undo(fixed)


def test_a_fix_that_is_not_there_is_an_error(fixed):
    with pytest.raises(SourceError, match="no fix 20000101-000000"):
        source.undo(fixed, "20000101-000000")
    source.undo(fixed)
    with pytest.raises(SourceError, match=r"no fix to take back$"):
        source.undo(fixed)


def test_a_record_is_a_patch_that_git_can_take_back_and_does_not_see(fixed):
    subprocess.run(["git", "init", "-q", "."], cwd=fixed, check=True)
    (record,) = source.records(fixed)
    file = f".lossfix/undo/{record.identifier}.patch"
    subprocess.run(["git", "apply", "-R", file], cwd=fixed, check=True)
    assert (fixed / "a.py").read_bytes() == b"old\n"
    status = ["git", "status", "--porcelain", "--untracked-files=all"]
    seen = subprocess.run(status, cwd=fixed, check=True, capture_output=True, text=True).stdout
    assert ".lossfix" not in seen


@pytest.mark.parametrize("text", [b"nonsense\n\n", b"lossfix undo 1\n{\n\n", b"lossfix undo 1"])
def test_a_record_that_is_damaged_is_an_error_that_names_it(fixed, text):
    (record,) = source.records(fixed)
    (fixed / ".lossfix" / "undo" / f"{record.identifier}.patch").write_bytes(text)
    with pytest.raises(SourceError, match=r"\.patch: is not a record of a fix"):
        source.undo(fixed)


FIX = """
import os, sys
from pathlib import Path
from lossfix import source

root = Path(sys.argv[1])
files = sorted(root.glob("*.py"))
documents = [source.read(path) for path in files]
print("ready", flush=True)
source.record(root, [source.Change(d.path, d.data, d.data.replace(b"a", b"b")) for d in documents])
for document in documents:
    source.write(document, document.data.replace(b"a", b"b"))
"""


@pytest.mark.parametrize("moment", [0.002, 0.01, 0.03, 0.06])
def test_a_fix_that_was_killed_can_be_taken_back(tmp_path, moment):
    for number in range(8):
        (tmp_path / f"{number}.py").write_bytes(b"a\n" * 20_000)
    fixing = subprocess.Popen([sys.executable, "-c", FIX, str(tmp_path)], stdout=subprocess.PIPE)
    with fixing:
        assert fixing.stdout is not None
        fixing.stdout.readline()
        time.sleep(moment)
        os.kill(fixing.pid, signal.SIGKILL)
    if source.records(tmp_path):
        assert source.undo(tmp_path).changed == ()
    assert {path.read_bytes() for path in tmp_path.glob("*.py")} == {b"a\n" * 20_000}


def test_a_record_that_cannot_be_written_leaves_nothing_of_itself(tmp_path, monkeypatch):
    file = tmp_path / "a.py"
    file.write_bytes(b"old\n")
    (tmp_path / ".lossfix").mkdir()
    (tmp_path / ".lossfix" / ".gitignore").touch()

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SourceError, match="undo: cannot be written: No space left"):
        write_all(tmp_path, [Change(file, b"old\n", b"new\n")])
    assert list((tmp_path / ".lossfix" / "undo").iterdir()) == []
    assert file.read_bytes() == b"old\n"


def test_where_one_file_cannot_be_written_none_is(tmp_path):
    changes = [Change(tmp_path / name, b"old\n", b"new\n") for name in ("a.py", "b.py", "c.py")]
    for change in changes:
        change.path.write_bytes(change.before)
    changes[1].path.write_bytes(b"typed meanwhile\n")
    changes[2].path.chmod(0o444)
    with pytest.raises(SourceError, match="nothing was written") as error:
        write_all(tmp_path, changes)
    assert "b.py: changed since it was read" in str(error.value)
    assert "c.py: is read-only" in str(error.value)
    assert changes[0].path.read_bytes() == b"old\n"
    assert records(tmp_path) == ()


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt(), SourceError("b.py: disk full")])
def test_what_was_written_before_an_interrupt_is_taken_back(tmp_path, monkeypatch, interrupt):
    changes = [Change(tmp_path / name, b"old\n", b"new\n") for name in ("a.py", "b.py")]
    for change in changes:
        change.path.write_bytes(change.before)

    def failing(path, before, after):
        if path.name == "b.py":
            raise interrupt
        replace(path, before, after)

    monkeypatch.setattr("lossfix.source.history.replace", failing)
    with pytest.raises(type(interrupt)):
        write_all(tmp_path, changes)
    assert [change.path.read_bytes() for change in changes] == [b"old\n", b"old\n"]
    assert records(tmp_path) == ()


def test_what_an_interrupt_came_right_after_is_taken_back(tmp_path, monkeypatch):
    file = tmp_path / "a.py"
    file.write_bytes(b"old\n")
    interrupts = iter([KeyboardInterrupt()])

    def interrupted(path, before, after):
        replace(path, before, after)
        for interrupt in interrupts:
            raise interrupt

    monkeypatch.setattr("lossfix.source.history.replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_all(tmp_path, [Change(file, b"old\n", b"new\n")])
    assert file.read_bytes() == b"old\n"
    assert records(tmp_path) == ()


def test_a_file_of_two_names_is_whole_after_an_interrupt(tmp_path, monkeypatch):
    file = tmp_path / "a.py"
    file.write_bytes(b"a long old text\n")
    os.link(file, tmp_path / "b.py")

    def interrupted(descriptor):
        status = os.fstat(descriptor)
        if stat.S_ISREG(status.st_mode) and status.st_nlink > 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        replace(file, b"a long old text\n", b"new\n")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "a.py": b"a long old text\n",
        "b.py": b"a long old text\n",
    }
