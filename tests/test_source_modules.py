"""Which files are meant by the import statements of another."""

from __future__ import annotations

from pathlib import Path

import pytest

from lossfix.source.modules import module_reader


@pytest.mark.parametrize(
    ("imported", "found"),
    [
        ("parts", "kit/parts.py"),
        ("kit.parts", "kit/parts.py"),
        ("..parts", "kit/parts.py"),
        ("..torch", "kit/torch/__init__.py"),
        ("kit.torch", "kit/torch/__init__.py"),
        # Folders that are called like the framework they are for.
        ("torch", ""),
        ("jax.scipy", ""),
        ("keras", ""),
        ("gone", ""),
    ],
)
def test_a_module_of_the_project_is_read(tmp_path: Path, imported: str, found: str) -> None:
    files = ("kit/parts.py", "kit/torch/__init__.py", "kit/jax/scipy.py", "kit/keras/losses.py")
    for file in files:
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    module = module_reader(tmp_path / "kit/keras/losses.py", {})(imported)
    assert (module.path if module else "") == (str(tmp_path.resolve() / found) if found else "")
