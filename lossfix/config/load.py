"""Flags over environment over file over default."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from lossfix.config.settings import Config, ConfigError, LossInputs, Verify, closest
from lossfix.config.toml import TomlFile, nearest, read, shown
from lossfix.config.values import (
    FROM_TEXT,
    LOSS,
    READERS,
    TOP,
    VERIFY,
    Reader,
    Unexpected,
    from_text,
)

ENVIRONMENT = "LOSSFIX_"
"""What the names of environment variables begin with: ``LOSSFIX_SELECT=LF1,LF2``, ``LOSSFIX_PYTHON``."""


def load(
    start: Path,
    flags: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    file: Path | None = None,
) -> Config:
    """The configuration for a run in the folder ``start``.

    ``flags`` are named as the fields of ``Config`` and ``Verify``; a flag that is ``None`` was not
    given. ``environ`` is the process's own unless given. ``file`` is read in place of the nearest.

    Raises:
        ConfigError: A key is unknown, a value is of the wrong type, or the file is not TOML.
    """
    toml = read(file) if file else nearest(start)
    if file and not toml:
        raise ConfigError(f"{shown(file)}: has no table [tool.lossfix]")
    settings, origins = _from_file(toml) if toml else ({}, {})
    given = _from_environment(os.environ if environ is None else environ)
    given |= {
        key: (f"--{key.replace('_', '-')}", list(value) if isinstance(value, tuple) else value)
        for key, value in (flags or {}).items()
        if value is not None
    }
    for key, (where, value) in given.items():
        settings[key] = _read(READERS, key, value, where)
        origins[key] = where
    verify = {key: settings.pop(key) for key in VERIFY if key in settings}
    # Each value comes from the reader of its key, which is what gives it its type.
    return Config(
        root=(toml.path.parent if toml else start).resolve(),
        file=toml.path if toml else None,
        verify=Verify(**verify),  # type: ignore[arg-type]
        origins=tuple(sorted(origins.items())),
        **settings,  # type: ignore[arg-type]
    )


def _from_environment(environ: Mapping[str, str]) -> dict[str, tuple[str, object]]:
    found: dict[str, tuple[str, object]] = {}
    for key in sorted(FROM_TEXT):
        name = ENVIRONMENT + key.upper()
        if environ.get(name):
            found[key] = name, from_text(key, environ[name])
    return found


def _from_file(toml: TomlFile) -> tuple[dict[str, object], dict[str, str]]:
    settings: dict[str, object] = {}
    origins: dict[str, str] = {}
    verify = toml.table.get("verify", {})
    if not isinstance(verify, dict):
        raise ConfigError(f"{toml.place('verify')}: 'verify' must be a table")
    top = {key: value for key, value in toml.table.items() if key != "verify"}
    for readers, table, path in ((TOP, top, ()), (VERIFY, verify, ("verify",))):
        for spelled, value in table.items():
            where = toml.place(*path, spelled)
            key = _field(readers, spelled, where, also=("verify",) if readers is TOP else ())
            settings[key] = _read(readers, key, value, where)
            origins[key] = where
    if "loss" in settings:
        settings["loss"] = tuple(
            _loss_inputs(toml, name, table, origins)
            for name, table in sorted(verify["loss"].items())
        )
    python = settings.get("python")
    if isinstance(python, str) and "/" in python:
        settings["python"] = str(toml.path.parent.resolve() / Path(python).expanduser())
    return settings, origins


def _loss_inputs(toml: TomlFile, name: str, table: object, origins: dict[str, str]) -> LossInputs:
    path = ("verify", "loss", name)
    if not isinstance(table, dict):
        raise ConfigError(
            f"{toml.place(*path)}: the inputs of {name!r} must be a table; a dotted name needs quotes"
        )
    origins[".".join(path)] = toml.place(*path)
    read: dict[str, object] = {}
    for spelled, value in table.items():
        where = toml.place(*path, spelled)
        if isinstance(value, dict) and spelled not in LOSS:
            quoted = f'"{name}.{spelled}"'
            raise ConfigError(f"{where}: the dotted name of a loss needs quotes, as in {quoted}")
        key = _field(LOSS, spelled, where)
        read[key] = _read(LOSS, key, value, where)
        origins[".".join([*path, key])] = where
    return LossInputs(name, **read)  # type: ignore[arg-type]  # as in ``load``


def _field(
    readers: Mapping[str, Reader], spelled: str, where: str, also: tuple[str, ...] = ()
) -> str:
    """The field that a key of the file means."""
    known = {key.replace("_", "-"): key for key in readers}
    if spelled not in known:
        raise ConfigError(f"{where}: unknown key {spelled!r}{closest(spelled, (*known, *also))}")
    return known[spelled]


def _read(readers: Mapping[str, Reader], key: str, value: object, where: str) -> object:
    try:
        return readers[key](value)
    except Unexpected as expected:
        name = key.replace("_", "-")
        raise ConfigError(f"{where}: {name!r} must be {expected}, not {value!r}") from None
