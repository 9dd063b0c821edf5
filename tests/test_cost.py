"""What a scan costs, in counts that are the same on every machine."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import libcst as cst
import pytest

from lossfix import callers, run, scan
from lossfix.cache import Cache
from lossfix.config import Config
from lossfix.losses.codebase.places import Modules
from lossfix.losses.codebase.reading import read
from lossfix.losses.discovery.candidate import Settings
from lossfix.losses.smoothing.evaluation import Evaluation
from lossfix.scan import Opened
from lossfix.syntax import nodes, tree
from lossfix.syntax.quiet import LARGEST
from lossfix.syntax.remembered import one_file

PLAIN = Settings()
FAULTLESS = """
import tensorflow as tf

def learn(model, x, y, rate):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(model(x) - y))
    for slope, weight in zip(tape.gradient(loss, model.weights), model.weights):
        weight.assign_sub(rate * slope)
"""
FAULTY = FAULTLESS.replace("tape.gradient(loss,", "tape.gradient(loss * 2,")
LOSS = """
import tensorflow as tf

def gap_loss(y_true, y_pred):
    return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)
"""


def written(folder: Path, **texts: str) -> list[str]:
    """The paths of modules with these texts."""
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text, "utf-8")
    return sorted(map(str, folder.glob("*.py")))


def checked(paths: list[str], folder: Path) -> tuple[Opened, list[str]]:
    """The files of a run, and the codes of what was found in them."""
    config = Config(root=folder)
    files = scan.open_all(paths, config.naming)
    report = run.check(run.Request(config), files)
    return files, [each.code for each in report.findings]


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How often whole files were parsed, by which parser."""
    counts = {"ast": 0, "libcst": 0}
    with one_file():
        pass

    def counting(name: str, parse: Callable[..., object]) -> Callable[..., object]:
        def counted(text: str, *arguments: object, **keywords: object) -> object:
            counts[name] += "import" in text
            return parse(text, *arguments, **keywords)

        return counted

    monkeypatch.setattr(ast, "parse", counting("ast", ast.parse))
    monkeypatch.setattr(cst, "parse_module", counting("libcst", cst.parse_module))
    return counts


def test_a_file_that_wires_a_loss_rightly_is_parsed_once(
    tmp_path: Path, parsed: dict[str, int]
) -> None:
    paths = written(tmp_path, learning=FAULTLESS, plotting="import tensorflow as tf\n")
    assert checked(paths, tmp_path)[1] == []
    assert parsed == {"ast": 1, "libcst": 0}


def test_only_a_file_with_a_loss_is_parsed_by_libcst(
    tmp_path: Path, parsed: dict[str, int]
) -> None:
    paths = written(tmp_path, learning=FAULTY, losses=LOSS, other=FAULTLESS)
    assert sorted(checked(paths, tmp_path)[1]) == ["LF114", "LF301"]
    assert parsed["libcst"] == 1


def test_what_is_followed_to_a_loss_is_parsed_once_and_remembered(
    tmp_path: Path, parsed: dict[str, int]
) -> None:
    # Of the one in the middle only its path is known, until its import has to be followed.
    paths = written(
        tmp_path,
        losses=LOSS,
        between="from losses import gap_loss as loss\n",
        use="import keras\nfrom between import loss\nmodel.compile(loss=loss)\n",
    )
    cache = Cache(tmp_path / "cache.sqlite")
    for known in (False, True):
        parsed["ast"] = 0
        files = scan.open_all(paths, PLAIN, cache=cache)
        assert len(files.documents) == 3
        assert parsed["ast"] == (0 if known else 3)
    cache.close()


