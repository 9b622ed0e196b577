"""The quiz at a lesson's end: questions from a file, an explanation for every option, no network.

Questions lie in `quizzes/NN.json`, so that a notebook holds the questions but not the answers; of some
lessons they are there in Chinese, too, in `quizzes/zh/NN.json`.
"""

from dataclasses import dataclass
from pathlib import Path

from t2i_lib.checkpoints import load_json
from t2i_lib.course.language import CHINESE, ENGLISH

LETTERS = "abcdef"
FOLDER = Path(__file__).parent / "quizzes"
HOW_TO_ANSWER = {
    ENGLISH: 'Answer with lesson.answer(1, "a"), and so on.',
    CHINESE: '作答：lesson.answer(1, "a")，以此类推。',
}
VERDICTS = {ENGLISH: ("Right: ", "Not quite: "), CHINESE: ("答对了：", "不太对：")}


@dataclass(frozen=True)
class Option:
    """One possible answer, and why it is right or wrong."""

    text: str
    right: bool
    because: str


@dataclass(frozen=True)
class Question:
    """A question of which exactly one option is right."""

    text: str
    options: tuple[Option, ...]

    @property
    def right_letter(self) -> str:
        """The letter of the right option."""
        return LETTERS[[option.right for option in self.options].index(True)]

    def option(self, letter: str) -> Option:
        """The option of that letter.

        Raises:
            ValueError: if there is none.
        """
        letters = LETTERS[: len(self.options)]
        if not isinstance(letter, str) or letter.strip().lower() not in tuple(letters):
            raise ValueError(f"answer with one of the letters {', '.join(letters)}, not {letter!r}")
        return self.options[letters.index(letter.strip().lower())]


@dataclass(frozen=True)
class Quiz:
    """The questions of one lesson. Without widgets it reads as plain text."""

    lesson: str
    questions: tuple[Question, ...]
    language: str = ENGLISH

    def __repr__(self) -> str:
        lines = []
        for number, question in enumerate(self.questions, 1):
            lines.append(f"{number}. {question.text}")
            lines += [f"   {letter}) {option.text}" for letter, option in zip(LETTERS, question.options, strict=False)]
        return "\n".join([*lines, HOW_TO_ANSWER[self.language]])

    def question(self, number: int) -> Question:
        """Question 1, 2, ...

        Raises:
            ValueError: if there is none of that number.
        """
        if not isinstance(number, int) or not 1 <= number <= len(self.questions):
            raise ValueError(f"this quiz has the questions 1 to {len(self.questions)}, not {number!r}")
        return self.questions[number - 1]


def load_quiz(lesson: str, folder: Path = FOLDER, language: str = ENGLISH) -> Quiz:
    """Read a lesson's quiz, in English where it is not there in the language.

    Raises:
        ValueError: if the file is missing or broken, or a question has not exactly one right option.
    """
    path = folder / language / f"{lesson}.json"
    if not path.is_file():
        path, language = folder / f"{lesson}.json", ENGLISH
    try:
        questions = tuple(
            Question(entry["question"], tuple(Option(**option) for option in entry["options"]))
            for entry in load_json(path, "every lesson with a quiz has one")
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path}: every entry needs question and options (text, right, because): {error}") from error
    for question in questions:
        if sum(option.right for option in question.options) != 1:
            raise ValueError(f"{path}: exactly one option must be right in {question.text!r}")
    return Quiz(lesson, questions, language)


def verdict(question: Question, letter: str, language: str = ENGLISH) -> str:
    """What to say of an answer: right or not, and why."""
    option, (right, wrong) = question.option(letter), VERDICTS[language]
    return f"{right if option.right else wrong}{option.because}"
