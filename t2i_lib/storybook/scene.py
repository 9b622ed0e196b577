"""What a storybook picture shows: nine attributes, the rules that join them, and how scenes are drawn by lot.

A `Scene` goes to the renderer (a picture) and to the caption grammar (a sentence), so the truth of every picture
is known exactly. Scenes of the `unseen` split hold combinations of attributes that training never sees.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from random import Random

ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "place": ("hill", "seaside", "forest", "castle", "street", "lake", "desert", "snowfield"),
    "time": ("day", "sunset", "night"),
    "weather": ("clear", "rainbow", "mist", "rain", "snow", "sunbeams"),
    "subject": ("none", "girl", "boy", "knight", "model", "cat", "dog", "spirit_tree"),
    "color": ("red", "orange", "yellow", "green", "blue", "purple", "pink", "white", "black"),
    "expression": ("smiling", "calm"),
    "holding": ("none", "umbrella", "balloon", "flowers", "sword"),
    "position": ("left", "center", "right"),
    "birds": ("none", "few", "many"),
}
SPLITS = ("train", "validation", "test", "unseen")
PEOPLE = ("girl", "boy", "model")  # faces large enough to show an expression, hands free to hold something
NEEDS_SUBJECT = ("color", "expression", "holding", "position")

# Held out of training altogether: each subject, colour, place and weather is seen, these pairs are not.
UNSEEN_SUBJECT_COLORS = frozenset(
    {("girl", "purple"), ("boy", "yellow"), ("knight", "pink"), ("model", "orange"), ("cat", "green"),
     ("dog", "blue"), ("spirit_tree", "white")}
)  # fmt: skip
UNSEEN_PLACE_WEATHERS = frozenset({("desert", "rainbow"), ("lake", "snow"), ("street", "mist"), ("castle", "sunbeams")})

# Chance of each value before the rules apply; a value not named here counts 1.
_WEIGHTS = {"clear": 2.5, "day": 1.5, "birds:none": 2.0, "holding:none": 1.5, "subject:none": 1.5}
# The order in which attributes are drawn: what others depend on comes first.
_ORDER = ("place", "time", "subject", "weather", "color", "expression", "holding", "position", "birds")


@dataclass(frozen=True)
class Scene:
    """One picture's truth. An attribute that does not apply is None (a scene without subject has no colour).

    Raises:
        ValueError: if a value is unknown, or if the rules of the world forbid the combination.

    >>> Scene("hill", "sunset", "rainbow").subject
    'none'
    """

    place: str
    time: str = "day"
    weather: str = "clear"
    subject: str = "none"
    color: str | None = None
    expression: str | None = None
    holding: str | None = None
    position: str | None = None
    birds: str = "none"

    def __post_init__(self) -> None:
        known: dict[str, str | None] = {}
        for name in _ORDER:  # what others depend on first, so that the blame falls on the one that does not fit
            value, allowed = getattr(self, name), allowed_values(name, known)
            if value not in allowed:
                raise ValueError(f"{name} must be one of {allowed} in this scene, but is {value!r}")
            known[name] = value

    def as_dict(self) -> dict[str, str | None]:
        """Attribute -> value, in the order of `ATTRIBUTES`."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def to_ids(self) -> tuple[int, ...]:
        """Each attribute as its index in `ATTRIBUTES`, -1 where it does not apply."""
        return tuple(-1 if value is None else ATTRIBUTES[name].index(value) for name, value in self.as_dict().items())

    def changed(self, **values: str | None) -> "Scene":
        """The same scene with some attributes replaced."""
        return replace(self, **values)


def allowed_values(name: str, known: Mapping[str, str | None]) -> tuple[str | None, ...]:
    """The values that the rules allow for one attribute, given the attributes in `known`.

    Attributes missing from `known` do not restrict anything; `(None,)` means that the attribute does not apply.
    """
    if name not in ATTRIBUTES:
        raise ValueError(f"unknown attribute {name!r}; the world has {', '.join(ATTRIBUTES)}")
    subject = known.get("subject")
    if name in NEEDS_SUBJECT and subject == "none":
        return (None,)
    if name == "expression" and subject is not None and subject not in PEOPLE:
        return (None,)
    if name == "holding" and subject is not None:
        return _holdable(subject)
    if name == "weather" and known.get("time") == "night":
        return tuple(value for value in ATTRIBUTES["weather"] if value not in ("rainbow", "sunbeams"))
    if name == "time" and known.get("weather") in ("rainbow", "sunbeams"):
        return ("day", "sunset")
    if name == "subject":
        return _possible_subjects(known)
    return ATTRIBUTES[name]


def _holdable(subject: str) -> tuple[str, ...]:
    if subject == "knight":
        return ("sword",)
    return ("none", "umbrella", "balloon", "flowers") if subject in PEOPLE else ("none",)


def _possible_subjects(known: Mapping[str, str | None]) -> tuple[str, ...]:
    """The subjects that can carry what is already known of them."""
    subjects = ATTRIBUTES["subject"]
    if any(known.get(name) is not None for name in NEEDS_SUBJECT):
        subjects = tuple(subject for subject in subjects if subject != "none")
    if known.get("expression") is not None:
        subjects = tuple(subject for subject in subjects if subject in PEOPLE)
    if known.get("holding") is not None:
        subjects = tuple(subject for subject in subjects if known["holding"] in _holdable(subject))
    return subjects


def is_unseen(scene: Scene) -> bool:
    """Whether the scene holds a pair of attributes that is kept out of training."""
    figure, scenery = (scene.subject, scene.color), (scene.place, scene.weather)
    return figure in UNSEEN_SUBJECT_COLORS or scenery in UNSEEN_PLACE_WEATHERS


def sample_scene(rng: Random, split: str = "train", stated: Mapping[str, str] | None = None) -> Scene:
    """Draw a scene by lot; what `stated` fixes stays, everything else is drawn anew.

    Args:
        rng: source of randomness.
        split: "unseen" gives only held-out combinations, every other split none of them.
        stated: attribute -> value, usually what a caption states.

    Raises:
        ValueError: if the split is unknown, or if no scene of that split can hold what is stated.
    """
    if split not in SPLITS:
        raise ValueError(f"unknown split {split!r}; choose one of {', '.join(SPLITS)}")
    for _ in range(1000):
        scene = _draw(rng, dict(stated or {}))
        if is_unseen(scene) == (split == "unseen"):
            return scene
    raise ValueError(f"no scene of the split {split!r} holds {dict(stated or {})}")


def scene_rng(split: str, index: int, purpose: str = "scene") -> Random:
    """The random source of one item of a split: the same item is the same on every machine."""
    return Random(f"{purpose}/{split}/{index}")


def _draw(rng: Random, known: dict[str, str | None]) -> Scene:
    for name in _ORDER:
        allowed = allowed_values(name, known)
        if name not in known:
            weights = [_WEIGHTS.get(f"{name}:{value}", _WEIGHTS.get(str(value), 1.0)) for value in allowed]
            known[name] = rng.choices(allowed, weights)[0]
        elif known[name] not in allowed:
            raise ValueError(f"{name} cannot be {known[name]!r} here; allowed: {allowed}")
    return Scene(**known)
