"""Which rules are wanted."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from lossfix.config.settings import RULE_CUTOFF, Config, ConfigError, closest

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


def check_rules(config: Config, rules: Iterable[tuple[str, str]]) -> None:
    """Hold what the configuration selects against the rules that exist, as pairs of code and name.

    Raises:
        ConfigError: A selector means none of them, or together they leave none of them.
    """
    known = tuple(rules)
    words = [word for pair in known for word in pair]
    origins = dict(config.origins)
    selectors = [
        (key, selector)
        for key in ("select", "extend_select", "ignore")
        for selector in getattr(config, key)
    ]
    selectors += [("per_file_ignores", s) for _, group in config.per_file_ignores for s in group]
    for key, selector in selectors:
        if not any(_specificity(selector, code, name) is not None for code, name in known):
            where = origins.get(key, key.replace("_", "-"))
            raise ConfigError(
                f"{where}: no rule {selector!r}{closest(selector, words, RULE_CUTOFF)}"
            )
    if not any(selected(code, name, config) for code, name in known):
        raise ConfigError(f"{origins.get('ignore', 'ignore')}: leaves no rule of those selected")


def selected(code: str, name: str, config: Config, path: str = "") -> bool:
    """Whether a rule is wanted for a file: the selector that says most about it decides.

    ``path`` is relative to the working directory, or absolute; without it the rule is wanted for
    some file.
    """
    wanted = _strongest((*(config.select or ("ALL",)), *config.extend_select), code, name)
    unwanted = _strongest(config.ignore, code, name)
    if wanted is None or (unwanted is not None and unwanted >= wanted):
        return False
    if not path or not config.per_file_ignores:
        return True
    relative = _relative(path, config.root)
    return not any(
        _strongest(selectors, code, name) is not None and _spec(pattern).match_file(relative)
        for pattern, selectors in config.per_file_ignores
    )


def _strongest(selectors: Iterable[str], code: str, name: str) -> int | None:
    found = [_specificity(selector, code, name) for selector in selectors]
    return max((value for value in found if value is not None), default=None)


def _specificity(selector: str, code: str, name: str) -> int | None:
    """How much a selector says about a rule; ``None`` where it does not mean it."""
    if selector == "ALL":
        return 0
    if selector in (name, code):
        return len(code)
    return len(selector) if selector and code.startswith(selector) else None


def _relative(path: str, root: Path) -> str:
    absolute = Path(os.path.abspath(path))
    return (absolute.relative_to(root) if absolute.is_relative_to(root) else absolute).as_posix()


@lru_cache(maxsize=256)
def _spec(pattern: str) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines([pattern])
