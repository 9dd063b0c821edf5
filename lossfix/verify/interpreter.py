"""Finds the interpreter in which the losses are measured: the first that has TensorFlow.

Nothing is imported from it but its own list of what is installed, so a look takes as long as the
interpreter takes to start.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lossfix.verify.scratch import Scratch

OLDEST = (3, 9)
"""The probe runs from this Python on."""

_OLD_KERAS = ("1", "2")
"""Whose ``Loss`` takes no dtype, and whose ``keras.backend`` is not gone: what is written would not run."""

LOOK_SECONDS = 20.0
"""How long an interpreter may take to say what it has installed."""

_LOOK = """
import json, sys
sys.path[:] = [entry for entry in sys.path if entry]
from importlib import metadata, util
def version(*names):
    for name in names:
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            pass
    return ""
spec = util.find_spec("tensorflow")
print(json.dumps({
    "python": list(sys.version_info[:3]),
    "found": spec is not None and spec.origin is not None,
    "tensorflow": version("tensorflow", "tensorflow-cpu", "tensorflow-macos", "tensorflow-intel",
                          "tensorflow-gpu", "tf-nightly", "tf-nightly-cpu", "intel-tensorflow"),
    "keras": version("keras", "keras-nightly", "tf-keras"),
    "numpy": version("numpy"),
}))
"""

_KEPT = frozenset(
    {
        "CONDA_DEFAULT_ENV",
        "CONDA_PREFIX",
        "DYLD_LIBRARY_PATH",
        "LANG",
        "LANGUAGE",
        "LD_LIBRARY_PATH",
        "PATH",
        "PATHEXT",
        "PYTHONHOME",
        "PYTHONPATH",
        "PYTHONUSERBASE",
        "SYSTEMDRIVE",
        "SYSTEMROOT",
        "TF_USE_LEGACY_KERAS",
        "TZ",
        "VIRTUAL_ENV",
        "WINDIR",
        # How Python finds the user's own packages; the probe points them elsewhere once it runs.
        "APPDATA",
        "HOME",
        "USERPROFILE",
    }
)

_THREADS = ("OMP", "MKL", "OPENBLAS", "NUMEXPR", "VECLIB_MAXIMUM")


class InterpreterError(Exception):
    """There is no interpreter in which losses can be measured."""


@dataclass(frozen=True)
class Attempt:
    """One interpreter that was looked at."""

    origin: str
    """What named it: ``--python``, ``LOSSFIX_PYTHON``, ``configuration``, ..."""
    path: str
    outcome: str
    """``TensorFlow 2.16.1``, or why it is not taken."""


@dataclass(frozen=True)
class Interpreter:
    """An interpreter that has TensorFlow."""

    path: str
    origin: str
    """What named it."""
    python: str
    """Versions; empty where the package does not say."""
    tensorflow: str
    keras: str
    numpy: str
    tried: tuple[Attempt, ...]
    """All that were looked at, this one last."""

    @property
    def why(self) -> str:
        """The choice in a sentence."""
        passed = len(self.tried) - 1
        before = f", after {passed} without" if passed else ""
        return f"{self.path} ({self.origin}), the first with TensorFlow{before}"


def find(
    explicit: str | None = None,
    *,
    configured: str | None = None,
    project: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Interpreter:
    """The first interpreter that has TensorFlow.

    The order: ``explicit`` (``--python``), ``LOSSFIX_PYTHON``, ``configured`` (relative to
    ``project``), ``VIRTUAL_ENV``, ``CONDA_PREFIX``, ``.venv`` and ``venv`` in ``project``, the one
    that runs this, ``PATH``. Each may be an interpreter, the name of one on ``PATH``, or the folder
    of an environment.

    Raises ``InterpreterError`` where none has it, and where ``explicit`` has not: what was named on
    the command line is not passed over.
    """
    environ = os.environ if environ is None else environ
    project = project or Path.cwd()
    tried: list[Attempt] = []
    seen: set[str] = set()
    for origin, name in _candidates(explicit, configured, project, environ):
        path = _resolve(name, project, environ)
        if path in seen:
            continue
        seen.add(path or name)
        found = _look(path, environ) if path else f"there is no interpreter {name}"
        if isinstance(found, dict):
            tried.append(Attempt(origin, path, f"TensorFlow {found['tensorflow']}".strip()))
            return Interpreter(path, origin, tried=tuple(tried), **found)
        if origin == "--python":
            raise InterpreterError(f"--python {name} cannot measure losses: {found}")
        tried.append(Attempt(origin, path or name, found))
    looked = "\n".join(f"  {item.path} ({item.origin}): {item.outcome}" for item in tried)
    raise InterpreterError(
        "no interpreter with TensorFlow was found; name one with --python PATH, or add it to this one: "
        "pip install 'lossfix[tensorflow]'" + (f". Looked at:\n{looked}" if looked else "")
    )


def clean_environment(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a worker: what an interpreter needs to start, and nothing else that was
    inherited, so that no token or key can be among it; one thread, no GPU, and as deterministic as
    TensorFlow gets."""
    environ = os.environ if environ is None else environ
    kept = {
        name: value
        for name, value in environ.items()
        if name.upper() in _KEPT or name.startswith("LC_")
    }
    return {
        **kept,
        **{f"{library}_NUM_THREADS": "1" for library in _THREADS},
        "CUDA_VISIBLE_DEVICES": "-1",
        "HF_HUB_OFFLINE": "1",
        "KERAS_BACKEND": "tensorflow",
        "MPLBACKEND": "Agg",
        "PYTHONHASHSEED": "0",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_DETERMINISTIC_OPS": "1",
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "WANDB_MODE": "disabled",
    }


