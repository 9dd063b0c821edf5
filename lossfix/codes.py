"""The codes and names of all rules, as their files have them, without loading any.

To load the rules, and LibCST with them, takes longer than a small scan, and whoever selects some of them, or
misspells one, asks for no more than this.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

OWN = (("LF000", "unparsable"), ("LF001", "unused-suppression"))
"""Code and name of the findings that are no rule's."""
_CODE = re.compile(r'^RULE = Rule\(\s*"(\w+)"', re.MULTILINE)


def known() -> tuple[tuple[str, str], ...]:
    """Code and name of every rule, and of the findings that are no rule's."""
    return (*OWN, *of_rules())


@lru_cache(maxsize=1)
def of_rules() -> tuple[tuple[str, str], ...]:
    """Code and name of every rule, by name. A rule has its name from its file."""
    found = []
    for file in sorted((Path(__file__).parent / "rules").glob("*.py")):
        code = _CODE.search(file.read_text("utf-8"))
        if code is not None:
            found.append((code[1], file.stem.replace("_", "-")))
    return tuple(found)


def beginning_with(wish: str) -> tuple[str, ...]:
    """``CODE name`` of the rules whose codes begin so, by code."""
    return tuple(
        f"{code} {name}"
        for code, name in sorted(of_rules())
        if wish and code.startswith(wish.upper())
    )
