"""The README shows what the program does, and gives the two commands that CI and newcomers run."""

import re
from pathlib import Path

from program import lossfix

from lossfix.checking import Options
from lossfix.engine import repair
from lossfix.layout import layout, style_for
from lossfix.losses.code.loss import Relaxation
from lossfix.rules import RULES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
HARD_GATE = ROOT / "fixtures" / "article" / "hard_gate.py"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def test_exactly_two_lines_make_an_environment():
    commands = [
        line for line in README.splitlines() if line.startswith("python3 -m venv .venv && ")
    ]
    assert len(commands) == 2
    assert "lossfix fix --diff fixtures/article" in commands[0]
    assert commands[1].endswith("pytest")


def test_ci_runs_the_second_command():
    assert "sed -n 2p" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_what_check_prints_is_what_the_readme_shows():
    (shown,) = [block for block in blocks("console") if block.startswith("$ lossfix check")]
    command, _, output = shown.partition("\n")
    ended = lossfix(*command.split()[2:], at=ROOT)
    assert ended.text == output
    assert ended.code == 1


def test_the_class_in_the_readme_is_the_class_that_is_generated():
    text = HARD_GATE.read_text(encoding="utf-8")
    options = Options(RULES, relaxation=Relaxation(steepness=3.0), package="hard_gate")
    made = layout(
        text, repair("hard_gate.py", text, "risk_penalty", options).after, style_for(HARD_GATE)
    )
    (shown,) = [block for block in blocks("python") if "class RiskPenaltyLoss" in block]
    generated = [line.strip() for line in made.splitlines()]
    missing = [line for line in shown.splitlines() if line.strip() not in generated]
    assert not missing


def test_what_readme_links_to_is_there():
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target
