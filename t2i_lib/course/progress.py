"""What is done in which lesson, kept in one small file on this machine: checks, quiz answers, predictions.

The file lies in the folder T2I_HOME, or ~/.t2i where that is not set. Nothing is sent anywhere.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from t2i_lib.checkpoints import save_json


def home() -> Path:
    """The folder in which this person's progress is kept."""
    return Path(os.environ.get("T2I_HOME") or "~/.t2i").expanduser()


@dataclass(frozen=True)
class Summary:
    """How far one lesson has come: exercises right / tried, hints read, quiz answers right / given."""

    lesson: str
    right: int
    tried: int
    hints: int
    quiz_right: int
    quiz_given: int


class Progress:
    """The progress of one lesson; every change is written at once.

    A file that cannot be read is put aside under another name, never thrown away: nothing a student did gets lost.
    """

    def __init__(self, lesson: str, folder: Path | None = None) -> None:
        self.lesson, self.path = lesson, (folder or home()) / "progress.json"

    def get(self, kind: str) -> dict[str, Any]:
        """All entries of a kind ("checks", "hints", "quiz", "predictions"): name -> value."""
        return read_all(self.path).get(self.lesson, {}).get(kind, {})

    def put(self, kind: str, name: str, value: Any) -> None:
        """Keep one entry. A folder that cannot be written to costs the record, not the lesson."""
        everything = read_all(self.path)  # anew: another notebook may have written meanwhile
        everything.setdefault(self.lesson, {}).setdefault(kind, {})[name] = value
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            save_json(self.path, everything)
        except OSError as error:
            print(f"your progress could not be kept in {self.path}: {error.strerror}; set T2I_HOME to another folder")

    def summary(self) -> Summary:
        """The counts of this lesson."""
        checks, quiz = self.get("checks"), self.get("quiz")
        return Summary(
            self.lesson,
            right=sum(status == "right" for status in checks.values()),
            tried=len(checks),
            hints=sum(self.get("hints").values()),
            quiz_right=sum(answer["right"] for answer in quiz.values()),
            quiz_given=len(quiz),
        )


def read_all(path: Path) -> dict[str, dict]:
    """Everything in a progress file: lesson -> kind -> name -> value; {} if there is none yet."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        content = None
    if isinstance(content, dict) and all(isinstance(each, dict) for each in content.values()):
        return content
    aside = path.with_name(f"{path.stem}.unreadable.json")
    try:
        os.replace(path, aside)
        print(f"{path} could not be read; it was put aside as {aside.name}, and a new one begins")
    except OSError:
        pass
    return {}


@dataclass(frozen=True)
class Overview:
    """The counts of every lesson that was begun, in order; a table in a notebook, lines elsewhere."""

    folder: Path
    lessons: tuple[Summary, ...]

    def __repr__(self) -> str:
        lines = [
            f"{each.lesson}  exercises {each.right} of {each.tried} tried right, {each.hints} hints, "
            f"quiz {each.quiz_right} of {each.quiz_given} right"
            for each in self.lessons
        ]
        return "\n".join([f"kept in {self.folder}", *(lines or ["nothing yet"])])

    def _repr_html_(self) -> str:
        cells = [
            (each.lesson, f"{each.right} of {each.tried}", each.hints, f"{each.quiz_right} of {each.quiz_given}")
            for each in self.lessons
        ]
        rows = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in cells)
        names = ("lesson", "exercises right, of those tried", "hints read", "quiz answers right, of those given")
        head = "".join(f'<th scope="col">{name}</th>' for name in names)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def overview(folder: Path | None = None) -> Overview:
    """What is done in which lesson."""
    folder = folder or home()
    lessons = sorted(read_all(folder / "progress.json"))
    return Overview(folder, tuple(Progress(lesson, folder).summary() for lesson in lessons))
