"""A baseline: the findings that a project lives with for now, known again wherever their lines move."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from lossfix.model import Finding
from lossfix.source.document import shown
from lossfix.source.error import SourceError
from lossfix.source.writing import create

_VERSION = 1


@dataclass(frozen=True)
class Baseline:
    """How often each fingerprint is known."""

    known: Mapping[str, int]


def fingerprint(finding: Finding, text: str) -> str:
    """What a finding is, whatever its line: its file, rule, loss, and the code on which it lies.

    ``text`` is the text to which the finding's lines belong. Space at the edges of the line does
    not count, so a loss that is indented further is known again.
    """
    lines = text.split("\n")
    line = lines[finding.span.line - 1].strip() if finding.span.line <= len(lines) else ""
    parts = "\0".join((finding.path, finding.code, finding.loss, line))
    return sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def read_baseline(file: Path | str) -> Baseline:
    """The baseline that ``write_baseline`` wrote.

    Raises:
        SourceError: The file cannot be read, or is no baseline.
    """
    try:
        content = json.loads(Path(file).read_text("utf-8"))
        if content["version"] != _VERSION:
            raise ValueError(f"version {content['version']}")
        known = {entry["fingerprint"]: int(entry["count"]) for entry in content["findings"]}
    except OSError as error:
        raise SourceError(f"{shown(file)}: cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(
            f"{shown(file)}: is not a baseline of this version; write it anew with --write-baseline"
        ) from error
    return Baseline(known)


def write_baseline(file: Path | str, findings: Iterable[tuple[Finding, str]]) -> None:
    """Write the findings, each with the text of its file, as a baseline that merges line by line.

    Raises:
        SourceError: The file cannot be written.
    """
    counted = Counter(
        (found.path, found.code, found.loss, fingerprint(found, text)) for found, text in findings
    )
    entries = [
        json.dumps(
            {"path": path, "code": code, "loss": loss, "fingerprint": print_, "count": count}
        )
        for (path, code, loss, print_), count in sorted(counted.items())
    ]
    body = ",\n".join(f"    {entry}" for entry in entries)
    text = f'{{\n  "version": {_VERSION},\n  "findings": [\n{body}\n  ]\n}}\n'
    try:
        create(Path(file), text.encode())
    except OSError as error:
        raise SourceError(f"{shown(file)}: cannot be written: {error.strerror}") from error


def beyond_baseline(
    findings: Iterable[Finding], text: str, baseline: Baseline
) -> tuple[Finding, ...]:
    """The findings of one file that the baseline does not know.

    Where there are more of a kind than it knows, the last ones are new.
    """
    left = Counter(baseline.known)
    new = []
    for finding in findings:
        mark = fingerprint(finding, text)
        if left[mark] > 0:
            left[mark] -= 1
        else:
            new.append(finding)
    return tuple(new)
