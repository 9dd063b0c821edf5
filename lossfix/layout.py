"""Black on the code that was generated, in the project's own mode, and on nothing else.

A file that was as Black leaves it is that again. Of any other, Black's own ``--line-ranges`` leaks into
lines around (https://github.com/psf/black/issues/4052), so one statement at a time is formatted, inside
as many blocks as it has around it in the file: line lengths and docstrings then come out as they would
there, and a string of several lines stays as it is.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from lossfix.syntax.quiet import parsed_or_none

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_UNIT = "    "
_CELL = "# %%"
"""Begins a cell, of which the blank lines at its ends are no business of Black's."""
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Block = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_Headed = ast.With | ast.AsyncWith | ast.For | ast.AsyncFor | ast.While | ast.If


@dataclass(frozen=True)
class Style:
    """How a project formats; the defaults are Black's."""

    line_length: int = 88
    keep_quotes: bool = False
    """Leave quotation marks as they are written."""
    keep_commas: bool = True
    """A trailing comma keeps a bracket's items one to a line."""
    target_versions: tuple[str, ...] = ()
    """Such as ``py310``; empty: what the code itself needs."""
    preview: bool = False


def style_for(path: Path) -> Style:
    """The style of the project around ``path``: ``[tool.black]``, else ruff's, else Black's default.

    The nearest folder from the file's own up that configures either decides. A file that is not
    TOML configures nothing.
    """
    folder = path.resolve().parent
    for around in (folder, *folder.parents):
        style = _style_in(around)
        if style:
            return style
    return Style()


def format_statement(code: str, indent: str, style: Style) -> str:
    """One statement as the project would format it where it stands.

    Args:
        code: The statement, comments above it included, its own first line not indented. Its
            blocks may be indented by tabs or any number of spaces, and stay so.
        indent: The space before it in the file.
        style: The project's.

    Returns:
        The code, indented, with one line end at its end; where Black cannot read it, its lines are
        only indented.
    """
    code = code.strip("\n") + "\n"
    unit = _unit(code, indent)
    depth = -(-len(indent) // len(unit))
    inside = _strings(code)
    blocks = "".join(f"{_UNIT * level}if True:\n" for level in range(depth))
    body = "".join(
        line if number in inside or not line.strip() else _UNIT * depth + line
        for number, line in _numbered(code)
    )
    formatted = _black(blocks + body, style)
    if formatted is None:
        return "".join(
            line if number in inside or not line.strip() else indent + line
            for number, line in _numbered(code)
        )
    return _reindented(formatted, depth, indent, unit)


def layout(before: str, after: str, style: Style) -> str:
    """``after`` with what it has and ``before`` has not in the project's format.

    Where all of ``before`` is in that format, all of it will be. Else those are formatted that were
    generated: a class or function of a name that was not there, a simple statement or the head of a block
    that was not there and is longer than a line may be, and a signature that grew longer than that;
    everything else stays as it is written.
    """
    if _CELL not in before and _black(before, style) == before:
        return _black(after, style) or after
    old, new = parsed_or_none(before), parsed_or_none(after)
    if old is None or new is None:
        return after
    names = {name for name, _ in _definitions(old.body)}
    known = {ast.dump(node) for node in ast.walk(old) if isinstance(node, ast.stmt)}
    lines = after.split("\n")
    whole = set(_generated(new, names, known, lines, style))
    heads = set(_grown_signatures(old, new, before.split("\n"), lines, style))
    heads.update(
        head
        for head in _long_heads(old, new, lines, style)
        if not any(first <= head[0] <= last for first, last in whole)
    )
    generated = heads | whole
    for first, last in sorted(generated, reverse=True):
        statement = "\n".join(lines[first - 1 : last])
        indent = statement[: len(statement) - len(statement.lstrip())]
        inside = _strings(statement)
        code = "".join(
            line if number in inside else line.removeprefix(indent)
            for number, line in _numbered(statement)
        )
        if (first, last) in heads:
            formatted = format_statement(f"{code}{_unit(after, indent)}pass", indent, style)
            lines[first - 1 : last] = formatted.rstrip("\n").split("\n")[:-1]
        else:
            formatted = format_statement(code, indent, style)
            lines[first - 1 : last] = formatted.rstrip("\n").split("\n")
    return "\n".join(lines)


def _generated(
    tree: ast.Module, names: set[str], known: set[str], lines: list[str], style: Style
) -> Iterator[tuple[int, int]]:
    """The first and last lines of statements that were generated, none inside another."""
    new = {
        id(node)
        for name, node in _definitions(tree.body)
        if name not in names and not _is_renamed(node, known)
    }

    def walk(body: list[ast.stmt]) -> Iterator[tuple[int, int]]:
        for node in body:
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
            last = node.end_lineno or first
            if ast.dump(node) in known or not _alone(first, last, node, lines):
                continue
            inner = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]
            long = any(len(line) > style.line_length for line in lines[first - 1 : last])
            if id(node) in new or (not inner and long):
                yield first, last
            else:
                yield from walk(inner)

    return walk(tree.body)


