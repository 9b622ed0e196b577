"""What people who contribute rely on: the commands that CONTRIBUTING.md names, the workflow, the hooks, the forms."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


def test_contributing_names_only_files_and_targets_that_exist():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"make ([a-z]+)", text)) <= targets
    named = re.findall(r"(?:t2i_lib|tools|tests|notebooks)/[\w/]+\.\w+", text)
    missing = [path for path in named if "NN" not in path and not (ROOT / path).exists()]
    assert named and not missing
    assert (ROOT / "tools" / "notebook_rules.py").is_file()  # called as a module


def test_the_workflow_runs_the_readmes_test_command():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text())
    commands = [step["run"] for step in workflow["jobs"]["test"]["steps"] if "run" in step]
    assert commands[0] == "make test"
    assert "    make test " in (ROOT / "README.md").read_text(encoding="utf-8")


def test_hooks_check_style_and_lessons():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    assert {hook["id"] for hook in hooks} == {"ruff-check", "ruff-format", "notebook-rules"}
    (rules,) = [hook for hook in hooks if hook["id"] == "notebook-rules"]
    assert re.search(rules["files"], "notebooks/01_attention.ipynb")


@pytest.mark.parametrize("path", [path for path in FORMS if path.stem != "config"], ids=lambda path: path.stem)
def test_forms_are_whole(path: Path):
    form = yaml.safe_load(path.read_text())
    assert form["name"] and form["description"]
    assert all("label" in part["attributes"] for part in form["body"])
    assert any(part.get("validations", {}).get("required") for part in form["body"])


def test_who_reports_a_problem_is_asked_for_the_doctor():
    assert "`t2i doctor`" in (ROOT / ".github" / "ISSUE_TEMPLATE" / "problem.yml").read_text()


def test_citation_and_changelog_name_the_version():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == version and citation["license"] == "MIT"
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text()
