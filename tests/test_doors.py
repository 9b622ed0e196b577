"""Every way into the course: links agree, each door keeps the rules of whoever opens it, and what can be run is run."""

import json
import re
import runpy
import subprocess
import sys
import threading
import types
import zipfile
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path, PureWindowsPath

import nbformat
import pytest
import yaml
from packaging.specifiers import SpecifierSet

from tools import bundle, colab, doors, install

ROOT = Path(__file__).resolve().parent.parent
LESSONS = sorted(ROOT.glob("notebooks/[0-9][0-9]_*.ipynb"))
DOCKERFILE = (ROOT / "docker/Dockerfile").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs/installing.md").read_text(encoding="utf-8")
SUPPORTED = SpecifierSet(doors.project()["requires-python"])
# Whoever of these lies at the top, or in a folder binder, Binder takes instead of environment.yml or in addition.
BINDERS_OTHERS = ["Dockerfile", "binder", ".binder", "install.R", "Project.toml", "REQUIRE", "default.nix"]
IGNORED_BY_BINDER = [".dockerignore", ".containerignore"]


def repository() -> list[Path]:
    """Every file that git knows or would know."""
    try:
        return bundle.repository_files()
    except ValueError:
        pytest.skip("without git nobody knows which files belong to the repository")


# ---------------------------------------------------------------------------------------------- links


def test_every_link_to_the_repository_is_the_one_of_pyproject():
    """No text leads to another account than the others do; anna is the example of how to move."""
    owner, _, repository_name = doors.name().partition("/")
    patterns = [
        r"//mybinder\.org/v2/gh/([\w.-]+/[\w-]+)",
        r"//colab\.research\.google\.com/github/([\w.-]+/[\w-]+)",
        r"//github\.com/([\w.-]+/t2i-course)",
        r"//([\w-]+\.github\.io/t2i-course)",
    ]
    right = {doors.name(), f"{owner}.github.io/{repository_name}", "anna/t2i-course"}
    found = []
    for path in repository():
        if path.suffix in {".md", ".ipynb", ".cff", ".toml", ".yml", ".json", ".py"} and path.parts[0] != "tests":
            text = (ROOT / path).read_text(encoding="utf-8")
            names = [name for pattern in patterns for name in re.findall(pattern, text)]
            assert set(names) <= right, f"{path} leads to {set(names) - right}"
            found += names
    assert len(found) >= 4 * len(LESSONS)


def test_address_is_told_to_those_who_cite():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["repository-code"] == doors.urls()["Repository"]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_doors_of_a_lesson_open_that_lesson(path: Path):
    """As they are stored, not as tools.doors would write them."""
    first = nbformat.read(path, as_version=4).cells[0].source
    links = re.findall(r"\]\((https://[^)]+)\)", first)
    opened = [link for link in links if re.search(r"mybinder|colab\.research|github\.io", link)]
    assert len(opened) == 3
    assert all(re.search(rf"/notebooks/{path.stem}\.(ipynb|html)$", link) for link in opened)


def lesson_before() -> dict:
    """A notebook that has no doors yet, as JSON holds it."""
    code = {"cell_type": "code", "execution_count": 1, "id": "set-up", "metadata": {}, "source": ["1"]}
    code["outputs"] = [{"output_type": "execute_result", "execution_count": 1, "data": {}, "metadata": {}}]
    texts = [{"cell_type": "markdown", "id": name, "metadata": {}, "source": ["# Attention"]} for name in ("title",)]
    card = {"cell_type": "markdown", "id": "cost-card", "metadata": {}, "source": ["cheap"]}
    return {"cells": [*texts, card, code], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def test_doors_are_put_in_once_and_nothing_else_changes():
    notebook = lesson_before()
    doors.with_doors(notebook, "notebooks/01_attention.ipynb")
    assert [cell["id"] for cell in notebook["cells"]] == ["title", "cost-card", "colab", "set-up"]
    assert "".join(notebook["cells"][0]["source"]).startswith("# Attention\n\nOpen in [Binder](https://mybinder.org")
    assert notebook["cells"][3]["execution_count"] == notebook["cells"][3]["outputs"][0]["execution_count"] == 2
    assert notebook["cells"][1] == lesson_before()["cells"][1]
    again = json.loads(json.dumps(notebook))
    doors.with_doors(again, "notebooks/01_attention.ipynb")
    assert again == notebook


def test_one_command_moves_the_address(tmp_path: Path, monkeypatch, capsys):
    texts = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("pyproject.toml", "CITATION.cff")}
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "notebooks").mkdir()
    lesson = tmp_path / "notebooks/01_attention.ipynb"
    lesson.write_text(json.dumps(lesson_before()), encoding="utf-8")
    old, old_site = doors.name(), doors.urls()["Documentation"]
    monkeypatch.setattr(doors, "ROOT", tmp_path)
    assert doors.main([]) == 0 and old in lesson.read_text(encoding="utf-8")
    assert doors.main(["https://github.com/Anna-B/pictures.git"]) == 0
    assert "3 files changed" in capsys.readouterr().out
    everything = "".join(path.read_text(encoding="utf-8") for path in [*tmp_path.glob("*.*"), lesson])
    assert old not in everything and old_site not in everything
    assert "https://mybinder.org/v2/gh/Anna-B/pictures/main" in everything
    assert "https://Anna-B.github.io/pictures/notebooks/01_attention.html" in everything
    assert "clone --quiet --depth 1 https://github.com/Anna-B/pictures t2i-course" in everything


