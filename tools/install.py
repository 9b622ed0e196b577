"""Create .venv, install the pinned packages of requirements.lock and this course into it. Needs nothing but Python.

`make` calls it; without make (Windows) call it yourself: `python tools/install.py`. Calling it twice does no harm.
"""

import os
import platform
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
CPU_INDEX = "https://download.pytorch.org/whl/cpu"


def has_nvidia_gpu() -> bool:
    """Whether the NVIDIA driver is installed and lists a GPU."""
    if shutil.which("nvidia-smi") is None:
        return False
    try:
        listing = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return listing.returncode == 0 and "GPU" in listing.stdout


def is_reachable(index: str, seconds: float = 6.0) -> bool:
    """Whether a package index answers; in a process of its own, since a name look-up knows no time limit."""
    ask = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=5).close()"
    try:
        answer = subprocess.run(
            [sys.executable, "-c", ask, f"{index.rstrip('/')}/torch/"], capture_output=True, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        return False
    return answer.returncode == 0


def choose_torch_index() -> str:
    """The index that torch may come from besides pip's own; empty for none.

    On Linux, PyPI's torch is the CUDA build, several gigabytes with its libraries: right where there is an NVIDIA GPU.
    Elsewhere the CPU build is taken from PyTorch's own index. On macOS and Windows, PyPI's torch needs no other index.
    """
    wanted = os.environ.get("TORCH_INDEX")
    if wanted is None:
        wanted = CPU_INDEX if platform.system() == "Linux" and not has_nvidia_gpu() else ""
    if wanted.strip() and not is_reachable(wanted.strip()):
        print(f"{wanted} cannot be reached: torch comes from pip's own sources.", flush=True)
        return ""
    return wanted.strip()


def create_venv() -> None:
    """Make .venv, unless a working one of a suitable Python is there already."""
    if PYTHON.exists():
        works = subprocess.run(
            [PYTHON, "-c", "import sys, pip; sys.exit(sys.version_info < (3, 11))"], capture_output=True
        )
        if works.returncode == 0:
            return
    print(f"Creating {VENV} with Python {platform.python_version()}", flush=True)
    venv.create(VENV, clear=True, with_pip=True)


def pip_install(*arguments: str) -> None:
    """Run pip inside .venv; ends this program with pip's own message if it fails."""
    command = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", *arguments]
    if subprocess.run(command, cwd=ROOT).returncode != 0:
        sys.exit("Installing failed, see pip's message above. The same command again goes on from here.")


def main() -> None:
    if not (3, 11) <= sys.version_info[:2] < (3, 15):
        sys.exit(f"The course needs Python 3.11, 3.12 or 3.13, but this is {platform.python_version()}.")
    create_venv()
    index = choose_torch_index()
    pip_install("--requirement", "requirements.lock", *(["--extra-index-url", index] if index else []))
    # The build tool is in the lock file, so nothing is fetched here.
    pip_install("--quiet", "--no-deps", "--no-build-isolation", "--editable", ".")
    (VENV / "installed").touch()
    print(f"Ready. Python of the course: {PYTHON.relative_to(ROOT)}", flush=True)


if __name__ == "__main__":
    main()
