"""What a project asks for is read from flags, environment and file, and every mistake is named."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from lossfix.config import (
    Config,
    ConfigError,
    LossInputs,
    check_families,
    check_rules,
    load,
    selected,
)
from lossfix.model import Gate

RULES = (("LF101", "numpy-round-trip"), ("LF201", "hard-gate"), ("LF202", "jump-gate"))


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Writes a configuration file of the project in which the test runs."""
    monkeypatch.chdir(tmp_path)

    def write(text: str, name: str = "pyproject.toml") -> Path:
        (tmp_path / name).write_text(textwrap.dedent(text), "utf-8")
        return tmp_path

    return write


def test_without_a_file_everything_is_as_by_default(project, tmp_path):
    assert load(tmp_path, environ={}) == Config(root=tmp_path.resolve())


def test_every_key_is_read(project):
    root = project("""
        [tool.lossfix]
        select = ["LF1", "hard-gate"]
        extend-select = ["LF202"]
        ignore = ["LF102"]
        include = ["src/**/*.py"]
        exclude = ["old/"]
        extend-exclude = ["gen_*.py"]
        force-exclude = true
        respect-gitignore = false
        targets = ["goal"]
        predictions = ["guess"]
        loss-bases = ["pkg.BaseLoss"]
        gate = "detached"
        steepness = 12
        exact-only = true

        [tool.lossfix.per-file-ignores]
        "tests/*" = ["LF2"]

        [tool.lossfix.verify]
        python = "env/bin/python"
        timeout = 2.5
        memory = 512
        seed = 3
        exact-tolerance = 1e-6
        relaxed-tolerance = 0.05

        [tool.lossfix.verify.loss."pkg.losses.focal"]
        shapes = { y_true = [4], y_pred = [4, 3] }
        ranges = { y_pred = [0, 1] }
        families = ["unit"]
        arguments = { alpha = 0.25, mode = "sum" }
        """)
    config = load(root, environ={})
    assert config.select == ("LF1", "hard-gate")
    assert (config.force_exclude, config.respect_gitignore, config.exact_only) == (
        True,
        False,
        True,
    )
    assert (config.gate, config.steepness) == (Gate.DETACHED, 12.0)
    assert config.per_file_ignores == (("tests/*", ("LF2",)),)
    assert config.verify.python == str(root.resolve() / "env/bin/python")
    assert (config.verify.timeout, config.verify.memory, config.verify.seed) == (2.5, 512, 3)
    assert (config.verify.exact_tolerance, config.verify.relaxed_tolerance) == (1e-6, 0.05)
    assert config.verify.inputs("pkg.losses.focal") == LossInputs(
        "pkg.losses.focal",
        shapes=(("y_true", (4,)), ("y_pred", (4, 3))),
        ranges=(("y_pred", (0.0, 1.0)),),
        families=("unit",),
        arguments=(("alpha", "0.25"), ("mode", "'sum'")),
    )


def test_flags_win_over_environment_over_file_over_default(project):
    root = project("""
        [tool.lossfix]
        steepness = 1
        gate = "keep"
        ignore = ["LF1"]
        """)
    environ = {"LOSSFIX_STEEPNESS": "2", "LOSSFIX_GATE": "auto", "LOSSFIX_SEED": "7"}
    config = load(root, {"steepness": 3.0, "gate": None, "select": ("LF2",)}, environ)
    assert (config.steepness, config.gate, config.ignore) == (3.0, None, ("LF1",))
    assert (config.select, config.verify.seed) == (("LF2",), 7)


