"""Every command, every mode, and the exit code that the interface promises for it."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from program import ROOT, Ended, heeding_modes, lossfix, process

CLEAN, FOUND, FAILED = 0, 1, 2

BROKEN = """\
import tensorflow as tf


def my_loss(y_true, y_pred):
    error = y_true.numpy() - y_pred.numpy()
    return tf.reduce_mean(tf.square(error))


model.compile(optimizer="adam", loss=my_loss)
"""
GATED = """\
import tensorflow as tf


def my_loss(y_true, y_pred, threshold=0.5):
    return tf.reduce_mean(tf.where(y_pred > threshold, 2.0, 1.0) * tf.abs(y_true - y_pred), axis=-1)


model.compile(optimizer="adam", loss=my_loss)
"""
FINE = """\
import tensorflow as tf

model.compile(optimizer="adam", loss="mse")
"""
UNMENDABLE = """\
import tensorflow as tf


class MyLoss(tf.keras.losses.Loss):
    def call(self, y_true, y_pred):
        right = tf.cast(y_pred == y_true, tf.float32)
        return tf.reduce_mean(right, axis=-1)
"""
LOSS = b"import keras\ndef my_loss(y_true, y_pred): return y_pred\n"
SYNTAX_ERROR = "import tensorflow as tf\n\ndef my_loss(y_true, y_pred:\n    return y_true\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project of one file of each kind."""
    for name, text in {
        "broken.py": BROKEN,
        "gated.py": GATED,
        "fine.py": FINE,
        "unmendable.py": UNMENDABLE,
    }.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in sorted(folder.glob("*.py"))}


def codes(ended: Ended) -> list[str]:
    return [each["code"] for each in json.loads(ended.out)["findings"]]


# check


def test_check_of_what_is_fine_says_so_and_exits_0(folder: Path) -> None:
    ended = lossfix("check", "fine.py", at=folder)
    assert (ended.code, ended.out) == (CLEAN, b"")
    assert "1 file" in ended.err


def test_check_tells_one_finding_a_line_and_exits_1(folder: Path) -> None:
    ended = lossfix("check", at=folder)
    assert ended.code == FOUND
    lines = ended.text.splitlines()
    assert lines == sorted(
        lines, key=lambda line: (line.split(":")[0], *map(int, line.split(":")[1:3]))
    )
    for line in lines:
        assert re.fullmatch(r"[a-z]+\.py:\d+:\d+: (error|warning|info) LF\d{3} \[[*~ ]\] .+", line)
    assert {line.split(":")[0] for line in lines} == {"broken.py", "gated.py", "unmendable.py"}


def test_check_leaves_every_file_as_it_is(folder: Path) -> None:
    before = contents(folder)
    lossfix("check", at=folder)
    assert contents(folder) == before


@pytest.mark.parametrize(
    "command", [("check",), ("fix", "--no-verify"), ("fix", "--no-verify", "--diff")]
)
def test_a_file_that_does_not_parse_is_a_finding(folder: Path, command: tuple[str, ...]) -> None:
    (folder / "odd.py").write_text(SYNTAX_ERROR)
    ended = lossfix(*command, "odd.py", at=folder)
    assert ended.code == FOUND
    assert "odd.py:3:" in ended.text + ended.err
    assert "LF000" in ended.text + ended.err
    assert (folder / "odd.py").read_text() == SYNTAX_ERROR


def test_a_file_that_is_named_is_parsed_even_where_it_shows_no_loss(folder: Path) -> None:
    (folder / "odd.py").write_text("import tensorflow as tf\n\nprint tf\n")
    for _ in range(2):
        named = lossfix("check", "odd.py", at=folder)
        assert (named.code, named.text.count("odd.py:3:1: error LF000")) == (FOUND, 1)
    assert "odd.py" not in lossfix("check", ".", at=folder).text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            b"# -*- coding: nonsense -*-\n" + LOSS,
            "odd.py:1:1: error LF000 [ ] cannot be read",
        ),
        (LOSS + b"# \xe9\n", "odd.py:3:3: error LF000 [ ] cannot be read"),
        (b"\x9f\x03\xff" * 99 + b"\n" + LOSS, "odd.py:1:"),
        (LOSS + b"\0\n", "odd.py:1:1: error LF000"),
        (LOSS + b"print 'hi'\n", "odd.py:3:1: error LF000"),
    ],
    ids=["unknown encoding", "no utf-8", "binary", "null byte", "Python 2"],
)
@pytest.mark.parametrize(
    "command", ["check", "fix --no-verify", "fix --no-verify --diff", "verify"]
)
def test_what_is_no_python_is_a_finding_in_every_command(
    folder: Path, command: str, data: bytes, said: str
) -> None:
    (folder / "odd.py").write_bytes(data)
    ended = lossfix(*command.split(), "odd.py", at=folder)
    assert ended.code == FOUND
    assert said in ended.text + ended.err
    assert (folder / "odd.py").read_bytes() == data


