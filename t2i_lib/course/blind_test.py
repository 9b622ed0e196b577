"""Real or drawn? A test for the eye: pictures that do not say where they come from, answers kept, eye beside judge.

`deal` shuffles the cards, `score` says what answers are worth; `BlindTest` only shows, and keeps. Half of the sentences
lie in one thing, so that nobody can say yes to everything.
"""

import base64
import html
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import torch
from PIL import Image, ImageDraw

from t2i_lib.agreement import cohens_kappa
from t2i_lib.course.progress import Progress
from t2i_lib.datasets import StorybookDataset, pixels_to_images
from t2i_lib.judge import Judge
from t2i_lib.metrics import Estimate, share
from t2i_lib.pipeline import TextToImage, to_pictures
from t2i_lib.storybook.captions import LANGUAGES, counterfactual, describe
from t2i_lib.storybook.pairs import ids_to_stated
from t2i_lib.widget_help import widget_help

KIND = "blind test"  # of entry among a lesson's progress
ORIGINS = ("real", "drawn")
SHOWN_WIDTH = 256  # pixels, one picture to click at
SHEET_WIDTH, COLUMNS = 128, 6  # pixels a picture, pictures a row of the static form


@dataclass(frozen=True)
class Card:
    """A picture, where it comes from, what is said about it (not always truly), and what the judge finds of that."""

    picture: Image.Image
    real: bool
    prompts: tuple[str, ...]  # the sentence in each language
    stated: Mapping[str, str]  # attribute -> value, as the sentence has it
    judged: frozenset[str]  # the attributes of these that the judge sees in the picture


@dataclass(frozen=True)
class Answer:
    """What somebody said of a card."""

    real: bool
    seen: frozenset[str]  # the stated attributes that they see in the picture


@dataclass(frozen=True)
class Score:
    """What the answers are worth: how many origins were told rightly, and how far eye and judge agree."""

    right: Estimate
    real_known: tuple[int, int]  # real pictures called real, of how many
    drawn_known: tuple[int, int]
    agreement: Estimate  # share of statements that eye and judge answer alike
    kappa: float  # the same above chance

    def __str__(self) -> str:
        coin = "a coin would do as well" if self.right.low <= 0.5 <= self.right.high else "no coin does that"
        return (
            f"real or drawn: {self.right} right; {coin}\n"
            f"    real ones known {self.real_known[0]} of {self.real_known[1]}, "
            f"drawn ones known {self.drawn_known[0]} of {self.drawn_known[1]}\n"
            f"eye and judge: {self.agreement} of the statements answered alike, kappa {self.kappa:.2f}"
        )


def deal(artist: TextToImage, judge: Judge, count: int = 12, seed: int = 0) -> list[Card]:
    """Cards with test captions: half of them rendered, half drawn by the artist, in an order by lot.

    The artist reads the true sentence; on every other card, by lot, one thing in the sentence is then exchanged.
    """
    rng = Random(f"blind test {seed}")
    data = StorybookDataset("test", artist.config.image_size, 1000)
    items = rng.sample(range(len(data)), count)
    truths = [ids_to_stated(data.labels(item)[2].tolist()) for item in items]
    real = rng.sample([place % 2 == 0 for place in range(count)], count)
    lies = rng.sample([place % 2 == 0 for place in range(count)], count)
    drawn = artist.draw([describe(truth, rng, "en").prompt for truth in truths], [seed + place for place in items])
    images = torch.stack(
        [pixels_to_images(data[item].pixels[0]) if real[place] else drawn[place] for place, item in enumerate(items)]
    )
    cards = []
    for picture, found, is_real, truth, lie in zip(
        to_pictures(images), judge.attributes(images), real, truths, lies, strict=True
    ):
        stated = counterfactual(truth, rng)[0] if lie else truth
        seen = ids_to_stated(found.tolist())
        judged = frozenset(name for name, value in stated.items() if seen[name] == value)
        prompts = tuple(describe(stated, rng, language).prompt for language in LANGUAGES)
        cards.append(Card(picture, is_real, prompts, stated, judged))
    return cards


def score(cards: Sequence[Card], answers: Mapping[int, Answer]) -> Score:
    """What the answers, by the number of the card from 1, are worth.

    Raises:
        ValueError: if there is no answer, or one to a card that there is not.
    """
    if not answers or not set(answers) <= set(range(1, len(cards) + 1)):
        raise ValueError(f"answers are to the cards 1 to {len(cards)}, at least one; received {sorted(answers)}")
    said = [(cards[number - 1], answer) for number, answer in sorted(answers.items())]
    told = {kind: [answer.real == kind for card, answer in said if card.real == kind] for kind in (True, False)}
    eye = torch.tensor([name in answer.seen for card, answer in said for name in card.stated])
    judge = torch.tensor([name in card.judged for card, answer in said for name in card.stated])
    return Score(
        right=share(sum(told[True]) + sum(told[False]), len(said)),
        real_known=(sum(told[True]), len(told[True])),
        drawn_known=(sum(told[False]), len(told[False])),
        agreement=share(int((eye == judge).sum()), len(eye)),
        kappa=cohens_kappa(eye, judge),
    )


