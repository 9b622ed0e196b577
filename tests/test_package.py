"""The package as a whole: quick to import, layered as the README's tree says, nothing dangerous in it."""

import ast
import re
import subprocess
import sys
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

import t2i_lib

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = ROOT / "t2i_lib"
MODELS = {"attention", "transformer", "text_encoder", "blocks", "autoencoder", "generator", "discriminator", "judge"}
# What can run code hidden in a file, and what fetches by itself instead of through huggingface_hub.
FORBIDDEN_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "requests", "urllib"}
FORBIDDEN_MODULES |= {"httpx", "ftplib", "telnetlib", "imp"}
FORBIDDEN_CALLS = {"torch.load", "torch.save", "eval", "exec", "os.system", "pd.read_pickle"}


def modules() -> dict[str, Path]:
    """Name below t2i_lib, such as 'storybook.scene' -> file; packages by their own name."""
    found = {}
    for path in sorted(LIBRARY.glob("**/*.py")):
        parts = path.relative_to(LIBRARY).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return {name: path for name, path in found.items() if name not in ("", "__main__")}


def tree() -> list[str]:
    """The modules in the order of the README's tree."""
    listed, folders = [], []
    block = re.search(r"^t2i_lib/.*?^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S)[0]
    for line in block.splitlines()[1:-1]:
        indent, name = re.match(r"( *)(\S+)", line).groups()
        folders = folders[: len(indent) // 2 - 1]
        if name.endswith("/"):
            folders.append(name[:-1])
        elif name.endswith(".py") and not name.startswith("__"):
            listed.append(".".join([*folders, name[:-3]]))
    return listed


@cache
def imported_modules(path: Path) -> set[str]:
    """Modules of the library that a file imports anywhere, also inside functions."""
    known, found = modules(), set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: write imports in full, 'from t2i_lib.x import y'"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            below = name.removeprefix("t2i_lib.")
            if name.startswith("t2i_lib."):
                below = t2i_lib.OFFERED.get(below, below)
                below = below if below in known else below.rpartition(".")[0]
                assert below in known, f"{path.name} imports {name}, which does not exist"
                found.add(below)
    return found


def test_import_takes_milliseconds():
    """In a process of its own, the best of several runs, for other programs may be busy."""
    code = "import sys, time; start = time.perf_counter(); import t2i_lib; print(time.perf_counter() - start)"
    code += "; assert not {'torch', 'numpy', 'transformers'} & set(sys.modules), 'a heavy package was loaded'"
    runs = [subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True) for _ in range(3)]
    assert all(run.returncode == 0 for run in runs), runs[0].stderr
    assert min(float(run.stdout) for run in runs) <= 0.1


@pytest.mark.parametrize("name", t2i_lib.__all__)
def test_offered_names_resolve(name: str):
    assert getattr(t2i_lib, name) is getattr(t2i_lib, name)
    assert name in dir(t2i_lib)


def test_unknown_name_is_an_attribute_error_that_lists_the_offer():
    with pytest.raises(AttributeError, match="offers no 'Painter'; it offers .*TextToImage"):
        _ = t2i_lib.Painter


IMPORT_ORDERS = (
    "from t2i_lib import encoder, generator, decoder, display_image; from t2i_lib.generator import Generator",
    "from t2i_lib.generator import Generator; from t2i_lib import encoder, generator, decoder, display_image",
    "import t2i_lib.generator as g; Generator = g.Generator; from t2i_lib import generator",
    "from t2i_lib import generator; import t2i_lib.generator as g; Generator = g.Generator",
    "import t2i_lib; t2i_lib.generator; from t2i_lib import generator, Generator",
    "from t2i_lib import Generator, generator",
)


def test_generator_is_stage_and_module_in_every_order():
    """The article calls `generator(features)`; the module of the same name must not hide that, nor be hidden."""
    forget = "import sys; [sys.modules.pop(name) for name in list(sys.modules) if name.split('.')[0] == 't2i_lib']"
    check = "assert callable(generator) and isinstance(Generator, type), (generator, Generator)"
    code = "\n".join(f"{forget}\n{order}\n{check}\ndel generator, Generator" for order in IMPORT_ORDERS)
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr


def test_generator_called_is_the_article_s_stage(monkeypatch):
    from t2i_lib import article, generator

    monkeypatch.setattr(article, "generator", lambda features, seed=0: (features, seed))
    assert generator("features", seed=7) == ("features", 7)


def test_tree_in_the_readme_lists_every_file():
    written = {name for name, path in modules().items() if path.name != "__init__.py"}
    assert len(tree()) == len(set(tree()))
    assert set(tree()) == written, "add each new file to the tree in README.md, below everything it imports"


@pytest.mark.parametrize("name, path", modules().items(), ids=modules())
def test_modules_import_only_from_above(name: str, path: Path):
    order = {module: place for place, module in enumerate(tree())}
    for package in {module.rpartition(".")[0] for module in tree()} - {""}:
        order[package] = max(place for module, place in order.items() if module.startswith(package + "."))
    for used in imported_modules(path) - {name}:
        if path.name == "__init__.py" and used.startswith(name + "."):
            continue
        assert order[used] < order[name], f"{name} imports {used}, which stands below it in the README's tree"


@pytest.mark.parametrize("name", [name for name in modules() if name.startswith("storybook")])
def test_storybook_needs_no_torch(name: str):
    assert not re.search(r"^\s*(import|from) torch", modules()[name].read_text(encoding="utf-8"), re.M)


@pytest.mark.parametrize("name", sorted(MODELS & set(modules())))
def test_models_know_neither_data_nor_training(name: str):
    used = {module.split(".")[0] for module in imported_modules(modules()[name])}
    assert not used & {"datasets", "losses", "training", "plots", "recipes", "metrics"}


def test_nothing_imports_the_front_ends():
    for name, path in modules().items():
        used = {module.split(".")[0] for module in imported_modules(path)} - {name.split(".")[0]}
        assert not used & {"cli", "widgets", "checks"}, f"{name} imports {used & {'cli', 'widgets', 'checks'}}"


@pytest.mark.parametrize("name, path", modules().items(), ids=modules())
def test_nothing_can_run_code_from_a_file_or_fetch_by_itself(name: str, path: Path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert not {alias.name.split(".")[0] for alias in node.names} & FORBIDDEN_MODULES, name
        elif isinstance(node, ast.ImportFrom):
            assert node.module.split(".")[0] not in FORBIDDEN_MODULES, f"{name} imports {node.module}"
        elif isinstance(node, ast.Call):
            assert ast.unparse(node.func) not in FORBIDDEN_CALLS, f"{name}: {ast.unparse(node)}"
            for keyword in node.keywords:
                value = getattr(keyword.value, "value", None)
                assert (keyword.arg, value) not in {("trust_remote_code", True), ("allow_pickle", True)}, name


def test_no_drawer_without_a_name():
    assert not {"utils", "util", "helpers", "misc", "common"} & {name.split(".")[-1] for name in modules()}


def committed_files() -> list[Path]:
    """Files that belong to the repository; without git, all but what the course's own commands made."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listing.returncode == 0 and listing.stdout:
        return [path for name in listing.stdout.split("\0") if name and (path := ROOT / name).is_file()]
    folders = ("t2i_lib", "tests", "data", "notebooks", "slides", "tools")
    return [path for path in chain(*(ROOT.glob(f"{folder}/**/*") for folder in folders)) if path.is_file()]


def test_files_stay_small():
    sizes = {path: path.stat().st_size for path in committed_files()}
    assert {path: size for path, size in sizes.items() if size >= 16 * 2**20} == {}
    checkpoints = sum(size for path, size in sizes.items() if ROOT / "data/checkpoints" in path.parents)
    assert checkpoints < 120 * 2**20


def test_nothing_pickled_is_shipped():
    assert not [path for path in committed_files() if path.suffix in {".pt", ".pth", ".pkl", ".bin", ".ckpt", ".npy"}]
