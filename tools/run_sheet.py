"""Write the tables of the instructor guide (`make lists`): every minute in them is read off the notebooks.

What reading takes stands in a notebook's header, what an exercise takes in its heading, what the machine takes on the
cost card, which `t2i costs` measured. Reading is spread over the sections by how much there is to read in each; a guess
and a figure count as the words that one could read meanwhile.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from t2i_lib.costs import DOOR, Cost, find_card
from t2i_lib.notebooks import read
from t2i_lib.plots.course_map import COURSE
from tools.notebook_rules import words
from tools.quality_table import between

ROOT = Path(__file__).resolve().parent.parent
GUIDE, PAGES = ROOT / "docs/instructors.md", ROOT / "docs/instructors"
NOTEBOOKS, DECKS = ROOT / "notebooks", ROOT / "slides"
TIERS = ("core", "stretch", "project")
PAUSE = 100  # words that are read in the time of a guess or of a look at a figure: half a minute
OPENING, TALK = 10, 15  # planned, in a lesson: the opening; the quiz with the talk about it, at least
BREAKS, DAY, UNIT = 30, 360, 90  # planned: two breaks in a day of six hours; a weekly unit
DAYS = (("00", "01", "02"), ("03", "04", "05"), ("06", "07", "08"), ("09", "10", "11"), ("12", "13", "14"))
WEEKS = ("00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "12", "13", "14")
NOT_YET = "in preparation"
READING = re.compile(r"[Rr]eading and \w+:? (\d+) min")
EXERCISE = re.compile(r"### Exercise (\d+\.\d+) (.+) \((core|stretch|project), difficulty \d of 3, (\d+) min\)")


@dataclass(frozen=True)
class Task:
    """One exercise: its number, the name that its check goes by, tier and minutes."""

    number: str
    name: str
    tier: str
    minutes: int


@dataclass(frozen=True)
class Section:
    """What lies between two headings: how much there is to read (in words), the guesses asked for, the exercises."""

    title: str
    amount: int
    guesses: tuple[str, ...]
    tasks: tuple[Task, ...]


@dataclass(frozen=True)
class Sheet:
    """What a lesson asks of a class; times in minutes. `costs` is empty until `t2i costs` has measured the notebook."""

    stem: str
    reading: int
    sections: tuple[Section, ...]
    costs: tuple[Cost, ...]

    @property
    def tasks(self) -> tuple[Task, ...]:
        """All exercises in order."""
        return tuple(task for section in self.sections for task in section.tasks)

    def minutes(self, *tiers: str) -> int:
        """What the exercises of some tiers take."""
        return sum(task.minutes for task in self.tasks if task.tier in tiers)


def load_sheet(path: Path) -> Sheet:
    """Read a lesson's times off its notebook.

    Raises:
        ValueError: if the header does not say what reading takes.
    """
    notebook = read(path)
    header = READING.search(notebook.cells[0].source)
    if header is None:
        raise ValueError(f"{path.name}: the header does not say 'reading and running ... min'")
    card = find_card(notebook)
    measured = card.metadata.get("costs", {}).get("measured", []) if card else []
    return Sheet(path.stem, int(header[1]), sections_of(notebook.cells), tuple(Cost(**each) for each in measured))


def sections_of(cells: list) -> tuple[Section, ...]:
    """The sections behind the set-up cell; from the quiz on everything is one."""
    setup = next(place for place, cell in enumerate(cells) if cell.cell_type == "code" and cell.id != DOOR)
    titles, texts, codes = ["Start"], [[]], [[]]
    for cell in cells[setup + 1 :]:
        if cell.cell_type == "code":
            codes[-1].append(cell.source)
            continue
        for part in re.split(r"^(?=## )", cell.source, flags=re.M):
            heading = re.match(r"## (.+)", part)
            if heading and titles[-1] != "Quiz":
                titles, texts, codes = [*titles, heading[1]], [*texts, []], [*codes, []]
            texts[-1].append(part)
    found = [_section(*each) for each in zip(titles, texts, codes, strict=True)]
    return tuple(section for section in found if section.amount)


def _section(title: str, texts: list[str], codes: list[str]) -> Section:
    """One section; an exercise's own words and its stub belong to the exercise's minutes, not to those of reading."""
    heads, code = EXERCISE.findall("\n".join(texts)), "\n".join(codes)
    names = re.findall(r"lesson\.check\((\w+)", code)
    tasks = tuple(
        Task(number, name, tier, int(minutes)) for (number, _, tier, minutes), name in zip(heads, names, strict=True)
    )
    pauses = len(re.findall(r"lesson\.(?:predict|show)\(", code))
    told = sum(words(text.partition("### Exercise")[0]) for text in texts)
    told += sum(len(re.findall(r"\w+", each)) for each in codes if "lesson.check(" not in each)
    return Section(title, told + PAUSE * pauses, tuple(re.findall(r'lesson\.predict\(\s*"([^"]+)"', code)), tasks)


def spread(total: int, amounts: Iterable[int]) -> list[int]:
    """Whole minutes in proportion to amounts, together the total.

    >>> spread(10, [1, 1, 1])
    [3, 4, 3]
    """
    amounts, shared, seen = list(amounts), [], 0
    for amount in amounts:
        before = round(total * seen / sum(amounts))
        seen += amount
        shared.append(round(total * seen / sum(amounts)) - before)
    return shared


def clock(minutes: int) -> str:
    """Minutes since the beginning, as one reads them off a watch.

    >>> clock(75)
    '1:15'
    """
    return f"{minutes // 60}:{minutes % 60:02}"


def said(tasks: Iterable[Task]) -> str:
    """Exercises in a table's cell."""
    return ", ".join(f"`{task.name}` {task.minutes}" for task in tasks)


