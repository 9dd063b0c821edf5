"""Which families of inputs are named."""

from __future__ import annotations

from collections.abc import Collection

from lossfix.config.settings import Config, ConfigError, closest


def check_families(config: Config, known: Collection[str]) -> None:
    """Hold the families of inputs that the configuration names against those that exist.

    Raises:
        ConfigError: There is no such family.
    """
    origins = dict(config.origins)
    for inputs in config.verify.loss:
        for family in inputs.families:
            if family not in known:
                where = origins.get(f"verify.loss.{inputs.name}.families", inputs.name)
                near = closest(family, known) or f"; there are {', '.join(known)}"
                raise ConfigError(f"{where}: no family of inputs {family!r}{near}")
