"""Exercises of lesson 12: the straight road, the mean of all roads, steps along it, guidance, codes, letters by lot."""

from collections.abc import Callable

import torch
from torch import Tensor

from t2i_lib.course.checks import Exercise, Misconception


def _drawn(*shape: int, seed: int = 0) -> Tensor:
    """Numbers between -2 and 2 in steps of a tenth, always the same ones."""
    return torch.randint(-20, 21, shape, generator=torch.Generator().manual_seed(seed)) / 10


# 12.1 ---------------------------------------------------------------------------------------------------------------


def road(noise: Tensor, latents: Tensor, time: Tensor) -> tuple[Tensor, Tensor]:
    """Where one is at `time` on the straight road from noise to latents, and how fast one moves.

    Args:
        noise, latents: (B, C, h, w).
        time: (B,) in [0, 1], one a picture.
    """
    share = time.view(-1, 1, 1, 1)
    return (1 - share) * noise + share * latents, latents - noise


def _share(time: Tensor) -> Tensor:
    return time.view(-1, 1, 1, 1)


def _first_time_for_all(noise, latents, time):
    return (1 - time[0]) * noise + time[0] * latents, latents - noise


ROAD = Exercise(
    name="road",
    title="A point on the road, and its velocity",
    tier="core",
    difficulty=1,
    minutes=6,
    why="These two lines are all that a flow is trained with: the first is what the network sees, the second its aim.",
    answer=road,
    cases=(
        (_drawn(3, 2, 5, 7, seed=1), _drawn(3, 2, 5, 7, seed=2), torch.tensor([0.0, 0.25, 1.0])),
        (_drawn(2, 3, 2, 2, seed=3), _drawn(2, 3, 2, 2, seed=4), torch.tensor([0.5, 0.125])),
    ),
    misconceptions=(
        Misconception(
            lambda noise, latents, time: (_share(time) * noise + (1 - _share(time)) * latents, latents - noise),
            "Your road runs the other way. In this lesson time 0 is noise and time 1 is the picture, so noise gets the "
            "share 1 - time. (Papers on diffusion often count backwards; always look which end is which.)",
        ),
        Misconception(
            lambda noise, latents, time: (road(noise, latents, time)[0], noise - latents),
            "The point is right, but the velocity leads back to the noise. It is the way from where one starts to "
            "where one shall end: latents - noise.",
        ),
        Misconception(
            lambda noise, latents, time: (road(noise, latents, time)[0], _share(time) * (latents - noise)),
            "Your velocity grows with time: that is how far one has come, not how fast one moves. The road is straight "
            "and walked evenly, so the velocity is the same at every time.",
        ),
        Misconception(
            lambda noise, latents, time: (road(noise, latents, time)[0], latents - road(noise, latents, time)[0]),
            "Your velocity is what is left of the way. That shrinks on the way, while the speed stays: the whole road, "
            "latents - noise, is walked in time 1.",
        ),
        Misconception(
            lambda noise, latents, time: (noise + _share(time) * latents, latents - noise),
            "At time 1 some noise is left over: as the latents come in, the noise has to go, (1 - time) * noise.",
        ),
        Misconception(
            _first_time_for_all,
            "All pictures of the batch stand at the time of the first one. Each has its own: give `time` the shape "
            "(B, 1, 1, 1), so that it spreads over channels and places.",
        ),
    ),
    hints=(
        "Two shares that add up to 1: noise gets 1 - time, latents get time.",
        "time is (B,), the rest (B, C, h, w): time.view(-1, 1, 1, 1) makes them fit.",
        "share = time.view(-1, 1, 1, 1); return (1 - share) * noise + share * latents, latents - noise",
    ),
    reasons=(
        "The derivative of (1 - t) noise + t latents with respect to t is latents - noise, whatever t is. That is the "
        "whole teacher: no adversary, no second network, one squared error."
    ),
    praise="A straight road, walked evenly.",
)


# 12.2 ---------------------------------------------------------------------------------------------------------------


def mean_velocity(points: Tensor, time: float, data: Tensor) -> Tensor:
    """The mean velocity of all roads that come by at `time`: (N,) points on a line, (M,) data, -> (N,)."""
    distance = points[:, None] - time * data  # (N, M)
    shares = (-(distance**2) / (2 * (1 - time) ** 2)).softmax(dim=1)  # (N, M)
    return ((data - points[:, None]) / (1 - time) * shares).sum(dim=1)


