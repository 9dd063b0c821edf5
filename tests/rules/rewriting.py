"""What one rule does to a small source."""

from __future__ import annotations

from textwrap import dedent

from lossfix.checking import Options, check
from lossfix.engine import repair, repairable
from lossfix.model import Finding
from lossfix.rules import rule_called

_IMPORTS = "import math\n\nimport numpy as np\nimport tensorflow as tf\n\n\n"


def _options(*names: str) -> Options:
    rules = tuple(rule for rule in map(rule_called, names) if rule is not None)
    assert len(rules) == len(names)
    return Options(rules)


def findings(source: str, *names: str) -> tuple[Finding, ...]:
    """What the rules say about a source, below the usual imports."""
    return check("losses.py", _IMPORTS + dedent(source).strip("\n") + "\n", _options(*names))


def rewritten(source: str, *names: str) -> str:
    """The source after the rules have settled what they can in each of its losses."""
    text, options = _IMPORTS + dedent(source).strip("\n") + "\n", _options(*names)
    for loss in repairable(text, options):
        text = repair("losses.py", text, loss.name, options).after
    assert text.startswith(_IMPORTS)
    return text.removeprefix(_IMPORTS)


def lines(source: str) -> str:
    """A source without the indentation that it has in a test."""
    return dedent(source).strip("\n") + "\n"
