"""Write requirements.lock and environment.yml: exact versions of all that pyproject.toml asks for (`make lock`).

pip resolves everything anew, without installing. Left out are what differs between machines and follows from torch:
its CUDA libraries, and the +cpu or +cu mark of the build.
"""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Moved by hand only: torch 2.13 still has a build for CUDA 12.6, which a GTX 1080 needs, and 2.15 has none;
# soupsieve 3 refuses the Python 3.11.2 that Debian 12 has.
HELD = ("torch==2.13.0", "soupsieve<3")
FOLLOWS_TORCH = re.compile(r"^(nvidia-|cuda-|triton$|t2i-course$)")
LOCK_HEADER = """\
# Exact versions of everything the course uses. Written by `make lock` from pyproject.toml; do not edit.
# torch's CUDA libraries are not named: where the CUDA build is installed, it asks for the right ones itself.
"""
ENVIRONMENT_HEADER = """\
# conda env create -f environment.yml && conda activate t2i-course      (Binder reads this file, too)
# Written by `make lock` from pyproject.toml; do not edit the versions.
name: t2i-course
channels:
  - conda-forge
  - nodefaults
dependencies:
  - python=3.11
  - pip
  - pip:
      # CPU build of torch on Linux. With an NVIDIA GPU delete the next line, or see "GPU" in docs/installing.md.
      - --extra-index-url https://download.pytorch.org/whl/cpu
"""


def canonical(name: str) -> str:
    """A package's name as indexes compare it.

    >>> canonical("Huggingface_Hub")
    'huggingface-hub'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def asked_for() -> list[str]:
    """Requirements of pyproject.toml, those of its extras included, such as 'numpy>=2'."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]


def resolve() -> dict[str, str]:
    """Package name -> version, as pip would install them into an empty environment."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--report", "-"]
    report = subprocess.run([*command, *asked_for(), *HELD], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    found = [item["metadata"] for item in json.loads(report.stdout)["install"]]
    return {canonical(package["name"]): package["version"].split("+")[0] for package in found}


def lock_text(versions: dict[str, str]) -> str:
    """requirements.lock: every package that was resolved."""
    pinned = sorted((name, version) for name, version in versions.items() if not FOLLOWS_TORCH.match(name))
    return LOCK_HEADER + "".join(f"{name}=={version}\n" for name, version in pinned)


def environment_text(versions: dict[str, str]) -> str:
    """environment.yml: the packages that pyproject.toml names, then the course itself."""
    names = [canonical(re.match(r"[\w.-]+", line)[0]) for line in asked_for()]
    return ENVIRONMENT_HEADER + "".join(f"      - {name}=={versions[name]}\n" for name in names) + "      - -e .\n"


def main() -> None:
    versions = resolve()
    (ROOT / "requirements.lock").write_text(lock_text(versions), encoding="utf-8")
    (ROOT / "environment.yml").write_text(environment_text(versions), encoding="utf-8")
    print(f"requirements.lock and environment.yml written: {len(versions)} packages, those of torch itself included.")


if __name__ == "__main__":
    main()