def _shares(points: Tensor, time: float, data: Tensor) -> Tensor:
    return (-((points[:, None] - time * data) ** 2) / (2 * (1 - time) ** 2)).softmax(dim=1)


def _of_roads(points: Tensor, time: float, data: Tensor) -> Tensor:
    return (data - points[:, None]) / (1 - time)


def _unnormalised(points, time, data):
    weights = torch.exp(-((points[:, None] - time * data) ** 2) / (2 * (1 - time) ** 2))
    return (weights * _of_roads(points, time, data)).sum(dim=1)


def _nearest_only(points, time, data):
    roads = _of_roads(points, time, data)
    return roads.gather(1, _shares(points, time, data).argmax(dim=1, keepdim=True))[:, 0]


MEAN_VELOCITY = Exercise(
    name="mean_velocity",
    title="The mean of all roads that come by",
    tier="core",
    difficulty=3,
    minutes=12,
    why="A network trained by squared error learns a mean. This is the mean that a perfect flow would have learned.",
    answer=mean_velocity,
    cases=(
        (torch.tensor([0.0, 0.3, -1.0]), 0.5, torch.tensor([-1.0, 1.0])),
        (torch.tensor([0.2, 1.7]), 0.25, torch.tensor([-2.0, 0.0, 1.0])),
        (torch.tensor([0.4, -0.6, 0.0, 2.0]), 0.0, torch.tensor([-1.0, 3.0])),
    ),
    misconceptions=(
        Misconception(
            lambda points, time, data: _of_roads(points, time, data).mean(dim=1),
            "You take the plain mean over the data. But few of the roads to a far datum come by here: weigh each by "
            "how likely its noise is, exp(-distance^2 / (2 (1 - time)^2)).",
        ),
        Misconception(
            _nearest_only,
            "You follow the likeliest road alone. The others come by here too, only more seldom; the mean counts each "
            "with its share.",
        ),
        Misconception(
            _unnormalised,
            "Your weights do not add up to 1. Divide them by their sum over the data; a softmax over "
            "-distance^2 / (2 (1 - time)^2) does both at once.",
        ),
        Misconception(
            lambda points, time, data: (_shares(points, time, data) * (data - points[:, None])).sum(dim=1),
            "You return how far it still is. It has to be covered in the time that is left: divide by 1 - time.",
        ),
        Misconception(
            lambda points, time, data: (
                (-((points[:, None] - time * data) ** 2) / 2).softmax(dim=1) * _of_roads(points, time, data)
            ).sum(dim=1),
            "Your cloud keeps its width. At `time` the noise is scaled by 1 - time, so its variance is (1 - time)^2.",
        ),
        Misconception(
            lambda points, time, data: (
                (-((points[:, None] - data) ** 2) / (2 * (1 - time) ** 2)).softmax(dim=1)
                * _of_roads(points, time, data)
            ).sum(dim=1),
            "You measure the distance to the data themselves. At `time` the road to a datum has only come as far as "
            "time * datum; around that the points of its roads lie.",
        ),
    ),
    hints=(
        "For each point and each datum two numbers: how likely is a road to that datum to come by here, and how fast "
        "is it? Shapes (N, M).",
        "A road here at `time` came from the noise (point - time * datum) / (1 - time); its velocity is datum - noise, "
        "which is (datum - point) / (1 - time). How likely: exp(-(point - time * datum)^2 / (2 (1 - time)^2)).",
        "shares = (-(points[:, None] - time * data) ** 2 / (2 * (1 - time) ** 2)).softmax(dim=1); then "
        "(shares * (data - points[:, None]) / (1 - time)).sum(dim=1)",
    ),
    reasons=(
        "The share of each road is Bayes' rule with equally likely data: how well does its noise fit a standard normal "
        "distribution? Far from the end all data take part, close to it one wins, as in any softmax whose temperature "
        "falls."
    ),
    praise="Roads may cross; their mean cannot.",
)


# 12.3 ---------------------------------------------------------------------------------------------------------------