@pytest.mark.parametrize("arguments", [["https://gitlab.com/anna/course"], ["anna/course"], ["--help"], ["a", "b"]])
def test_wrong_address_changes_nothing(arguments: list[str], capsys):
    before = (ROOT / "pyproject.toml").read_bytes()
    assert doors.main(arguments) == 2
    assert "https://github.com/" in capsys.readouterr().err
    assert (ROOT / "pyproject.toml").read_bytes() == before


# ---------------------------------------------------------------------------------------------- Colab


class Shell:
    """What a notebook's cell talks to; it notes what it is asked for and runs only tools/colab.py."""

    def __init__(self) -> None:
        self.called: list[str] = []

    def system(self, command: str) -> None:
        self.called.append(command)

    def run_line_magic(self, name: str, line: str, **_) -> None:
        self.called.append(f"%{name} {line}")
        runpy.run_path(str(ROOT / line.removeprefix("t2i-course/")), run_name="__main__")


def run_first_cell(path: Path) -> list[str]:
    """Run a lesson's first code cell as IPython would; what it asked the shell for."""
    from IPython.core.inputtransformer2 import TransformerManager

    first = next(cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code")
    shell = Shell()
    exec(TransformerManager().transform_cell(first.source), {"get_ipython": lambda: shell})
    return shell.called


@pytest.fixture
def pip_calls(monkeypatch) -> list[list[str]]:
    """pip is not run, but noted."""
    calls = []

    def run(command: list[str], **_) -> subprocess.CompletedProcess:
        calls.append([str(word) for word in command])
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    return calls


@pytest.fixture
def on_colab(monkeypatch):
    """google.colab is loaded, there is no emoji, and transformers is older than the course needs."""
    real = colab.version

    def version(name: str) -> str:
        if name == "emoji":
            raise PackageNotFoundError(name)
        return {"transformers": "4.57.1", "torch": "2.9.1+cu130"}.get(name) or real(name)

    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    monkeypatch.setattr("importlib.metadata.version", version)
    monkeypatch.setattr(colab, "version", version)
    monkeypatch.setattr(sys, "path", [place for place in sys.path if Path(place or ".").resolve() != ROOT])


@pytest.mark.parametrize("path", LESSONS[:2], ids=lambda path: path.stem)
def test_first_cell_does_nothing_elsewhere(path: Path, pip_calls: list):
    assert run_first_cell(path) == pip_calls == []


def test_first_cell_sets_colab_up(on_colab, pip_calls: list, capsys):
    clone, run = run_first_cell(LESSONS[0])
    assert clone.endswith(f"git clone --quiet --depth 1 {doors.urls()['Repository']} t2i-course")
    assert run == "%run t2i-course/tools/colab.py"
    packages, course = [call[call.index("install") + 1 :] for call in pip_calls]
    pins = colab.locked()
    assert {f"transformers=={pins['transformers']}", f"emoji=={pins['emoji']}", "torch==2.9.1+cu130"} <= set(packages)
    assert not {name for name in packages if name.startswith(("jupyterlab==", "ipykernel==", "voila=="))}
    assert course[-3:] == ["--no-deps", "--editable", str(ROOT)]
    assert sys.path[0] == str(ROOT), "the running kernel would not find t2i_lib"
    told = capsys.readouterr().out
    assert f"installed: transformers=={pins['transformers']}, emoji=={pins['emoji']}." in told


def test_colab_asks_for_a_restart_where_the_old_version_is_in_use(on_colab, pip_calls: list, monkeypatch, capsys):
    for name in ("transformers", "emoji"):  # other tests may have imported them
        monkeypatch.delitem(sys.modules, name, raising=False)
    run_first_cell(LESSONS[0])
    assert "Restart" not in capsys.readouterr().out
    monkeypatch.setitem(sys.modules, "emoji", types.ModuleType("emoji"))
    run_first_cell(LESSONS[0])
    assert "Restart the session (menu Runtime), then run this cell again: emoji==" in capsys.readouterr().out


def test_colab_says_what_pip_said(on_colab, monkeypatch):
    failed = subprocess.CompletedProcess([], 1, "", "ERROR: no space left")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(SystemExit, match="no space left"):
        run_first_cell(LESSONS[0])


# ---------------------------------------------------------------------------------------------- Binder and conda


def test_binder_builds_from_environment_yml():
    """By the rules of repo2docker 2026.4.0, buildpacks/base.py and buildpacks/conda."""
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    packages = environment["dependencies"]
    (python,) = [line.removeprefix("python=") for line in packages if str(line).startswith("python")]
    assert re.fullmatch(r"3\.\d+", python) and SUPPORTED.contains(f"{python}.5")
    assert environment["channels"][0] == "conda-forge"
    assert "pip" in packages and packages[-1]["pip"][-1] == "-e .", "the whole repository is copied first, for -e ."
    there = [name for name in [*BINDERS_OTHERS, *IGNORED_BY_BINDER] if (ROOT / name).exists()]
    assert there == [], "Binder would take these instead of environment.yml, or leave out what they name"


def test_scripts_for_binder_stop_at_errors_and_hand_over():
    for name, needed in {"postBuild": r"^set -e", "start": r'^exec "\$@"\s*\Z'}.items():
        if (ROOT / name).exists():
            assert re.search(needed, (ROOT / name).read_text(encoding="utf-8"), re.M), name


# ---------------------------------------------------------------------------------------------- containers


def instructions(name: str) -> list[str]:
    """What follows an instruction in the Dockerfile, each on one line, in order."""
    joined = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.M))
    return re.findall(rf"^{name} +(.+)$", joined, re.M)


