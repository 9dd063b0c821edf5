"""Findings are confined to lines, to what changed since a commit, and to what a baseline does not know."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from lossfix.model import Finding, Safety, Severity, Span
from lossfix.source import (
    SourceError,
    beyond_baseline,
    changed_since,
    decode,
    fingerprint,
    in_text,
    inside,
    parse_lines,
    read_baseline,
    write_baseline,
)


def finding(line: int, end: int | None = None, code: str = "LF201", column: int = 9) -> Finding:
    span = Span(line, 5, end or line, column)
    return Finding("a.py", span, code, "hard-gate", Severity.ERROR, Safety.EXACT, "", "loss")


@pytest.mark.parametrize(
    ("texts", "lines"),
    [
        ([], ()),
        ([""], ()),
        ([" "], ()),
        (["3-14"], ((3, 14),)),
        (["7"], ((7, 7),)),
        (["3:5"], ((3, 5),)),
        (["1,2"], ((1, 2),)),
        (["9-12", "3-4"], ((9, 12), (3, 4))),
        (["9-12", ""], ()),
    ],
)
def test_lines_are_ranges_or_the_whole_file(texts, lines):
    assert parse_lines(texts) == lines


@pytest.mark.parametrize("text", ["0-3", "5-4", "a-b", "-3", "1-2-3"])
def test_what_is_no_range_of_lines_is_an_error(text):
    with pytest.raises(SourceError, match="--lines"):
        parse_lines([text])


def test_a_finding_is_inside_where_it_shares_a_line():
    assert [inside(finding(line, line + 1), ((3, 4),)) for line in range(1, 6)] == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert not inside(finding(2, 3, column=1), ((3, 4),))


def git(*arguments: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    git("init", "-q", ".")
    Path("a.py").write_text("".join(f"{n}\n" for n in range(1, 11)))
    Path("tab\tand é.py").write_text("1\n")
    Path("gone.py").write_text("-- b/fake.py\n")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    return tmp_path.resolve()


def test_what_changed_since_a_commit_is_known_by_lines(repository):
    lines = Path("a.py").read_text().splitlines(keepends=True)
    Path("a.py").write_text(
        "".join([*lines[:2], "new\n", "new\n", *lines[2:5], "six\n", *lines[7:]])
    )
    Path("tab\tand é.py").write_text("1\n2\n")
    Path("gone.py").unlink()
    Path("sub").mkdir()
    Path("sub/new.py").write_text("x\n")
    changed = changed_since("HEAD", repository / "sub")
    assert changed[repository / "a.py"] == ((3, 4), (8, 8))
    assert changed[repository / "tab\tand é.py"] == ((2, 2),)
    assert inside(finding(1), changed[repository / "sub" / "new.py"])
    assert {path.name for path in changed} == {"a.py", "tab\tand é.py", "new.py"}


def test_a_renamed_file_changed_where_it_differs(repository):
    git("mv", "a.py", "b.py")
    git("config", "diff.noprefix", "true")
    Path("b.py").write_text(Path("b.py").read_text().replace("10", "ten"))
    assert dict(changed_since("HEAD", repository)) == {repository / "b.py": ((10, 10),)}


def test_repositories_within_a_repository_count(repository, tmp_path_factory, monkeypatch):
    other = tmp_path_factory.mktemp("other")
    for folder in (other, repository / "inner"):
        folder.mkdir(exist_ok=True)
        git("init", "-q", str(folder))
        (folder / "c.py").write_text("1\n2\n")
    git("-C", str(other), "add", ".")
    git("-C", str(other), "commit", "-q", "-m", "other")
    clone = ("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other))
    git(*clone, "old")
    git("commit", "-q", "-m", "with a submodule")
    git(*clone, "added")
    (repository / "old" / "c.py").write_text("1\n2\n3\n")
    (repository / "old" / "new.py").write_text("1\n")
    # As in a hook of the outer repository.
    monkeypatch.setenv("GIT_DIR", str(repository / ".git"))
    changed = changed_since("HEAD", repository)
    assert changed[repository / "old" / "c.py"] == ((3, 3),)
    for name in ("old/new.py", "added/c.py", "inner/c.py"):
        assert inside(finding(1), changed[repository / name])


def test_what_lies_outside_of_the_repository_is_an_error(repository):
    changed_since("HEAD", repository, [Path(), Path("a.py")])
    with pytest.raises(SourceError, match="lies outside of the repository"):
        changed_since("HEAD", repository, [Path("a.py"), repository.parent])


def test_a_commit_that_git_does_not_know_is_an_error(repository):
    with pytest.raises(SourceError, match="nowhere"):
        changed_since("nowhere", repository)
    with pytest.raises(SourceError):
        changed_since("--output=x", repository)
    assert not Path("x").exists()


def test_outside_of_a_repository_there_is_no_commit(tmp_path):
    with pytest.raises(SourceError, match="git"):
        changed_since("HEAD", tmp_path)


def test_changed_lines_of_a_notebook_are_the_cells_that_they_touch():
    cells = [{"cell_type": "code", "source": [f"a = {n}\n", "b = 2"]} for n in range(3)]
    data = json.dumps({"cells": cells, "nbformat": 4}, indent=1).encode()
    line = data.decode().split("\n").index('    "a = 1\\n",') + 1
    document = decode("nb.ipynb", data)
    (lines,) = in_text(document, ((line, line),))
    assert document.source.text.split("\n")[lines[0] - 1 : lines[1]] == ["a = 1", "b = 2"]
    assert in_text(decode("a.py", b"x\n"), ((1, 1),)) == ((1, 1),)


TEXT = "import keras\n\n    gate = where(p > t)\nelse\n    gate = where(p > t)\n"


def test_a_fingerprint_is_the_same_wherever_the_line_moves():
    moved = "# a comment\n\n" + TEXT.replace("    gate", "        gate")
    assert fingerprint(finding(3), TEXT) == fingerprint(finding(5), moved)
    assert fingerprint(finding(3), TEXT) != fingerprint(finding(3, code="LF202"), TEXT)
    assert fingerprint(finding(3), TEXT) != fingerprint(finding(1), TEXT)


def test_a_baseline_knows_its_findings_and_no_more_of_them(tmp_path):
    file = tmp_path / "baseline.json"
    write_baseline(file, [(finding(3), TEXT)])
    baseline = read_baseline(file)
    assert beyond_baseline([finding(3)], TEXT, baseline) == ()
    assert beyond_baseline([finding(3), finding(5)], TEXT, baseline) == (finding(5),)
    assert beyond_baseline([finding(1)], TEXT, baseline) == (finding(1),)


def test_a_baseline_is_the_same_in_whatever_order_it_was_found(tmp_path):
    found = [(finding(3), TEXT), (finding(1), TEXT), (finding(5), TEXT)]
    write_baseline(tmp_path / "a", found)
    write_baseline(tmp_path / "b", reversed(found))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    write_baseline(tmp_path / "c", [])
    assert beyond_baseline([finding(1)], TEXT, read_baseline(tmp_path / "c")) == (finding(1),)


@pytest.mark.parametrize("text", ["", "[]", '{"version": 99, "findings": []}', '{"version": 1}'])
def test_what_is_no_baseline_is_an_error_that_names_it(tmp_path, text):
    file = tmp_path / "baseline.json"
    file.write_text(text)
    with pytest.raises(SourceError, match=r"baseline\.json"):
        read_baseline(file)
