"""Rendered pairs of storybook pictures, kept on disk: what training reads, since drawing costs milliseconds a picture.

`build_cache` writes pairs in shards, each by one rename, so that a build may be stopped at any moment and goes on
where it stopped. `PictureCache` reads pictures item by item from the file: memory stays flat however much is read.
"""

import ast
import hashlib
import os
import shutil
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from t2i_lib import storybook
from t2i_lib.checkpoints import atomic_path, load_json, save_json
from t2i_lib.storybook.pairs import RENDER_SIZE, draw_pair
from t2i_lib.storybook.scene import ATTRIBUTES, SPLITS

_SHARD_PAIRS = 500  # 49 MB at 128 pixels


@dataclass(frozen=True)
class CacheConfig:
    """What a cache folder holds, stored in it as cache.json."""

    split: str
    size: int  # pixels
    seed: int
    shard_pairs: int  # pairs in one file
    version: str  # fingerprint of the code that drew the pictures

    @property
    def pair_bytes(self) -> int:
        """Size of one item's pictures in the file."""
        return 2 * self.size * self.size * 3

    def same_pictures(self, other: "CacheConfig") -> bool:
        """Whether both describe the same items, whoever drew them."""
        return (self.split, self.size, self.seed) == (other.split, other.size, other.seed)


class PictureCache:
    """Read access to a folder that `build_cache` wrote.

    Raises:
        ValueError: if the folder holds no cache, or its description is broken.
    """

    def __init__(self, folder: str | os.PathLike) -> None:
        self.folder = Path(folder)
        config = _read_config(self.folder)
        if config is None:
            raise ValueError(f"{self.folder} holds no picture cache; make one with `t2i data make`")
        self.config = config
        shards = range(_complete_shards(self.folder, config))
        empty = np.zeros((0, 3, len(ATTRIBUTES)), np.int8)
        self.labels = np.concatenate([empty, *(np.load(_labels_path(self.folder, shard)) for shard in shards)])

    def __len__(self) -> int:
        return len(self.labels)

    def pixels(self, index: int) -> NDArray[np.uint8]:
        """The pictures of one pair, (2, size, size, 3) uint8."""
        shard, row = divmod(index, self.config.shard_pairs)
        # Read rather than memory-mapped: mapped pages count as this process's memory, in the end the whole cache.
        count = self.config.pair_bytes
        flat = np.fromfile(_pixels_path(self.folder, shard), np.uint8, count, offset=row * count)
        return flat.reshape(2, self.config.size, self.config.size, 3)


def build_cache(
    folder: str | os.PathLike, split: str, size: int = RENDER_SIZE, count: int = 1000, seed: int = 0, workers: int = 1
) -> PictureCache:
    """Draw `count` pairs of a split into `folder`, or as many as are missing there, and open the result.

    Pictures drawn by an older renderer are thrown away, with a message, and drawn again.

    Args:
        folder: created if needed; holds one split at one size.
        split: "train", "validation", "test" or "unseen".
        size: width of the stored pictures, pixels.
        count: pairs; rounded up to whole files.
        seed: another seed gives other pictures of the same split.
        workers: processes that draw; 1 draws in this process.

    Raises:
        ValueError: if the split is unknown, a number is below 1, or the folder holds a cache of something else.
    """
    if split not in SPLITS:
        raise ValueError(f"unknown split {split!r}; choose one of {', '.join(SPLITS)}")
    if min(size, count, workers) < 1:
        raise ValueError(f"size, count and workers must be at least 1, but are {size}, {count} and {workers}")
    folder = Path(folder)
    wanted = CacheConfig(split, size, seed, min(count, _SHARD_PAIRS), renderer_version())
    config = _prepare_folder(folder, wanted)
    shards = range(_complete_shards(folder, config), -(-count // config.shard_pairs))
    if shards:
        _write_shards(folder, config, shards, workers)
    return PictureCache(folder)


@lru_cache
def renderer_version() -> str:
    """Fingerprint of the code that draws pictures; its comments, docstrings and layout do not count."""
    digest, found, waiting = hashlib.sha256(), set(), ["render"]
    while waiting:  # the renderer, and whatever part of the storybook it is built from
        name = waiting.pop()
        if name not in found:
            found.add(name)
            tree = ast.parse(Path(storybook.__file__).with_name(f"{name}.py").read_text(encoding="utf-8"))
            digest.update(_statements(tree).encode())
            waiting += _storybook_imports(tree)
    return digest.hexdigest()[:16]


def _storybook_imports(tree: ast.Module) -> list[str]:
    modules = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    prefix = f"{storybook.__name__}."
    return [module.removeprefix(prefix) for module in modules if module.startswith(prefix)]


def _statements(tree: ast.Module) -> str:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def _prepare_folder(folder: Path, wanted: CacheConfig) -> CacheConfig:
    found = _read_config(folder)
    if found is not None and not found.same_pictures(wanted):
        raise ValueError(
            f"{folder} holds {found.split} pictures of {found.size} pixels (seed {found.seed}), not {wanted.split} of "
            f"{wanted.size} (seed {wanted.seed}); choose another folder or delete this one"
        )
    if found is not None and found.version == wanted.version:
        return found
    if found is not None:
        print(f"{folder}: drawn by an older renderer, so its pictures are drawn again", file=sys.stderr)
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    save_json(folder / "cache.json", asdict(wanted))
    return wanted


def _write_shards(folder: Path, config: CacheConfig, shards: range, workers: int) -> None:
    total = len(shards) * config.shard_pairs
    with tqdm(total=total, desc=f"drawing {folder.name}", unit="pair", mininterval=1.0) as bar:
        if workers == 1:
            for shard in shards:
                _write_shard(folder, config, shard, bar)
            return
        # Fresh processes: a fork of a process in which torch has started its threads may hang.
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            for _ in pool.map(partial(_write_shard, folder, config), shards):
                bar.update(config.shard_pairs)


def _write_shard(folder: Path, config: CacheConfig, shard: int, bar: tqdm | None = None) -> None:
    labels = np.empty((config.shard_pairs, 3, len(ATTRIBUTES)), np.int8)
    size = config.shard_pairs * config.pair_bytes
    with atomic_path(_pixels_path(folder, shard), size) as part, part.open("wb") as file:
        for row in range(config.shard_pairs):
            pixels, pair = draw_pair(config.split, shard * config.shard_pairs + row, config.size, config.seed)
            file.write(pixels.tobytes())
            labels[row] = pair.to_ids()
            if bar is not None:
                bar.update()
        # Before the pixels get their name, which says that the shard is complete.
        with atomic_path(_labels_path(folder, shard)) as labels_part, labels_part.open("wb") as labels_file:
            np.save(labels_file, labels)


def _read_config(folder: Path) -> CacheConfig | None:
    path = folder / "cache.json"
    if not path.exists():
        return None
    try:
        return CacheConfig(**load_json(path))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path} does not describe a picture cache ({error}); delete the folder") from error


def _complete_shards(folder: Path, config: CacheConfig) -> int:
    """How many files from the first on are there in full; a file cut short counts as missing."""
    shard, size = 0, config.shard_pairs * config.pair_bytes
    while (path := _pixels_path(folder, shard)).exists() and path.stat().st_size == size:
        shard += 1
    return shard


def _pixels_path(folder: Path, shard: int) -> Path:
    return folder / f"pixels-{shard:05d}.rgb"


def _labels_path(folder: Path, shard: int) -> Path:
    return folder / f"labels-{shard:05d}.npy"