def test_image_is_pinned_and_of_a_supported_python():
    (base,) = instructions("FROM")
    version = re.fullmatch(r"python:(3\.\d+\.\d+)-slim-\w+", base)
    assert version and SUPPORTED.contains(version[1])
    assert all(re.search(r"JUPYTERHUB=\d+\.\d+\.\d+|TORCH_INDEX=", line) for line in instructions("ARG"))


def test_image_installs_what_tools_install_does():
    assert f"TORCH_INDEX={install.INDEX}cpu" in instructions("ARG")
    packages, course, user = instructions("RUN")
    assert packages.startswith('pip install --requirement requirements.lock --extra-index-url "$TORCH_INDEX"')
    assert '"jupyterhub==$JUPYTERHUB" --constraint requirements.lock' in packages
    assert course == "pip install --no-deps --no-build-isolation --editable ."
    assert "useradd" in user and "--uid 1000" in user
    assert instructions("COPY") == ["requirements.lock .", ". ."], "packages first, or each change fetches them again"
    source = (ROOT / "tools/install.py").read_text(encoding="utf-8")
    assert '"--no-deps", "--no-build-isolation", "--editable", "."' in source


def test_image_serves_a_hub_without_being_root():
    assert instructions("USER") == ["1000"], "a number: Kubernetes cannot tell a name from root"
    assert DOCKERFILE.index("\nUSER") > DOCKERFILE.rindex("\nRUN") and instructions("EXPOSE") == ["8888"]
    assert json.loads(instructions("CMD")[-1]) == ["jupyterhub-singleuser"]
    *shell, script, name = json.loads(instructions("ENTRYPOINT")[0])
    assert shell == ["sh", "-c"] and script.endswith('; exec "$@"') and name == "sh"
    (check,) = instructions("HEALTHCHECK")
    alive = json.loads(check.partition("CMD ")[2])[-1]
    assert (ROOT / alive.removeprefix("/opt/t2i-course/")).is_file()