def _is_renamed(node: ast.stmt, known: set[str]) -> bool:
    """Whether a function has another name now, and the body that it had."""
    return isinstance(node, _Function) and all(ast.dump(each) in known for each in node.body)


def _grown_signatures(
    old: ast.Module, new: ast.Module, before: list[str], after: list[str], style: Style
) -> Iterator[tuple[int, int]]:
    """The lines of each signature that is too long for its line now, and was not before."""
    known = dict(_definitions(old.body))
    for name, node in _definitions(new.body):
        was = known.get(name)
        if was is None or not isinstance(node, _Function) or not isinstance(was, _Function):
            continue
        if ast.dump(was.args) == ast.dump(node.args):
            continue
        first, last = _signature(node, after)
        fitted, fits = (
            all(len(line) <= style.line_length for line in lines[start - 1 : end])
            for lines, (start, end) in ((before, _signature(was, before)), (after, (first, last)))
        )
        if fitted and not fits:
            yield first, last


def _long_heads(
    old: ast.Module, new: ast.Module, lines: list[str], style: Style
) -> Iterator[tuple[int, int]]:
    """The lines of each head of a block that was not there and is longer than a line may be."""
    known = {_head(node) for node in ast.walk(old) if isinstance(node, _Headed)}
    for node in ast.walk(new):
        if isinstance(node, _Headed) and _head(node) not in known:
            first, last = _signature(node, lines)
            if any(len(line) > style.line_length for line in lines[first - 1 : last]):
                yield first, last


def _head(node: _Headed) -> str:
    """What stands between the word that begins a block and its colon."""
    parts = (value for name, value in ast.iter_fields(node) if name not in ("body", "orelse"))
    return " ".join(
        ast.dump(each)
        for part in parts
        for each in (part if isinstance(part, list) else [part])
        if isinstance(each, ast.AST)
    )


def _signature(
    node: ast.FunctionDef | ast.AsyncFunctionDef | _Headed, lines: list[str]
) -> tuple[int, int]:
    """The first and last line of a head without decorators and body; none where they share one."""
    last = node.body[0].lineno - 1
    while last >= node.lineno and not lines[last - 1].rstrip().endswith(":"):
        last -= 1
    return node.lineno, last


def _alone(first: int, last: int, node: ast.stmt, lines: list[str]) -> bool:
    """Whether no other statement shares its lines."""
    before = lines[first - 1].encode()[: node.col_offset].decode()
    after = lines[last - 1].encode()[node.end_col_offset :].decode().strip()
    return not before.strip() and (not after or after.startswith("#"))


def _definitions(body: list[ast.stmt], around: str = "") -> Iterator[tuple[str, ast.stmt]]:
    """The functions and classes at any depth, by their dotted names."""
    for node in body:
        inner = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]
        if isinstance(node, _Block):
            name = f"{around}{type(node).__name__} {node.name}"
            yield name, node
            yield from _definitions(inner, f"{name}.")
        else:
            yield from _definitions(inner, around)


def _black(code: str, style: Style) -> str | None:
    # Loaded here: a run that rewrites nothing formats nothing.
    from black import format_str
    from black.mode import Mode, TargetVersion
    from black.parsing import InvalidInput
    from black.report import NothingChanged

    mode = Mode(
        target_versions={v for v in TargetVersion if v.name.lower() in style.target_versions},
        line_length=style.line_length,
        string_normalization=not style.keep_quotes,
        magic_trailing_comma=style.keep_commas,
        preview=style.preview,
    )
    try:
        return format_str(code, mode=mode)
    except NothingChanged:
        return code
    except (InvalidInput, ValueError):
        return None


