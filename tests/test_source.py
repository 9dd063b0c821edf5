"""Files are read and written byte for byte."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import textwrap
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lossfix import source
from lossfix.source import SourceError, Unreadable

LINE_ENDS = st.sampled_from(["\n", "\r\n", "\r"])
LINES = st.lists(
    st.tuples(st.text(st.sampled_from("ab \t\f\v#é\x1c\u2028\\'\""), max_size=6), LINE_ENDS),
    max_size=8,
)


def joined(lines: list[tuple[str, str]]) -> str:
    return "".join(body + end for body, end in lines)


@settings(deadline=None)
@given(lines=LINES, last=st.text("ab", max_size=3), bom=st.booleans())
def test_a_file_that_did_not_change_comes_back_byte_for_byte(lines, last, bom):
    data = b"\xef\xbb\xbf" * bom + (joined(lines) + last).encode()
    document = source.decode("losses.py", data)
    assert source.encode(document, document.source.text) == data
    assert "\r" not in document.source.text


@settings(deadline=None)
@given(
    before=LINES,
    after=LINES,
    new=st.lists(st.text("xyz", min_size=1, max_size=4), max_size=4),
    bom=st.booleans(),
)
def test_lines_around_a_change_keep_their_bytes(before, after, new, bom):
    head, tail = joined(before), joined([("edge", "\r\n"), *after])
    old = "\nold\n"
    data = b"\xef\xbb\xbf" * bom + (head + old + tail).encode()
    document = source.decode("losses.py", data)
    text = document.source.text.replace("\nold\n", "".join(f"\n{line}" for line in new) + "\n", 1)
    changed = source.encode(document, text)
    assert changed.startswith(b"\xef\xbb\xbf" * bom + head.encode())
    assert changed.endswith(tail.encode())


def test_a_new_line_ends_as_most_lines_of_the_file_do():
    document = source.decode("losses.py", b"a\r\nb\nc\r\nd")
    assert source.encode(document, "a\nb\nnew\nc\nd") == b"a\r\nb\nnew\r\nc\r\nd"
    assert source.encode(document, "a\nb\nc\nd\n") == b"a\r\nb\nc\r\nd\r\n"


def test_a_line_that_changes_in_its_place_keeps_its_end():
    document = source.decode("losses.py", b"a\r\nb\nc\r\nd\r\n")
    assert source.encode(document, "a\nB\nc\nd\n") == b"a\r\nB\nc\r\nd\r\n"
    assert source.encode(document, "A\nb\nc\nd\ne\n") == b"A\r\nb\nc\r\nd\r\ne\r\n"


def test_a_coding_cookie_is_heeded():
    data = "# -*- coding: latin-1 -*-\r\nname = 'é'\r\n".encode("latin-1")
    document = source.decode("losses.py", data)
    assert document.source.text == "# -*- coding: latin-1 -*-\nname = 'é'\n"
    changed = source.encode(document, document.source.text + "x = 1\n")
    assert changed == data + b"x = 1\r\n"


def test_a_letter_that_the_encoding_lacks_is_an_error_that_names_the_file():
    document = source.decode("losses.py", b"# coding: ascii\n")
    with pytest.raises(SourceError, match=r"losses\.py.*'é'.*ascii"):
        source.encode(document, "# coding: ascii\n# é\n")


COOKIES = ["", "latin-1", "utf-8", "cp1252", "shift_jis", "iso2022_jp", "utf-7", "utf-16", "hex"]


@settings(deadline=None)
@given(
    cookie=st.sampled_from(
        [*COOKIES, "rot13", "undefined", "punycode", "unicode_escape", "no-such"]
    ),
    data=st.one_of(st.binary(max_size=40), st.text(max_size=20).map(str.encode)),
)
@example(cookie="latin-1", data=b"\r")
def test_any_bytes_come_back_or_are_said_to_be_unreadable(cookie, data):
    data = (f"# coding: {cookie}\n".encode() if cookie else b"") + data
    try:
        document = source.decode("losses.py", data)
    except Unreadable:
        return
    text = document.source.text
    assert source.encode(document, text) == data
    with_more = source.encode(document, f"{text}\nx = 1\n")
    assert source.decode("losses.py", with_more).source.text == f"{text}\nx = 1\n"


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"x = 1\ny = '\xff'\n", "losses.py:2:6"),
        (b"# coding: no-such-thing\n", "losses.py:1:1"),
        (b"\xef\xbb\xbf# coding: latin-1\n", "losses.py:1:1"),
    ],
)
def test_bytes_that_are_no_text_are_unreadable_at_a_place(data, place):
    with pytest.raises(Unreadable) as raised:
        source.decode("losses.py", data)
    assert str(raised.value).startswith(place)


def test_a_path_below_the_working_directory_is_shown_relative(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert source.shown(tmp_path / "a" / "b.py") == "a/b.py"
    assert source.shown("/elsewhere/b.py") == "/elsewhere/b.py"


def test_writing_keeps_mode_and_leaves_nothing_behind(tmp_path):
    path = tmp_path / "losses.py"
    path.write_bytes(b"old\n")
    path.chmod(0o751)
    source.write(source.read(path), b"new\n")
    assert path.read_bytes() == b"new\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o751
    assert os.listdir(tmp_path) == ["losses.py"]


def test_writing_clears_what_killed_runs_left_long_ago(tmp_path):
    path, other = tmp_path / "a[1].py", tmp_path / "b.py"
    for each in (path, other):
        each.write_bytes(b"old\n")
    old, new, others = (
        tmp_path / f".{name}.lossfix" for name in ("a[1].py.0f", "a[1].py.1f", "b.py.2f")
    )
    for each in (old, new, others):
        each.write_bytes(b"left\n")
    os.utime(old, (1e9, 1e9))
    os.utime(others, (1e9, 1e9))
    source.write(source.read(path), b"new\n")
    assert not old.exists()
    assert new.exists()
    assert others.exists()


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="only Linux has them in os")
def test_writing_keeps_extended_attributes(tmp_path):
    path = tmp_path / "losses.py"
    path.write_bytes(b"old\n")
    try:
        os.setxattr(path, "user.origin", b"somewhere")
    except OSError:
        pytest.skip("the file system has none")
    source.write(source.read(path), b"new\n")
    assert (path.read_bytes(), os.getxattr(path, "user.origin")) == (b"new\n", b"somewhere")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_not_written_to_nor_waited_for(tmp_path):
    path = tmp_path / "losses.py"
    os.mkfifo(path)
    with pytest.raises(SourceError, match=r"losses\.py: is a pipe or a device"):
        source.replace(path, b"old\n", b"new\n")


def test_a_file_whose_bytes_stay_is_not_touched(tmp_path):
    path = tmp_path / "losses.py"
    path.write_bytes(b"old\n")
    before = path.stat()
    source.write(source.read(path), b"old\n")
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_a_file_that_changed_since_it_was_read_is_left_alone(tmp_path):
    path = tmp_path / "losses.py"
    path.write_bytes(b"old\n")
    document = source.read(path)
    path.write_bytes(b"theirs\n")
    with pytest.raises(SourceError, match=r"losses\.py: changed since it was read"):
        source.write(document, b"new\n")
    assert path.read_bytes() == b"theirs\n"


def test_a_read_only_file_is_an_error_that_names_it(tmp_path):
    path = tmp_path / "losses.py"
    path.write_bytes(b"old\n")
    path.chmod(0o444)
    with pytest.raises(SourceError, match=r"losses\.py: is read-only"):
        source.write(source.read(path), b"new\n")
    assert path.read_bytes() == b"old\n"


def test_a_symbolic_link_stays_one_and_its_target_is_replaced(tmp_path):
    target = tmp_path / "real" / "losses.py"
    target.parent.mkdir()
    target.write_bytes(b"old\n")
    link = tmp_path / "link.py"
    link.symlink_to(target)
    source.write(source.read(link), b"new\n")
    assert link.is_symlink()
    assert target.read_bytes() == b"new\n"
    assert os.listdir(target.parent) == ["losses.py"]


@pytest.mark.parametrize("new", [b"longer than before\n", b"x\n"])
def test_hard_links_stay_names_of_one_file(tmp_path, new):
    path, other = tmp_path / "losses.py", tmp_path / "other.py"
    path.write_bytes(b"old bytes\n")
    other.hardlink_to(path)
    source.write(source.read(path), new)
    assert other.read_bytes() == path.read_bytes() == new
    assert path.samefile(other)
    assert sorted(os.listdir(tmp_path)) == ["losses.py", "other.py"]


def test_a_missing_file_is_an_error_that_names_it(tmp_path):
    with pytest.raises(SourceError, match=r"gone\.py:1:1: No such file or directory"):
        source.read(tmp_path / "gone.py")


WRITER = """
import sys
from pathlib import Path
from lossfix import source

files = sorted(Path(sys.argv[1]).glob("*.py"))
before, after = (sign * 300_000 + b"\\n" for sign in (b"a", b"b"))
print("ready", flush=True)
while True:
    for path in files:
        source.replace(path, before, after)
    for path in files:
        source.replace(path, after, before)
"""


@pytest.mark.parametrize("moment", [0.0, 0.003, 0.011, 0.029, 0.071, 0.13])
def test_a_run_that_is_killed_leaves_each_file_old_or_new(tmp_path, moment):
    whole = {sign * 300_000 + b"\n" for sign in (b"a", b"b")}
    for number in range(4):
        (tmp_path / f"{number}.py").write_bytes(b"a" * 300_000 + b"\n")
    writer = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WRITER), str(tmp_path)], stdout=subprocess.PIPE
    )
    with writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(moment)
        writer.send_signal(signal.SIGKILL)
    assert all(path.read_bytes() in whole for path in tmp_path.glob("*.py"))
