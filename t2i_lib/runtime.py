"""What this machine offers: the device, the number format, the seed, and a doctor that says what is wrong.

In: names such as "auto", "cuda", "bf16". Out: torch devices, context managers, findings in plain words. Torch is
imported inside the functions, so that `doctor` can still speak when torch itself is what is broken.
"""

from __future__ import annotations

import hashlib
import os
import platform
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

CHECKPOINTS = Path(__file__).resolve().parents[1] / "data" / "checkpoints"
PRECISIONS = ("bf16", "fp16", "fp32")
_SHIPPED = ("full", "lesson", "judge", "text-bert", "text-gpt", "text-t5")  # folders in CHECKPOINTS
_NEEDED_MEMORY, _NEEDED_DISK = 1e9, 2e9  # bytes: drawing needs the first; installing and one small training the second
_GIGA = 1e9


def pick_device(name: str = "auto") -> torch.device:
    """The device to compute on: "auto" takes an NVIDIA GPU, else an Apple GPU, else the CPU.

    Raises:
        ValueError: if the name is not a device, or the device is not there.
    """
    import torch

    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ValueError(f"device is one of auto, cpu, cuda, cuda:0, mps; received {name!r}") from error
    there = {
        "cpu": lambda: True,
        "mps": torch.backends.mps.is_available,
        "cuda": lambda: (device.index or 0) < torch.cuda.device_count(),
    }
    if device.type not in there:
        raise ValueError(f"device is one of auto, cpu, cuda, cuda:0, mps; received {name!r}")
    if not there[device.type]():
        raise ValueError(f"device {name!r} was asked for, but torch finds none; use 'auto' or 'cpu', see `t2i doctor`")
    return device


def pick_precision(device: torch.device | str, name: str = "auto") -> str:
    """The number format for matrix products: "bf16", "fp16" or "fp32"; "auto" takes the fastest that is safe.

    Raises:
        ValueError: if the name is unknown, or the device cannot compute in that format.
    """
    if name not in ("auto", *PRECISIONS):
        raise ValueError(f"precision is one of auto, {', '.join(PRECISIONS)}; received {name!r}")
    kind = str(device).split(":")[0]
    if name == "fp16" and kind == "cpu":
        raise ValueError("precision 'fp16' needs a GPU: on a CPU it is slower than fp32; use 'auto', 'bf16' or 'fp32'")
    return explain_precision(device)[0] if name == "auto" else name


def explain_precision(device: torch.device | str) -> tuple[str, str]:
    """What `pick_precision(device, "auto")` chooses, and why, in one clause."""
    kind = str(device).split(":")[0]
    if kind == "cpu":
        fast = sorted(bf16_flags())
        if fast:
            return "bf16", f"this CPU multiplies bf16 in hardware ({', '.join(fast)})"
        return "fp32", "this CPU has neither AMX nor AVX512_BF16, so bf16 would be slower"
    if kind != "cuda":
        return "fp32", f"bf16 and fp16 are untried on {kind}"
    import torch

    major, minor = torch.cuda.get_device_capability(device)
    if major >= 8:
        return "bf16", f"compute capability {major}.{minor} has bf16 tensor cores"
    if major == 7:
        return "fp16", f"compute capability {major}.{minor} has fp16 tensor cores, but no bf16"
    # Pascal (GTX 1080, 6.1) computes fp16 64 times slower than fp32.
    return "fp32", f"compute capability {major}.{minor} has no tensor cores, so shorter numbers gain nothing"


def cpu_flags() -> frozenset[str]:
    """The instruction sets that Linux reports for the CPU; empty elsewhere."""
    return frozenset(_cpu_info("flags").split())


def cpu_name() -> str:
    """The CPU's name, as far as the system tells."""
    return _cpu_info("model name") or platform.processor() or platform.machine()


def _cpu_info(field: str) -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.split(":")[0].strip() == field), "")


def bf16_flags() -> frozenset[str]:
    """The CPU's instruction sets that make bf16 faster than fp32."""
    return cpu_flags() & {"avx512_bf16", "amx_bf16"}


def autocast(device: torch.device | str, precision: str) -> AbstractContextManager:
    """Inside it, convolutions and matrix products compute in `precision`; with "fp32" nothing changes."""
    import torch

    if precision == "fp32":
        return nullcontext()
    dtype = {"bf16": torch.bfloat16, "fp16": torch.float16}[precision]
    return torch.autocast(torch.device(device).type, dtype=dtype)