def walk(velocity: Callable[[Tensor, float], Tensor], start: Tensor, num_steps: int) -> Tensor:
    """Follow velocity(points, time) from time 0 to time 1 in equal steps (Euler's method)."""
    points = start
    for step in range(num_steps):
        points = points + velocity(points, step / num_steps) / num_steps
    return points


def _walk_with(attempt, start: Tensor, num_steps: int) -> Tensor:
    return attempt(lambda points, time: torch.cos(points) + 3 * time - 0.5, start, num_steps)


def _walk_whole(velocity, start, num_steps):
    points = start
    for step in range(num_steps):
        points = points + velocity(points, step / num_steps)
    return points


def _walk_late(velocity, start, num_steps):
    points = start
    for step in range(num_steps):
        points = points + velocity(points, (step + 1) / num_steps) / num_steps
    return points


def _walk_from_start(velocity, start, num_steps):
    points = start
    for step in range(num_steps):
        points = points + velocity(start, step / num_steps) / num_steps
    return points


def _walk_too_far(velocity, start, num_steps):
    points = start
    for step in range(num_steps + 1):
        points = points + velocity(points, step / num_steps) / num_steps
    return points


def _walk_by_number(velocity, start, num_steps):
    points = start
    for step in range(num_steps):
        points = points + velocity(points, step) / num_steps
    return points


def _walk_back(velocity, start, num_steps):
    points = start
    for step in reversed(range(num_steps)):
        points = points - velocity(points, (step + 1) / num_steps) / num_steps
    return points


WALK = Exercise(
    name="walk",
    title="Walk from noise to picture",
    tier="core",
    difficulty=1,
    minutes=6,
    why="This loop is the whole difference in cost between a flow and a GAN: each step is one pass of the network.",
    answer=walk,
    probe=_walk_with,
    cases=((torch.tensor([0.0, 1.0, -2.0]), 4), (_drawn(2, 3, seed=5), 1), (_drawn(4, 2, seed=6), 7)),
    misconceptions=(
        Misconception(
            _walk_whole,
            "Every step goes as far as the whole journey. A step lasts 1 / num_steps: multiply the velocity by that.",
        ),
        Misconception(
            _walk_late,
            "You ask for the velocity at the end of each step, but from the point where the step begins. The first "
            "step asks at time 0.",
        ),
        Misconception(
            _walk_from_start,
            "You always ask at the starting point. The velocity changes on the way: ask where you are now.",
        ),
        Misconception(
            _walk_too_far,
            "You take one step too many and run past time 1. There are num_steps steps, the last begins one step "
            "before the end.",
        ),
        Misconception(
            _walk_by_number,
            "You hand over the number of the step as the time. Times lie between 0 and 1: step / num_steps.",
        ),
        Misconception(
            _walk_back,
            "You walk from time 1 back to 0, from pictures to noise. We start with noise: time goes up, and the "
            "velocity is added.",
        ),
    ),
    hints=(
        "A loop over num_steps; in each round ask for the velocity here and now, and move a little.",
        "Step number 0 begins at time 0, the next at 1 / num_steps. How long does a step last?",
        "for step in range(num_steps): points = points + velocity(points, step / num_steps) / num_steps",
    ),
    reasons=(
        "Euler's method treats the velocity as constant during a step. Where the road bends it cuts the corner, and "
        "smaller steps cut less. Were all roads straight, a single step would do."
    ),
    praise="One pass of the network a step.",
)


# 12.4 ---------------------------------------------------------------------------------------------------------------


def guide(with_prompt: Tensor, without: Tensor, guidance: float) -> Tensor:
    """Exaggerate what the prompt changes: 0 ignores it, 1 is the plain answer, 2 goes twice as far."""
    return without + guidance * (with_prompt - without)


