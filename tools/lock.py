"""Print exact versions of every package that pyproject.toml asks for: the text of requirements.lock (`make lock`).

pip resolves everything anew, without installing. Left out are what differs between machines and follows from torch:
its CUDA libraries, and the +cpu or +cu mark of the build.
"""

import json
import re
import subprocess
import sys

HEADER = """\
# Exact versions of everything the course uses. Written by `make lock` from pyproject.toml; do not edit.
# torch's CUDA libraries are not named: where the CUDA build is installed, it asks for the right ones itself.
"""
# Moved by hand only, since speed and trained weights were measured with it.
HELD = ("torch==2.13.0",)
FOLLOWS_TORCH = re.compile(r"^(nvidia-|cuda-|triton$|t2i-course$)")


def resolve() -> dict[str, str]:
    """Package name -> version, as pip would install them into an empty environment."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--report", "-"]
    report = subprocess.run([*command, ".[notebooks,dev]", *HELD], stdout=subprocess.PIPE, text=True, check=True).stdout
    found = [item["metadata"] for item in json.loads(report)["install"]]
    return {re.sub(r"[-_.]+", "-", package["name"]).lower(): package["version"].split("+")[0] for package in found}


def main() -> None:
    pinned = {name: version for name, version in resolve().items() if not FOLLOWS_TORCH.match(name)}
    print(HEADER + "\n".join(f"{name}=={version}" for name, version in sorted(pinned.items())))


if __name__ == "__main__":
    main()
