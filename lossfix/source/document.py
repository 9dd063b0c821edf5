"""One file: its bytes, the text that the engine sees, and the way back, byte for byte.

The text that leaves this module has ``\\n`` as its only line end, no byte order mark, and for a
notebook only its Python cells. ``encode`` brings a rewritten text back: a line that was there
before returns with its own bytes, a new one takes the line end that is the most frequent.
"""

from __future__ import annotations

import io
import tokenize
from dataclasses import dataclass
from pathlib import Path

from lossfix.model import Source
from lossfix.source import notebook
from lossfix.source.error import SourceError, Unreadable
from lossfix.source.lines import unified, with_line_ends


@dataclass(frozen=True)
class Document:
    """A file as it was read: what it takes to write it back if nothing else did in the meantime."""

    path: Path
    """Where the file is; where it should be, for text from stdin."""
    data: bytes
    source: Source
    encoding: str
    unparsed: tuple[notebook.Unparsed, ...] = ()
    """Cells of a notebook that are left out because they are not Python."""


def read(path: Path | str) -> Document:
    """The document at ``path``.

    Raises:
        Unreadable: The file cannot be read, its bytes are no text in the encoding that it declares,
            or it is no notebook.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise closed(path, error) from error
    return decode(path, data)


def closed(path: Path | str, error: OSError) -> Unreadable:
    """What is said of a file or folder that was come across and cannot be read."""
    cure = "make it readable, or leave it out with extend-exclude"
    return Unreadable(shown(path), error.strerror or str(error), cure=cure)


def decode(path: Path | str, data: bytes) -> Document:
    """The document that ``data`` makes at ``path``: a notebook if its name ends in ``.ipynb``.

    Raises:
        Unreadable: The bytes are no text in the encoding that they declare, or no notebook.
    """
    path = Path(path)
    name = shown(path)
    if path.suffix == ".ipynb":
        text, encoding = _text(
            name, data, "utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8"
        )
        source, unparsed = notebook.source(name, text)
        return Document(path, data, source, encoding, unparsed)
    try:
        declared, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        marked = data.startswith(b"\xef\xbb\xbf")
        contradiction = "its byte order mark says UTF-8, and a comment another encoding"
        raise Unreadable(name, contradiction if marked else str(error.msg)) from error
    text, encoding = _text(name, data, declared)
    return Document(path, data, Source(name, unified(text)), encoding)


def from_buffer(path: Path | str, text: str) -> Document:
    """The document that an editor holds at ``path``: text, whatever the file's encoding says."""
    path = Path(path)
    data = text.encode("utf-8", "replace")
    return Document(path, data, Source(shown(path), unified(text)), "utf-8")


def encode(document: Document, text: str) -> bytes:
    """The bytes of the document after its text became ``text``.

    Raises:
        SourceError: The new text does not fit the file's encoding, or, in a notebook, a boundary
            between cells or a magic was lost.
    """
    if text == document.source.text:
        return document.data
    original = document.data.decode(document.encoding)
    if document.source.path.endswith(".ipynb"):
        new = notebook.spliced(document.source, original, text)
    else:
        new = with_line_ends(original, text)
    try:
        return new.encode(document.encoding)
    except UnicodeEncodeError as error:
        raise SourceError(
            f"{document.source.path}: {error.object[error.start]!r} cannot be written in the file's "
            f"encoding, {document.encoding}; save the file as UTF-8"
        ) from error


def cell_changes(document: Document, text: str) -> tuple[notebook.CellChange, ...]:
    """The cells of a notebook that differ after its text became ``text``: what people want to see.

    Raises:
        SourceError: A boundary between cells, or a magic, was lost.
    """
    original = document.data.decode(document.encoding)
    return notebook.cell_changes(document.source, original, text)


def cells_between(before: Document, after: Document) -> tuple[notebook.CellChange, ...]:
    """The cells that differ between two states of one notebook."""
    states = (each.data.decode(each.encoding) for each in (before, after))
    return notebook.cells_between(before.source.path, *states)


def unparsed_texts(document: Document) -> tuple[str, ...]:
    """The cells of a notebook that were left out because they are not Python."""
    if not document.unparsed:
        return ()
    original = document.data.decode(document.encoding)
    wanted = {each.cell for each in document.unparsed}
    return notebook.cell_texts(document.source.path, original, wanted)


def shown(path: Path | str) -> str:
    """The path as people and programs see it: relative to the working directory where below it, POSIX."""
    path = Path(path)
    if not path.is_absolute() and ".." not in path.parts:
        return path.as_posix()
    absolute = Path.cwd().joinpath(path)
    try:
        return absolute.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return absolute.as_posix()


def _text(name: str, data: bytes, encoding: str) -> tuple[str, str]:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - before.rfind(b"\n")
        raise Unreadable(
            name, f"byte 0x{data[error.start]:02x} is not {error.encoding}", line, column
        ) from error
    except (LookupError, UnicodeError) as error:
        raise Unreadable(name, f"the encoding {encoding} is not one of text") from error
    if encoding not in {"utf-8", "utf-8-sig"} and text.encode(encoding, "replace") != data:
        raise Unreadable(name, f"the encoding {encoding} does not give back the file's own bytes")
    return text, encoding
