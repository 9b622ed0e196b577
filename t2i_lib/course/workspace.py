"""A student's own copies of the lessons, which an update of the course never overwrites.

Lessons are copied once into a folder of the student's. When the course brings a newer lesson, an untouched copy is
replaced; one that was worked in stays as it is, and the newer lesson is put beside it under another name.
"""

import hashlib
import shutil
from pathlib import Path

from t2i_lib.checkpoints import load_json, save_json

RECORD = ".copied.json"  # name -> hash of the lesson as it was copied


def copy_lessons(source: Path, target: Path) -> list[str]:
    """Bring the lessons of `source` into `target`.

    Returns:
        what was done, one line a lesson that changed; [] where nothing did.

    Raises:
        ValueError: if there are no lessons in `source`.
        OSError: if `target` cannot be written to.
    """
    lessons = sorted(source.glob("[0-9][0-9]_*.ipynb"))
    if not lessons:
        raise ValueError(f"there are no lessons in {source}; they come with the clone of the repository")
    target.mkdir(parents=True, exist_ok=True)
    record = load_json(target / RECORD) if (target / RECORD).is_file() else {}
    said = []
    for lesson in lessons:
        remark = _bring(lesson, target, record)
        if remark:
            said.append(remark)
            save_json(target / RECORD, record)
    return said


def _bring(lesson: Path, target: Path, record: dict[str, str]) -> str | None:
    """Copy one lesson where that loses nothing; what was done, or None."""
    new, own = _hash(lesson), target / lesson.name
    if own.is_file() and record.get(lesson.name) == new:
        return None
    if not own.is_file():
        remark = f"{own}: copied"
    elif _hash(own) == record.get(lesson.name):
        remark = f"{own}: replaced by the course's newer version; you had not changed yours"
    else:
        own = _free_name(target, lesson.stem)
        remark = f"{target / lesson.name}: yours stays as it is; the course's newer version is {own.name}"
    _copy(lesson, own)
    record[lesson.name] = new
    return remark


def _free_name(target: Path, stem: str) -> Path:
    """A name that no file has: the second newer version must not overwrite work in the first."""
    names = [f"{stem}.new.ipynb", *(f"{stem}.new{number}.ipynb" for number in range(2, 1000))]
    return next(target / name for name in names if not (target / name).exists())


def _copy(lesson: Path, own: Path) -> None:
    temporary = own.with_name(f".{own.name}.part")
    shutil.copyfile(lesson, temporary)
    temporary.replace(own)  # whole or not at all


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