@pytest.mark.parametrize("command", ["check", "fix --no-verify", "verify"])
def test_what_cannot_be_read_in_a_folder_is_a_finding_and_the_rest_is_looked_at(
    tmp_path: Path, command: str
) -> None:
    (tmp_path / "locked").mkdir()
    for name in ("locked/loss.py", "closed.py", "loss.py"):
        (tmp_path / name).write_text(BROKEN)
    for name in ("locked", "closed.py"):
        (tmp_path / name).chmod(0)
    with heeding_modes():
        ended = lossfix(*command.split(), at=tmp_path)
    assert ended.code == FOUND
    for name in ("locked", "closed.py"):
        assert f"{name}:1:1: error LF000 [ ] cannot be read: Permission denied" in ended.text
    assert "loss.py" in (ended.text + ended.err).replace("closed.py", "").replace("locked", "")
    assert "2 unreadable" in ended.err
    assert command != "check" or "in 3 of 3 files" in ended.err


CHAIN = "".join(f"    v{n + 1} = v{n} + {n}\n" for n in range(900))
DEEP = {
    "loss.py": f"import tensorflow as tf\n\n\ndef deep_loss(y_true, y_pred):\n    v0 = y_pred\n{CHAIN}"
    "    return tf.reduce_mean(v900)\n",
    "calls.py": f"import keras\n\n\ndef my_loss(y_true, y_pred):\n    return y_pred{'.sum(x)' * 900}\n",
    "names.py": f"import keras\n\nv0 = keras\n{CHAIN.replace('    ', '')}model.compile(loss=v900)\n",
}


@pytest.mark.parametrize("command", ["check", "fix --no-verify"])
def test_what_is_nested_too_deeply_does_not_end_the_run(tmp_path: Path, command: str) -> None:
    for name, text in {**DEEP, "broken.py": BROKEN}.items():
        (tmp_path / name).write_text(text)
    ended = lossfix(*command.split(), at=tmp_path)
    assert ended.code == FOUND
    assert "loss.py:4:1: error LF000 [ ] cannot be read: `deep_loss` is nested too" in ended.text
    assert "broken.py" in ended.text + ended.err
    assert {name: (tmp_path / name).read_text() for name in DEEP} == DEEP


def test_a_folder_without_python_is_told_from_one_that_is_clean(folder: Path) -> None:
    (folder / "empty").mkdir()
    for command in ("check", "fix"):
        ended = lossfix(command, "empty", at=folder)
        assert (ended.code, ended.err) == (
            CLEAN,
            "There is no Python file or notebook to look at.\n",
        )


def test_nothing_on_stdin_is_nothing_found(folder: Path) -> None:
    assert lossfix("check", "-", at=folder).code == CLEAN
    assert lossfix("fix", "--no-verify", "-", at=folder).out == b""


@pytest.mark.skipif(sys.platform == "darwin", reason="file names are UTF-8 there")
def test_a_file_whose_name_is_no_text_is_looked_at_and_mended(folder: Path) -> None:
    odd = folder / os.fsdecode(b"odd\xff.py")
    odd.write_text(BROKEN)
    assert "odd" in lossfix("check", at=folder).text
    lossfix("fix", "--no-verify", ".", at=folder)
    assert ".numpy()" not in odd.read_text()


