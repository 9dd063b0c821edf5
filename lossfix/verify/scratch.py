"""Folders for what a worker writes, and the deletion of those whose process was killed before it could.

Such a folder holds a lock for as long as its process lives, which the kernel gives up with the process:
a number of a process could be another's by then, or that of another container that shares the folder.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile

from lossfix.verify.probe.supervise import remove

_PREFIX = "lossfix-"
_LOCK = "lock"


class Scratch:
    """A new folder in the folder for temporary files, readable by this user alone."""

    def __init__(self) -> None:
        _delete_left()
        self.path = tempfile.mkdtemp(prefix=_PREFIX)
        self._lock = _take(os.path.join(self.path, _LOCK))

    def delete(self) -> None:
        """Deletes it with all that lies in it. Deleting twice does nothing."""
        remove(self.path)
        lock, self._lock = self._lock, None
        if lock is not None:
            os.close(lock)

    def __enter__(self) -> str:
        return self.path

    def __exit__(self, *raised: object) -> None:
        self.delete()


_looked = set[str]()


def _delete_left() -> None:
    """Deletes this user's folders whose process is gone; each process looks once."""
    place = tempfile.gettempdir()
    if place in _looked or sys.platform == "win32":
        return
    _looked.add(place)
    with contextlib.suppress(OSError), os.scandir(place) as entries:
        for folder in entries:
            with contextlib.suppress(OSError):
                if _is_ours(folder) and _is_abandoned(folder.path):
                    remove(folder.path)


def _is_ours(entry: os.DirEntry[str]) -> bool:
    return (
        entry.name.startswith(_PREFIX)
        and entry.is_dir(follow_symlinks=False)
        and entry.stat(follow_symlinks=False).st_uid == os.geteuid()
    )


def _take(path: str) -> int | None:
    """Makes the file of a lock that this process has; ``None`` where there are none."""
    if sys.platform == "win32":
        return None
    import fcntl

    new = f"{path}-new"  # under its own name only once it is locked: else it would look abandoned
    lock = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.rename(new, path)
    except OSError:  # a file system without locks: nobody will find such a file
        os.close(lock)
        return None
    return lock


def _is_abandoned(folder: str) -> bool:
    """Whether nobody has its lock. Raises ``OSError`` where it has none, or is just being made."""
    import fcntl

    lock = os.open(os.path.join(folder, _LOCK), os.O_WRONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True
