"""Make a lesson work on Google Colab: the first cell of each notebook runs this there, and nowhere else.

Colab brings Python, torch and most of the rest in versions of its own. They stay: only what is missing or too old for
the course is installed, in the version of requirements.lock, and the course itself without its dependencies.
"""

import importlib
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
COLABS_OWN = {"jupyterlab", "ipykernel", "ipython", "voila"}  # the notebook itself, which no lesson imports


def needed() -> list[Requirement]:
    """What the lessons import, as pyproject.toml asks for it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = map(Requirement, [*project["dependencies"], *project["optional-dependencies"]["notebooks"]])
    return [requirement for requirement in asked if requirement.name not in COLABS_OWN]


def locked() -> dict[str, str]:
    """Package -> the version that the course was tested with."""
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def installed(requirement: Requirement) -> str | None:
    """The version that is there and good enough; None where there is none."""
    try:
        found = version(requirement.name)
    except PackageNotFoundError:
        return None
    return found if requirement.specifier.contains(found, prereleases=True) else None


def what_to_install() -> tuple[list[str], list[str]]:
    """Exact versions: those to be installed, and those that are there and shall stay."""
    missing, kept, pins = [], [], locked()
    for requirement in needed():
        found = installed(requirement)
        if found is None:
            missing.append(f"{requirement.name}=={pins[requirement.name.lower().replace('_', '-')]}")
        else:
            kept.append(f"{requirement.name}=={found}")
    return missing, kept


def pip_install(*arguments: str) -> None:
    """Run pip; ends this program with pip's own message if it fails."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"Installing failed; pip says:\n{done.stderr[-2000:]}\nThe same cell again goes on from here.")


def main() -> None:
    missing, kept = what_to_install()
    imported = [line for line in missing if line.split("==")[0].replace("-", "_") in sys.modules]
    if missing:
        pip_install(*missing, *kept)
    pip_install("--no-deps", "--editable", str(ROOT))
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))  # the running kernel does not look anew for what pip has just installed
    importlib.invalidate_caches()
    if imported:
        print(f"Restart the session (menu Runtime), then run this cell again: {', '.join(imported)} was in use.")
    print(f"The course is ready; installed: {', '.join(missing) or 'nothing else, Colab had it all'}.")
    print("What you do here is lost with the runtime. To keep a lesson: File > Save a copy in Drive.")


if __name__ == "__main__":
    main()
