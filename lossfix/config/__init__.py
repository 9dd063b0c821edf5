"""What a project asks for: flags over environment over file over default, and every mistake named.

The file is ``lossfix.toml``, or the table ``[tool.lossfix]`` of ``pyproject.toml``, in the nearest
folder from the working directory up that has one. Patterns in it are relative to that folder.

``settings`` (what can be asked for), ``load`` (who has the last word), ``toml`` (a file with its
lines), ``values``, ``rules`` and ``families`` (whether what is named exists).
"""

from lossfix.config.families import check_families
from lossfix.config.load import load
from lossfix.config.rules import check_rules, selected
from lossfix.config.settings import Config, ConfigError, LossInputs, Verify

__all__ = [
    "Config",
    "ConfigError",
    "LossInputs",
    "Verify",
    "check_families",
    "check_rules",
    "load",
    "selected",
]