class BlindTest:
    """Shows card after card with its questions and keeps the answers; elsewhere a numbered sheet and a list.

    Args:
        cards: as dealt.
        progress: where the answers are kept.
    """

    def __init__(self, cards: Sequence[Card], progress: Progress) -> None:
        self.cards, self.progress = list(cards), progress
        self.number = next((n for n in range(1, len(cards) + 1) if n not in self.answers), 1)
        self.box = self._build()
        self._show()

    @property
    def answers(self) -> dict[int, Answer]:
        """The answers kept so far, of these cards only: others with the same number had another sentence."""
        kept = self.progress.get(KIND)
        return {
            number: Answer(kept[str(number)]["real"], frozenset(kept[str(number)]["seen"]))
            for number, card in enumerate(self.cards, 1)
            if kept.get(str(number), {}).get("prompt") == card.prompts[0]
        }

    def answer(self, number: int, origin: str, *seen: str) -> None:
        """Keep an answer: what the button calls, and whoever has no widgets.

        Args:
            number: of the card, from 1.
            origin: "real" or "drawn".
            seen: names of the stated attributes that are to be seen in the picture.
        """
        if number not in range(1, len(self.cards) + 1) or origin not in ORIGINS:
            print(
                f'say blind.answer(number, "real" or "drawn", what you see), with a number from 1 to {len(self.cards)}'
            )
            return
        card = self.cards[number - 1]
        strange = sorted(set(seen) - set(card.stated))
        if strange:
            print(f"card {number} states {', '.join(card.stated)}, but not {', '.join(strange)}")
            return
        self._put(number, origin, seen)
        print(f"kept: card {number}, {origin}, seen: {', '.join(sorted(seen)) or 'nothing of it'}")

    def result(self) -> str:
        """What the kept answers are worth, in words; never raises."""
        answers = self.answers
        if not answers:
            return "no answers yet: look at the cards first, then run this cell again"
        return f"{len(answers)} of {len(self.cards)} cards answered\n{score(self.cards, answers)}"

    def keep(self) -> None:
        """Keep what the fields hold and go on to the next card: what the button calls."""
        if self.origin.value is None:
            self.status.value = "First say whether it is real or drawn."
            return
        stated = self.cards[self.number - 1].stated
        seen = [name for name, box in zip(stated, self.seen.children, strict=True) if box.value]
        self._put(self.number, self.origin.value, seen)
        self.number = self.number % len(self.cards) + 1
        self._show()

    def _put(self, number: int, origin: str, seen: Iterable[str]) -> None:
        kept = {"real": origin == "real", "seen": sorted(seen), "prompt": self.cards[number - 1].prompts[0]}
        self.progress.put(KIND, str(number), kept)

    def _build(self) -> Any:
        """The widgets, or None where ipywidgets is missing."""
        try:
            import ipywidgets as w
        except ImportError:
            return None
        self.widgets = w
        self.picture, self.sentence, self.status = w.HTML(), w.HTML(), w.HTML()
        self.origin = w.RadioButtons(options=list(ORIGINS), value=None, description="This is")
        self.seen = w.VBox([])
        self.button = w.Button(description="Keep, next", button_style="primary", tooltip="Keep this answer and go on")
        self.button.on_click(lambda _: self.keep())
        asked = [self.sentence, self.origin, w.HTML("I see:"), self.seen, self.button, self.status]
        return w.HBox([self.picture, w.VBox([*asked, widget_help(w)])])

    def _show(self) -> None:
        """Bring the card into the widgets."""
        if self.box is None:
            return
        card, count = self.cards[self.number - 1], len(self.cards)
        alt = f"Picture {self.number} of {count}, not described: looking is the test."
        source = _as_base64(_enlarged(card.picture, SHOWN_WIDTH))
        self.picture.value = f'<img src="data:image/png;base64,{source}" alt="{alt}" width="{SHOWN_WIDTH}">'
        self.sentence.value = "<br>".join(html.escape(prompt) for prompt in card.prompts)
        self.origin.value = None
        self.seen.children = [
            self.widgets.Checkbox(description=f"{name}: {value}", indent=False) for name, value in card.stated.items()
        ]
        self.status.value = f"card {self.number} of {count}; {len(self.answers)} answered"

    def __repr__(self) -> str:
        lines = []
        for number, card in enumerate(self.cards, 1):
            asked = ", ".join(f"{name} {value}" for name, value in card.stated.items())
            lines += [f"{number}. {' | '.join(card.prompts)}", f"   real or drawn? What do you see: {asked}"]
        first = next(iter(self.cards[0].stated))
        return "\n".join([*lines, f'Keep an answer: blind.answer(1, "drawn", "{first}"), naming all that you see.'])

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data = dict(self.box._repr_mimebundle_(**options)) if self.box is not None else {}
        data |= {"text/plain": repr(self), "image/png": _as_base64(sheet([card.picture for card in self.cards]))}
        alt = (
            f"{len(self.cards)} numbered pictures; which are rendered and which drawn is not said: looking is the test."
        )
        return data, {"image/png": {"alt": alt}}


def sheet(pictures: Sequence[Image.Image]) -> Image.Image:
    """Numbered pictures in rows, enlarged in whole steps."""
    edge, head = _enlarged(pictures[0], SHEET_WIDTH).width + 4, 14
    rows = -(-len(pictures) // COLUMNS)
    page = Image.new("RGB", (edge * min(COLUMNS, len(pictures)), (edge + head) * rows), "white")
    pen = ImageDraw.Draw(page)
    for place, picture in enumerate(pictures):
        left, top = place % COLUMNS * edge, place // COLUMNS * (edge + head)
        pen.text((left + 2, top + 1), str(place + 1), fill="black")
        page.paste(_enlarged(picture, SHEET_WIDTH), (left, top + head))
    return page


def _enlarged(picture: Image.Image, width: int) -> Image.Image:
    """In whole steps, so that no browser blurs the pixels, which would give one kind away."""
    times = max(1, width // picture.width)
    return picture.resize((picture.width * times, picture.height * times), Image.Resampling.NEAREST)


def _as_base64(picture: Image.Image) -> str:
    """A PNG file of 256 colours, real and drawn alike, without anything that tells where it comes from."""
    file = io.BytesIO()
    few = picture.convert("RGB").quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(file, "PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode()
