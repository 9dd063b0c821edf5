"""Writing a file so that, whatever happens, it is either the old one or the new one.

The new bytes go to a temporary file in the same folder, reach the disk, and take the old file's
place in one rename. Two things bend that rule:

- a symbolic link stays a link: the file that it points to is replaced;
- a file with several hard links is overwritten in place, since a rename would leave the other
  names with the old bytes. Its old bytes wait beside it, in ``NAME.lossfix-old``, until the new
  ones have reached the disk; a machine that fails in between leaves them there.
"""

from __future__ import annotations

import glob
import os
import stat
import time
from contextlib import suppress
from pathlib import Path

from lossfix.source.document import Document, shown
from lossfix.source.error import SourceError

ABANDONED = 3600.0
"""Seconds after which a temporary file is no longer that of a run which goes on."""

_CHANGED = "changed since it was read; run lossfix again"


def write(document: Document, data: bytes) -> None:
    """Write ``data`` to the document's file, if that is still as it was read.

    Raises:
        SourceError: The file changed since it was read, is read-only, or cannot be written.
    """
    replace(document.path, document.data, data)


def replace(path: Path, before: bytes, after: bytes) -> None:
    """Turn a file whose bytes are ``before`` into one whose bytes are ``after``.

    Raises:
        SourceError: The bytes are not ``before``, or the file cannot be written.
    """
    if before == after:
        return
    reason = refusal(path, before)
    if reason:
        raise SourceError(f"{shown(path)}: {reason}")
    try:
        target = path.resolve(strict=True)
        status = target.stat()
        if status.st_nlink > 1:
            _overwrite(target, before, after)
        else:
            _rename_over(path, target, status, before, after)
    except OSError as error:
        raise SourceError(f"{shown(path)}: cannot be written: {error.strerror}") from error


def refusal(path: Path, before: bytes) -> str:
    """Why a file whose bytes were ``before`` cannot be written; empty where nothing stands against it."""
    # First: to read from a pipe, once more, would wait for ever.
    reason = locked(path)
    if reason:
        return reason
    try:
        return "" if path.read_bytes() == before else _CHANGED
    except OSError as error:
        return f"cannot be written: {error.strerror}"


def locked(path: Path) -> str:
    """Why a file cannot be written, whatever it holds; empty where nothing stands against it."""
    try:
        target = path.resolve(strict=True)
        status = target.stat()
    except OSError as error:
        return f"cannot be written: {error.strerror}"
    if not stat.S_ISREG(status.st_mode):
        return "is a pipe or a device"
    if not status.st_mode & 0o222 or not os.access(target, os.W_OK):
        return "is read-only"
    if not os.access(target.parent, os.W_OK | os.X_OK):
        return f"lies in a folder that is read-only: {shown(target.parent)}"
    return ""


def create(path: Path, data: bytes) -> None:
    """Write a file that was not there, or replace the one that was, in one step that cannot be seen halfway.

    Raises:
        OSError: The folder cannot be written.
    """
    temporary = _temporary(path, data, mode=0o666)
    try:
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(path.parent)


def _rename_over(
    path: Path, target: Path, status: os.stat_result, before: bytes, after: bytes
) -> None:
    temporary = _temporary(target, after, mode=0o600)
    try:
        # Only root may give a file away; another's file becomes the writer's own, as with any editor.
        with suppress(PermissionError):
            os.chown(temporary, status.st_uid, status.st_gid)
        os.chmod(temporary, stat.S_IMODE(status.st_mode))
        _keep_attributes(target, temporary)
        if target.read_bytes() != before:
            raise SourceError(f"{shown(path)}: {_CHANGED}")
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    _sweep(target)
    _sync_folder(target.parent)


def _sweep(target: Path) -> None:
    """Delete what runs that were killed as they wrote the same file have left beside it."""
    long_ago = time.time() - ABANDONED
    for left in target.parent.glob(f".{glob.escape(target.name)}.*.lossfix"):
        with suppress(OSError):
            if left.stat().st_mtime < long_ago:
                left.unlink()


def _keep_attributes(target: Path, temporary: Path) -> None:
    """Extended attributes, where there are any: access lists are among them."""
    with suppress(AttributeError, OSError):
        for name in os.listxattr(target):
            # Some only the system may set, as the label of a policy.
            with suppress(OSError):
                os.setxattr(temporary, name, os.getxattr(target, name))


def _temporary(target: Path, data: bytes, mode: int) -> Path:
    path = target.with_name(f".{target.name}.{os.urandom(6).hex()}.lossfix")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise
    return path


def _overwrite(target: Path, before: bytes, after: bytes) -> None:
    old = target.with_name(f"{target.name}.lossfix-old")
    create(old, before)
    descriptor = os.open(target, os.O_RDWR)
    try:
        with os.fdopen(descriptor, "r+b", buffering=0) as file:
            written = 0
            while written < len(after):
                written += file.write(after[written:])
            file.truncate(len(after))
            os.fsync(descriptor)
    except BaseException:
        with target.open("r+b") as file:
            file.write(before)
            file.truncate(len(before))
        raise
    finally:
        if target.read_bytes() in (before, after):
            old.unlink()


def _sync_folder(folder: Path) -> None:
    # Without this the rename itself may not survive a power cut; not every file system offers it.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
