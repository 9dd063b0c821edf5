"""Files, stdin and notebook cells as text, and back, byte for byte; and which of them are meant.

Which: ``files``, ``modules`` (of a project), ``ranges`` (of lines), ``suppression``, ``baseline``. As
text: ``document``, ``lines``, ``notebook`` with ``json_source`` and ``magics``, ``error`` (what goes
wrong). Back: ``writing``, ``patches``, ``history`` (what can be taken back).
"""

from lossfix.source.baseline import (
    Baseline,
    beyond_baseline,
    fingerprint,
    read_baseline,
    write_baseline,
)
from lossfix.source.document import (
    Document,
    cell_changes,
    cells_between,
    closed,
    decode,
    encode,
    from_buffer,
    read,
    shown,
    unparsed_texts,
)
from lossfix.source.error import SourceError, Unreadable
from lossfix.source.files import Aside, dotted_name, find, listed, packages, walked
from lossfix.source.history import (
    Change,
    Record,
    Undone,
    place,
    record,
    records,
    root_of_records,
    undo,
    write_all,
)
from lossfix.source.notebook import CellChange, Unparsed, in_joined, localised, place_of_line
from lossfix.source.patches import patch
from lossfix.source.ranges import changed_since, in_text, inside, parse_lines
from lossfix.source.suppression import Suppressions, suppressions, unused
from lossfix.source.writing import locked, replace, write

__all__ = [
    "Aside",
    "Baseline",
    "CellChange",
    "Change",
    "Document",
    "Record",
    "SourceError",
    "Suppressions",
    "Undone",
    "Unparsed",
    "Unreadable",
    "beyond_baseline",
    "cell_changes",
    "cells_between",
    "changed_since",
    "closed",
    "decode",
    "dotted_name",
    "encode",
    "find",
    "fingerprint",
    "from_buffer",
    "in_joined",
    "in_text",
    "inside",
    "listed",
    "localised",
    "locked",
    "packages",
    "parse_lines",
    "patch",
    "place",
    "place_of_line",
    "read",
    "read_baseline",
    "record",
    "records",
    "replace",
    "root_of_records",
    "shown",
    "suppressions",
    "undo",
    "unparsed_texts",
    "unused",
    "walked",
    "write",
    "write_all",
    "write_baseline",
]
