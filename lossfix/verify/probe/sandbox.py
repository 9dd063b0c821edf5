"""Takes away from a process what measuring a loss has no use for.

Two kinds of walls. The kernel's hold whatever the code does, C code included: resource limits
everywhere but on Windows; on Linux, namespaces of its own for the network and for processes, and
Landlock for files, programs, TCP and signals, as far as the kernel offers them to an ordinary
user. The audit hook is Python's and holds everywhere, but only against Python code.

This keeps accidents from doing harm; it is not meant to withstand an attack
(https://docs.python.org/3/library/sys.html#sys.addaudithook says so of audit hooks,
https://docs.kernel.org/userspace-api/landlock.html lists what Landlock does not cover).
Standard library only.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import struct
import sys
import tempfile
from dataclasses import dataclass
from typing import Any, Union

LARGEST_FILE = 32 * 2**20
"""Bytes that one file may grow to."""

MOST_FILES = 256
"""Descriptors up to which a process may have files open; the result goes through one above 200."""

_CLONE_NEWUSER, _CLONE_NEWPID, _CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 36, 38

# linux/landlock.h; these system calls have the same numbers on every architecture.
_LANDLOCK_CREATE_RULESET, _LANDLOCK_ADD_RULE, _LANDLOCK_RESTRICT_SELF = 444, 445, 446
_EXECUTE, _WRITE_FILE = 1 << 0, 1 << 1
_REMOVE_AND_MAKE = sum(1 << bit for bit in range(4, 13))
_REFER, _TRUNCATE = 1 << 13, 1 << 14
_TCP_BIND_AND_CONNECT = 0b11
_SCOPE_SOCKETS_AND_SIGNALS = 0b11

_STARTS_A_PROCESS = frozenset(
    {
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.spawn",
        "os.startfile",
        "os.system",
        "pty.spawn",
        "subprocess.Popen",
    }
)
_SIGNALS = frozenset({"os.kill", "os.killpg"})
_NETWORK = frozenset(
    {
        "socket.bind",
        "socket.connect",
        "socket.getaddrinfo",
        "socket.gethostbyaddr",
        "socket.gethostbyname",
        "socket.sendmsg",
        "socket.sendto",
    }
)
_CHANGES = {
    "os.chflags": (0,),
    "os.chmod": (0,),
    "os.chown": (0,),
    "os.link": (1,),
    "os.mkdir": (0,),
    "os.remove": (0,),
    "os.removexattr": (0,),
    "os.rename": (0, 1),
    "os.rmdir": (0,),
    "os.setxattr": (0,),
    "os.symlink": (1,),
    "os.truncate": (0,),
    "os.utime": (0,),
    "shutil.rmtree": (0,),
    "sqlite3.connect": (0,),
}
"""Events that change files, and which of their arguments are the paths changed."""
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@dataclass(frozen=True)
class Limits:
    """What one job may take."""

    seconds: float
    memory: int
    """MiB of its own, beyond what the process had when it was forked."""


def become_subreaper() -> None:
    """On Linux, makes orphans below this process its children, so that none gets away."""
    if sys.platform == "linux":
        _libc().prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent() -> None:
    """On Linux, has this process killed when the one that forked it ends."""
    if sys.platform == "linux":
        _libc().prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


def leave_namespaces() -> list[str]:
    """Leaves the network and process namespaces, where the system lets it; says what it left.

    A new process namespace starts with the next process that is forked, and ends with it: the
    kernel then kills all that is left in it. Must be called while there is one thread.
    """
    if sys.platform != "linux":
        return []
    libc, user, group = _libc(), os.getuid(), os.getgid()
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET | _CLONE_NEWPID) != 0:
        return []
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        # Without a map it is nobody in there, and can do less.
        with contextlib.suppress(OSError), open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    return ["network namespace", "process namespace"]


def confine(directory: str, limits: Limits) -> list[str]:
    """Raises all walls around this process but the namespaces; says which stand.

    ``directory`` is the only place in which it can write afterwards. It becomes the working
    directory and the place of temporary files.
    """
    directory = os.path.realpath(directory)
    os.chdir(directory)
    for name in ("TMPDIR", "TEMP", "TMP", "HOME"):
        os.environ[name] = directory
    tempfile.tempdir = directory
    walls = _limit_resources(limits)
    abi = _restrict_files(directory)
    if abi:
        walls.append(f"Landlock {abi}")
    _watch_audit_events(directory)
    return [*walls, "audit hook"]


def _limit_resources(limits: Limits) -> list[str]:
    if sys.platform == "win32":
        return []
    import resource

    # Data and not address space: builds for GPUs reserve far more addresses than they use.
    own = _data_bytes() + limits.memory * 2**20
    wanted = [
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, int(2 * limits.seconds) + 10),
        (resource.RLIMIT_DATA, own),
        (resource.RLIMIT_FSIZE, LARGEST_FILE),
        # Files in memory are no process's memory; a few of the largest are all that fit.
        (resource.RLIMIT_NOFILE, MOST_FILES),
    ]
    for kind, value in wanted:
        _, hard = resource.getrlimit(kind)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        with contextlib.suppress(OSError, ValueError):  # not every system has every limit
            resource.setrlimit(kind, (value, value))
    return ["resource limits"]


def _data_bytes() -> int:
    """Bytes of data that this process has mapped (what RLIMIT_DATA counts); 0 where unknown."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[5]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def _restrict_files(directory: str) -> int:
    """Read everything, write below ``directory``, run no program, and, where the kernel knows how,
    no TCP and no signals to others. Returns the version of Landlock; 0 where it did not take."""
    if sys.platform != "linux":
        return 0
    abi = _syscall(_LANDLOCK_CREATE_RULESET, None, 0, 1)
    if abi < 1:
        return 0
    changes = _WRITE_FILE | _REMOVE_AND_MAKE
    changes |= _REFER if abi >= 2 else 0
    changes |= _TRUNCATE if abi >= 3 else 0
    handled = [_EXECUTE | changes]
    handled += [_TCP_BIND_AND_CONNECT] if abi >= 4 else []
    handled += [_SCOPE_SOCKETS_AND_SIGNALS] if abi >= 6 else []
    attributes = struct.pack(f"={len(handled)}Q", *handled)
    rules = _syscall(_LANDLOCK_CREATE_RULESET, attributes, len(attributes), 0)
    if rules < 0:
        return 0
    try:
        _allow(rules, directory, changes)
        _allow(rules, os.devnull, changes & (_WRITE_FILE | _TRUNCATE))
        _libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        return abi if _syscall(_LANDLOCK_RESTRICT_SELF, rules, 0) == 0 else 0
    finally:
        os.close(rules)


