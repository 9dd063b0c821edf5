"""Which files are looked at."""

from __future__ import annotations

import errno
import io
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from program import heeding_modes

from lossfix.config import Config
from lossfix.source import SourceError, Unreadable, find, listed


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """Makes files, with the given text, in the folder in which the test runs."""
    monkeypatch.chdir(tmp_path)

    def make(*names: str, **files: str) -> Path:
        for name, text in {**dict.fromkeys(names, ""), **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return make


def found(*paths: str, **choice: object) -> list[str]:
    config = Config(root=Path.cwd(), **choice)
    return [path.as_posix() for path in find(paths or ["."], config)]


def test_a_folder_is_all_python_and_notebooks_below_it_in_order(tree):
    tree("b.py", "a/z.py", "a/c.ipynb", "a.txt", "a/b/d.py", "c.pyc")
    assert found() == ["a/b/d.py", "a/c.ipynb", "a/z.py", "b.py"]
    assert found("a") == ["a/b/d.py", "a/c.ipynb", "a/z.py"]


def test_folders_that_hold_no_source_are_skipped(tree):
    tree("a.py", ".git/x.py", ".venv/x.py", "node_modules/x.py", "a/__pycache__/x.py", "build/x.py")
    tree("env/pyvenv.cfg", "env/lib/x.py")
    assert found() == ["a.py"]
    assert found(exclude=("a.py",)) != []
    assert ".venv/x.py" in found(exclude=("a.py",))


def test_a_folder_that_is_named_is_looked_at_whatever_it_is(tree):
    tree(".venv/pyvenv.cfg", ".venv/lib/x.py", ".venv/lib/__pycache__/y.py", "build/b.py")
    tree(**{".gitignore": ".venv/\n", ".git/config": ""})
    assert found(".venv/lib", "build") == [".venv/lib/x.py", "build/b.py"]
    assert found(".venv", "build", force_exclude=True) == []


def test_what_git_ignores_is_skipped(tree):
    tree(
        ".git/config",
        "a.py",
        "gen/b.py",
        "pkg/out.py",
        "pkg/kept/out.py",
        "pkg/deep/c.py",
        "secret.py",
    )
    tree(**{".gitignore": "gen/\nout.py\n", "pkg/kept/.gitignore": "!out.py\n"})
    tree(**{"pkg/.gitignore": "/deep/\n", ".git/info/exclude": "secret.py\n"})
    assert found() == ["a.py", "pkg/kept/out.py"]
    assert found("pkg") == ["pkg/kept/out.py"]
    assert "gen/b.py" in found(respect_gitignore=False)


def test_what_is_no_pattern_in_an_ignore_file_says_nothing_as_to_git(tree):
    tree(".git/config", "a.py", "b.py", "c.py")
    tree(**{".gitignore": "a.py\n!\n[z-a].py\nback\\\nb.py\n"})
    assert found() == ["c.py"]


NAMES = st.sampled_from(["a", "b", "c.py", "d.py"])
PATTERNS = st.lists(
    st.sampled_from(
        ["a", "b/", "/c.py", "!c.py", "*.py", "!d.py", "a/b", "**/b/", "a/*", "!a/b/", "# x"]
    ),
    max_size=3,
)


@settings(deadline=None, max_examples=25)
@given(top=PATTERNS, inner=PATTERNS, deep=PATTERNS)
def test_git_itself_agrees_on_what_is_ignored(tmp_path_factory, top, inner, deep):
    root = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q", "."], cwd=root, check=True)
    for folder, patterns in {"": top, "a": inner, "a/b": deep, "b": [], "b/a": []}.items():
        (root / folder).mkdir(exist_ok=True)
        for name in ("c.py", "d.py"):
            (root / folder / name).touch()
        (root / folder / ".gitignore").write_text("\n".join(patterns))
    command = ["git", "ls-files", "--others", "--exclude-standard", "--", "*.py"]
    listing = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    wanted = {Path(line) for line in listing.stdout.split("\n") if line}
    assert {path.relative_to(root) for path in find([root], Config(root=root))} == wanted


def test_a_named_file_is_taken_unless_exclusion_is_forced(tree):
    tree("old/a.py", "b.txt", ".git/config", **{".gitignore": "ignored.py\n", "ignored.py": ""})
    named = ("old/a.py", "b.txt", "ignored.py")
    assert found(*named, exclude=("old/",)) == list(named)
    assert found(*named, exclude=("old/",), force_exclude=True) == ["b.txt"]


def test_patterns_choose(tree):
    tree("src/a.py", "src/gen_b.py", "tests/c.py", "src/d.pyi", "build/e.py")
    assert found(extend_exclude=("gen_*.py", "tests/")) == ["src/a.py"]
    assert found(include=("src/*.pyi",)) == ["src/d.pyi"]
    assert found("src", extend_exclude=("/src/a.py",)) == ["src/gen_b.py"]


def test_no_file_comes_twice(tree):
    tree("a/b.py", "a/c.py")
    assert found("a/c.py", "a", "a/../a/b.py") == ["a/c.py", "a/b.py"]


def test_links_are_followed_to_files_and_not_into_folders(tree):
    root = tree("real/a.py", "elsewhere/b.py", "p/c.py")
    (root / "p" / "b.py").symlink_to(root / "elsewhere" / "b.py")
    (root / "p" / "loop").symlink_to(root / "p", target_is_directory=True)
    (root / "p" / "same.py").symlink_to("c.py")
    (root / "p" / "gone.py").symlink_to("nowhere.py")
    assert found("p") == ["p/b.py", "p/c.py"]


def test_missing_paths_are_an_error_before_anything_is_done(tree):
    tree("a.py")
    with pytest.raises(SourceError, match=r"gone\.py, lost: no such file or folder"):
        next(find(["a.py", "gone.py", "lost"], Config(root=Path.cwd())))


@pytest.mark.parametrize("text", ["a.py\nb c.py\n\n", "a.py\0b c.py\0", "a.py\r\nb c.py"])
def test_files_are_listed_in_a_file_or_on_stdin(tree, monkeypatch, text):
    tree(**{"list.txt": text})
    assert listed("list.txt") == (Path("a.py"), Path("b c.py"))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert listed("-") == (Path("a.py"), Path("b c.py"))


def test_a_path_that_may_not_be_asked_for_is_an_error_that_names_it(tree, monkeypatch):
    def closed(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "exists", closed)
    with pytest.raises(SourceError, match=r"a\.py: cannot be read: Permission denied"):
        list(find([Path("a.py")], Config(Path.cwd())))


def test_a_folder_that_cannot_be_read_is_told_and_the_rest_is_walked(tree):
    tree("a.py", "locked/b.py", "z.py").joinpath("locked").chmod(0)
    told: list[Unreadable] = []
    with heeding_modes():
        walked = [path.as_posix() for path in find(["."], Config(root=Path.cwd()), told.append)]
    assert walked == ["a.py", "z.py"]
    assert [(each.path, each.message) for each in told] == [("locked", "Permission denied")]


def test_links_that_cannot_be_followed_are_told_and_the_rest_is_walked(tree):
    root = tree("p/a.py", "p/z.py", "locked/b.py")
    (root / "p" / "circle.py").symlink_to("circle.py")
    (root / "p" / "into.py").symlink_to(root / "locked" / "b.py")
    (root / "locked").chmod(0)
    told: list[Unreadable] = []
    with heeding_modes():
        walked = [path.as_posix() for path in find(["p"], Config(root=Path.cwd()), told.append)]
    assert walked == ["p/a.py", "p/z.py"]
    assert [(each.path, each.message) for each in told] == [
        ("p/circle.py", os.strerror(errno.ELOOP)),
        ("p/into.py", os.strerror(errno.EACCES)),
    ]


def test_what_is_named_and_cannot_be_read_ends_the_search(tree):
    tree("a.py", "locked/b.py")
    for name in ("a.py", "locked"):
        Path(name).chmod(0)
    with (
        heeding_modes(),
        pytest.raises(SourceError, match=r"a\.py, locked: cannot be read: Permission"),
    ):
        found("a.py", "locked")
