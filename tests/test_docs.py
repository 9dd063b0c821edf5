"""The pages under docs/rules are those of the rules."""

from __future__ import annotations

import re
from pathlib import Path

from lossfix import codes, pages, rules
from lossfix.config import check_families, check_rules, load
from lossfix.config.values import LOSS, TOP, VERIFY
from lossfix.report.inputs import WORDS

RULES = Path(__file__).parents[1] / "docs" / "rules"


def test_the_rules_pages_are_up_to_date() -> None:
    # After a change of a rule: python -m lossfix.pages docs/rules
    on_disk = {path.name: path.read_text(encoding="utf-8") for path in RULES.glob("*.md")}
    assert on_disk == dict(pages.files())


def test_a_page_of_a_rule_that_is_gone_goes_too(tmp_path: Path) -> None:
    (tmp_path / "gone.md").write_text("# Gone\n")
    (tmp_path / "kept.txt").write_text("mine\n")
    pages.write(tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {*pages.files(), "kept.txt"}


def test_the_codes_are_those_of_the_rules_and_of_the_pages_besides() -> None:
    assert sorted(codes.of_rules()) == sorted((rule.code, rule.name) for rule in rules.RULES)
    assert all(pages.page_of(word) for pair in codes.known() for word in pair)


def test_the_index_links_to_every_page() -> None:
    index = pages.files()["README.md"]
    for name in pages.files():
        assert name == "README.md" or f"]({name})" in index


def test_the_page_on_configuration_knows_every_key_and_is_one(tmp_path: Path) -> None:
    page = (RULES.parent / "configuration.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "pyproject.toml").write_text(example)
    config = load(tmp_path, environ={})
    check_rules(config, codes.known())
    check_families(config, WORDS)
    told = {line.partition(" = ")[0].replace("-", "_") for line in example.splitlines()}
    assert {*TOP, *VERIFY, *LOSS} - told == {"per_file_ignores", "loss"}
    assert [f"| `{name}` | {words} |" for name, words in WORDS.items()] == [
        line for line in page.splitlines() if re.match(r"\| `[a-z_0-9]+` \| ", line)
    ]
