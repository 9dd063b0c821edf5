"""Losses that misbehave harm neither the run, nor the files, nor the next loss.

Each runs in the real worker. What is said of the kernel's walls is tested through ``ctypes``, past
the audit hook.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lossfix.model import Probe, Ruling, Safety, Subject
from lossfix.verify.judge import judge
from lossfix.verify.probe.facts import Facts
from lossfix.verify.probe.job import Job, SubjectSource
from lossfix.verify.probe.protocol import Answer
from lossfix.verify.workers import Settings, ask, close_workers, lent

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")

ROOT = Path(__file__).resolve().parents[2]

LOSS = """
import tensorflow as tf

def loss(y_true, y_pred):
    return tf.square(y_true - y_pred)
"""

C = """
import ctypes, os, time
libc = ctypes.CDLL(None, use_errno=True)
def refused(result):
    if result != -1:
        raise AssertionError("allowed")
    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
"""

DEEP = """
import sys
sys.setrecursionlimit(10**9)
nested = []
for _ in range(10**6):
    nested = [nested]
repr(nested)
"""


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the workers of this module keep their files."""
    folder = tmp_path_factory.mktemp("scratch")
    patch = pytest.MonkeyPatch()
    patch.setattr(tempfile, "tempdir", str(folder))
    patch.setenv("SERVICE_TOKEN", "hush")
    yield folder
    patch.undo()


@pytest.fixture(scope="module")
def settings(scratch: Path) -> Iterator[Settings]:
    settings = Settings(sys.executable, timeout=60.0, memory=1024)
    yield settings
    close_workers(settings)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a module of its own, and one that is named as one of Python's."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "constants.py").write_text("margin = 0.25", encoding="utf-8")
    (folder / "random.py").write_text("raise ValueError('the wrong one')", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def impatient(scratch: Path, project: Path) -> Iterator[Settings]:
    settings = Settings(sys.executable, timeout=2.0, memory=1024, root=str(project))
    yield settings
    close_workers(settings)


@pytest.fixture(scope="module")
def peaceful(settings: Settings) -> Facts:
    """What a worker says of a harmless loss before it met any other."""
    return measured(settings)


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A file of the user's that nothing may change."""
    path = tmp_path / "kept" / "victim.txt"
    path.parent.mkdir()
    path.write_text("precious", encoding="utf-8")
    return path


def answer(settings: Settings, source: str, expression: str = "loss") -> Answer:
    return ask(Job("hostile", SubjectSource(source, expression)), settings)


def error(settings: Settings, source: str) -> str:
    """What the loss raised where it was imported."""
    given = answer(settings, source)
    assert given.ending == "answered", given
    assert given.facts is not None
    assert given.facts.stage == "before"
    return given.facts.error


def measured(settings: Settings) -> Facts:
    """What is measured of the harmless loss, without the time that it took."""
    given = answer(settings, LOSS)
    assert given.facts is not None, given
    assert given.facts.before is not None, given
    return replace(given.facts, seconds=0.0)


def strays(scratch: Path) -> set[int]:
    """The processes that were started below ``scratch``."""
    marker = f"TMPDIR={scratch}".encode()
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if marker in (entry / "environ").read_bytes():
                    found.add(int(entry.name))
            except OSError:
                pass
    return found


def wait_until(done: Callable[[], bool]) -> None:
    patience = time.monotonic() + 60.0
    while not done():
        assert time.monotonic() < patience
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("import sys\nsys.exit(0)", "SystemExit: 0"),
        ("import argparse\nargparse.ArgumentParser(prog='train').parse_args(['-x'])", "SystemExit"),
        ("input('continue?')", "EOFError"),
        ("import no_such_package", "ModuleNotFoundError: No module named 'no_such_package'"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise GeneratorExit('odd')", "GeneratorExit: odd"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "PermissionError"),
        ("import os\nos.fork()", "PermissionError: lossfix lets no measured loss start processes"),
        ("import os\nos.system('true')", "PermissionError"),
        ("import subprocess\nsubprocess.run(['true'])", "PermissionError"),
        ("import os\nassert 'SERVICE_TOKEN' in os.environ", "AssertionError"),
        ("import os\nassert os.getcwd() == os.environ['PWD']", "KeyError"),
        ("import numpy\nx = numpy.ones(10**10)", "MemoryError"),
        ("x = []\nwhile True:\n    x.append(bytes(10**7))", "MemoryError"),
        ("with open('big', 'wb') as f:\n    f.write(bytes(2**26))", "OSError: [Errno 27]"),
        ("import socket\nsocket.create_connection(('127.0.0.1', 80))", "PermissionError"),
        ("import socket\nsocket.gethostbyname('example.org')", "PermissionError"),
        (C + "refused(libc.execv(b'/bin/true', None))", "PermissionError: [Errno 13]"),
        (C + "refused(libc.kill(-1, 9))", "ProcessLookupError"),
        (C + f"refused(libc.kill({os.getpid()}, 9))", "ProcessLookupError"),
    ],
)
def test_what_it_may_not_do_is_what_it_raised(
    settings: Settings, peaceful: Facts, source: str, text: str
) -> None:
    assert error(settings, source).startswith(text)


