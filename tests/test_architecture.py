"""The layers hold, and nothing heavy is loaded before it is needed."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PARTS_OF_LOSSES = sorted(path.parent.name for path in ROOT.glob("lossfix/losses/*/__init__.py"))
LOADED = "import sys; print(*sorted(sys.modules))"
CHECK = (
    "from lossfix.cli import cli\n"
    "import sys\n"
    "assert cli.main(['check', '-q', sys.argv[1]], standalone_mode=False) == 1"
)


def loaded_after(code: str, *arguments: str) -> set[str]:
    """The modules that are loaded once ``code`` has run in a process of its own."""
    process = subprocess.run(
        [sys.executable, "-c", f"{code}\n{LOADED}", *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return set(process.stdout.splitlines()[-1].split())


def test_every_layer_imports_only_what_lies_below_it() -> None:
    linter = "import sys; from importlinter.cli import lint_imports_command as c; sys.exit(c())"
    process = subprocess.run(
        [sys.executable, "-c", linter], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert process.returncode == 0, process.stdout + process.stderr


def test_the_program_starts_without_anything_heavy() -> None:
    loaded = loaded_after("import lossfix.cli")
    assert not loaded & {"tensorflow", "keras", "numpy", "libcst", "black", "rich"}


def test_checking_a_file_loads_neither_tensorflow_nor_numpy_nor_black() -> None:
    loaded = loaded_after(CHECK, str(ROOT / "fixtures" / "article" / "combined.py"))
    assert "libcst" in loaded
    assert not loaded & {"tensorflow", "keras", "numpy", "black", "lossfix.verify.interpreter"}


def test_a_second_run_loads_neither_rules_nor_parsers_nor_other_formats(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    file = str(ROOT / "fixtures" / "article" / "combined.py")
    assert loaded_after(CHECK, file) >= {"libcst", "lossfix.checking", "lossfix.rules.hard_gate"}
    loaded = loaded_after(CHECK, file)
    assert "lossfix.report.text" in loaded
    idle = {"libcst", "lossfix.checking", "lossfix.rules", "lossfix.report.html"}
    assert not loaded & {*idle, "lossfix.losses.codebase.reading", "lossfix.losses.probing"}


@pytest.mark.parametrize(
    "arguments",
    [
        "check --select LF9",
        "check --ignore jump-gates",
        "explain LF9",
        "check --nope",
        "check nowhere.py",
    ],
)
def test_what_cannot_be_meant_is_refused_without_the_rules(arguments: str) -> None:
    refused = (
        "from lossfix.cli import main\n"
        "import sys\n"
        f"sys.argv[1:] = {arguments.split()!r}\n"
        "try: main()\n"
        "except SystemExit as end: assert end.code == 2"
    )
    assert not loaded_after(refused) & {"libcst", "lossfix.rules"}


def test_no_file_outside_of_the_probe_names_tensorflow_in_an_import() -> None:
    probe = ROOT / "lossfix" / "verify" / "probe"
    starts = tuple(
        f"{word} {name}" for word in ("import", "from") for name in ("tensorflow", "keras", "numpy")
    )
    found = [
        (file.name, line)
        for file in sorted((ROOT / "lossfix").rglob("*.py"))
        if probe not in file.parents
        for line in _statements(file)
        if line.startswith(starts)
    ]
    assert found == []


def test_texts_of_users_are_parsed_in_silence_by_one_module_alone() -> None:
    parsing = {
        path.relative_to(ROOT / "lossfix").as_posix()
        for path in (ROOT / "lossfix").rglob("*.py")
        if "ast.parse(" in path.read_text() and "probe" not in path.parts
    }
    assert parsing == {
        "syntax/quiet.py",
        "syntax/scope.py",
    }  # the latter in an example of a docstring


def test_the_probe_imports_itself_the_standard_library_and_the_three_alone() -> None:
    probe = ROOT / "lossfix" / "verify" / "probe"
    own = {".", *(f".{file.stem}" for file in probe.glob("*.py"))}
    others = {
        name.partition(".")[0]
        for file in sorted(probe.rglob("*.py"))
        for node in ast.walk(_tree(file))
        for name in _imported(node)
        if name not in own
    }
    assert others <= {"tensorflow", "keras", "numpy", *sys.stdlib_module_names}


@pytest.mark.parametrize("part", ["", *PARTS_OF_LOSSES])
def test_each_module_on_losses_is_on_its_map_once(part: str) -> None:
    folder = ROOT / "lossfix" / "losses" / part
    told = re.findall(r"``(\w+)``", ast.get_docstring(_tree(folder / "__init__.py")) or "")
    files = {file.stem for file in folder.glob("*.py")} - {"__init__"}
    folders = {each.parent.name for each in folder.glob("*/__init__.py")}
    assert sorted(told) == sorted(files | folders)


def _statements(file: Path) -> list[str]:
    return [
        ast.unparse(node)
        for node in ast.walk(_tree(file))
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]


def _imported(node: ast.AST) -> list[str]:
    """The modules that a statement imports, those of the same package with a dot before them."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [f"{'.' * node.level}{node.module or ''}"] if isinstance(node, ast.ImportFrom) else []


def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


PACKAGES = [
    each.parent
    for each in sorted((ROOT / "lossfix").rglob("__init__.py"))
    if each.parent.name not in ("lossfix", "rules")
]
"""All but the program, of which docs/how-it-works.md is the map, and the rules, of which their tuple is."""


@pytest.mark.parametrize("package", PACKAGES, ids=lambda each: str(each.relative_to(ROOT)))
def test_the_first_lines_of_a_package_are_the_map_of_its_modules(package: Path) -> None:
    page = ast.get_docstring(ast.parse((package / "__init__.py").read_text())) or ""
    modules = {each.stem for each in package.glob("*.py") if not each.stem.startswith("__")}
    named = set(re.findall(r"``(\w+)``", page))
    assert modules <= named, f"not on the map: {sorted(modules - named)}"
