"""How a game between generator and discriminator goes, told from its log: a verdict, why, and what to try next.

In: the entries of a training's log (`runs/*/log.jsonl`), of a game for dots, or of any game that logs the same names.
Out: curves by name and a verdict. A verdict names what is to be seen; the same sight can have several causes, so what
to try next begins with the cheapest thing to look at.

Values that are read where they are there: "real logit", "fake logit", "gap" (real - fake), "held-out logit" (of real
things that were never trained with), "penalty" (squared slopes of the discriminator). Gauges: "variety" (1 = as
different as real things), "coverage" (share of the kinds of real things that are drawn at all), "good samples" or
"prompt accuracy" (quality, in [0, 1]), "text-use gap".
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

QUALITY = ("good samples", "prompt accuracy")
LEAST_READINGS = 4
WON = 5.0  # a gap at which the discriminator is wrong about fewer than one pair in a hundred
NO_GAP = 0.05
FLAT = 1e-4  # squared slopes below it: the discriminator says the same everywhere
GOOD, POOR, SOME = 0.5, 0.25, 0.1  # of quality
COLLAPSED = 0.5  # of variety or coverage
DEAF = 0.05  # of the text-use gap
RISING = 0.05  # what counts as better from one quarter of a curve to the next


@dataclass(frozen=True)
class Curve:
    """One figure over the training: at which steps it was read, and what it was."""

    steps: tuple[float, ...]
    values: tuple[float, ...]

    def quarter(self, number: int) -> float:
        """Mean over a quarter of the readings, 1 to 4; of the nearest reading where a quarter holds none.

        >>> Curve((0, 1, 2, 3), (0.0, 1.0, 2.0, 7.0)).quarter(4)
        7.0
        """
        count = len(self.values)
        first = min(count - 1, (number - 1) * count // 4)
        part = self.values[first : max(first + 1, number * count // 4)]
        return sum(part) / len(part)

    @property
    def late(self) -> float:
        """Mean of the last quarter."""
        return self.quarter(4)

    @property
    def trend(self) -> float:
        """How much the last quarter lies above the one before."""
        return self.late - self.quarter(3)

    @property
    def unrest(self) -> float:
        """Mean difference from one reading to the next in the second half."""
        half = self.values[len(self.values) // 2 :]
        return sum(abs(b - a) for a, b in zip(half, half[1:], strict=False)) / max(1, len(half) - 1)


@dataclass(frozen=True)
class VitalSigns:
    """The curves of a training by name."""

    curves: Mapping[str, Curve]

    @classmethod
    def from_log(cls, entries: Iterable[Mapping]) -> "VitalSigns":
        """Collect all values and gauges of a log.

        >>> VitalSigns.from_log([{"step": 5, "values": {"gap": 0.5}}]).curves["gap"]
        Curve(steps=(5,), values=(0.5,))
        """
        read: dict[str, tuple[list, list]] = {}
        for entry in entries:
            for name, value in {**entry.get("values", {}), **entry.get("gauges", {})}.items():
                steps, values = read.setdefault(name, ([], []))
                steps.append(entry["step"])
                values.append(float(value))
        return cls({name: Curve(tuple(steps), tuple(values)) for name, (steps, values) in read.items()})

    @classmethod
    def from_curves(cls, curves: Mapping[str, Sequence[float]], steps: Sequence[float]) -> "VitalSigns":
        """Curves that were all read at the same steps; those of another length are left out."""
        fitting = {name: tuple(values) for name, values in curves.items() if len(values) == len(steps)}
        return cls({name: Curve(tuple(steps), values) for name, values in fitting.items()})

    def get(self, name: str) -> Curve | None:
        """The curve of that name, or None."""
        return self.curves.get(name)

    @property
    def quality(self) -> Curve | None:
        """How good what is drawn is, or None where nobody measured it."""
        return next((self.curves[name] for name in QUALITY if name in self.curves), None)


@dataclass(frozen=True)
class Verdict:
    """What is to be seen, from which figures, and what to try next."""

    name: str
    healthy: bool
    reason: str
    next_step: str

    def __str__(self) -> str:
        return f"{self.name}: {self.reason} Next: {self.next_step}"


def diagnose(signs: VitalSigns) -> Verdict:
    """The first rule of `RULES` that has something to say; the gravest come first.

    >>> diagnose(VitalSigns.from_log([{"step": 0, "values": {"gap": float("nan")}}])).name
    'blown up'
    """
    for rule in RULES:
        verdict = rule(signs)
        if verdict is not None:
            return verdict
    return Verdict(
        "healthy",
        True,
        _told(signs, "gap", "variety", "coverage", *QUALITY, "text-use gap"),
        "look at the samples; if they please you, stop, otherwise lower the rates and go on.",
    )


# --- the rules, gravest first ----------------------------------------------------------------------------------------


def blown_up(signs: VitalSigns) -> Verdict | None:
    """A number that is none any more."""
    broken = [name for name, curve in signs.curves.items() if not all(map(math.isfinite, curve.values))]
    if not broken:
        return None
    return Verdict(
        "blown up",
        False,
        f"{broken[0]} is no longer a finite number.",
        "go back to the last good weights; a gradient penalty if there is none, a tenth of the rates if there is.",
    )


def too_early(signs: VitalSigns) -> Verdict | None:
    """Too few readings to say anything."""
    count = max((len(curve.values) for curve in signs.curves.values()), default=0)
    if count >= LEAST_READINGS:
        return None
    return Verdict("too early to tell", True, f"there are {count} readings of a figure at most.", "go on training.")


def discriminator_won(signs: VitalSigns) -> Verdict | None:
    """The gap is so wide that fakes have no chance, and does not narrow."""
    gap = signs.get("gap")
    if gap is None or gap.late < WON or gap.trend < -0.1 * gap.late or _good(signs):
        return None
    return Verdict(
        "the discriminator has won",
        False,
        f"it puts real things {gap.late:.1f} above fakes and the gap does not narrow.",
        "check first that real and drawn things have the same range; then a loss that does not saturate, a gradient "
        "penalty, or noise on both before it looks.",
    )


def learned_by_heart(signs: VitalSigns) -> Verdict | None:
    """Real things that the discriminator has never seen look drawn to it."""
    real, fake, held_out = (signs.get(name) for name in ("real logit", "fake logit", "held-out logit"))
    if real is None or fake is None or held_out is None or real.late - fake.late < 2 * NO_GAP:
        return None
    known = (real.late - held_out.late) / (real.late - fake.late)
    if known < 0.25:
        return None
    return Verdict(
        "learned by heart",
        False,
        f"real things it never saw lose {known:.0%} of the gap between real and drawn: it knows its few by sight.",
        "more data; else noise on real and drawn things before the discriminator looks, or a smaller discriminator.",
    )


def flat(signs: VitalSigns) -> Verdict | None:
    """The discriminator says the same everywhere, so nobody learns from it."""
    penalty = signs.get("penalty")
    if penalty is None or penalty.late > FLAT or _good(signs):
        return None
    return Verdict(
        "flat discriminator",
        False,
        f"its squared slopes are {penalty.late:.1g}: it says nearly the same everywhere.",
        "a tenth of the penalty's weight; then a larger discriminator, or a higher rate for it.",
    )


def collapsed(signs: VitalSigns) -> Verdict | None:
    """Little variety, and it does not grow."""
    if signs.quality is not None and max(signs.quality.values) < SOME:
        return None  # nothing drawn was ever any good: that is no collapse, but a start that never was
    for name in ("variety", "coverage"):
        curve = signs.get(name)
        if curve is None or curve.late >= COLLAPSED or curve.trend > RISING:
            continue
        if name == "coverage" and (signs.quality is None or signs.quality.late < SOME):
            continue  # between the dots nothing is covered
        return Verdict(
            "mode collapse",
            False,
            f"{name} stays at {curve.late:.2f}: most noise ends in the same few things.",
            "a gradient penalty (or more of it); then show the discriminator two things at once; then lower rates.",
        )
    return None


def deaf(signs: VitalSigns) -> Verdict | None:
    """The prompt makes no difference."""
    text = signs.get("text-use gap")
    if text is None or len(text.values) < LEAST_READINGS or text.late >= DEAF or text.trend > RISING:
        return None
    return Verdict(
        "deaf to the prompt",
        False,
        f"the text-use gap stays at {text.late:.2f}: another prompt would have done as well.",
        "give the discriminator real things with wrong captions; then check that the prompt reaches the generator.",
    )


def swinging(signs: VitalSigns) -> Verdict | None:
    """Quality or coverage goes up and down instead of up."""
    for name in ("coverage", *QUALITY):
        curve = signs.get(name)
        if curve is not None and curve.unrest > 0.1 and abs(curve.trend) < 2 * curve.unrest:
            return Verdict(
                "going in circles",
                False,
                f"{name} changes by {curve.unrest:.2f} from one reading to the next and gets nowhere.",
                "momentum 0 (Adam's first beta); then a gradient penalty; then lower rates or a larger batch.",
            )
    return None


def fooled(signs: VitalSigns) -> Verdict | None:
    """The discriminator sees no difference, and there is one."""
    gap, quality = signs.get("gap"), signs.quality
    if gap is None or quality is None or abs(gap.late) > NO_GAP or quality.late > POOR or quality.trend > RISING:
        return None
    return Verdict(
        "the discriminator is fooled",
        False,
        f"it sees a gap of {gap.late:.2f} only, yet quality is {quality.late:.2f}.",
        "a stronger discriminator: a higher rate, more width, or two turns for each of the generator's.",
    )


def past_its_best(signs: VitalSigns) -> Verdict | None:
    """It was better before."""
    quality = signs.quality
    if quality is None:
        return None
    best = max(quality.quarter(number) for number in (1, 2, 3))
    if quality.late > 0.8 * best or best < POOR:
        return None
    return Verdict(
        "past its best",
        False,
        f"quality fell from {best:.2f} to {quality.late:.2f}.",
        "go back to the best weights; keep averaged ones (EMA); lower rates towards the end.",
    )


def learning(signs: VitalSigns) -> Verdict | None:
    """Quality is on its way up, or variety where nobody measures quality."""
    for name in (*QUALITY, "coverage") if signs.quality is not None else ("variety",):
        curve = signs.get(name)
        if curve is not None and curve.trend > max(RISING, curve.unrest):
            return Verdict(
                "learning", True, f"{name} rose by {curve.trend:.2f} in the last quarter.", "leave it alone and go on."
            )
    return None


def stalled(signs: VitalSigns) -> Verdict | None:
    """Not good, not getting better, and nothing else to blame."""
    quality = signs.quality
    if quality is None or quality.late >= GOOD:
        return None
    return Verdict(
        "stalled",
        False,
        f"quality stays at {quality.late:.2f}.",
        "one change at a time: a third of the rates, three times the rates, a larger generator, more steps.",
    )


RULES: tuple[Callable[[VitalSigns], Verdict | None], ...] = (
    blown_up,
    too_early,
    discriminator_won,
    learned_by_heart,
    flat,
    collapsed,
    deaf,
    swinging,
    fooled,
    past_its_best,
    learning,
    stalled,
)


def _good(signs: VitalSigns) -> bool:
    return signs.quality is not None and signs.quality.late >= GOOD


def _told(signs: VitalSigns, *names: str) -> str:
    """The late values of the curves that are there, as a sentence."""
    told = [f"{name} {signs.curves[name].late:.2f}" for name in names if name in signs.curves]
    return f"in the last quarter {', '.join(told)}." if told else "no figure gives cause for alarm."
