"""A name for a finding that stays when lines above it come and go."""

from __future__ import annotations

import hashlib
from collections import Counter

from lossfix.model import Finding, Report
from lossfix.report.excerpt import line_of


def fingerprints(report: Report) -> list[tuple[Finding, str]]:
    """Each finding with a digest of its path, rule, loss and line of source, without line numbers.

    Findings alike in all of these are told apart by their order.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    named = []
    for file in report.files:
        for finding in file.findings:
            source = " ".join(line_of(file, finding).split())
            key = (finding.path, finding.code, finding.loss, source)
            named.append((finding, _digest(*key, str(seen[key]))))
            seen[key] += 1
    return named


def _digest(*parts: str) -> str:
    text = "\0".join(parts).encode("utf-8", "surrogateescape")
    return hashlib.sha256(text).hexdigest()[:32]
