"""Start-up, and scans of trees of three kinds."""

from __future__ import annotations

from pathlib import Path

from benchmarks import peers
from benchmarks.clock import Row, Table, race
from benchmarks.trees import FIXTURES, installed, synthetic, with_few_losses

FILES = 10_000
UNCACHED = ("check", "-q", "--no-cache", "--output-format", "concise")


def start(scratch: Path) -> Table:
    """What it costs to be asked for the version, and to check one file."""
    file = str(FIXTURES / "dead_gate.py")
    rows = race(
        [
            peers.bare_python(scratch),
            peers.bare_libcst(scratch),
            peers.lossfix(scratch, "--version", name="lossfix --version"),
            peers.lossfix(scratch, *UNCACHED, file, name="lossfix check FILE"),
            peers.lossfix(scratch, "check", "-q", file, name="lossfix check FILE, known already"),
            peers.torchfix(FIXTURES / "dead_gate.py"),
        ],
        rounds=9,
    )
    targets = {"lossfix --version": "at most 5", "lossfix check FILE": "at most 30"}
    return Table("Start-up and one file", rows, "python -c pass", targets=targets)


def tensorflow(scratch: Path) -> Table:
    """Every file of this tree mentions a framework, few define a loss of a user's kind."""
    trees = [installed("tensorflow"), installed("keras")]
    files = sum(1 for tree in trees for _ in tree.rglob("*.py"))
    both = peers.lossfix(scratch, *UNCACHED, *map(str, trees), name="lossfix check")
    alone = peers.lossfix(
        scratch, *UNCACHED, "-j", "1", *map(str, trees), name="lossfix check -j 1"
    )
    rows = race([both, alone, peers.torchfix(*trees)], rounds=1, limit=600)
    targets = {"TorchFix": "at least 25"}
    return Table(
        "Installed TensorFlow and Keras", rows, "lossfix check", f"{files} files.", targets
    )


def keras(scratch: Path) -> Table:
    """The smaller of the two trees, for tools that would take long on both."""
    tree = installed("keras")
    files = sum(1 for _ in tree.rglob("*.py"))
    rows = race(
        [
            peers.lossfix(scratch, *UNCACHED, str(tree)),
            peers.tf_upgrade(tree, scratch),
            peers.bare_read(tree),
            peers.grep(tree),
        ],
        rounds=3,
    )
    targets = {"tf_upgrade_v2": "at least 12"}
    return Table("Installed Keras", rows, "lossfix check", f"{files} files.", targets)


def few(scratch: Path) -> Table:
    """Code of all kinds that has nothing to do with Keras, but for six files."""
    tree = with_few_losses(scratch)
    files = sum(1 for _ in tree.rglob("*.py"))
    losses = ("--exclude", "losses")
    rows = race(
        [
            peers.lossfix(scratch, *UNCACHED, str(tree)),
            peers.lossfix(
                scratch, *UNCACHED, *losses, str(tree), name="lossfix check, without them"
            ),
            peers.bare_libcst(scratch),
            peers.lossfix(scratch, "check", "-q", str(tree), name="lossfix check, known already"),
            peers.grep(tree),
            peers.bare_read(tree),
            peers.torchfix(tree),
            peers.pyupgrade(tree),
            peers.fixit(tree),
            peers.codemod(tree),
        ],
        rounds=3,
        limit=100,
    )
    targets = {
        "grep -l": "at least 0.33",
        "TorchFix": "at least 20",
        "Fixit": "at least 500",
        "LibCST's codemod runner": "at least 500",
    }
    about = f"{files} files, six of them with losses."
    return Table("A codebase with few losses", rows, "lossfix check", about, targets)


def many(scratch: Path) -> Table:
    """Ten thousand files, to tell what each further one costs, and what a second run saves."""
    tree, tenth = synthetic(scratch, FILES), synthetic(scratch, FILES // 10)
    rows = race(
        [
            peers.lossfix(scratch, *UNCACHED, str(tenth), name="lossfix check, a tenth of it"),
            peers.lossfix(scratch, *UNCACHED, str(tree)),
            peers.lossfix(scratch, "check", "-q", str(tree), name="lossfix check, known already"),
            peers.lossfix(scratch, "--version", name="lossfix --version"),
            peers.bare_stat(tree),
            peers.bare_read(tree),
            peers.grep(tree),
        ],
        rounds=5,
    )
    times = {row.name: row.seconds or 0.0 for row in rows}
    further = (times["lossfix check"] - times["lossfix check, a tenth of it"]) / (0.9 * FILES)
    rows = (*rows, Row("each further file", further))
    targets = {"lossfix check, known already": "at most 2"}
    return Table(f"A synthetic tree of {FILES} files", rows, "bare stat", targets=targets)
