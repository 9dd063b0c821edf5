"""A report held against a baseline: what of it is known by now."""

from __future__ import annotations

from dataclasses import replace

from lossfix import source
from lossfix.model import Finding, Report
from lossfix.source import Baseline


def beyond_baseline(report: Report, baseline: Baseline) -> Report:
    """The report without the findings that the baseline knows."""
    files = []
    for file in report.files:
        if not file.after:
            # What cannot be read is never known.
            files.append(file)
            continue
        document = source.decode(file.path, file.after)
        placed = {source.in_joined(each, document.source): each for each in file.findings}
        new = source.beyond_baseline(placed, document.source.text, baseline)
        findings = tuple(placed[each] for each in new)
        if findings or file.outcomes or file.changed:
            files.append(replace(file, findings=findings))
    return replace(report, files=tuple(files))


def baseline_of(report: Report) -> list[tuple[Finding, str]]:
    """All findings of a report with the texts that they are in, as ``write_baseline`` takes them."""
    pairs = []
    for file in report.files:
        if not file.after:
            continue
        document = source.decode(file.path, file.after)
        found = (source.in_joined(each, document.source) for each in file.findings)
        pairs += [(each, document.source.text) for each in found]
    return pairs
