"""Starts a worker in an interpreter that may know nothing of lossfix."""

import importlib
import importlib.util
import os
import sys


def _load_package(directory: str) -> None:
    """Imports this folder as the package ``lossfix_probe``, so that its relative imports work."""
    spec = importlib.util.spec_from_file_location(
        "lossfix_probe",
        os.path.join(directory, "__init__.py"),
        submodule_search_locations=[directory],
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{directory} is no package")
    package = importlib.util.module_from_spec(spec)
    sys.modules["lossfix_probe"] = package
    spec.loader.exec_module(package)


if __name__ == "__main__":
    folder = os.path.dirname(os.path.realpath(__file__))
    # The script's own folder goes first: its modules must not pass for anybody's else.
    unwanted = (folder, os.getcwd())
    sys.path[:] = [entry for entry in sys.path if os.path.realpath(entry) not in unwanted]
    _load_package(folder)
    importlib.import_module("lossfix_probe.worker").main()