def _candidates(
    explicit: str | None, configured: str | None, project: Path, environ: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """(what names it, name), in order."""
    if explicit is not None:
        yield "--python", explicit
    if environ.get("LOSSFIX_PYTHON"):
        yield "LOSSFIX_PYTHON", environ["LOSSFIX_PYTHON"]
    if configured:
        yield "configuration", configured
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if environ.get(variable):
            yield variable, environ[variable]
    for folder in (".venv", "venv"):
        if (project / folder).is_dir():
            yield folder, str(project / folder)
    yield "lossfix's own", sys.executable
    for name in ("python3", "python"):
        if shutil.which(name, path=environ.get("PATH")):
            yield "PATH", name


def _resolve(name: str, project: Path, environ: Mapping[str, str]) -> str:
    """The absolute path of an interpreter; empty where there is none.

    Links are not followed: the interpreter of a virtual environment is one, and is told by its own
    path which environment it belongs to.
    """
    expanded = os.path.expanduser(name)
    path = Path(os.path.abspath(project / expanded))
    if path.is_dir():
        inside = (path / "bin" / "python", path / "Scripts" / "python.exe", path / "python.exe")
        return next((str(file) for file in inside if file.is_file()), "")
    if path.is_file():
        return str(path)
    bare = os.path.basename(name) == name
    return (shutil.which(name, path=environ.get("PATH")) or "") if bare else ""


def _look(path: str, environ: Mapping[str, str]) -> dict[str, str] | str:
    """The versions that an interpreter has, or why it cannot be taken."""
    try:
        with Scratch() as folder:
            done = subprocess.run(
                [path, "-B", "-X", "utf8", "-c", _LOOK],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=LOOK_SECONDS,
                cwd=folder,
                env=clean_environment(environ),
                check=False,
            )
        said = json.loads(done.stdout.decode("utf-8", "replace").strip().splitlines()[-1])
        version = tuple(said["python"])
        found = {key: str(said[key]) for key in ("tensorflow", "keras", "numpy")}
        has_tensorflow = bool(said["found"])
    except subprocess.TimeoutExpired:
        return f"it did not answer within {LOOK_SECONDS:g} s"
    except OSError as error:
        return f"it cannot be started: {error.strerror or error}"
    except (ValueError, LookupError, TypeError):
        return "it does not answer as a Python interpreter does"
    if not has_tensorflow:
        return "TensorFlow is not installed there"
    if version < OLDEST:
        return f"Python {_dotted(version)} is older than {_dotted(OLDEST)}"
    if found["keras"].partition(".")[0] in _OLD_KERAS:
        return (
            f"TensorFlow {found['tensorflow']} has Keras {found['keras']} there: losses are rewritten for "
            "Keras 3, which TensorFlow has from 2.16 on"
        )
    return {"python": _dotted(version), **found}


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
