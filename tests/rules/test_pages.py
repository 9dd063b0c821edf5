"""Every rule has a page, and its page is true: the example has the fault, and becomes what is advised."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import black
import pytest

from lossfix.checking import Options, check
from lossfix.engine import repair, repairable
from lossfix.losses.code.loss import Relaxation
from lossfix.model import Safety
from lossfix.pages import markdown
from lossfix.rules import RULES, rule_called
from lossfix.rules.rule import Rule

SECTIONS = (
    "What it does",
    "Why is this bad",
    "Example",
    "Use instead",
    "Fix safety",
    "References",
)
ABOUT_THE_SHAPE = re.compile(r"LF3\d\d")
"""Rules on the shape of the code, which may have a say on any loss that is not yet a class."""

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
mended = pytest.mark.parametrize(
    "rule",
    [rule for rule in RULES if rule.safety is not Safety.MANUAL],
    ids=lambda rule: rule.name,
)


def code_of(rule: Rule, heading: str) -> str:
    blocks = re.findall(r"```python\n(.*?)```", rule.section(heading), re.DOTALL)
    assert len(blocks) == 1, f"one block of code below {heading!r}"
    return str(blocks[0])


def codes(text: str, *rules: Rule) -> list[str]:
    return [finding.code for finding in check("example.py", text, Options(rules))]


@each_rule
def test_a_page_has_all_its_sections_in_order(rule: Rule) -> None:
    headings = re.findall(r"^## (.*)$", rule.page, re.MULTILINE)
    assert tuple(headings) == SECTIONS
    assert all(rule.section(heading) for heading in SECTIONS)


@each_rule
def test_a_page_has_a_title_and_addresses_to_read_on(rule: Rule) -> None:
    assert rule.title
    assert not rule.title.endswith(".")
    assert "https://" in rule.section("References")


@each_rule
def test_a_page_says_what_was_measured_and_how_to_keep_the_code(rule: Rule) -> None:
    why = rule.section("Why is this bad").lower()
    assert "measured" in why
    assert re.search("gradient|train|runs|raises|saved", why)
    assert f"# lossfix: ignore[{rule.code}]" in markdown(rule)


@each_rule
def test_the_code_of_a_page_is_python(rule: Rule) -> None:
    ast.parse(code_of(rule, "Example"))
    ast.parse(code_of(rule, "Use instead"))


@each_rule
def test_the_rule_finds_its_example(rule: Rule) -> None:
    found = codes(code_of(rule, "Example"), rule)
    assert found
    assert set(found) == {rule.code}


@each_rule
def test_no_other_rule_has_a_say_on_the_example(rule: Rule) -> None:
    others = [
        each for each in RULES if each is not rule and not ABOUT_THE_SHAPE.fullmatch(each.code)
    ]
    assert codes(code_of(rule, "Example"), *others) == []


@mended
def test_the_example_becomes_what_the_page_advises(rule: Rule) -> None:
    text = code_of(rule, "Example")
    options = Options((rule,), Relaxation())
    for name in [loss.name for loss in repairable(text, options)]:
        text = repair("example.py", text, name, options).after
    # Pages are laid out as black would do it.
    assert black.format_str(text, mode=black.Mode()) == code_of(rule, "Use instead")


@each_rule
def test_the_rule_finds_nothing_in_what_it_advises(rule: Rule) -> None:
    assert codes(code_of(rule, "Use instead"), rule) == []


@each_rule
def test_the_name_of_a_rule_is_the_name_of_its_file(rule: Rule) -> None:
    assert rule.module == f"lossfix.rules.{rule.name.replace('-', '_')}"
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)


@each_rule
def test_a_rule_is_called_by_its_code_and_by_its_name(rule: Rule) -> None:
    assert rule_called(rule.code) is rule
    assert rule_called(rule.code.lower()) is rule
    assert rule_called(rule.name) is rule
    assert rule_called(rule.name.upper()) is rule


def test_an_unknown_rule_is_not_called() -> None:
    assert rule_called("LF999") is None
    assert rule_called("no-such-rule") is None


def test_no_two_rules_share_a_code_or_a_name() -> None:
    assert len({rule.code for rule in RULES}) == len(RULES)
    assert len({rule.name for rule in RULES}) == len(RULES)


@each_rule
def test_a_code_is_made_of_its_family_and_a_number(rule: Rule) -> None:
    assert re.fullmatch(r"LF[1-9]\d\d", rule.code)


def test_every_file_that_holds_a_rule_is_registered() -> None:
    folder = Path(__file__).parents[2] / "lossfix" / "rules"
    files = {path.stem.replace("_", "-") for path in folder.glob("*.py")}
    assert files - {"--init--", "rule", "smoothing"} == {rule.name for rule in RULES}
