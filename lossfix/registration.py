"""The package under which the losses of each file of a run are registered with Keras.

Keras keeps one class for a package and a name: of two losses that both come out as ``DiceLoss`` of one
package, a model loads the one that was imported last (Keras 2 refuses to import the second).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from lossfix import source
from lossfix.source import Document

_TOP_LEVEL = re.compile(r"^(?:def|class)[ \t]+(\w+)", re.MULTILINE)
_ENDING = re.compile(r"(?:loss)?(?:fn|func|function)?$")


def packages_for(
    documents: Sequence[Document], losses: Sequence[frozenset[str]]
) -> tuple[str, ...]:
    """The package for each of ``documents``: its outermost one, or all of its dotted name.

    Args:
        documents: the files of a run.
        losses: the outermost names of each file's losses.

    Returns:
        The dotted name for a file with a loss of which another file of the same package defines a
        namesake; for others the name of the outermost package, or the file's own.
    """
    outermost = [package_of(each.path) for each in documents]
    defined = Counter(
        (package, name)
        for package, each in zip(outermost, documents, strict=True)
        for name in {_said(name) for name in _TOP_LEVEL.findall(each.source.text)}
    )
    return tuple(
        (
            _dotted(document.path, package)
            if any(defined[package, _said(name)] > 1 for name in names)
            else package
        )
        for document, package, names in zip(documents, outermost, losses, strict=True)
    )


def package_of(path: Path) -> str:
    """A file's outermost package, else its own name."""
    top = next(iter(source.packages(path)), path.stem)
    return top if top.isidentifier() else "custom"


def _dotted(path: Path, package: str) -> str:
    name = source.dotted_name(path)
    return name if all(part.isidentifier() for part in name.split(".")) else package


def _said(name: str) -> str:
    """What ``dice_loss``, ``dice_loss_fn`` and ``DiceLoss`` have in common: their classes have one name."""
    plain = name.replace("_", "").lower()
    return _ENDING.sub("", plain) or plain