def test_files_without_keras_are_read_for_callers_once_and_only_for_what_can_be_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[bytes] = []
    concerns = callers._Sought.concerns
    monkeypatch.setattr(
        callers._Sought, "concerns", lambda self, data: read.append(data) or concerns(self, data)
    )
    trained = f"{LOSS}\nmodel.compile(loss=gap_loss)\n"
    script = "import losses\n\nprint(losses.gap_loss(1, 2, 3))\n"
    paths = written(tmp_path, losses=trained, other="import json\n", script=script)
    for each in paths:
        os.utime(each, (1e9, 1e9))
    counts = []
    for _ in range(2):
        cache = Cache(tmp_path / "cache.sqlite")
        files = scan.open_all(paths, PLAIN, cache=cache)
        request = run.Request(Config(root=tmp_path), cache=cache)
        (found,) = run.check(request, files).findings
        assert found.reason.startswith(f"{tmp_path / 'script.py'}:3 calls it with more")
        cache.close()
        counts.append(len(read))
        read.clear()
    assert counts == [2, 1]
    faulty = written(tmp_path, losses=FAULTY)
    files = scan.open_all(faulty, PLAIN)
    assert [
        each.code for each in run.check(run.Request(Config(root=tmp_path)), files).findings
    ] == ["LF114"]
    assert not read


@pytest.mark.parametrize("cached", [(), ("--no-cache",)])
def test_without_a_loss_neither_rules_nor_libcst_are_loaded(
    tmp_path: Path, cached: tuple[str, ...]
) -> None:
    written(tmp_path, plain="import keras\n\nmodel = keras.Sequential()\n", other="import json\n")
    asked = (
        "import sys\n"
        "from lossfix.cli import main\n"
        f"sys.argv = ['lossfix', 'check', '-q', *{cached!r}, {str(tmp_path)!r}]\n"
        "try:\n    main()\n"
        "finally:\n    print({'libcst', 'lossfix.rules.closure', 'lossfix.scan'} & {*sys.modules})\n"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True)
    assert done.stdout == "{'lossfix.scan'}\n"


def test_documentation_is_not_parsed_for(tmp_path: Path, parsed: dict[str, int]) -> None:
    text = f'"""Use it like this:\n{LOSS}{FAULTY}"""\n\nimport keras\n'
    files, found = checked(written(tmp_path, manual=text), tmp_path)
    assert not found
    assert not files.documents
    assert parsed == {"ast": 0, "libcst": 0}


def test_each_import_of_a_file_is_followed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed: list[tuple[int, str]] = []
    resolve = Modules.resolve

    def counted(self: Modules, file: int, origin: str) -> Iterator[tuple[int, tuple[str, ...]]]:
        followed.append((file, origin))
        return resolve(self, file, origin)

    monkeypatch.setattr(Modules, "resolve", counted)
    uses = "".join(f"a{n} = gap_loss(b, c)\nm.compile(loss=gap_loss)\n" for n in range(40))
    paths = written(tmp_path, losses=LOSS, use=f"import keras\nfrom losses import gap_loss\n{uses}")
    files = scan.open_all(paths, PLAIN)
    assert files.resolved.projects[0].used.compiled == {"gap_loss"}
    assert len(followed) <= 4


def test_what_a_library_hands_out_is_not_looked_for_in_the_project() -> None:
    shared = read("from tensorflow.keras.losses import *\nm.compile(loss=huber)\n", PLAIN).shared
    assert not shared.stars
    assert not shared.uses


def test_the_numbers_of_a_gate_are_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What a gate does is worked out at a thousand predictions, each time by the whole body.
    read: list[object] = []
    evaluate = ast.literal_eval
    monkeypatch.setattr(ast, "literal_eval", lambda text: read.append(text) or evaluate(text))
    weighted = "tf.where(y_pred > 0.375, 2.5, 0.875) * tf.abs(y_true - y_pred)"
    gated = LOSS.replace("tf.abs(y_true - y_pred)", weighted)
    assert "LF202" in checked(written(tmp_path, losses=gated), tmp_path)[1]
    assert len(read) < 50


def test_a_gate_is_worked_out_twice_only_where_nobody_gives_its_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluated: list[str] = []
    body = Evaluation.body
    monkeypatch.setattr(
        Evaluation, "body", lambda self: evaluated.append(self.loss.name) or body(self)
    )
    weighted = "tf.where(y_pred > bound, 2.0, 1.0) * tf.abs(y_true - y_pred)"
    _, _, function = LOSS.replace("tf.abs(y_true - y_pred)", weighted).partition("\n\n")
    counts = []
    for parameter in ("bound=0.5", "bound"):
        text = f"import tensorflow as tf\n\ndef make_loss({parameter}):\n"
        text += textwrap.indent(function, "    ") + "    return gap_loss\n"
        evaluated.clear()
        assert "LF202" in checked(written(tmp_path, losses=text), tmp_path)[1]
        counts.append(len(evaluated))
    assert counts[1] == 2 * counts[0]