def _allow(rules: int, path: str, access: int) -> None:
    beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        _syscall(_LANDLOCK_ADD_RULE, rules, 1, struct.pack("=Qi", access, beneath), 0)
    finally:
        os.close(beneath)


def _watch_audit_events(directory: str) -> None:
    inside = (directory, directory.rstrip(os.sep) + os.sep)
    realpath = os.path.realpath  # bound here: the measured code may replace it
    nothing = realpath(os.devnull)

    def refuse_outside(event: str, path: Any) -> None:
        if path is None or isinstance(path, int):
            return  # an open file
        resolved = realpath(os.fsdecode(path))
        if resolved == inside[0] or resolved.startswith(inside[1]) or resolved == nothing:
            return
        raise PermissionError(f"lossfix lets no measured loss change files: {event} {resolved}")

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if flags & _WRITING:
                refuse_outside(event, path)
        elif event in _CHANGES:
            for position in _CHANGES[event]:
                refuse_outside(event, arguments[position])
        elif event in _STARTS_A_PROCESS:
            raise PermissionError(f"lossfix lets no measured loss start processes: {event}")
        elif event in _NETWORK:
            raise PermissionError(f"lossfix lets no measured loss use the network: {event}")
        elif event in _SIGNALS:
            raise PermissionError(f"lossfix lets no measured loss send signals: {event}")

    sys.addaudithook(watch)


def _syscall(number: int, *arguments: Union[int, bytes, None]) -> int:
    # Numbers must be passed as wide as a register.
    wide = [ctypes.c_long(item) if isinstance(item, int) else item for item in arguments]
    return int(_libc().syscall(ctypes.c_long(number), *wide))


def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)