def _unit(code: str, indent: str) -> str:
    """What one level of indentation is: in the code itself, else in the space before it."""
    inner = next((token.string for token in _tokens(code) if token.type == tokenize.INDENT), "")
    return inner or ("\t" if "\t" in indent else _UNIT)


def _reindented(formatted: str, depth: int, indent: str, unit: str) -> str:
    """What Black made, without the ``depth`` blocks around it, indented as the file is."""
    lines = formatted.splitlines(keepends=True)
    if indent == _UNIT * depth and unit == _UNIT:
        return "".join(lines[depth:]).lstrip("\n")
    inside, docstrings = _strings(formatted), _docstrings(formatted)
    result = []
    for number, line in _numbered(formatted):
        column = docstrings.get(number, len(line) - len(line.lstrip(" ")))
        levels, rest = divmod(column - depth * len(_UNIT), len(_UNIT))
        if line.strip() and (number not in inside or number in docstrings):
            line = indent + unit * levels + " " * rest + line[column:]
        result.append(line)
    return "".join(result[depth:]).lstrip("\n")


def _docstrings(code: str) -> dict[int, int]:
    """The lines, from 0, after the first of each docstring, and the column to which Black brings them."""
    found: dict[int, int] = {}
    tree = parsed_or_none(code)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, _Block) and ast.get_docstring(node, clean=False) is not None:
            text = node.body[0]
            found |= dict.fromkeys(range(text.lineno, text.end_lineno or 0), text.col_offset)
    return found


def _strings(code: str) -> set[int]:
    """The lines, from 0, that begin inside a string of several lines."""
    inside: set[int] = set()
    opened: list[int] = []
    for token in _tokens(code):
        kind = tokenize.tok_name[token.type]
        if kind == "STRING":
            inside.update(range(token.start[0], token.end[0]))
        elif kind.endswith("STRING_START"):
            opened.append(token.start[0])
        elif kind.endswith("STRING_END"):
            inside.update(range(opened.pop(), token.end[0]))
    return inside


def _tokens(code: str) -> Iterator[tokenize.TokenInfo]:
    try:
        yield from tokenize.generate_tokens(io.StringIO(code).readline)
    except (tokenize.TokenError, SyntaxError):
        return


def _numbered(code: str) -> Iterator[tuple[int, str]]:
    return enumerate(line + "\n" for line in code.removesuffix("\n").split("\n"))


@lru_cache(maxsize=1024)
def _style_in(folder: Path) -> Style | None:
    tool = _toml(folder / "pyproject.toml").get("tool")
    tool = tool if isinstance(tool, dict) else {}
    if isinstance(tool.get("black"), dict):
        return _black_style(tool["black"])
    for name in (".ruff.toml", "ruff.toml"):
        if (folder / name).is_file():
            return _ruff_style(_toml(folder / name))
    return _ruff_style(tool["ruff"]) if isinstance(tool.get("ruff"), dict) else None


def _black_style(table: Mapping[str, Any]) -> Style:
    versions = table.get("target-version")
    return Style(
        line_length=_length(table),
        keep_quotes=table.get("skip-string-normalization") is True,
        keep_commas=table.get("skip-magic-trailing-comma") is not True,
        target_versions=tuple(versions) if isinstance(versions, list) else (),
        preview=table.get("preview") is True,
    )


def _ruff_style(table: Mapping[str, Any]) -> Style:
    formatting = table.get("format")
    formatting = formatting if isinstance(formatting, dict) else {}
    return Style(
        line_length=_length(table),
        keep_quotes=formatting.get("quote-style", "double") != "double",
        keep_commas=formatting.get("skip-magic-trailing-comma") is not True,
    )


def _length(table: Mapping[str, Any]) -> int:
    length = table.get("line-length")
    return length if isinstance(length, int) and length > 0 else Style().line_length


def _toml(path: Path) -> dict[str, Any]:
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return table
