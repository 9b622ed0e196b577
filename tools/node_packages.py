"""What the course's tools take from npm: installed once into tools/node_modules, in the lock file's versions."""

import shutil
import subprocess
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
NO_NODE = "That needs Node.js 18 or later with npm: https://nodejs.org (Debian, Ubuntu: apt install nodejs npm)."


def node_file(path: str) -> Path:
    """A file or folder of an npm package, such as 'axe-core/axe.min.js'.

    Raises:
        ValueError: if the package is not there and cannot be installed, or does not have it.
    """
    installed, lock = FOLDER / "node_modules" / ".package-lock.json", FOLDER / "package-lock.json"
    if not installed.is_file() or installed.stat().st_mtime < lock.stat().st_mtime:
        install()
    found = FOLDER / "node_modules" / path
    if not found.exists():
        raise ValueError(f"npm's packages in {FOLDER} have no {path}")
    return found


def install() -> None:
    """Install the packages of package-lock.json; nothing else of the machine is touched."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise ValueError(NO_NODE)
    print("installing npm's packages into tools/node_modules, once", flush=True)
    done = subprocess.run(
        [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=FOLDER, capture_output=True, text=True
    )
    if done.returncode:
        raise ValueError(f"npm could not install {FOLDER / 'package.json'}: {done.stderr.strip()[-500:]}")