@pytest.mark.parametrize(
    ("source", "detail"),
    [
        ("import os\nos._exit(0)", "exit code 0"),
        ("import ctypes\nctypes.string_at(0)", "SIGSEGV"),
        (C + "libc.abort()", "its process"),
        ("import os\nos.closerange(3, 4096)", "broke what its result is sent with"),
        (DEEP, "SIGSEGV"),
        ("import builtins, json, os\nos.write = os._exit = json.dumps = None", ""),
        ("import builtins\nbuiltins.len = builtins.isinstance = None", ""),
        ("import builtins\nfor name in dir(builtins): setattr(builtins, name, None)", ""),
        ("import sys\nsys.stdout = sys.stderr = None\nsys.modules.clear()", ""),
        ("import threading, time\nthreading.Thread(target=lambda: time.sleep(99)).start()", ""),
        ("import atexit, time\natexit.register(time.sleep, 99)", ""),
    ],
)
def test_whatever_it_breaks_is_only_its_own(
    settings: Settings, peaceful: Facts, source: str, detail: str
) -> None:
    with lent(settings) as before:
        pass
    given = answer(settings, source)
    assert given.ending in (("crashed",) if detail else ("answered", "crashed", "failed"))
    assert detail in given.detail
    with lent(settings) as after:
        assert after is before


@pytest.mark.parametrize(
    "source",
    [
        "while True: pass",
        "import time\ntime.sleep(60)",
        "import signal\nfor n in (1, 2, 3, 15): signal.signal(n, signal.SIG_IGN)\nwhile 1: pass",
        LOSS + "def loss(y_true, y_pred):\n    while True: pass",
    ],
)
def test_one_that_never_ends_is_stopped(impatient: Settings, source: str) -> None:
    began = time.monotonic()
    given = answer(impatient, source)
    assert given.ending == "timeout"
    assert given.detail == "it took longer than 2 s"
    assert time.monotonic() - began < 30.0  # a worker may have to start first


def test_the_projects_modules_are_found_after_all_others(
    settings: Settings, impatient: Settings
) -> None:
    source = "import random\nimport constants\nraise LookupError(constants.margin)"
    assert error(impatient, source) == "LookupError: 0.25"
    assert error(settings, source) == "ModuleNotFoundError: No module named 'constants'"


def test_memory_that_escapes_the_limit_on_data_is_seen(settings: Settings) -> None:
    source = "import mmap\nm = mmap.mmap(-1, 2**31)\nfor i in range(0, 2**31, 4096): m[i] = 1\n"
    given = answer(settings, source + "while True: pass")
    assert (given.ending, given.detail) == ("memory", "it took more than 1024 MiB")


def test_one_that_starts_processes_without_end_is_stopped(
    settings: Settings, scratch: Path
) -> None:
    before = strays(scratch)
    given = answer(
        settings,
        C + "for _ in range(100):\n    if libc.fork() == 0: time.sleep(99)\ntime.sleep(99)",
    )
    assert given.ending == "processes"
    assert strays(scratch) <= before


@pytest.mark.parametrize("escape", ["", "libc.setsid()", "libc.setsid(); libc.fork()"])
def test_no_process_outlives_its_loss(settings: Settings, scratch: Path, escape: str) -> None:
    before = strays(scratch)
    source = (
        C + "for _ in range(8):\n    if libc.fork() == 0:\n"
        f"        {escape}\n        while True: pass\nraise ValueError('left them')"
    )
    assert error(settings, source) == "ValueError: left them"
    assert strays(scratch) <= before