def test_entrypoint_hands_over_to_what_was_asked(tmp_path: Path):
    """The container's first program, with a t2i that only notes its call."""
    (tmp_path / "t2i").write_text('#!/bin/sh\necho "t2i $*"\nexit 1\n')
    (tmp_path / "t2i").chmod(0o755)
    command = [*json.loads(instructions("ENTRYPOINT")[0]), "printf", "%s|", "a b", "c"]
    surroundings = {"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": "/home/x"}
    answer = subprocess.run(command, env=surroundings, capture_output=True, text=True)
    assert answer.stdout == "t2i lessons --folder /home/x/my_lessons\na b|c|", answer.stderr


def test_image_holds_what_it_needs_and_no_more():
    lines = (ROOT / "docker/Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert next(line for line in lines if not line.startswith("#")) == "*"
    taken = {line[1:] for line in lines if line.startswith("!")}
    assert all((ROOT / name).exists() for name in taken)
    project = doors.project()
    needed = {"t2i_lib", "data", "notebooks", "pyproject.toml", "requirements.lock", project["readme"], "docker"}
    assert taken == needed | set(project["license-files"])


class Answer(BaseHTTPRequestHandler):
    """A Jupyter server, as far as it is asked whether it is alive."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/user/anna/api" else 404)
        self.end_headers()

    def log_message(self, *_) -> None:
        pass


def test_container_knows_whether_its_server_answers(monkeypatch, capsys):
    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=partial(server.serve_forever, 0.01), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/user/anna/"
        is_alive = partial(container_is_alive, monkeypatch)
        assert is_alive([{"url": url}]) == 0
        assert is_alive([{"url": url.replace("anna", "ben")}]) == 1 and "404" in capsys.readouterr().out
        assert is_alive([]) == 1
        server.shutdown()
    assert is_alive([{"url": "http://127.0.0.1:9/"}]) == 1  # port 9: nobody listens


def container_is_alive(monkeypatch, servers: list[dict]) -> int:
    monkeypatch.setattr("jupyter_server.serverapp.list_running_servers", lambda: iter(servers))
    return runpy.run_path(str(ROOT / "docker/is_alive.py"))["main"]()


def test_devcontainer_installs_with_the_courses_own_commands():
    door = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text(encoding="utf-8"))
    version = re.search(r":\d+-(3\.\d+)-\w+$", door["image"])
    assert version and SUPPORTED.contains(f"{version[1]}.5")
    assert door["postCreateCommand"].startswith("make setup && .venv/bin/t2i ")
    vscode = door["customizations"]["vscode"]
    assert all(re.fullmatch(r"[\w-]+\.[\w-]+", extension) for extension in vscode["extensions"])
    assert vscode["settings"]["python.defaultInterpreterPath"].endswith("/.venv/bin/python")


def test_workflow_opens_the_doors_that_need_an_engine():
    jobs = yaml.safe_load((ROOT / ".github/workflows/doors.yml").read_text(encoding="utf-8"))["jobs"]
    told = {name: " ; ".join(step.get("run", "") for step in job["steps"]) for name, job in jobs.items()}
    assert "docker build -f docker/Dockerfile -t t2i-course ." in told["docker"]
    assert "jupyter-repo2docker" in told["binder"] and "python tools/install.py" in told["without-make"]
    assert "make bundle" in told["bundle"] and "unshare --net make demo" in told["bundle"]
    assert jobs["conda"]["steps"][1]["with"]["environment-file"] == "environment.yml"
    assert all("demo" in commands for commands in told.values()), "a door is open when a picture comes out"


# ---------------------------------------------------------------------------------------------- Debian, Windows


def test_locked_versions_run_on_the_oldest_python():
    """Debian 12 has Python 3.11.2; pip refuses the whole lock file there for one package that asks for more."""
    for name, pin in colab.locked().items():
        try:
            told = metadata(name)
        except PackageNotFoundError:
            continue
        if told["Version"].partition("+")[0] == pin:
            assert SpecifierSet(told["Requires-Python"] or "").contains("3.11.2"), f"{name} {told['Requires-Python']}"


def test_file_names_suit_windows():
    paths = repository()
    for path in paths:
        assert not PureWindowsPath(path).is_reserved() and not re.search(r'[<>:"\\|?*]|[ .]$', path.name), path
        assert len(path.as_posix()) <= 120, f"{path}: with a folder of its user before it Windows may refuse it"
    assert len({path.as_posix().lower() for path in paths}) == len(paths), "two names differ only in case"


# ---------------------------------------------------------------------------------------------- no network


@pytest.fixture
def small_bundle(tmp_path: Path, monkeypatch) -> Path:
    """A bundle with two files of the repository and one wheel."""

    def run(command: list, **_) -> subprocess.CompletedProcess:
        assert command[1:4] == ["-m", "pip", "wheel"]
        Path(command[command.index("--wheel-dir") + 1], "emoji-2-py3-none-any.whl").write_bytes(b"wheel")
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setenv("TORCH_INDEX", "")
    monkeypatch.setattr(bundle, "repository_files", lambda: [Path("LICENSE"), Path(".ci/run")])
    monkeypatch.setattr(subprocess, "run", run)
    assert bundle.main(["--out", str(tmp_path / "a stick")]) == 0
    (made,) = (tmp_path / "a stick").iterdir()
    return made


def test_bundle_holds_repository_and_wheels(small_bundle: Path):
    machine = install.this_machine()
    kind = f"py{machine['python']}-{machine['system']}-{machine['processor']}".lower()
    assert small_bundle.name == f"{bundle.name()}-{kind}.zip"
    with zipfile.ZipFile(small_bundle) as packed:
        names = {name.removeprefix(f"{bundle.name()}/") for name in packed.namelist()}
        assert names == {"LICENSE", ".ci/run", "wheels/emoji-2-py3-none-any.whl", "wheels/made_for.json"}
        assert json.loads(packed.read(f"{bundle.name()}/wheels/made_for.json")) == machine
        assert packed.getinfo(f"{bundle.name()}/.ci/run").external_attr >> 16 & 0o100, "run by its name elsewhere"


def test_bundle_installs_from_its_wheels_alone(small_bundle: Path, tmp_path: Path, monkeypatch):
    zipfile.ZipFile(small_bundle).extractall(tmp_path)
    wheels = tmp_path / bundle.name() / "wheels"
    monkeypatch.setattr(install, "WHEELS", wheels)
    monkeypatch.setattr(install, "MADE_FOR", wheels / "made_for.json")
    monkeypatch.setattr(install, "torch_index", lambda: pytest.fail("the network is asked"))
    assert install.package_sources() == ["--no-index", "--find-links", str(wheels)]
    foreign = {"python": "3.12", "system": "Windows", "processor": "AMD64"}
    (wheels / "made_for.json").write_text(json.dumps(foreign), encoding="utf-8")
    with pytest.raises(SystemExit, match=r"are for Python 3\.12 on Windows AMD64, but this is Python 3\.\d+ on"):
        install.package_sources()


def test_bundle_that_cannot_be_made_leaves_nothing(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.setenv("TORCH_INDEX", "")
    monkeypatch.setattr(bundle, "repository_files", list)
    monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 1))
    assert bundle.main(["--out", str(tmp_path)]) == 2
    assert "making a bundle needs a network" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_bundle_is_made_in_a_clone(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.setattr(bundle, "ROOT", tmp_path)
    with pytest.raises(ValueError, match="a bundle is made in a git clone"):
        bundle.repository_files()


# ---------------------------------------------------------------------------------------------- the guide


def test_guide_names_commands_and_files_that_exist():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    assert {"demo", "bundle"} <= set(re.findall(r"(?:^    |`|&& )make ([a-z]+)", GUIDE, re.M)) <= targets
    for module in re.findall(r"python -m (tools\.\w+)", GUIDE):
        assert (ROOT / f"{module.replace('.', '/')}.py").is_file(), module
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", GUIDE):
        assert (ROOT / "docs" / link).exists(), link
    assert f"{bundle.name()}-py" in GUIDE and "cd " + bundle.name() in GUIDE


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_readme_leads_to_each_door(readme: str):
    text = (ROOT / readme).read_text(encoding="utf-8")
    anchors = {
        re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^## (.+)", GUIDE, re.M)
    }
    linked = set(re.findall(r"\(docs/installing\.md#([^)]+)\)", text))
    assert linked <= anchors and len(linked) >= 8
    assert doors.binder_link("") in text