# what cannot be done


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("check", "missing.py"), "missing.py"),
        (("fix", ""), "a path is empty"),
        (("verify", ""), "a path is empty"),
        (("fix", "missing.py"), "missing.py"),
        (("verify", "missing.py"), "missing.py"),
        (("check", "--no-such-option"), "--no-such-option"),
        (("chek",), "chek"),
        (("check", "--select", "LF999"), "LF999"),
        (("check", "--select", "hard-gaet"), "hard-gate"),
        (("explain", "LF20"), "LF20"),
        (("explain", "hard-gat"), "hard-gate"),
        (("check", "--output-format", "jsn"), "json"),
        (("fix", "--gate", "maybe"), "maybe"),
        (("fix", "--steepness", "steep"), "steep"),
        (("fix", "--steepness", "-1"), "-1"),
        (("fix", "--steepness", "nan"), "nan"),
        (("check", "--lines", "a-b"), "a-b"),
        (("check", "--baseline", "missing.json"), "missing.json"),
        (("check", "--files-from", "missing.txt"), "missing.txt"),
        (("check", "--config", "missing.toml"), "missing.toml"),
        (("check", "-", "fine.py"), "stdin"),
        (("undo", "20000101-000000"), "20000101-000000"),
        (("fix", "--timeout", "0"), "0"),
        (("fix", "--jobs", "0"), "0"),
        (("check", "--selct", "LF1"), "did you mean '--select'?"),
        (("check", "--diff"), "lossfix fix can take it"),
        (("check", "--diff-base", "nope"), "--diff-base: git says:"),
        (("broken.py",), "did you mean 'lossfix check broken.py'?"),
        (("chek",), "did you mean 'check'?"),
        (("explain", "LF50"), "LF501 root-at-zero"),
        (("explain", "nonsense"), "lossfix rules"),
        (("fix", "--no-verify", "--output-format", "jsn"), "did you mean 'json'?"),
        (("fix", "--no-verify", "--output-format", "json:"), "names no file"),
        (("fix", "--no-verify", "--output-format", "json:no/such/out.json"), "no/such"),
        (("fix", "--no-verify", "--report", "no/such/page.html"), "no/such"),
        (("fix", "--no-verify", "--report", "."), "directory"),
        (("fix", "--no-verify", "--write-baseline", "no/such/base.json"), "no/such"),
        (("fix", "--no-verify", "--diff", "--output-format", "json"), "json:FILE"),
        (("fix", "--no-verify", "-", "--output-format", "sarif"), "sarif:FILE"),
        (("check", "--output-format", "json", "--output-format", "sarif"), "json:FILE"),
        (("fix", "--steepness", ""), "must be 'auto' or a number above 0"),
        (("check", "-", "--files-from", "list.txt"), "stdin"),
        (("check", "--stdin-filename", "a.py"), "give - as the path"),
        (("verify", "broken.py", "--relaxed"), "--against"),
        (("verify", "broken.py::my_los"), "did you mean 'my_loss'?"),
        (("verify", "broken.py::focal"), "broken.py has no loss 'focal'; there are my_loss"),
        (("verify", "fine.py::focal"), "fine.py has no loss 'focal'; there are none"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_done_exits_2_and_says_what(
    folder: Path, arguments: tuple[str, ...], said: str
) -> None:
    before = contents(folder)
    ended = lossfix(*arguments, at=folder)
    assert ended.code == FAILED
    assert said in ended.err
    assert "internal error" not in ended.err
    assert ended.out == b""
    assert contents(folder) == before


def test_an_unknown_key_of_the_configuration_is_named_with_the_closest_one(folder: Path) -> None:
    (folder / "lossfix.toml").write_text('selct = ["LF1"]\n')
    ended = lossfix("check", at=folder)
    assert ended.code == FAILED
    assert "lossfix.toml" in ended.err
    assert "select" in ended.err


@pytest.mark.parametrize("command", ["fix", "verify", "doctor"])
def test_an_interpreter_without_tensorflow_is_refused_with_a_hint(
    folder: Path, command: str
) -> None:
    nothing = folder / "python"
    nothing.write_text("#!/bin/sh\nexit 1\n")
    nothing.chmod(0o755)
    paths = () if command == "doctor" else ("broken.py",)
    before = contents(folder)
    ended = lossfix(command, *paths, "--python", nothing, at=folder)
    assert ended.code == FAILED
    assert "--python" in ended.err or "TensorFlow" in ended.err
    assert contents(folder) == before


# fix


def test_fix_with_nothing_to_fix_leaves_the_bytes_alone_and_exits_0(folder: Path) -> None:
    odd = FINE.replace("\n", "\r\n").encode("utf-8-sig") + b"\t# \xc3\xa9"
    (folder / "fine.py").write_bytes(odd)
    # Nothing is measured, so no interpreter with TensorFlow is looked for.
    ended = lossfix("fix", "fine.py", "--python", "nowhere", at=folder)
    assert (ended.code, ended.out) == (CLEAN, b"")
    assert (folder / "fine.py").read_bytes() == odd
    assert not (folder / ".lossfix").exists()


def test_no_verify_writes_and_says_that_nothing_was_verified(folder: Path) -> None:
    ended = lossfix("fix", "--no-verify", "broken.py", at=folder)
    assert ended.code == CLEAN
    assert "not verified" in ended.err
    text = (folder / "broken.py").read_text()
    assert ".numpy()" not in text
    assert "class MyLoss(" in text
    compile(text, "broken.py", "exec")


def test_fixing_twice_is_fixing_once(folder: Path) -> None:
    lossfix("fix", "--no-verify", at=folder)
    once = contents(folder)
    again = lossfix("fix", "--no-verify", "broken.py", "gated.py", at=folder)
    assert again.code == CLEAN
    assert contents(folder) == once


def test_what_cannot_be_mended_remains_a_finding(folder: Path) -> None:
    ended = lossfix("fix", "--no-verify", "unmendable.py", at=folder)
    assert ended.code == FOUND
    assert "[ ]" in ended.text
    assert (folder / "unmendable.py").read_text() == UNMENDABLE


def test_exact_only_leaves_gates_and_says_why(folder: Path) -> None:
    ended = lossfix("fix", "--no-verify", "--exact-only", "broken.py", "gated.py", at=folder)
    assert ended.code == FOUND
    assert ".numpy()" not in (folder / "broken.py").read_text()
    assert "sigmoid" not in (folder / "gated.py").read_text()
    assert "--exact-only" in ended.text


def test_keep_leaves_gates_as_they_are(folder: Path) -> None:
    ended = lossfix("fix", "--no-verify", "--gate", "keep", "gated.py", at=folder)
    assert ended.code == FOUND
    assert "tf.where(y_pred > " in (folder / "gated.py").read_text()


MINING = """import tensorflow as tf


def hard_example_loss(y_true, y_pred):
    error = tf.square(y_true - y_pred)
    return tf.reduce_mean(tf.where(error > 0.5, error, 0.0), axis=-1)
"""


def test_a_gate_on_purpose_is_smoothed_only_where_that_is_asked_for(folder: Path) -> None:
    (folder / "mining.py").write_text(MINING)
    lossfix("fix", "--no-verify", "--exact-only", "mining.py", at=folder)
    lossfix("fix", "--no-verify", "mining.py", at=folder)
    assert "tf.where(error > 0.5, error, 0.0)" in (folder / "mining.py").read_text()
    lossfix("fix", "--no-verify", "--gate", "sigmoid", "mining.py", at=folder)
    assert "tf.sigmoid(self.steepness * (error - 0.5))" in (folder / "mining.py").read_text()


def test_a_detached_gate_stops_the_gradient_of_its_weight(folder: Path) -> None:
    lossfix("fix", "--no-verify", "--gate", "detached", "gated.py", at=folder)
    assert "tf.stop_gradient(tf.sigmoid(" in (folder / "gated.py").read_text()


def test_a_steepness_that_was_asked_for_is_the_one_that_is_written(folder: Path) -> None:
    lossfix("fix", "--no-verify", "--gate", "sigmoid", "--steepness", "7", "gated.py", at=folder)
    assert "steepness=7.0" in (folder / "gated.py").read_text()


# fix --diff


def git(folder: Path, *arguments: str, stdin: bytes = b"") -> None:
    subprocess.run(["git", *arguments], cwd=folder, input=stdin, check=True, capture_output=True)


@pytest.mark.parametrize("below", ["", "pkg", "a b/ü"])
def test_a_diff_writes_nothing_and_is_what_git_applies(folder: Path, below: str) -> None:
    git(folder, "init", "-q")
    at = folder / below
    at.mkdir(parents=True, exist_ok=True)
    (at / "one.py").write_text(BROKEN)
    (at / "two.py").write_bytes(BROKEN.replace("\n", "\r\n").encode().rstrip(b"\r\n"))
    before = (at / "one.py").read_bytes(), (at / "two.py").read_bytes()
    ended = lossfix("fix", "--no-verify", "--diff", "one.py", "two.py", at=at)
    assert ended.code == FOUND
    assert ((at / "one.py").read_bytes(), (at / "two.py").read_bytes()) == before
    git(at, "apply", "-", stdin=ended.out)
    after = (at / "one.py").read_bytes(), (at / "two.py").read_bytes()
    assert b".numpy()" not in after[0] + after[1]
    git(at, "apply", "-R", "-", stdin=ended.out)
    assert ((at / "one.py").read_bytes(), (at / "two.py").read_bytes()) == before


def test_a_diff_of_nothing_is_empty_and_exits_0(folder: Path) -> None:
    ended = lossfix("fix", "--diff", "fine.py", at=folder)
    assert (ended.code, ended.out) == (CLEAN, b"")


def test_a_diff_tells_on_stderr_what_it_does_not_mend(folder: Path) -> None:
    ended = lossfix("fix", "--no-verify", "--diff", "unmendable.py", at=folder)
    assert (ended.code, ended.out) == (FOUND, b"")
    assert "unmendable.py:6:" in ended.err


# stdin


@pytest.mark.parametrize("text", [FINE, UNMENDABLE, SYNTAX_ERROR, "", "x = 1", "\ufeffx = 1\r\n"])
def test_fix_of_stdin_prints_the_whole_source_whatever_it_is(folder: Path, text: str) -> None:
    data = text.encode("utf-8")
    ended = lossfix("fix", "--no-verify", "-", at=folder, stdin=data)
    assert ended.out == data


def test_fix_of_stdin_prints_the_mended_source_and_writes_nothing(folder: Path) -> None:
    before = contents(folder)
    ended = lossfix(
        "fix", "--no-verify", "-", "--stdin-filename", "broken.py", at=folder, stdin=BROKEN.encode()
    )
    assert ended.code == CLEAN
    assert ".numpy()" not in ended.text
    assert ended.text.startswith("import tensorflow as tf\n")
    assert contents(folder) == before


def test_findings_on_stdin_bear_the_name_that_was_given(folder: Path) -> None:
    ended = lossfix("check", "-", "--stdin-filename", "src/x.py", at=folder, stdin=BROKEN.encode())
    assert ended.code == FOUND
    assert ended.text.startswith("src/x.py:")


def test_an_editor_gets_its_source_back_where_it_cannot_be_mended(folder: Path) -> None:
    text = BROKEN.encode()
    ended = lossfix("fix", "-", "--python", "/nowhere", at=folder, stdin=text)
    assert (ended.code, ended.out) == (FAILED, text)


def test_bytes_that_are_no_text_come_back_from_stdin(folder: Path) -> None:
    data = b"import tensorflow\nloss = '\xff'\n"
    ended = lossfix("fix", "--no-verify", "-", at=folder, stdin=data)
    assert (ended.code, ended.out) == (FOUND, data)


# choosing


def test_select_takes_codes_prefixes_and_names(folder: Path) -> None:
    def found(*arguments: str) -> set[str]:
        return set(codes(lossfix("check", "--output-format", "json", *arguments, at=folder)))

    assert found("--select", "LF101") == {"LF101"}
    assert found("--select", "numpy-round-trip") == {"LF101"}
    assert found("--select", "LF1,LF2") == found("--select", "LF1", "--select", "LF2")
    assert not found("--ignore", "LF3") & {"LF301", "LF303"}


def test_lines_confine_what_is_found_and_what_is_mended(folder: Path) -> None:
    (folder / "two.py").write_text(BROKEN + BROKEN.replace("my_loss", "other_loss"))
    found = lossfix("check", "two.py", "--lines", "13-15", "--output-format", "json", at=folder)
    assert {each["location"]["row"] for each in json.loads(found.out)["findings"]} <= {13, 14, 15}
    lossfix("fix", "--no-verify", "two.py", "--lines", "13-15", at=folder)
    text = (folder / "two.py").read_text()
    assert "class OtherLoss(" in text
    assert "class MyLoss(" not in text
    assert lossfix("check", "two.py", "--lines", "", at=folder).code == FOUND


def test_comments_silence_findings_and_keep_their_code(folder: Path) -> None:
    text = BROKEN.replace(
        "def my_loss(y_true, y_pred):", "def my_loss(y_true, y_pred):  # lossfix: ignore"
    )
    (folder / "broken.py").write_text(text)
    assert lossfix("check", "broken.py", at=folder).code == CLEAN
    assert lossfix("fix", "--no-verify", "broken.py", at=folder).code == CLEAN
    assert (folder / "broken.py").read_text() == text


def test_a_file_may_be_skipped_as_a_whole(folder: Path) -> None:
    text = "# lossfix: skip-file\n" + BROKEN
    (folder / "broken.py").write_text(text)
    assert lossfix("check", "broken.py", at=folder).code == CLEAN
    assert lossfix("fix", "--no-verify", "broken.py", at=folder).code == CLEAN
    assert (folder / "broken.py").read_text() == text


def test_a_silencing_comment_that_silences_nothing_is_told(folder: Path) -> None:
    (folder / "fine.py").write_text(FINE.rstrip("\n") + "  # lossfix: ignore[LF201]\n")
    ended = lossfix("check", "fine.py", at=folder)
    assert ended.code == FOUND
    assert "LF001" in ended.text


def test_only_what_is_new_since_the_baseline_is_told(folder: Path) -> None:
    assert lossfix("check", "--write-baseline", "base.json", at=folder).code == CLEAN
    assert lossfix("check", "--baseline", "base.json", at=folder).code == CLEAN
    (folder / "new.py").write_text(BROKEN)
    ended = lossfix("check", "--baseline", "base.json", at=folder)
    assert ended.code == FOUND
    assert {line.split(":")[0] for line in ended.text.splitlines()} == {"new.py"}


def test_a_baseline_that_is_written_anew_keeps_what_it_knew(folder: Path) -> None:
    lossfix("check", "--write-baseline", "base.json", at=folder)
    before = (folder / "base.json").read_bytes()
    again = lossfix("check", "--baseline", "base.json", "--write-baseline", "base.json", at=folder)
    assert (again.code, (folder / "base.json").read_bytes()) == (CLEAN, before)


def test_paths_may_come_from_a_file_or_stdin(folder: Path) -> None:
    (folder / "list.txt").write_text("broken.py\n")
    by_file = lossfix("check", "--files-from", "list.txt", at=folder)
    assert {line.split(":")[0] for line in by_file.text.splitlines()} == {"broken.py"}
    assert lossfix("check", "broken.py", at=folder).out == by_file.out


def test_excluded_files_are_looked_at_where_they_are_named(folder: Path) -> None:
    assert lossfix("check", "--exclude", "*.py", at=folder).code == CLEAN
    assert lossfix("check", "--exclude", "*.py", "broken.py", at=folder).code == FOUND
    forced = lossfix("check", "--exclude", "*.py", "--force-exclude", "broken.py", at=folder)
    assert forced.code == CLEAN


def test_only_changed_lines_are_told_with_a_base(folder: Path) -> None:
    git(folder, "init", "-q")
    git(folder, "add", ".")
    author = ("-c", "user.name=a", "-c", "user.email=a@b")
    git(folder, *author, "commit", "-qm", "x")
    assert lossfix("check", "--diff-base", "HEAD", at=folder).code == CLEAN
    (folder / "new.py").write_text(BROKEN)
    (folder / "fine.py").write_text(FINE + "\n" + BROKEN)
    ended = lossfix("check", "--diff-base", "HEAD", at=folder)
    assert ended.code == FOUND
    assert "fine.py" in {line.split(":")[0] for line in ended.text.splitlines()}
    assert "gated.py" not in ended.text


def test_a_notebook_is_checked_and_mended_by_cells(folder: Path) -> None:
    cells = [
        "import tensorflow as tf\n",
        BROKEN.split("\n\n\n")[1],
        "%matplotlib inline\nmodel.compile(loss=my_loss)",
    ]
    notebook = {
        "cells": [
            {
                "cell_type": "code",
                "id": str(n),
                "metadata": {},
                "outputs": [],
                "execution_count": None,
                "source": cell,
            }
            for n, cell in enumerate(cells)
        ],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path = folder / "nb.ipynb"
    path.write_text(json.dumps(notebook, indent=1))
    ended = lossfix("check", "nb.ipynb", at=folder)
    assert ended.code == FOUND
    assert "nb.ipynb:cell 2:2:" in ended.text
    assert lossfix("fix", "--no-verify", "nb.ipynb", at=folder).code == CLEAN
    after = json.loads(path.read_text())
    assert ".numpy()" not in "".join(after["cells"][1]["source"])
    assert after["cells"][2] == notebook["cells"][2]
    assert lossfix("check", "nb.ipynb", at=folder).code == CLEAN


# what is printed


def test_the_same_run_in_several_formats_at_once(folder: Path) -> None:
    ended = lossfix(
        "check",
        "--output-format",
        "json:out.json",
        "--output-format",
        "concise",
        "broken.py",
        at=folder,
    )
    assert ended.code == FOUND
    assert len(json.loads((folder / "out.json").read_text())["findings"]) == len(
        ended.text.splitlines()
    )


def test_colours_are_used_when_asked_for_and_not_otherwise(folder: Path) -> None:
    assert "\x1b[" not in lossfix("check", "broken.py", at=folder).text
    assert "\x1b[" in lossfix("check", "broken.py", at=folder, FORCE_COLOR="1").text
    assert (
        "\x1b[" in lossfix("check", "--color", "always", "broken.py", at=folder, NO_COLOR="1").text
    )
    never = lossfix("check", "--color", "never", "broken.py", at=folder, FORCE_COLOR="1")
    assert "\x1b[" not in never.text


def test_quiet_says_nothing_on_stderr(folder: Path) -> None:
    ended = lossfix("check", "-q", "broken.py", at=folder)
    assert (ended.code, ended.err) == (FOUND, "")


def test_paths_may_be_absolute(folder: Path) -> None:
    ended = lossfix("check", "--absolute-paths", "broken.py", at=folder)
    assert ended.text.startswith(f"{folder.as_posix()}/broken.py:")


def test_statistics_count_by_rule(folder: Path) -> None:
    ended = lossfix("check", "--statistics", "--select", "LF101", "broken.py", at=folder)
    assert re.search(r"\b2\b.*LF101", ended.text) or re.search(r"LF101.*\b2\b", ended.text)


def test_statistics_do_not_mix_with_data(folder: Path) -> None:
    told = lossfix("check", "--statistics", "--output-format", "json", "broken.py", at=folder)
    assert json.loads(told.out)
    assert "LF101" in told.err
    diff = lossfix("fix", "--no-verify", "--diff", "--statistics", "unmendable.py", at=folder)
    assert "LF" not in diff.text


def test_findings_for_people_go_beside_a_patch(folder: Path) -> None:
    ended = lossfix("fix", "--no-verify", "--diff", "--output-format", "full", at=folder)
    assert ended.text.startswith("diff --git")
    assert "unmendable.py" not in ended.text
    assert "not rewritten" in ended.err


def test_a_report_is_one_file_of_html(folder: Path) -> None:
    ended = lossfix("check", "--report", "report.html", "broken.py", at=folder)
    assert ended.code == FOUND
    assert "<html" in (folder / "report.html").read_text(encoding="utf-8")


def test_a_report_that_cannot_be_written_exits_2(folder: Path) -> None:
    ended = lossfix("check", "--report", "no/such/folder/report.html", "broken.py", at=folder)
    assert ended.code == FAILED
    assert "report.html" in ended.err


def test_whoever_stops_reading_hears_no_complaint(folder: Path) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "lossfix", "check", "-q"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert running.stdout is not None
    assert running.stderr is not None
    running.stdout.close()
    said = running.stderr.read()
    running.stderr.close()
    assert (running.wait(timeout=60), said) == (FOUND, b"")


# the rules


def test_explain_prints_the_page_of_a_code_or_a_name(folder: Path) -> None:
    by_code = lossfix("explain", "LF201", at=folder)
    assert by_code.code == CLEAN
    assert "## Why is this bad" in by_code.text
    assert lossfix("explain", "hard-gate", at=folder) == by_code
    assert lossfix("explain", "lf201", at=folder) == by_code


def test_rules_lists_every_rule_once(folder: Path) -> None:
    from lossfix.rules import RULES

    listed = [line.split()[0] for line in lossfix("rules", at=folder).text.splitlines()]
    assert listed == sorted(rule.code for rule in RULES)


@pytest.mark.skipif(sys.platform == "win32", reason="such a folder cannot be removed there")
def test_a_working_directory_that_is_gone_is_said(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    command = 'rmdir "$PWD"; exec "$0" -m lossfix check'
    ended = subprocess.run(
        ("sh", "-c", command, sys.executable),
        cwd=gone,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (
        2,
        "lossfix: the working directory is gone; change to one that exists\n",
    )


# undo


def test_undo_takes_back_the_last_fix(folder: Path) -> None:
    before = contents(folder)
    assert lossfix("undo", "--list", at=folder).out == b""
    lossfix("fix", "--no-verify", "broken.py", at=folder)
    assert contents(folder) != before
    listed = lossfix("undo", "--list", at=folder)
    assert listed.text.rstrip().endswith("broken.py")
    identifier = listed.text.split()[0]
    assert lossfix("undo", identifier, at=folder).code == CLEAN
    assert contents(folder) == before


def test_undo_leaves_what_changed_since(folder: Path) -> None:
    lossfix("fix", "--no-verify", "broken.py", at=folder)
    (folder / "broken.py").write_text("x = 1\n")
    ended = lossfix("undo", at=folder)
    assert ended.code == FOUND
    assert "Left broken.py: it changed since the fix" in ended.err
    assert (folder / "broken.py").read_text() == "x = 1\n"


@pytest.mark.parametrize("at", [".", "a project"])
def test_what_still_fits_is_taken_back_by_the_command_that_undo_names(
    folder: Path, at: str
) -> None:
    subprocess.run(["git", "init", "-q", "."], cwd=folder, check=True)
    project = folder / at
    project.mkdir(exist_ok=True)
    names = ("one.py", "two [1].py")
    for name in names:
        (project / name).write_text(BROKEN)
    assert lossfix("fix", "--no-verify", *names, at=project).code == CLEAN
    changed = project / names[1]
    changed.write_text(f"{changed.read_text()}# mine\n")
    ended = lossfix("undo", at=project)
    assert ended.code == FOUND
    command = ended.err.partition("can be taken back with ")[2]
    subprocess.run(command, shell=True, cwd=project, check=True)
    assert changed.read_text() == f"{BROKEN}# mine\n"


def test_undo_says_which_files_are_gone(folder: Path) -> None:
    lossfix("fix", "--no-verify", "broken.py", at=folder)
    (folder / "broken.py").unlink()
    ended = lossfix("undo", at=folder)
    assert ended.code == FOUND
    assert "Left broken.py: it is gone" in ended.err
    assert "git apply" not in ended.err


def test_undo_finds_the_fix_from_a_folder_below(folder: Path) -> None:
    before = contents(folder)
    lossfix("fix", "--no-verify", "broken.py", at=folder)
    (folder / "below").mkdir()
    ended = lossfix("undo", at=folder / "below")
    assert (ended.code, contents(folder)) == (CLEAN, before)


def test_undo_takes_back_two_fixes_in_their_order(folder: Path) -> None:
    states = [contents(folder)]
    for name in ("broken.py", "gated.py"):
        lossfix("fix", "--no-verify", name, at=folder)
        states.append(contents(folder))
    assert len(lossfix("undo", "--list", at=folder).text.splitlines()) == 2
    for state in states[-2::-1]:
        assert lossfix("undo", at=folder).code == CLEAN
        assert contents(folder) == state
    listed = lossfix("undo", "--list", at=folder)
    assert (listed.code, listed.out, listed.err) == (
        CLEAN,
        b"",
        "There is no fix to take back.\n",
    )


def test_undo_with_nothing_to_undo_exits_2(folder: Path) -> None:
    assert lossfix("undo", at=folder).code == FAILED


# the program itself


def test_the_module_is_the_program(folder: Path) -> None:
    ended = process("check", "broken.py", at=folder)
    assert ended == lossfix("check", "broken.py", at=folder)


def test_the_version_is_told_and_help_names_every_command(folder: Path) -> None:
    assert lossfix("--version", at=folder).text.startswith("lossfix 0.")
    shown = lossfix("--help", at=folder)
    assert shown.code == CLEAN
    for command in ("check", "fix", "verify", "undo", "explain", "rules", "doctor"):
        assert re.search(rf"^  {command} ", shown.text, re.MULTILINE)


def test_without_a_command_help_is_shown_and_nothing_was_done(folder: Path) -> None:
    ended = lossfix(at=folder)
    assert (ended.code, ended.text) == (FAILED, lossfix("--help", at=folder).text)


@pytest.mark.parametrize("command", ["check", "fix", "verify", "undo", "explain", "doctor"])
def test_help_says_something_about_every_option(folder: Path, command: str) -> None:
    from click import Option

    from lossfix.cli import cli

    told = [each for each in cli.commands[command].params if isinstance(each, Option)]
    assert all(each.help for each in told)
    shown = lossfix(command, "--help", at=folder).text
    assert all(name in shown for each in told for name in each.opts)
    assert max(map(len, shown.splitlines())) <= 80


def shell(arguments: str, at: Path) -> subprocess.CompletedProcess[str]:
    """``lossfix ARGUMENTS`` as a shell runs it."""
    return subprocess.run(
        f"exec {shlex.quote(sys.executable)} -m lossfix {arguments}",
        shell=True,
        cwd=at,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is full")
@pytest.mark.parametrize("arguments", ["check broken.py", "explain LF201"])
def test_what_cannot_be_written_to_stdout_is_an_error(folder: Path, arguments: str) -> None:
    ended = shell(f"{arguments} >/dev/full", folder)
    assert ended.returncode == FAILED
    assert ended.stderr == "lossfix: stdout: cannot be written: No space left on device\n"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell that closes streams")
@pytest.mark.parametrize(
    ("arguments", "code"),
    [("broken.py >&-", FOUND), ("broken.py 2>&-", FOUND), ("- <&-", CLEAN)],
)
def test_a_closed_stream_is_one_without_anyone(folder: Path, arguments: str, code: int) -> None:
    ended = shell(f"check {arguments}", folder)
    assert ended.returncode == code
    assert "internal error" not in ended.stderr
