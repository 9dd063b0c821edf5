"""What lossfix says of published packages, as a Markdown table.

    python tools/precision.py PACKAGE[==VERSION]...     download with pip, unpack, check and fix --diff
    python tools/precision.py --folder NAME=FOLDER...   the same for sources that lie there already
    python tools/precision.py --check-only ...          without measuring any rewrite
    python tools/precision.py --keep FOLDER ...         with each patch and report left there, to be read

Nothing of a package is installed, and nothing is written to it. A loss is only measured where the
interpreter that runs this has what its file imports: it is *kept* otherwise.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from lossfix import scan  # noqa: E402
from lossfix.losses.discovery.candidate import Settings  # noqa: E402
from lossfix.losses.discovery.discover import discover  # noqa: E402
from lossfix.syntax.parsing import outline  # noqa: E402

_HEADINGS = ("package", "files", "losses", "findings", "written", "kept")
_DEADLINE = 900
"""Seconds for one package."""


@dataclass(frozen=True)
class Row:
    """The figures of one package."""

    package: str
    files: int
    losses: int
    findings: Counter[str]
    written: int = 0
    kept: int = 0

    def cells(self, measured: bool) -> tuple[str, ...]:
        """What stands in the table."""
        findings = ", ".join(f"{code} {n}" for code, n in sorted(self.findings.items())) or "none"
        outcomes = (self.written, self.kept)
        return (
            self.package,
            str(self.files),
            str(self.losses),
            findings,
            *(str(each) if measured else "" for each in outcomes),
        )


def download(package: str, folder: Path) -> str:
    """Unpack the distribution of ``package`` into ``folder``; its name and version.

    Raises:
        subprocess.CalledProcessError: pip cannot find it.
    """
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder)]
    try:
        subprocess.run([*command, "--only-binary=:all:", package], check=True)
    except subprocess.CalledProcessError:
        subprocess.run([*command, package], check=True)
    (archive,) = folder.iterdir()
    if archive.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(archive) as wheel:
            wheel.extractall(folder)
    else:
        with tarfile.open(archive) as sdist:
            sdist.extractall(folder, filter="data")
    archive.unlink()
    name, version, *_ = archive.name.removesuffix(".tar.gz").replace("_", "-").rsplit("-", 1)
    if archive.suffix == ".whl":
        name, version, *_ = archive.name.split("-")
    return f"{name} {version}"


def losses(folder: Path) -> int:
    """How many losses the files of ``folder`` hold, parts of other losses not counted."""
    settings = Settings()
    paths = [each for end in ("py", "ipynb") for each in sorted(folder.rglob(f"*.{end}"))]
    files = scan.open_all(paths, settings)
    found = 0
    for document in files.documents:
        try:
            module = outline(document.source.text)
        except Exception:  # what is not Python 3 holds no loss
            continue
        for each in discover(module, settings, files.project(document)):
            found += [kind.value for kind in each.evidence] != ["reached"]
    return found


def report(command: list[str], folder: Path, kept: Path) -> dict[str, Any]:
    """The JSON report of one command on ``folder``; it and what the command printed are left in ``kept``."""
    path = kept / f"{command[0]}.json"
    with open(kept / f"{command[0]}.txt", "wb") as printed:
        subprocess.run(
            [
                sys.executable,
                "-m",
                "lossfix",
                *command,
                "-q",
                "--output-format",
                f"json:{path}",
                ".",
            ],
            cwd=folder,
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
            stdout=printed,
            stderr=subprocess.DEVNULL,
            timeout=_DEADLINE,
            check=False,
        )
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def row(package: str, folder: Path, measured: bool, kept: Path) -> Row:
    """The figures of the package that lies in ``folder``; its reports and its patch are left in ``kept``."""
    kept = kept / package.replace(" ", "-")
    kept.mkdir(parents=True, exist_ok=True)
    checked = report(["check"], folder, kept)
    result = Row(
        package,
        checked["summary"]["checked"],
        losses(folder),
        Counter(each["code"] for each in checked["findings"]),
    )
    if not measured or not checked["findings"]:
        return result
    outcomes = report(["fix", "--diff"], folder, kept)["outcomes"]
    fixed = [each for each in outcomes if each["status"] == "fixed"]
    return Row(
        package,
        result.files,
        result.losses,
        result.findings,
        len(fixed),
        len(outcomes) - len(fixed),
    )


def rows(packages: list[str], folders: list[str], measured: bool, kept: Path) -> Iterator[Row]:
    """One row for each package, as soon as it is known."""
    for each in folders:
        name, _, folder = each.partition("=")
        yield row(name, Path(folder), measured, kept)
    for package in packages:
        with tempfile.TemporaryDirectory() as place:
            yield row(download(package, Path(place)), Path(place), measured, kept)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("packages", nargs="*", metavar="PACKAGE")
    parser.add_argument("--folder", action="append", default=[], metavar="NAME=FOLDER")
    parser.add_argument("--check-only", action="store_true")
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    measured = not options.check_only
    print(f"| {' | '.join(_HEADINGS)} |\n|{'---|' * len(_HEADINGS)}")
    with tempfile.TemporaryDirectory() as place:
        kept = (options.keep or Path(place)).resolve()
        for each in rows(options.packages, options.folder, measured, kept):
            print(f"| {' | '.join(each.cells(measured))} |", flush=True)


if __name__ == "__main__":
    main()