def run_sheet(sheet: Sheet) -> str:
    """When a class that does all core exercises comes to each section."""
    lines = ["| from | minutes | section | guesses | core exercises | stretch, project |", "|---|---|---|---|---|---|"]
    now = 0
    for section, reading in zip(sheet.sections, spread(sheet.reading, (s.amount for s in sheet.sections)), strict=True):
        core = [task for task in section.tasks if task.tier == "core"]
        more = [task for task in section.tasks if task.tier != "core"]
        minutes, guesses = reading + sum(task.minutes for task in core), ", ".join(section.guesses)
        shown = minutes or "under 1"
        lines.append(f"| {clock(now)} | {shown} | {section.title} | {guesses} | {said(core)} | {said(more)} |")
        now += minutes
    lines.append(f"| {clock(now)} | | end; stretch and project take {sheet.minutes('stretch', 'project')} more | | | |")
    return "\n".join([*lines, "", machine(sheet) + slides(sheet), ""])


def machine(sheet: Sheet) -> str:
    """What the machine takes, from the cost card."""
    if not sheet.costs:
        return f"Machine: not measured yet; `t2i costs notebooks/{sheet.stem}.ipynb` does it."
    told = (f"on {cost.device} {cost.minutes:.1f} minutes and {cost.memory / 1e9:.1f} GB" for cost in sheet.costs)
    return f"Machine, the whole notebook from the cost card: {'; '.join(told)}."


def slides(sheet: Sheet) -> str:
    """A link to the lesson's deck, if there is one."""
    decks = sorted(DECKS.glob(f"{sheet.stem[:2]}-*.md"))
    return f" Slides with speaker notes: [{decks[0].stem}](../../slides/{decks[0].name})." if decks else ""