def test_the_nearest_file_that_speaks_of_lossfix_counts(project):
    root = project('[tool.lossfix]\nignore = ["LF1"]\n')
    inner = root / "a" / "b"
    inner.mkdir(parents=True)
    (root / "a" / "pyproject.toml").write_text("[project]\nname = 'a'\n")
    assert load(inner, environ={}).root == root.resolve()
    (root / "a" / "lossfix.toml").write_text('ignore = ["LF2"]\n')
    config = load(inner, environ={})
    assert (config.ignore, config.root) == (("LF2",), (root / "a").resolve())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[tool.lossfix]\nselct = []\n",
            "pyproject.toml:2: unknown key 'selct'; did you mean 'select'?",
        ),
        (
            "[tool.lossfix]\n\nselect = 'LF1'\n",
            "pyproject.toml:3: 'select' must be a list of strings",
        ),
        (
            "[tool]\nlossfix.gate = 'hard'\n",
            "pyproject.toml:2: 'gate' must be one of 'auto', 'sigmoid'",
        ),
        ("[tool.lossfix.verfy]\n", "pyproject.toml:1: unknown key 'verfy'; did you mean 'verify'?"),
        (
            "[tool.lossfix.verify]\ntimeout = 0\n",
            "pyproject.toml:2: 'timeout' must be a number above 0",
        ),
        ("[tool.lossfix.verify]\nseed = true\n", "pyproject.toml:2: 'seed' must be a whole number"),
        ("[tool.lossfix]\nverify = 3\n", "pyproject.toml:2: 'verify' must be a table"),
        ("[tool]\nlossfix = 3\n", "pyproject.toml:2: tool.lossfix must be a table"),
        ("[tool.lossfix]\nsteepness = 'steep'\n", "'steepness' must be 'auto' or a number above 0"),
        ("[tool.lossfix]\nforce-exclude = 1\n", "'force-exclude' must be true or false, not 1"),
        (
            "[tool.lossfix.verify.loss.'a.b']\nrange = 1\n",
            "pyproject.toml:2: unknown key 'range'; did you mean 'ranges'?",
        ),
        (
            "[tool.lossfix.verify.loss.'a.b']\nranges = {y_true = [1, 0]}\n",
            "pyproject.toml:2: 'ranges' must be [lowest, highest]",
        ),
        (
            "[tool.lossfix.verify.loss]\nx = 1\n",
            "pyproject.toml:2: the inputs of 'x' must be a table",
        ),
        ("[tool.lossfix\n", "pyproject.toml:1: not TOML"),
        (
            "[tool.lossfix]\nexclude = ['a', '!']\n",
            "pyproject.toml:2: 'exclude' must be a list of patterns as in .gitignore, which '!' is none of",
        ),
        (
            "[tool.lossfix.per-file-ignores]\n'!' = ['LF1']\n",
            "pyproject.toml:1: 'per-file-ignores' must be",
        ),
        ("[tool.lossfix]\ninclude = ['[z-a].py']\n", "'[z-a].py' is none of"),
        (
            "[tool.lossfix.verify.loss.a.b]\nshapes = {y_true = [1]}\n",
            'the dotted name of a loss needs quotes, as in "a.b"',
        ),
    ],
)
def test_a_mistake_is_named_with_file_line_and_the_closest_key(project, text, message):
    root = project(text)
    with pytest.raises(ConfigError) as raised:
        load(root, environ={})
    assert str(raised.value).startswith(message) or message in str(raised.value)


def test_a_byte_order_mark_is_no_mistake(tmp_path):
    (tmp_path / "pyproject.toml").write_bytes(b"\xef\xbb\xbf[tool.lossfix]\r\nselect = ['LF2']\r\n")
    assert load(tmp_path, environ={}).select == ("LF2",)


def test_a_mistake_in_a_flag_or_the_environment_is_named(project, tmp_path):
    with pytest.raises(ConfigError, match="--steepness: 'steepness' must be"):
        load(tmp_path, {"steepness": -1.0}, {})
    with pytest.raises(
        ConfigError, match="LOSSFIX_FORCE_EXCLUDE: 'force-exclude' must be true or false"
    ):
        load(tmp_path, environ={"LOSSFIX_FORCE_EXCLUDE": "perhaps"})


