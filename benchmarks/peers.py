"""The other tools, in an environment of their own, and how each is told to go through a tree."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

from benchmarks.clock import Contender

_HERE = Path(__file__).parent
_PEERS = _HERE / ".peers"
_READ = """
import os, sys
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        if name.endswith(".py"):
            with open(os.path.join(folder, name), "rb") as file:
                file.read()
"""
_STAT = _READ.replace('with open(os.path.join(folder, name), "rb") as file:', "os.stat(").replace(
    "file.read()", "os.path.join(folder, name))"
)
_UPGRADE = """
import os, sys
from tensorflow.tools.compatibility.ast_edits import ASTCodeUpgrader
from tensorflow.tools.compatibility.tf_upgrade_v2 import TFAPIChangeSpec
upgrade = ASTCodeUpgrader(TFAPIChangeSpec())
read = failed = 0
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        if name.endswith(".py"):
            read += 1
            try:
                upgrade.process_file(os.path.join(folder, name), sys.argv[2])
            except Exception:
                failed += 1
print(failed, "of", read, "files could not be read")
"""
"""Its own program ends at the first file that its parser cannot read, wherever in the tree that is."""


def install() -> None:
    """Make the environment of the peers, where it is not there yet."""
    wanted = (_HERE / "peers.txt").read_text("utf-8")
    done = _PEERS / "installed.txt"
    if done.is_file() and done.read_text("utf-8") == wanted:
        return
    print("installing what lossfix is compared with ...", file=sys.stderr)
    venv.create(_PEERS, clear=True, with_pip=True)
    pip = (str(_program("python")), "-m", "pip", "install", "-q", "-r", str(_HERE / "peers.txt"))
    subprocess.run(pip, check=True)
    done.write_text(wanted, "utf-8")


def lossfix(folder: Path, *arguments: str, name: str = "lossfix check") -> Contender:
    """lossfix itself, as ``python -m lossfix``."""
    return Contender(name, (sys.executable, "-m", "lossfix", *arguments), folder)


def bare_python(folder: Path) -> Contender:
    """An interpreter that starts and ends."""
    return Contender("python -c pass", (sys.executable, "-c", "pass"), folder)


def bare_libcst(folder: Path) -> Contender:
    """An interpreter that loads LibCST, without which no rule can look at a loss."""
    return Contender("import libcst", (sys.executable, "-c", "import libcst"), folder)


def bare_read(tree: Path) -> Contender:
    """A Python process that reads every file and does nothing with it."""
    return Contender("bare read", (sys.executable, "-c", _READ, str(tree)), tree.parent)


def bare_stat(tree: Path) -> Contender:
    """A Python process that asks for the size and time of every file."""
    return Contender("bare stat", (sys.executable, "-c", _STAT, str(tree)), tree.parent)


def grep(tree: Path) -> Contender:
    """The files that mention a framework."""
    return Contender(
        "grep -l", ("grep", "-rlE", "--include=*.py", "tensorflow|keras", str(tree)), tree.parent
    )


def torchfix(*trees: Path) -> Contender:
    """TorchFix with all its rules."""
    command = (str(_program("torchfix")), "--select=ALL", *map(str, trees))
    return Contender("TorchFix", command, trees[0].parent)


def fixit(tree: Path) -> Contender:
    """Fixit with the rules that it comes with."""
    return Contender("Fixit", (str(_program("fixit")), "lint", str(tree)), tree.parent)


def codemod(tree: Path) -> Contender:
    """LibCST's runner with the codemod that changes nothing."""
    command = (
        *(
            str(_program("python")),
            "-m",
            "libcst.tool",
            "codemod",
            "--no-format",
            "--hide-progress",
        ),
        *("noop.NOOPCommand", str(tree)),
    )
    return Contender("LibCST's codemod runner", command, tree.parent)


def pyupgrade(tree: Path) -> Contender:
    """pyupgrade, which is given every file by name."""
    files = sorted(map(str, tree.rglob("*.py")))
    return Contender("pyupgrade", (str(_program("pyupgrade")), *files), tree.parent)


def tf_upgrade(tree: Path, scratch: Path) -> Contender:
    """TensorFlow's own codemod, which upgrades a copy of every file that it can read."""
    command = (sys.executable, "-c", _UPGRADE, str(tree), str(scratch / "upgraded.py"))
    return Contender("tf_upgrade_v2", command, scratch)


def _program(name: str) -> Path:
    return _PEERS / ("Scripts" if sys.platform == "win32" else "bin") / name