def times(sheets: dict[str, Sheet]) -> str:
    """One row a lesson: what it takes of people and of the machine."""
    lines = [
        "| lesson | reading | core | stretch | project | all | machine, minutes | memory, GB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for stop in COURSE:
        sheet = sheets.get(stop.number)
        if sheet is None:
            lines.append(f"| {stop.number} {stop.name} | {NOT_YET} | | | | | | |")
            continue
        tiers = [sheet.minutes(tier) for tier in TIERS]
        cells = [sheet.reading, *tiers, sheet.reading + sum(tiers)]
        cost = f"{sheet.costs[0].minutes:.1f} | {sheet.costs[0].memory / 1e9:.1f}" if sheet.costs else "not yet | "
        lines.append(f"| {link(stop, sheet)} | {' | '.join(map(str, cells))} | {cost} |")
    return "\n".join(lines) + "\n"


def link(stop, sheet: Sheet | None) -> str:
    """A lesson's number and name, with its page of this guide where there is one."""
    name = f"{stop.number} {stop.name}"
    return f"[{name}](instructors/{sheet.stem}.md)" if sheet and (PAGES / f"{sheet.stem}.md").is_file() else name


def five_days(sheets: dict[str, Sheet]) -> str:
    """Three lessons a day, whole; what is left of six hours is free."""
    lines = [
        "| day | lesson | opening | reading | core | stretch, project | quiz and talk | minutes |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for day, numbers in enumerate(DAYS, 1):
        left = DAY - BREAKS
        for number in numbers:
            sheet, stop = sheets.get(number), stop_of(number)
            if sheet is None:
                lines.append(f"| {day} | {link(stop, None)} | {NOT_YET} | | | | | 0 |")
                continue
            cells = [OPENING, sheet.reading, sheet.minutes("core"), sheet.minutes("stretch", "project"), TALK]
            lines.append(f"| {day} | {link(stop, sheet)} | {' | '.join(map(str, cells))} | {sum(cells)} |")
            left -= sum(cells)
        lines.append(f"| {day} | two breaks | | | | | | {BREAKS} |")
        lines.append(f"| {day} | free: questions, projects, own pictures | | | | | | {left} |")
    return "\n".join(lines) + "\n"


def stop_of(number: str):
    """A lesson on the map of the course."""
    return next(stop for stop in COURSE if stop.number == number)


def semester(sheets: dict[str, Sheet]) -> str:
    """Fourteen weekly units of 90 minutes; exercises that do not fit into one are homework."""
    lines = [
        "| week | lesson | opening | reading | exercises in class | minutes | quiz and talk | homework | minutes |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for week, number in enumerate(WEEKS, 1):
        sheet, stop = sheets.get(number), stop_of(number)
        if sheet is None:
            lines.append(f"| {week} | {link(stop, None)} | {NOT_YET} | | | | | | |")
            continue
        here = in_class(sheet)
        home = [task for task in sheet.tasks if task not in here]
        used, rest = sum(task.minutes for task in here), sum(task.minutes for task in home)
        talk = UNIT - OPENING - sheet.reading - used
        lines.append(
            f"| {week} | {link(stop, sheet)} | {OPENING} | {sheet.reading} | {said(here)} | {used} | {talk} "
            f"| {said(home)} | {rest} |"
        )
    return "\n".join(lines) + "\n"


def in_class(sheet: Sheet) -> list[Task]:
    """Core exercises in order, as far as they fit into a unit."""
    chosen, left = [], UNIT - OPENING - TALK - sheet.reading
    for task in sheet.tasks:
        if task.tier == "core" and task.minutes <= left:
            chosen.append(task)
            left -= task.minutes
    return chosen


TABLES: dict[str, Callable[[dict[str, Sheet]], str]] = {"times": times, "five days": five_days, "semester": semester}


def put(text: str, name: str, content: str) -> str:
    """The text with a table put between its marks."""
    return between(text, f"<!-- {name}: begin, written by `make lists` -->\n", f"<!-- {name}: end -->", content)


def load_sheets() -> dict[str, Sheet]:
    """Every lesson that has a notebook: number -> its times."""
    return {path.stem[:2]: load_sheet(path) for path in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))}


def written(sheets: dict[str, Sheet]) -> dict[Path, str]:
    """What each file of the guide should hold."""
    guide = GUIDE.read_text(encoding="utf-8")
    for name, table in TABLES.items():
        guide = put(guide, name, table(sheets))
    files = {GUIDE: guide}
    for sheet in sheets.values():
        page = PAGES / f"{sheet.stem}.md"
        if page.is_file():
            files[page] = put(page.read_text(encoding="utf-8"), "run sheet", run_sheet(sheet))
    return files


def main() -> None:
    sheets = load_sheets()
    for path, text in written(sheets).items():
        path.write_text(text, encoding="utf-8")
    print(f"run sheets written for lessons {', '.join(sheets)}")


if __name__ == "__main__":
    main()