GUIDE = Exercise(
    name="guide",
    title="Guidance",
    tier="core",
    difficulty=1,
    minutes=4,
    why="One line that nearly every text-to-image model of today draws with.",
    answer=guide,
    cases=(
        (_drawn(3, 5, seed=7), _drawn(3, 5, seed=8), 2.5),
        (_drawn(2, 3, seed=9), _drawn(2, 3, seed=10), 0.0),
        (_drawn(2, 3, seed=11), _drawn(2, 3, seed=12), 1.0),
    ),
    misconceptions=(
        Misconception(
            lambda told, untold, guidance: told + guidance * (told - untold),
            "With guidance 0 yours gives the plain answer. That is how the first paper counted (its w); here, as in "
            "most programs, 1 is the plain answer and 0 ignores the prompt: start from `without`.",
        ),
        Misconception(
            lambda told, untold, guidance: told + guidance * (untold - told),
            "You move from the answer with the prompt towards the one without. The difference has to point to the "
            "prompt, and to start from `without`.",
        ),
        Misconception(
            lambda told, untold, guidance: guidance * told,
            "You make the answer larger as a whole. Only what the prompt *changes* shall grow: with_prompt - without.",
        ),
        Misconception(
            lambda told, untold, guidance: untold + min(guidance, 1.0) * (told - untold),
            "You stop at the plain answer. The point of guidance is to go beyond it: a factor above 1 is allowed.",
        ),
        Misconception(
            lambda told, untold, guidance: guidance * (told - untold),
            "You return the exaggerated difference alone. It has to be added to `without`.",
        ),
        Misconception(
            lambda told, untold, guidance: (told + guidance * untold) / (1 + guidance),
            "You average the two answers. Guidance does not go between them but beyond.",
        ),
    ),
    hints=(
        "Begin at `without` and walk in the direction of `with_prompt`.",
        "One whole step of that walk, with_prompt - without, ends at the plain answer. You take `guidance` of them.",
        "return without + guidance * (with_prompt - without)",
    ),
    reasons=(
        "What the two answers have in common is what all pictures have in common; their difference is what this prompt "
        "asks for. Guidance turns that up, and pays with variety and with a second pass of the network."
    ),
    praise="Beyond the plain answer, in the prompt's direction.",
)


# 12.5 ---------------------------------------------------------------------------------------------------------------


def big_step(small: Callable[[Tensor, float], Tensor], points: Tensor, time: float, stride: float) -> Tensor:
    """The velocity that takes one in one step of `stride` to where two steps of half the size lead."""
    first = small(points, time)
    second = small(points + stride / 2 * first, time + stride / 2)
    return (first + second) / 2


def _step_with(attempt, points: Tensor, time: float, stride: float) -> Tensor:
    return attempt(lambda here, now: torch.sin(here) * (1 + 2 * now) + 0.3, points, time, stride)


def _from_same_point(small, points, time, stride):
    return (small(points, time) + small(points, time + stride / 2)) / 2


def _sum_of_both(small, points, time, stride):
    return 2 * big_step(small, points, time, stride)


def _place_not_velocity(small, points, time, stride):
    return points + stride * big_step(small, points, time, stride)


def _second_only(small, points, time, stride):
    return small(points + stride / 2 * small(points, time), time + stride / 2)


def _steps_too_long(small, points, time, stride):
    first = small(points, time)
    return (first + small(points + stride * first, time + stride)) / 2


def _same_time(small, points, time, stride):
    first = small(points, time)
    return (first + small(points + stride / 2 * first, time)) / 2


BIG_STEP = Exercise(
    name="big_step",
    title="Two steps in one",
    tier="stretch",
    difficulty=2,
    minutes=8,
    why="This is the lesson that a flow is given when many steps are distilled to few.",
    answer=big_step,
    probe=_step_with,
    cases=(
        (torch.tensor([0.5, -1.0, 2.0]), 0.0, 0.5),
        (_drawn(3, 2, seed=13), 0.25, 0.25),
        (_drawn(2, seed=14), 0.0, 1.0),
    ),
    misconceptions=(
        Misconception(
            _from_same_point,
            "The second half step begins where the first one ended, not at the old point: move by stride / 2 first.",
        ),
        Misconception(
            _sum_of_both,
            "You add the two velocities. A big step lasts as long as both small ones together, so its velocity is "
            "their mean, not their sum.",
        ),
        Misconception(
            _place_not_velocity,
            "You return the place where one arrives. The network's answer is a velocity, and so is its lesson.",
        ),
        Misconception(
            _second_only,
            "You return the velocity of the second half step alone. The first half was walked with another one: take "
            "the mean.",
        ),
        Misconception(
            _steps_too_long,
            "Your small steps are as long as the big one. Each covers half: stride / 2, in place and in time.",
        ),
        Misconception(
            _same_time,
            "The second half step asks at the old time. Half a stride has passed: time + stride / 2.",
        ),
    ),
    hints=(
        "Ask for the first velocity; move by half a stride; ask again, there and then.",
        "Distance = velocity x time. The two halves cover stride/2 x first + stride/2 x second. Which single velocity "
        "covers that in `stride`?",
        "first = small(points, time); second = small(points + stride / 2 * first, time + stride / 2); then the mean",
    ),
    reasons=(
        "stride x mean = stride/2 x first + stride/2 x second: one step that ends where two end. The two may have been "
        "big steps themselves, so that 16 steps become 8, 4, 2 and 1 in one training."
    ),
    praise="One step that ends where two end.",
)