def test_the_rules_share_their_walks_over_a_loss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # There are seventy rules, and most look for nodes of one or two classes.
    walked: list[cst.CSTNode] = []
    given: list[int] = []
    children, of = tree.children, tree._Below.of

    def counted(node: cst.CSTNode, *, layout: bool = False) -> list[cst.CSTNode]:
        walked.append(node)
        return children(node, layout=layout)

    def weighed(self: tree._Below, kinds: tuple[type[cst.CSTNode], ...]) -> list[cst.CSTNode]:
        found = of(self, kinds)
        given.append(len(found))
        return found

    monkeypatch.setattr(tree, "children", counted)
    monkeypatch.setattr(tree._Below, "of", weighed)
    assert checked(written(tmp_path, losses=LOSS), tmp_path)[1] == ["LF301"]
    assert sum(isinstance(each, cst.FunctionDef) for each in walked) <= 3
    assert len(given) > 40
    assert sum(given) < 4 * len(given)


def test_of_a_file_without_a_loss_only_its_path_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "networks"
    package.mkdir()
    written(package, __init__="from .parts import block\n", parts="def block(x): ...\n")
    written(package, losses=LOSS)
    monkeypatch.chdir(package)
    paths = ["__init__.py", "losses.py", "parts.py"]
    files = scan.open_all(paths, PLAIN)
    assert files.skipped == ("__init__.py", "parts.py")
    assert all(kept is given for kept, given in zip(files.skipped, paths[::2], strict=True))
    # Where an import leads to them they are found all the same, a package by its folder's name.
    found = {
        origin: [
            (files.skipped[number - 1], rest) for number, rest in files.modules.resolve(0, origin)
        ]
        for origin in ("networks.block", ".parts.block", "..networks.block", "...elsewhere")
    }
    assert found == {
        "networks.block": [("__init__.py", ("block",))],
        ".parts.block": [("parts.py", ("block",))],
        "..networks.block": [("__init__.py", ("block",))],
        "...elsewhere": [],
    }


def test_what_a_file_holds_is_looked_up_once_for_all_its_losses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    walked: list[ast.AST] = []
    walk, children = ast.walk, nodes.children

    def counted_walk(node: ast.AST) -> Iterator[ast.AST]:
        walked.append(node)
        return walk(node)

    def counted_children(node: ast.AST) -> list[ast.AST]:
        walked.append(node)
        return children(node)

    monkeypatch.setattr(ast, "walk", counted_walk)
    monkeypatch.setattr(nodes, "children", counted_children)
    head, _, loss = LOSS.partition("\n\n")
    counts = []
    for number in (2, 8):
        walked.clear()
        text = head + "".join(f"\n\n{loss.replace('gap', f'gap_{n}')}" for n in range(number))
        found = checked(written(tmp_path, losses=text), tmp_path)[1]
        assert found == ["LF301"] * number
        whole = [each for each in walked if isinstance(each, ast.Module)]
        counts.append(sum(isinstance(each.body[0], ast.Import) for each in whole))
    assert counts[0] == counts[1]


def test_a_file_that_is_too_large_is_told_so_and_given_to_no_parser(
    tmp_path: Path, parsed: dict[str, int]
) -> None:
    large = LOSS + "# " + "data " * (LARGEST // 5)
    assert checked(written(tmp_path, losses=large), tmp_path)[1] == ["LF000"]
    assert parsed == {"ast": 0, "libcst": 0}
    files, found = checked(written(tmp_path, other=LOSS.replace("gap", "area")), tmp_path)
    assert sorted(found) == ["LF000", "LF301"]
    report = run.fix(run.Request(Config(root=tmp_path)), files, None)
    told = [each.message for file in report.files for each in file.findings]
    assert f"cannot be read: it has {len(large)} characters, and at most 2000000 are read" in told
    assert [Path(file.path).name for file in report.files if file.changed] == ["other.py"]
