"""The pages under docs/rules are those of the rules."""

from __future__ import annotations

from pathlib import Path

from lossfix import pages

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


def test_the_index_links_to_every_page() -> None:
    index = pages.files()["README.md"]
    for name in pages.files():
        assert name == "README.md" or f"]({name})" in index