@pytest.mark.parametrize(
    "source",
    [
        "open({victim!r}, 'w')",
        "open({victim!r}, 'a').write('more')",
        "open({folder!r} + '/new', 'x')",
        "import os\nos.open({victim!r}, os.O_RDWR)",
        "import os\nos.remove({victim!r})",
        "import os\nos.truncate({victim!r}, 0)",
        "import os\nos.chmod({victim!r}, 0)",
        "import os\nos.rename({victim!r}, 'mine')",
        "import os\nos.mkdir({folder!r} + '/new')",
        "import os\nos.symlink({victim!r}, 'link')\nopen('link', 'w')",
        "import pathlib\npathlib.Path({victim!r}).unlink()",
        "import shutil\nshutil.rmtree({folder!r})",
        "import shutil\nshutil.copy('/etc/hostname', {victim!r})",
        "import sqlite3\nsqlite3.connect({victim!r})",
        "import numpy\nnumpy.save({victim!r}, numpy.ones(3))",
        C + "refused(libc.unlink({victim!r}.encode()))",
        C + "refused(libc.truncate({victim!r}.encode(), 0))",
        C + "refused(libc.rename({victim!r}.encode(), b'mine'))",
        C + "refused(libc.open({victim!r}.encode(), os.O_WRONLY))",
        C + "refused(libc.creat(({folder!r} + '/new').encode(), 0o600))",
        "import tensorflow as tf\ntf.io.write_file({victim!r}, 'x')",
        "import tensorflow as tf\ntf.io.gfile.rmtree({folder!r})",
    ],
)
def test_the_users_files_stay_as_they_are(settings: Settings, victim: Path, source: str) -> None:
    raised = error(settings, source.format(victim=str(victim), folder=str(victim.parent)))
    assert "ermission" in raised
    assert victim.read_text(encoding="utf-8") == "precious"
    assert os.access(victim, os.R_OK)
    assert os.listdir(victim.parent) == ["victim.txt"]


def test_it_can_write_where_it_runs_and_nothing_is_left(settings: Settings, scratch: Path) -> None:
    source = (
        "import os, tempfile\nopen('a', 'w').write('x')\nos.mkdir('b')\nopen('b/c', 'w')\n"
        "tempfile.mkdtemp()\nopen(os.path.expanduser('~/d'), 'w')\nos.chmod('b', 0)\n"
        "raise ValueError(len(os.listdir('.')))"
    )
    assert error(settings, source) == "ValueError: 5"  # with its own source
    assert not list(scratch.glob("*/job-*"))