def test_an_unknown_rule_is_named_with_the_closest(project):
    root = project('[tool.lossfix]\nselect = [\n  "LF2",\n]\nignore = ["hard-gates"]\n')
    with pytest.raises(
        ConfigError, match=r"pyproject.toml:5: .*'hard-gates'; did you mean 'hard-gate'"
    ):
        check_rules(load(root, environ={}), RULES)
    check_rules(load(root, {"ignore": ("jump-gate",)}, {}), RULES)
    with pytest.raises(ConfigError, match=r"--select: no rule 'LF9'"):
        check_rules(load(root, {"select": ("LF9",), "ignore": ()}, {}), RULES)


@pytest.mark.parametrize("word", ["LF9999", "LF545", "gate"])
def test_no_rule_is_suggested_that_is_only_half_alike(tmp_path, word):
    with pytest.raises(ConfigError, match=f"--select: no rule '{word}'$"):
        check_rules(load(tmp_path, {"select": (word,)}, {}), RULES)


def test_where_no_rule_is_left_to_look_for_that_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="--ignore: leaves no rule of those selected"):
        check_rules(load(tmp_path, {"select": ("LF2",), "ignore": ("LF2",)}, {}), RULES)


def test_a_table_of_pyproject_in_a_file_of_our_own_is_told_how_to_stand_there(tmp_path):
    (tmp_path / "lossfix.toml").write_text('# ours\n[tool.lossfix]\nselect = ["LF1"]\n')
    with pytest.raises(ConfigError, match=r"lossfix\.toml:2: \[tool\.lossfix\] is for pyproject"):
        load(tmp_path, environ={})


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({}, {"LF101", "LF201", "LF202"}),
        ({"select": ("LF2",)}, {"LF201", "LF202"}),
        ({"select": ("hard-gate",)}, {"LF201"}),
        ({"select": ("LF2",), "ignore": ("LF202",)}, {"LF201"}),
        ({"select": ("LF201",), "ignore": ("LF2",)}, {"LF201"}),
        ({"ignore": ("ALL",)}, set()),
        ({"ignore": ("LF2",), "extend_select": ("jump-gate",)}, {"LF101", "LF202"}),
        ({"select": ("LF1",), "extend_select": ("LF202",)}, {"LF101", "LF202"}),
        ({"ignore": ("LF1", "hard-gate")}, {"LF202"}),
    ],
)
def test_the_selector_that_says_most_decides(settings, wanted):
    config = Config(root=Path("/"), **settings)
    assert {code for code, name in RULES if selected(code, name, config)} == wanted


def test_rules_are_ignored_per_file(project, tmp_path):
    config = Config(root=tmp_path.resolve(), per_file_ignores=(("tests/", ("LF2",)),))
    assert selected("LF201", "hard-gate", config, "src/losses.py")
    assert not selected("LF201", "hard-gate", config, "tests/deep/losses.py")
    assert not selected("LF201", "hard-gate", config, str(tmp_path / "tests" / "losses.py"))
    assert selected("LF101", "numpy-round-trip", config, "tests/losses.py")


def test_a_file_that_is_no_toml_is_named_with_the_line(project, tmp_path):
    (tmp_path / "lossfix.toml").write_bytes(b'gate = "auto"\n\nselect = [\n')
    with pytest.raises(ConfigError, match=r"lossfix\.toml:3: not TOML: "):
        load(tmp_path, environ={})
    (tmp_path / "lossfix.toml").write_bytes(b'gate = "auto"\n\xff\n')
    with pytest.raises(ConfigError, match=r"lossfix\.toml:2: not TOML: it is not UTF-8"):
        load(tmp_path, environ={})


def test_an_unknown_family_of_inputs_is_named_with_the_closest(project, tmp_path):
    (tmp_path / "lossfix.toml").write_text(
        '[verify.loss."a.b"]\nshapes = { y_true = [1] }\nfamilies = ["unit", "onehot_porb"]\n'
    )
    config = load(tmp_path, environ={})
    with pytest.raises(ConfigError, match=r"lossfix.toml:3: .*'onehot_porb'.*'onehot_prob'"):
        check_families(config, ("unit", "onehot_prob"))
    check_families(config, ("unit", "onehot_porb"))
