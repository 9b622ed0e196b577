"""A training's folder: its state, whole at every moment; its log; its samples; and a lock that keeps others out.

run.json        what was asked for, by which command, on what machine, how far it is
state/          weights, averaged weights, optimizers (safetensors) and state.json, replaced as one
log.jsonl       one JSON object a line
samples/        step_000000.png ...
diverged/       the batch that broke a training, if one did
events.*        for TensorBoard, if that is installed
"""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from torch import Tensor

from t2i_lib.checkpoints import atomic_path, load_json, load_tree, load_weights, save_json, save_tree, save_weights

_MADE_BY_TRAINING = ("state", "state.new", "state.old", "samples", "diverged")


class RunFolder:
    """Opens (and locks) a folder; use it in a `with` statement.

    Args:
        path: the folder; it is made.
        config: JSON values that decide what comes out; a state made with other ones is refused.
        restart: throw away what an earlier training left.
        writes: False for all but one of several processes: they read the state, and write and lock nothing.

    Raises:
        ValueError: if another training is using the folder, or it holds a training with another configuration.
    """

    def __init__(self, path: str | Path, config: Mapping[str, Any], restart: bool = False, writes: bool = True) -> None:
        self.path, self._writes, self._lock, self._events = Path(path), writes, None, None
        if not writes:
            return
        self.path.mkdir(parents=True, exist_ok=True)
        self._lock = _lock(self.path / "lock")
        try:
            if restart:
                self._clear()
            self._settle_state()
            if self.has_state:
                self._compare(config)
        except BaseException:
            self._lock.close()
            raise

    def __enter__(self) -> "RunFolder":
        return self

    def __exit__(self, *error: object) -> None:
        if self._events:
            self._events.close()
        if self._lock:
            self._lock.close()

    @property
    def state(self) -> Path:
        return self.path / "state"

    @property
    def has_state(self) -> bool:
        return (self.state / "state.json").is_file()

    def save_state(self, weights: Mapping[str, Mapping[str, Tensor]], trees: Mapping[str, Any], info: Any) -> None:
        """Replace the state by a new one. A kill or a full disk at any moment leaves one whole state."""
        if not self._writes:
            return
        new, old = self.path / "state.new", self.path / "state.old"
        shutil.rmtree(new, ignore_errors=True)
        try:
            for name, tensors in weights.items():
                save_weights(new / f"{name}.safetensors", tensors)
            for name, tree in trees.items():
                save_tree(new / f"{name}.safetensors", tree)
            save_json(new / "state.json", info)  # last: where it is, the rest is
        except OSError:
            shutil.rmtree(new, ignore_errors=True)
            raise
        if self.state.exists():
            os.rename(self.state, old)
        os.rename(new, self.state)
        shutil.rmtree(old, ignore_errors=True)

    def load_info(self) -> Any:
        """The small values of the state: step, seconds, ..."""
        return load_json(self.state / "state.json")

    def load_weights(self, name: str) -> dict[str, Tensor]:
        return load_weights(self.state / f"{name}.safetensors", "the state is damaged; begin again with --restart")

    def load_tree(self, name: str) -> Any:
        return load_tree(self.state / f"{name}.safetensors", "the state is damaged; begin again with --restart")

    def describe(self, description: Mapping[str, Any]) -> None:
        """Write run.json."""
        if not self._writes:
            return
        save_json(self.path / "run.json", description)

    def open_log(self, step: int) -> None:
        """Go on with the log after `step`; lines of later steps, which are about to be trained again, are dropped."""
        if not self._writes:
            return
        path = self.path / "log.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        with atomic_path(path) as temporary:
            temporary.write_text("".join(line + "\n" for line in lines if _is_upto(line, step)), encoding="utf-8")
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            return
        self._events = SummaryWriter(str(self.path), purge_step=step + 1)

    def log(self, step: int, line: Mapping[str, Any]) -> None:
        """Add one line; numbers in its inner dictionaries go to TensorBoard too."""
        if not self._writes:
            return
        with (self.path / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **line}) + "\n")
        if self._events:
            for group, values in line.items():
                for name, value in values.items() if isinstance(values, dict) else ():
                    self._events.add_scalar(f"{group}/{name}", value, step)

    def save_sample(self, image: Image.Image, step: int) -> None:
        if not self._writes:
            return
        with atomic_path(self.path / "samples" / f"step_{step:06d}.png") as temporary:
            image.save(temporary, format="PNG")

    def save_diverged(self, rank: int, info: Mapping[str, Any]) -> Path:
        """Keep what broke the training, for `checkpoints.load_tree`; every process saves its own part."""
        path = self.path / "diverged" / f"rank_{rank}.safetensors"
        save_tree(path, _savable(info))
        return path

    def _settle_state(self) -> None:
        """Finish what a kill in the middle of `save_state` left: the newest whole state is the state."""
        new, old = self.path / "state.new", self.path / "state.old"
        if not self.has_state:
            whole = [folder for folder in (new, old) if (folder / "state.json").is_file()]
            if whole:
                shutil.rmtree(self.state, ignore_errors=True)
                os.rename(whole[0], self.state)
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)

    def _compare(self, config: Mapping[str, Any]) -> None:
        before = load_json(self.path / "run.json")["config"]
        differing = [name for name in sorted({*before, *config}) if before.get(name) != config.get(name)]
        if differing:
            name = differing[0]
            raise ValueError(
                f"{self.path} holds a training with other settings, which cannot be continued with these: {name} was "
                f"{before.get(name)!r} and is {config.get(name)!r}; take another folder, or begin again with --restart"
            )

    def _clear(self) -> None:
        for name in _MADE_BY_TRAINING:
            shutil.rmtree(self.path / name, ignore_errors=True)
        for path in [self.path / "run.json", self.path / "log.jsonl", *self.path.glob("events.*")]:
            path.unlink(missing_ok=True)


def read_log(folder: Path) -> list[dict[str, Any]]:
    """The lines of a training's log, in order."""
    return [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]


def _is_upto(line: str, step: int) -> bool:
    try:
        return json.loads(line)["step"] <= step
    except (json.JSONDecodeError, KeyError, TypeError):
        return False  # a kill in the middle of writing leaves half a line


def _savable(value: Any) -> Any:
    """What `save_tree` takes; a training that has diverged shall not also fail because of what its batches hold."""
    if isinstance(value, dict):
        return {str(key): _savable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_savable(item) for item in value]
    if is_dataclass(value):
        return {f.name: _savable(getattr(value, f.name)) for f in fields(value)}
    return value if value is None or isinstance(value, (Tensor, str, int, float)) else repr(value)


def _lock(path: Path) -> Any:
    """Hold a lock on the file as long as this process lives (the system lets go of a dead process's locks).

    Raises:
        ValueError: if another training holds it.
    """
    file = path.open("a+", encoding="utf-8")
    try:
        _lock_file(file)
    except OSError as error:
        file.seek(0)
        owner = file.read().strip() or "unknown"
        file.close()
        raise ValueError(f"{path.parent} is in use by another training (process {owner}); wait for it, stop it, "
                         "or take another folder") from error  # fmt: skip
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def _lock_file(file: Any) -> None:
    if os.name == "nt":
        import msvcrt

        file.seek(1 << 20)  # Windows forbids others to read what is locked, and they shall read the process id
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