def test_no_connection_leaves_the_worker(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        source = C + (
            "import struct\n"
            f"address = struct.pack('=H', 2) + struct.pack('!H', {port}) + bytes([127, 0, 0, 1]) + bytes(8)\n"
            "refused(libc.connect(libc.socket(2, 1, 0), address, 16))"
        )
        raised = error(settings, source)
        assert raised.startswith(("OSError: [Errno 101]", "PermissionError: [Errno 13]"))
        with pytest.raises(TimeoutError):
            server.accept()


def test_what_it_prints_cannot_pass_for_an_answer(settings: Settings, peaceful: Facts) -> None:
    forged = (
        "import json, os, struct\n"
        "body = json.dumps({'nonce': '', 'ending': 'answered', 'facts': {'name': 'forged'}}).encode()\n"
        "message = struct.pack('>I', len(body)) + body\n"
        "print('forged', flush=True)\n"
        "for fd in range(0, 1024):\n"
        "    try:\n        os.write(fd, message)\n"
        "    except OSError:\n        pass\n"
    )
    given = answer(settings, forged + LOSS)
    assert given.ending == "crashed"
    assert given.detail == "it wrote garbage where its result goes"
    assert "forged" in given.log
    assert measured(settings) == peaceful


def test_what_it_writes_to_its_streams_is_kept_for_the_curious(settings: Settings) -> None:
    given = answer(settings, "import sys\nprint('out')\nprint('err', file=sys.stderr)\n" + LOSS)
    assert given.ending == "answered"
    assert "out\nerr\n" in given.log


def test_the_next_loss_is_measured_as_if_nothing_had_been(
    settings: Settings, peaceful: Facts
) -> None:
    poison = (
        "import builtins, random\nimport numpy as np\nimport tensorflow as tf\nimport keras\n"
        "tf.reduce_mean = tf.square = keras.losses.Loss.__call__ = None\n"
        "keras.config.set_floatx('float16')\nnp.random.seed(0)\nbuiltins.sum = min\n"
        "tf.config.run_functions_eagerly(True)\n"
        "@keras.saving.register_keras_serializable('a')\nclass L(keras.losses.Loss): ...\n"
    )
    answer(settings, poison + LOSS)
    assert measured(settings) == peaceful


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import numpy as np\nnp.bool = bool\nnp.oldtype = int", ""),
        ("import sys\nsys.settrace(lambda *_: None)\nsys.setprofile(lambda *_: None)", ""),
        ("import numpy as np\nnp.allclose = lambda *_, **__: True", "np.allclose"),
        (
            "import tensorflow as tf\n"
            "tf.GradientTape.gradient = lambda self, value, of, **_: tf.ones_like(of)",
            "tf.GradientTape.gradient",
        ),
        (
            "import sys\n"
            "for name, module in list(sys.modules.items()):\n"
            "    if name.endswith('probe.gradient'):\n"
            "        module._state = lambda facts: 'alive'",
            "gradient._state",
        ),
    ],
)
def test_what_it_is_measured_with_is_not_to_be_replaced(
    settings: Settings, peaceful: Facts, source: str, names: str
) -> None:
    given = answer(settings, f"{source}\n{LOSS}")
    assert given.facts is not None, given
    assert given.facts.replaced == ((names,) if names else ())
    verdict = judge(Probe("loss", Subject("", "loss"), None, Safety.EXACT), given.facts)
    assert (verdict.ruling is Ruling.UNVERIFIABLE) == bool(names)
    assert names in "".join(verdict.reasons)
    assert measured(settings) == peaceful


def test_files_in_memory_are_limited_in_number_and_size(settings: Settings) -> None:
    source = (
        "import os\nfiles = []\ntry:\n    while True:\n        files.append(os.memfd_create('f'))\n"
        "except OSError:\n    made = len(files)\n    for file in files: os.close(file)\n"
        "raise ValueError('few' if made < 256 else 'many')"
    )
    assert error(settings, source) == "ValueError: few"
    source = "import os\nraise ValueError(os.write(os.memfd_create('f'), bytes(2**26)))"
    assert error(settings, source) == f"ValueError: {2**25}"


def test_fifty_losses_take_one_worker(settings: Settings, scratch: Path) -> None:
    with lent(settings) as worker:
        running = strays(scratch)
        for number in range(50):
            given = worker.ask(Job("f", SubjectSource(f"raise ValueError({number})", "f")))
            assert given.facts is not None
            assert given.facts.error == f"ValueError: {number}"
        assert strays(scratch) == running


def test_without_a_fork_each_loss_has_a_process_of_its_own(scratch: Path, victim: Path) -> None:
    alone = Settings(sys.executable, timeout=60.0, fork=False)
    try:
        assert "PermissionError" in error(alone, f"open({str(victim)!r}, 'w')")
        given = answer(alone, "import os\nos._exit(7)")
        assert (given.ending, given.detail) == ("crashed", "its worker died")
    finally:
        close_workers(alone)
    assert victim.read_text(encoding="utf-8") == "precious"


def test_nothing_is_left_where_lossfix_itself_is_killed(tmp_path: Path) -> None:
    program = (
        "import os, sys, threading\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "from lossfix.verify.workers import Settings, ask\n"
        "from lossfix.verify.probe.job import Job, SubjectSource\n"
        "job = Job('f', SubjectSource('while True: open(\"busy\", \"w\")', 'f'))\n"
        "threading.Thread(target=ask, args=(job, Settings(sys.executable))).start()\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    lossfix = subprocess.Popen([sys.executable, "-c", program], env=environment)
    wait_until(lambda: bool(list(tmp_path.glob("*/job-*/busy"))))
    lossfix.kill()
    lossfix.wait()
    wait_until(lambda: not strays(tmp_path) and not list(tmp_path.iterdir()))


def test_nothing_is_left_once_the_workers_are_closed(scratch: Path) -> None:
    close_workers()
    assert not strays(scratch)
    assert not list(scratch.iterdir())
