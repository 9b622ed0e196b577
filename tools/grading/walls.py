"""Run a stranger's code so that it sees the course, an empty folder of its own, and nothing else.

Linux namespaces do it, through programs of util-linux that every distribution has (unshare, mount, pivot_root, setpriv,
prlimit, choom): no network, no other processes, no files but the course's, and these read-only. When the time is
over everything in there is killed at once, whatever it started. docs/grading.md says what holds and what does not.
"""

import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

import t2i_lib
from t2i_lib.locations import data_folder

PROGRAMS = ("unshare", "mount", "umount", "pivot_root", "setpriv", "prlimit", "choom", "sh", "sed")
SYSTEM = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc",
    "/sys/devices/system/cpu",
    "/opt/hostedtoolcache",
)
NOBODY = 65534
SEARCH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
MOST_REPORTED = 64_000_000  # bytes of notes


@dataclass(frozen=True)
class Limits:
    """What one submission may use: seconds, bytes, processes and threads."""

    cell_seconds: float = 120.0
    seconds: float = 600.0
    memory: int = 3 << 30
    file: int = 64 << 20
    folder_megabytes: int = 512
    processes: int = 160


@dataclass(frozen=True)
class Run:
    """How a run ended: its notes, and what stopped it ("" where it came to its end)."""

    notes: bytes
    stopped: str
    errors: str


def check_walls() -> None:
    """Try the walls once.

    Raises:
        ValueError: if this system cannot build them; it says what to do.
    """
    missing = [name for name in PROGRAMS if shutil.which(name, path=SEARCH) is None]
    said = f"no {', '.join(missing)} here"
    if not missing:
        run = run_behind_walls(["/bin/sh", "-c", "echo standing > /report"], b"", Limits(seconds=20))
        if run.notes == b"standing\n":
            return
        said = (run.errors.strip().splitlines() or [run.stopped or "no answer"])[-1]
    raise ValueError(
        f"submissions run behind walls made of Linux namespaces, and this system builds none ({said}). Grade on a "
        "Linux where they work (see docs/grading.md), or, for people whose code you would run without looking, add "
        "--trusted: limits of time and memory hold then, but nothing else does"
    )


def run_behind_walls(command: Sequence[str], given: bytes, limits: Limits, trusted: bool = False) -> Run:
    """Run a command; it reads `given` from its standard input, and writes its notes to the file /report.

    Args:
        trusted: leave the walls out, keep the limits; "/report" in the command is replaced by the place of the notes.
    """
    with tempfile.TemporaryDirectory(prefix="t2i-grading-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        pipe = place / "report"
        os.mkfifo(pipe)
        pipe.chmod(0o666)  # in a folder that nobody else can enter
        for name in ("root", "home", "work"):
            (place / name).mkdir()
        if trusted:
            command = [str(pipe) if part == "/report" else part for part in command]
            whole, where = [*_limited(limits), *command], place / "work"
        else:
            whole, where = _walled(command, place, limits), place
        given_file = place / "given"
        given_file.write_bytes(given)
        listener = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)  # a pipe nobody writes to would never let `select` wait
        try:
            with given_file.open("rb") as entry, (place / "errors").open("wb") as errors:
                process = subprocess.Popen(
                    whole,
                    stdin=entry,
                    stdout=subprocess.DEVNULL,
                    stderr=errors,  # no longer than any other file, see `_limited`
                    cwd=where,
                    env=_environment(place / "home" if trusted else Path("/tmp/home")),
                    start_new_session=True,
                )
                notes, stopped = _watch(process, listener, limits)
        finally:
            os.close(listener)
        return Run(notes, stopped, (place / "errors").read_text(errors="replace")[-2000:])


def _limited(limits: Limits) -> list[str]:
    """The limits of each process. None on processor time: with that one, lessons that measure find a coarse clock."""
    if shutil.which("prlimit", path=SEARCH) is None:
        return []  # not Linux: time and memory are watched from outside all the same
    return [
        "prlimit",
        f"--as={limits.memory + (4 << 30)}",  # addresses; memory itself is watched from outside
        f"--fsize={limits.file}",
        "--nofile=1024",
        "--core=0",
    ]


def _walled(command: Sequence[str], place: Path, limits: Limits) -> list[str]:
    root = os.geteuid() == 0
    namespaces = ["--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--kill-child=KILL"]
    rights = f"--reuid={NOBODY} --regid={NOBODY} --clear-groups"
    if not root:  # whoever is not root becomes root of a world of their own, to build the walls, and stops being it
        namespaces[:0] = ["--user", "--map-root-user"]
        rights = "--keep-groups"
    script = Path(__file__).with_name("walls.sh")
    first_to_go = ["choom", "-n", "1000", "--"]  # where memory runs out; before unshare, as choom goes by number
    return [
        *(*first_to_go, "unshare", *namespaces),
        *("sh", str(script), str(place / "root"), str(place / "report"), str(limits.folder_megabytes)),
        *(":".join(shown()), rights),
        *(*_limited(limits), f"--nproc={limits.processes}", *command),
    ]


def shown() -> list[str]:
    """What can be seen behind the walls, all of it read-only: the system's programs, this Python, the course."""
    own = Path(__file__).resolve().parent
    course = [Path(t2i_lib.__file__).resolve().parent, data_folder().resolve(), own]
    pythons = {Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parent.parent}
    return [*SYSTEM, *(str(each) for each in sorted(pythons)), *(str(each) for each in course)]


def _environment(home: Path) -> dict[str, str]:
    return {
        "PATH": f"{Path(sys.executable).parent}:{SEARCH}",
        "HOME": str(home),
        "TMPDIR": str(home.parent),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "IPYTHONDIR": str(home / "ipython"),
        "MPLCONFIGDIR": str(home / "matplotlib"),
        "T2I_HOME": str(home / "t2i"),
        "T2I_DATA": str(data_folder().resolve()),
        "PYTHONPATH": str(Path(__file__).resolve().parent.parent.parent),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
        "CUDA_VISIBLE_DEVICES": "",
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }


def _watch(process: subprocess.Popen, listener: int, limits: Limits) -> tuple[bytes, str]:
    """Collect the notes until the process ends or must be stopped."""
    end, notes, stopped = time.monotonic() + limits.seconds, bytearray(), ""
    try:
        while not stopped:
            ended = process.poll() is not None
            select.select([listener], [], [], 0 if ended else 0.2)
            more = _read(listener)
            notes += more
            if ended and not more:
                break
            if len(notes) > MOST_REPORTED:
                stopped = "it reported more than anybody can read"
            elif time.monotonic() > end:
                stopped = f"it ran longer than {limits.seconds:g} s in all"
            elif (used := _memory(process.pid)) > limits.memory:
                stopped = f"it took {used >> 20} MB of memory; {limits.memory >> 20} MB are allowed"
    finally:
        _end(process)
    return bytes(notes[:MOST_REPORTED]), stopped


def _read(listener: int) -> bytes:
    try:
        return os.read(listener, 1 << 20)
    except BlockingIOError:
        return b""


def _memory(pid: int) -> int:
    """Bytes that a process and all that it started hold in memory."""
    total = 0
    try:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return 0
    for each in family:
        try:
            total += each.memory_info().rss
        except psutil.Error:
            continue
    return total


def _end(process: subprocess.Popen) -> None:
    """Kill the process and all that it started. Behind walls the kernel does the latter, when the first one dies."""
    try:
        family = psutil.Process(process.pid).children(recursive=True)
    except psutil.Error:
        family = []
    for pid in (process.pid, *(each.pid for each in family)):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.wait()