# 12.6 ---------------------------------------------------------------------------------------------------------------


def quantise(vectors: Tensor, codebook: Tensor) -> tuple[Tensor, Tensor]:
    """The number of the nearest code to each vector, and that code with the gradient of the vector.

    Args:
        vectors: (N, d). codebook: (V, d).

    Returns:
        ids: (N,) int64.
        coded: (N, d), equal to codebook[ids]; its gradient goes to `vectors` as if nothing had happened.
    """
    ids = torch.cdist(vectors, codebook).argmin(dim=1)
    return ids, vectors + (codebook[ids] - vectors).detach()


def _quantise_with(attempt, vectors: Tensor, codebook: Tensor, weights: Tensor) -> list:
    """Ids, values, and the gradient that reaches the vectors; zeros if none does."""
    vectors = vectors.clone().requires_grad_(True)
    answer = attempt(vectors, codebook)
    if answer is None or answer is Ellipsis:
        return None
    ids, coded = answer
    gradient = torch.zeros_like(vectors)
    if coded.requires_grad:
        (coded * weights).sum().backward()
        gradient = torch.zeros_like(vectors) if vectors.grad is None else vectors.grad
    return [ids.detach(), coded.detach(), gradient]


def _with_ids(ids: Tensor, vectors: Tensor, codebook: Tensor) -> tuple[Tensor, Tensor]:
    return ids, vectors + (codebook[ids] - vectors).detach()


def _coded_alone(vectors, codebook):
    ids, _ = quantise(vectors, codebook)
    return ids, codebook[ids]


def _vectors_kept(vectors, codebook):
    return quantise(vectors, codebook)[0], vectors


def _gradient_twice(vectors, codebook):
    ids, _ = quantise(vectors, codebook)
    return ids, codebook[ids] + 2 * (vectors - vectors.detach())


QUANTISE = Exercise(
    name="quantise",
    title="The nearest code, and a gradient that passes through",
    tier="core",
    difficulty=2,
    minutes=8,
    why="Pictures become words here; and a step without a slope gets a gradient all the same.",
    answer=quantise,
    probe=_quantise_with,
    cases=(
        (_drawn(5, 3, seed=15), _drawn(4, 3, seed=16), _drawn(5, 3, seed=17)),
        (torch.tensor([[0.4, 0.4], [3.0, 0.1]]), torch.tensor([[0.5, 0.5], [9.0, 9.0], [2.5, 0.0]]), torch.ones(2, 2)),
    ),
    misconceptions=(
        Misconception(
            _coded_alone,
            "Numbers and codes are right, but no gradient reaches the vectors: choosing the nearest is a step, and a "
            "step has no slope. Return vectors + (code - vectors).detach().",
        ),
        Misconception(
            _vectors_kept,
            "You return the vectors as they were. The value has to be the code's; only the gradient is the vector's.",
        ),
        Misconception(
            lambda vectors, codebook: _with_ids(torch.cdist(vectors, codebook).argmax(dim=1), vectors, codebook),
            "You take the code that is farthest away. The smallest distance wins: argmin.",
        ),
        Misconception(
            lambda vectors, codebook: _with_ids((vectors @ codebook.T).argmax(dim=1), vectors, codebook),
            "You compare by dot products, and a long code wins although it is far away. Take distances: torch.cdist.",
        ),
        Misconception(
            lambda vectors, codebook: _with_ids(
                (vectors[:, None] - codebook).sum(dim=2).abs().argmin(dim=1), vectors, codebook
            ),
            "In your distance positive and negative differences cancel. Square them before you add them up.",
        ),
        Misconception(
            _gradient_twice,
            "The gradient reaches the vectors twice. In vectors + (code - vectors).detach() it passes once, through "
            "the first term.",
        ),
    ),
    hints=(
        "Two parts: which code is nearest (numbers), and that code in a form that lets a gradient through.",
        "torch.cdist(vectors, codebook) is (N, V). And .detach() makes a constant of whatever it is called on.",
        "ids = torch.cdist(vectors, codebook).argmin(dim=1); return ids, vectors + (codebook[ids] - vectors).detach()",
    ),
    reasons=(
        "In vectors + (code - vectors).detach() the vectors cancel in the value and remain in the gradient. It is not "
        "the true slope, which is zero nearly everywhere, but it tells an encoder in which direction the decoder would "
        "have liked its vectors to be."
    ),
    praise="The code's value, the vector's gradient.",
)


