"""The patch, held to git itself."""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_report import FIXED, KEPT, SMOOTHED

from lossfix.model import FileReport, Outcome, Report, Status
from lossfix.report import RENDERERS, Style
from lossfix.report.diff import of_run, patch

LONG = b"".join(b"line %d\n" % number for number in range(60))

CHANGES = {
    "one line": (b"a\nb\nc\n", b"a\nB\nc\n"),
    "two distant lines": (LONG, LONG.replace(b"line 3\n", b"").replace(b"line 50\n", b"x\ny\n")),
    "no final newline": (b"a\nb", b"a\nc"),
    "a final newline is added": (b"a\nb", b"a\nb\n"),
    "a final newline goes away": (b"a\nb\n", b"a\nb"),
    "carriage returns": (b"a\r\nb\r\nc\r\n", b"a\r\nB\r\nc\r\n"),
    "mixed line ends": (b"a\r\nb\nc\rd\n", b"a\r\nb\r\nc\rD\n"),
    "a byte order mark": (b"\xef\xbb\xbfa\n", b"\xef\xbb\xbfb\n"),
    "bytes that are not UTF-8": (b"# \xe9\xff\na = 1\n", b"# \xe9\xff\na = '\xfe'\n"),
    "form feeds and separators": (
        "a\x0c\nb\u2028\x85\x1c\nc\n".encode(),
        "a\x0c\nb\u2028\x85\nc\n".encode(),
    ),
    "from nothing": (b"", b"a\n"),
    "to nothing": (b"a\n", b""),
    "lines that look like a patch": (b"--- a\n+++ b\n@@ -1 +1 @@\n", b"--- a\n+++ b\n-\n"),
    "the same line many times": (b"a\n" * 40, b"a\n" * 41),
    "blank ends": (b"\n\n\na\n\n\n", b"\n\n\nb\n\n\n\n"),
}

PATHS = [
    "losses.py",
    "a folder/my losses.py",
    "tab\there.py",
    'quo"te\\.py',
    "größe/損失.py",
    "new\nline.py",
    " leading and trailing ",
    "bytes\udcff.py",
    "b/a b/a.py",
]


def git(folder: Path, *arguments: str, patch: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = ["git", "-C", str(folder), "-c", "core.autocrlf=false", *arguments]
    return subprocess.run(command, input=patch, capture_output=True, check=False)


def holds(files: list[FileReport], folder: Path) -> None:
    """The patch takes the files in ``folder`` from before to after, and back."""
    git(folder, "init", "-q")
    for file in files:
        place = folder / file.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.before)
    text = RENDERERS["diff"](Report("fix", "0.1.0", tuple(files)), Style())
    data = text.encode("utf-8", "surrogateescape")
    for options, state in ((["apply"], "after"), (["apply", "-R"], "before")):
        done = git(folder, *options, "--whitespace=nowarn", patch=data)
        assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
        for file in files:
            assert (folder / file.path).read_bytes() == getattr(file, state)


@pytest.mark.parametrize("name", CHANGES)
def test_git_applies_the_patch_and_takes_it_back(name, tmp_path):
    before, after = CHANGES[name]
    holds([FileReport("losses.py", before=before, after=after)], tmp_path)


def test_git_finds_the_file_whatever_its_name(tmp_path):
    holds([FileReport(path, before=b"a\n", after=b"b\n") for path in PATHS], tmp_path)


LINES = st.lists(
    st.sampled_from([b"a", b"b", b"\xff", b"", b" ", b"\r", b"-", b"\\ x"]), max_size=14
)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(LINES, LINES, st.booleans(), st.booleans()), min_size=8, max_size=8))
def test_git_applies_any_change(changes):
    def content(lines, ended):
        return b"\n".join(lines) + (b"\n" if ended and lines else b"")

    files = [
        FileReport(f"{number}.py", before=content(old, one), after=content(new, other))
        for number, (old, new, one, other) in enumerate(changes)
    ]
    if any(file.changed for file in files):
        with tempfile.TemporaryDirectory() as folder:
            holds(files, Path(folder))


def test_a_patch_made_below_the_root_applies_from_the_root(tmp_path):
    git(tmp_path, "init", "-q")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "losses.py").write_bytes(b"a\n")
    data = patch([FileReport("losses.py", before=b"a\n", after=b"b\n")], prefix="src/")
    assert git(tmp_path / "src", "apply", patch=data).returncode == 0
    assert (tmp_path / "src" / "losses.py").read_bytes() == b"b\n"


def test_what_is_smoothed_stands_above_each_of_its_files(tmp_path):
    both = replace(SMOOTHED, path="losses.py", elsewhere=("parts.py",))
    files = [
        FileReport("losses.py", outcomes=(both, FIXED), before=b"a", after=b"b"),
        FileReport("other.py", before=b"a\n", after=b"b\n"),
        FileReport("parts.py", before=b"a\n", after=b"b"),
    ]
    holds(files, tmp_path)
    text = of_run(Report("fix", "0.1.0", tuple(files))).decode()
    said = [line for line in text.splitlines() if "smoothed" in line]
    assert said[0].startswith(
        "gate is smoothed: gradient none → alive, values off by 2.1 % on average"
    )
    assert said == said[:1] * 2
    assert text.startswith(said[0])
    assert f"{said[0]}\ndiff --git a/parts.py" in text


def test_what_was_not_measured_is_said_not_to_be():
    outcome = Outcome("a.py", "gate", Status.FIXED, verified=False, steps=SMOOTHED.steps)
    files = (FileReport("a.py", outcomes=(outcome,), before=b"a\n", after=b"b\n"),)
    text = of_run(Report("fix", "0.1.0", files)).decode()
    assert text.startswith("gate is smoothed: not verified, how far values move is not known\n")


@pytest.mark.parametrize("outcome", [FIXED, KEPT, replace(SMOOTHED, status=Status.KEPT)])
def test_of_what_is_not_smoothed_nothing_stands_there(outcome):
    file = FileReport(outcome.path, outcomes=(outcome,), before=b"a\n", after=b"b\n")
    assert of_run(Report("fix", "0.1.0", (file,))).startswith(b"diff --git")


def test_a_file_that_stays_as_it_was_is_not_in_the_patch():
    assert patch([FileReport("losses.py", before=b"a\n", after=b"a\n")]) == b""


def test_a_small_change_of_a_large_file_is_a_small_patch():
    old = b"".join(b"%d\n" % (number % 7) for number in range(200_000))
    new = old[:700_000].replace(b"0\n", b"x\n", 1) + old[700_000:]
    assert len(patch([FileReport("a.py", before=old, after=new)])) < 200
