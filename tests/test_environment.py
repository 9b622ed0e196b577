"""The installation: pyproject.toml, requirements.lock, environment.yml, Makefile and README say the same."""

import ast
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from tools import install, list_data, lock

ROOT = Path(__file__).resolve().parent.parent
BRING_YOUR_OWN = {"torch-fidelity", "datasets"}  # only who has them can use them; the functions say so
PINS = dict(line.split("==") for line in (ROOT / "requirements.lock").read_text().splitlines() if line[0] != "#")


def test_lock_has_one_exact_version_of_each_package():
    lines = [line for line in (ROOT / "requirements.lock").read_text().splitlines() if not line.startswith("#")]
    assert len(lines) == len(PINS) > 50
    for line in lines:
        assert re.fullmatch(r"[a-z0-9-]+==[0-9][0-9A-Za-z.]*", line), f"not an exact version for every machine: {line}"


def test_lock_leaves_cuda_to_torch():
    """A pinned CUDA library would be installed, gigabytes of it, on every machine without a GPU."""
    assert not [name for name in PINS if name.startswith(("nvidia", "cuda", "triton"))]


@pytest.mark.parametrize("requirement", [Requirement(line) for line in lock.asked_for()], ids=str)
def test_lock_satisfies_pyproject(requirement: Requirement):
    name = lock.canonical(requirement.name)
    assert name in PINS, f"{name} is in pyproject.toml, but not in requirements.lock: run `make lock`"
    assert requirement.specifier.contains(PINS[name]), f"{requirement} asked, {PINS[name]} locked: run `make lock`"


def test_environment_yml_is_in_step():
    text = (ROOT / "environment.yml").read_text()
    assert text == lock.environment_text(PINS), "environment.yml is not what `make lock` would write"
    packages = yaml.safe_load(text)["dependencies"]
    named = {line.split("==")[0] for line in packages[-1]["pip"]}
    assert {lock.canonical(Requirement(line).name) for line in lock.asked_for()} <= named
    assert "python=3.11" in packages, "Binder's own Python may be too old for the course"


def test_every_imported_package_is_asked_for():
    asked = {lock.canonical(Requirement(line).name) for line in lock.asked_for()} | BRING_YOUR_OWN
    own = set(sys.stdlib_module_names) | {"t2i_lib", "tools"} | {path.stem for path in (ROOT / "tests").glob("*.py")}
    distributions = packages_distributions()
    for path in [*ROOT.glob("t2i_lib/**/*.py"), *ROOT.glob("tests/*.py"), *ROOT.glob("tools/*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            imported = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                imported = [node.module]
            for name in {name.split(".")[0] for name in imported} - own:
                found = {lock.canonical(package) for package in distributions.get(name, [name])}
                assert found & asked, f"{path.relative_to(ROOT)} imports {name}, which pyproject.toml does not ask for"


@pytest.mark.parametrize(
    "system, capability, index",
    [
        ("Linux", None, "cpu"),  # PyPI's torch would be the CUDA build
        ("Linux", 9.0, ""),
        ("Linux", 7.5, ""),
        ("Linux", 6.1, "cu126"),  # GTX 1080
        ("Darwin", None, ""),
        ("Windows", None, ""),
        ("Windows", 8.9, "cu130"),
    ],
)
def test_torch_index_fits_the_machine(system: str, capability: float | None, index: str):
    assert install.choose_torch_index(system, capability) == (index and f"https://download.pytorch.org/whl/{index}")


def test_torch_index_that_does_not_answer_is_left_out(monkeypatch, capsys):
    monkeypatch.setenv("TORCH_INDEX", "http://127.0.0.1:9/simple")  # port 9: nobody listens
    assert install.torch_index() == ""
    assert "cannot be reached" in capsys.readouterr().out


def test_torch_index_can_be_switched_off(monkeypatch):
    monkeypatch.setenv("TORCH_INDEX", "")
    assert install.torch_index() == ""


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_readme_tells_what_the_checking_machine_runs(readme: str):
    assert "make test" in (ROOT / ".ci/run").read_text()
    assert "make test" in (ROOT / readme).read_text(encoding="utf-8")
    assert "make demo" in (ROOT / readme).read_text(encoding="utf-8")


def test_make_names_an_unsuitable_python():
    """`make` with a Python that is none stops with one message that says what to do."""
    command = ["make", "--silent", "--always-make", ".venv/installed", "PYTHON=false"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert answer.returncode != 0
    assert "Needed is Python 3.11, 3.12 or 3.13" in answer.stderr


def test_data_list_is_true():
    """Every file of data/ that git knows is listed with its origin and the sum of what is in it now."""
    if not (ROOT / ".git").exists():
        pytest.skip("without git nobody knows which files belong to the repository")
    listed = (ROOT / "data/README.md").read_text(encoding="utf-8")
    for row in list_data.list_text(list_data.listed_files()).splitlines():
        assert row in listed, f"data/README.md lacks {row!r}: run `make lists`"