# 12.7 ---------------------------------------------------------------------------------------------------------------


def draw_letter(logits: Tensor, lot: float, temperature: float) -> int:
    """Draw a letter: which one does a lot in [0, 1) hit, if each gets its probability's share of the line?"""
    heaps = (logits / temperature).softmax(dim=0).cumsum(dim=0)
    return int((heaps <= lot).sum().clamp(max=len(logits) - 1))


LETTER = Exercise(
    name="draw_letter",
    title="A letter by lot",
    tier="core",
    difficulty=2,
    minutes=7,
    why="A language model gives probabilities; a picture needs decisions. And the same seed has to decide the same.",
    answer=draw_letter,
    cases=tuple(
        (torch.tensor(logits), lot, temperature)
        for logits in ([0.0, 1.0, 2.0, 0.5], [3.0, -1.0, 0.2])
        for lot in (0.05, 0.12, 0.3, 0.5, 0.7, 0.93)
        for temperature in (0.4, 1.0, 3.0)
    ),
    misconceptions=(
        Misconception(
            lambda logits, lot, temperature: int(logits.argmax()),
            "You always take the likeliest letter. Then one prompt has one picture, and often a dull one: sky, sky, "
            "sky. Let the lot decide.",
        ),
        Misconception(
            lambda logits, lot, temperature: draw_letter(logits, lot, 1 / temperature),
            "Your temperature works the wrong way round. Divide the logits by it: a low one makes the differences "
            "larger, and the likely letters likelier.",
        ),
        Misconception(
            lambda logits, lot, temperature: draw_letter(logits, lot, 1.0),
            "The temperature is not used. Divide the logits by it before the softmax.",
        ),
        Misconception(
            lambda logits, lot, temperature: int(lot * len(logits)),
            "Every letter gets the same share of the line. The shares are the probabilities: softmax first.",
        ),
        Misconception(
            lambda logits, lot, temperature: int(
                ((logits / temperature).softmax(dim=0) <= lot).sum().clamp(max=len(logits) - 1)
            ),
            "You compare the lot with each probability by itself. Lay the shares end to end on the line: cumsum.",
        ),
        Misconception(
            lambda logits, lot, temperature: max(draw_letter(logits, lot, temperature) - 1, 0),
            "You are one letter off. The lot hits the first letter whose heap ends *behind* it: count the heaps that "
            "end at or before the lot.",
        ),
        Misconception(
            lambda logits, lot, temperature: draw_letter(logits.sort(descending=True).values, lot, temperature),
            "You sorted the logits, so your number is a place in the sorted list and no letter.",
        ),
    ),
    hints=(
        "Probabilities laid end to end on a line from 0 to 1; the lot is a point on it. In whose part does it fall?",
        "(logits / temperature).softmax(0), then .cumsum(0): where each part ends.",
        "heaps = (logits / temperature).softmax(0).cumsum(0); return int((heaps <= lot).sum())",
    ),
    reasons=(
        "A letter with probability 0.3 owns 0.3 of the line, so an even lot hits it in 0.3 of all cases. With lots "
        "from a seed the picture can be drawn again, letter by letter."
    ),
    praise="Each letter gets its share of the line.",
)

EXERCISES = (ROAD, MEAN_VELOCITY, WALK, GUIDE, BIG_STEP, QUANTISE, LETTER)