def in_notebook() -> bool:
    """Whether this code runs in a Jupyter kernel (a plain IPython shell cannot show pictures)."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return hasattr(shell, "kernel")


def set_seed(seed: int) -> None:
    """Start the global random numbers of Python and torch (all devices) anew."""
    import torch

    random.seed(seed)
    torch.manual_seed(seed)


def mix_seed(*parts: int | str) -> int:
    """One seed in [0, 2**63) from several numbers and words: the same parts, the same seed, on every machine.

    Steps 0, 1, 2 ... of seeds 0, 1, 2 ... all get unrelated seeds, which adding them would not do.
    """
    text = "/".join(map(str, parts))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) >> 1


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report. `advice` is empty when all is well."""

    topic: str
    found: str
    advice: str = ""

    @property
    def ok(self) -> bool:
        return not self.advice


def doctor(checkpoints: Path = CHECKPOINTS) -> list[Finding]:
    """Look at everything that the library needs. Never raises: what cannot be found out is itself a finding."""
    findings = []
    for look in (_python, _packages, _device, _cpu, _memory, _disk, lambda: _checkpoints(checkpoints)):
        findings += _careful(look)
    return findings


def _careful(look: Callable[[], list[Finding]]) -> list[Finding]:
    try:
        return look()
    except Exception as error:  # a broken torch raises anything: OSError from a missing library, ImportError, ...
        name = getattr(look, "__name__", "").strip("_") or "check"
        advice = "reinstall torch (`make` in a fresh clone does it)" if name == "device" else "please report this"
        return [Finding(name, f"{type(error).__name__}: {error}", advice)]


def _python() -> list[Finding]:
    found = f"{platform.python_version()} on {platform.platform()}"
    return [Finding("python", found, "" if sys.version_info >= (3, 11) else "install Python 3.11, 3.12 or 3.13")]


def _packages() -> list[Finding]:
    findings = []
    for name in ("torch", "transformers", "safetensors", "pillow"):
        try:
            found, advice = version(name), ""
            import_module("PIL" if name == "pillow" else name)
        except PackageNotFoundError:
            found, advice = "not installed", f"pip install {name}"
        except Exception as error:
            found, advice = f"does not import: {type(error).__name__}: {error}", f"pip install --force-reinstall {name}"
        findings.append(Finding(name, found, advice))
    return findings


def _device() -> list[Finding]:
    import torch

    device = pick_device()
    precision, why = explain_precision(device)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "no GPU in use"
    advice = ""
    if device.type == "cpu" and shutil.which("nvidia-smi"):
        advice = "an NVIDIA driver is here, but torch cannot use it: install torch's CUDA build, or update the driver"
    return [Finding("device", f"{device} ({name})", advice), Finding("precision", f"{precision}: {why}")]


def _cpu() -> list[Finding]:
    flags = ", ".join(sorted(cpu_flags() & {"avx2", "avx512f", "avx512_bf16", "amx_bf16"})) or "unknown"
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return [Finding("cpu", f"{cores} cores, instruction sets: {flags}")]


def _memory() -> list[Finding]:
    free = free_memory()
    if free is None:
        return [Finding("memory", "free memory unknown on this system")]
    advice = "" if free > _NEEDED_MEMORY else "close other programs: drawing needs about 1 GB, training up to 4 GB"
    return [Finding("memory", f"{free / _GIGA:.1f} GB free", advice)]


def free_memory() -> float | None:
    """Bytes of memory that a new program could use; None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((float(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable")), None)


def _disk() -> list[Finding]:
    free = shutil.disk_usage(Path.cwd()).free
    advice = "" if free > _NEEDED_DISK else "free some space: a training run keeps up to 1 GB, and saving needs room"
    return [Finding("disk", f"{free / _GIGA:.1f} GB free in {Path.cwd()}", advice)]


def _checkpoints(folder: Path) -> list[Finding]:
    there = [name for name in _SHIPPED if (folder / name).is_dir() and any((folder / name).iterdir())]
    missing = [name for name in _SHIPPED if name not in there]
    advice = f"missing: {', '.join(missing)}; `git pull` brings them, `t2i train` makes them" if missing else ""
    return [Finding("checkpoints", f"{', '.join(there) or 'none'} in {folder}", advice)]


def describe_machine(device: torch.device) -> dict[str, str | int]:
    """What a training ran on, for its records."""
    import torch

    return {
        "device": f"{device} ({torch.cuda.get_device_name(device) if device.type == 'cuda' else cpu_name()})",
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "system": platform.system(),
    }


def source_commit() -> str:
    """The commit of this library's source, if it lies in a git checkout; else "unknown"."""
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=5, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return "unknown"
