"""Create .venv, install the pinned packages of requirements.lock and this course into it. Needs nothing but Python.

`make` calls it; without make (Windows) call it yourself: `python tools/install.py`. Calling it twice does no harm.
"""

import json
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
INDEX = "https://download.pytorch.org/whl/"
WHEELS = ROOT / "wheels"  # only in a bundle for places without a network (tools/bundle.py): all packages, ready
MADE_FOR = WHEELS / "made_for.json"  # the kind of machine that they run on


def gpu_capability() -> float | None:
    """Compute capability of the oldest NVIDIA GPU (GTX 1080: 6.1, RTX 2080: 7.5); None without a GPU or its driver."""
    if shutil.which("nvidia-smi") is None:
        return None
    ask = ["nvidia-smi", "--query-gpu=compute_cap", "--format=csv,noheader"]
    try:
        answer = subprocess.run(ask, capture_output=True, text=True, timeout=30, check=True)
        return min(float(line) for line in answer.stdout.split())
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


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


def choose_torch_index(system: str, capability: float | None) -> str:
    """The index that torch should come from besides pip's own; empty where pip's own has the right build.

    PyPI's torch is the CUDA build on Linux (several gigabytes with its libraries), elsewhere a build without CUDA.
    GPUs older than Turing need the build for CUDA 12.6, since CUDA 13 no longer knows them.

    >>> choose_torch_index("Linux", None)
    'https://download.pytorch.org/whl/cpu'
    >>> choose_torch_index("Linux", 8.6)
    ''
    """
    if capability is None:
        return INDEX + "cpu" if system == "Linux" else ""
    if capability < 7.5:
        return INDEX + "cu126"
    return "" if system == "Linux" else INDEX + "cu130"


def torch_index() -> str:
    """The index that is really used: TORCH_INDEX or the choice, none if it does not answer."""
    wanted = os.environ.get("TORCH_INDEX")
    if wanted is None:
        wanted = choose_torch_index(platform.system(), gpu_capability())
    if wanted and not is_reachable(wanted):
        print(f"{wanted} cannot be reached: torch comes from pip's own sources.", flush=True)
        return ""
    return wanted


def this_machine() -> dict[str, str]:
    """What wheels are made for."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {"python": version, "system": platform.system(), "processor": platform.machine()}


def package_sources() -> list[str]:
    """pip's arguments that say where packages come from: the bundle's wheels alone, or the network."""
    if WHEELS.is_dir():
        made_for, here = json.loads(MADE_FOR.read_text(encoding="utf-8")), this_machine()
        if made_for != here:
            told = ["Python {python} on {system} {processor}".format(**kind) for kind in (made_for, here)]
            sys.exit(
                f"The wheels of this bundle are for {told[0]}, but this is {told[1]}. Call that Python "
                f"(make PYTHON=python{made_for['python']}), or delete the folder wheels/ to install from the network."
            )
        return ["--no-index", "--find-links", str(WHEELS)]
    index = torch_index()
    return ["--extra-index-url", index] if index else []


def create_venv() -> None:
    """Make .venv, unless a working one of a suitable Python is there already."""
    if PYTHON.exists():
        works = subprocess.run(
            [PYTHON, "-c", "import sys, pip; sys.exit(sys.version_info < (3, 11))"], capture_output=True
        )
        if works.returncode == 0:
            return
    print(f"Creating {VENV} with Python {platform.python_version()}", flush=True)
    venv.create(VENV, clear=True, with_pip=True, symlinks=os.name != "nt")


def pip_install(*arguments: str) -> None:
    """Run pip inside .venv; ends this program with pip's own message if it fails."""
    command = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", *arguments]
    if subprocess.run(command, cwd=ROOT).returncode != 0:
        sys.exit("Installing failed, see pip's message above. The same command again goes on from here.")


def main() -> None:
    if not (3, 11) <= sys.version_info[:2] < (3, 15):
        sys.exit(f"The course needs Python 3.11, 3.12 or 3.13, but this is {platform.python_version()}.")
    sources = package_sources()
    create_venv()
    pip_install("--requirement", "requirements.lock", *sources)
    # The build tool is in the lock file, so nothing is fetched here.
    pip_install("--quiet", "--no-deps", "--no-build-isolation", "--editable", ".")
    # The stamp holds the place: make installs again after the folder was moved, since .venv knows only the old one.
    (VENV / "installed").write_text(str(ROOT))
    print(f"Ready. Python of the course: {PYTHON.relative_to(ROOT)}", flush=True)


if __name__ == "__main__":
    main()
