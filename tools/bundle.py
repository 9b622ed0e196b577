"""One file that installs the course where there is no network: `make bundle`.

It holds the repository with its weights, and in `wheels/` every package of requirements.lock, built for the kind of
machine it was made on: same system, same processor, same Python. There, unpacked, `make demo` or `python
tools/install.py` find the wheels and ask no network.

    python -m tools.bundle --out /media/stick     # somewhere else than outputs/
"""

import argparse
import hashlib
import os
import platform
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

from t2i_lib.checkpoints import atomic_path, save_json
from tools import install

ROOT = Path(__file__).resolve().parent.parent
PACKED = {".whl", ".png", ".gif", ".safetensors"}  # hardly get smaller, and packing them takes minutes


def repository_files() -> list[Path]:
    """What belongs to the repository, new files included, relative to its root.

    Raises:
        ValueError: if git does not know the folder.
    """
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise ValueError(f"{ROOT} is no clone, or git is missing; a bundle is made in a git clone") from error
    return [path for path in map(Path, sorted(set(listed.stdout.split("\0")) - {""})) if (ROOT / path).is_file()]


def collect_wheels(folder: Path) -> None:
    """Fetch or build every package of requirements.lock, with the CPU build of torch unless TORCH_INDEX says otherwise.

    Raises:
        ValueError: if pip fails; its own message stands above.
    """
    os.environ.setdefault("TORCH_INDEX", install.choose_torch_index(platform.system(), None))
    index = install.torch_index()
    command = [sys.executable, "-m", "pip", "wheel", "--disable-pip-version-check", "--quiet", "--wheel-dir", folder]
    command += ["--requirement", ROOT / "requirements.lock", *(["--extra-index-url", index] if index else [])]
    if subprocess.run(command, cwd=ROOT).returncode != 0:
        raise ValueError("pip could not fetch all packages, see its message above; making a bundle needs a network")
    save_json(folder / install.MADE_FOR.name, install.this_machine())


def name() -> str:
    """The folder in the bundle, with the course's version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return f"{project['name']}-{project['version']}"


def pack(target: Path, files: list[Path], wheels: Path) -> None:
    """Write the bundle, whole or not at all."""
    contents = {path.as_posix(): ROOT / path for path in files}
    contents |= {f"{install.WHEELS.name}/{path.name}": path for path in sorted(wheels.iterdir())}
    size = sum(path.stat().st_size for path in contents.values())
    with atomic_path(target, size) as temporary, zipfile.ZipFile(temporary, "w") as bundle:
        for place, path in contents.items():
            packing = zipfile.ZIP_STORED if path.suffix in PACKED else zipfile.ZIP_DEFLATED
            bundle.write(path, f"{name()}/{place}", packing)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.bundle", description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "outputs", help="folder to write to")
    out = parser.parse_args(arguments).out
    machine = install.this_machine()
    target = out / f"{name()}-py{machine['python']}-{machine['system']}-{machine['processor']}.zip".lower()
    try:
        files = repository_files()
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out) as wheels:
            collect_wheels(Path(wheels))
            count = len(list(Path(wheels).glob("*.whl")))
            pack(target, files, Path(wheels))
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    with target.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    print(f"{target}: {len(files)} files, {count} wheels, {target.stat().st_size / 1e6:.0f} MB, sha256 {digest}")
    print(f"On the other machine: unpack it (python3 -m zipfile -e {target.name} .), then `make demo` in {name()}/")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
