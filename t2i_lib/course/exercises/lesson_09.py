"""Exercises of lesson 09: a training that is fed, fits into memory, keeps its small numbers, and survives a kill."""

import json
import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from t2i_lib.course.checks import Exercise, Misconception

# 9.1 ----------------------------------------------------------------------------------------------------------------


def waiting_share(make: float, compute: float, makers: int) -> float:
    """Share of the time in which the networks wait, if `makers` threads make batches ahead (seconds a batch each)."""
    supply = make / makers  # seconds from one finished batch to the next
    step = max(supply, compute)  # the slower side sets the pace
    return (step - compute) / step


WAITING = Exercise(
    name="waiting_share",
    title="Who waits for whom?",
    tier="core",
    difficulty=1,
    minutes=6,
    why="A GPU that waits for data costs as much as one that computes, and it is the commonest waste of all.",
    answer=waiting_share,
    cases=((20.0, 30.0, 1), (60.0, 30.0, 1), (60.0, 30.0, 2), (90.0, 30.0, 2), (0.5, 0.1, 4)),
    misconceptions=(
        Misconception(
            lambda make, compute, makers: make / (make + compute),
            "This is the naive loop, in which making and computing take turns. With makers at work ahead of time both "
            "go on at once: a step takes as long as the slower of the two, not as long as their sum.",
        ),
        Misconception(
            lambda make, compute, makers: make / makers / (make / makers + compute),
            "You gave the work to several makers, but computing still waits until they are done. Both go on at once, "
            "so a step takes max(make / makers, compute), not the sum.",
        ),
        Misconception(
            lambda make, compute, makers: (max(make, compute) - compute) / max(make, compute),
            "Right for one maker. Several of them finish a batch every make / makers seconds.",
        ),
        Misconception(
            lambda make, compute, makers: (max(make * makers, compute) - compute) / max(make * makers, compute),
            "More makers make you wait longer: you multiply by their number. Divide: each of them brings a batch every "
            "`make` seconds, so together they bring one every make / makers.",
        ),
        Misconception(
            lambda make, compute, makers: 1 - compute * makers / make,
            "Where the makers are quicker than needed, your share is negative. Nobody waits a negative time: the step "
            "takes max(make / makers, compute), and then nothing is waited for.",
        ),
        Misconception(
            lambda make, compute, makers: (max(make / makers, compute) - compute) / compute,
            "You found the right seconds of waiting, but divide by the seconds of computing. A share of the time is "
            "divided by the whole step.",
        ),
        Misconception(
            lambda make, compute, makers: compute / max(make / makers, compute),
            "That is the share in which the networks compute. Asked is the rest of it.",
        ),
    ),
    hints=(
        "Two things go on at once. How often is a new batch ready? How long does the network work on one?",
        "A batch is ready every make / makers seconds; a step takes max(make / makers, compute).",
        "step = max(make / makers, compute), and the answer is (step - compute) / step.",
    ),
    reasons=(
        "A chain is as fast as its slowest link. Once the data are the faster side, still faster data gain nothing; "
        "while they are the slower side, a faster GPU gains nothing."
    ),
    praise="Now you can tell from two times which side to mend.",
)


# 9.2 ----------------------------------------------------------------------------------------------------------------


def through_fp16(gradient: Tensor, scale: float) -> tuple[Tensor, bool]:
    """Send a float32 gradient through fp16, scaled; back come what arrived (float32) and whether to skip the step."""
    small = (gradient * scale).half()
    if not small.isfinite().all():
        return torch.zeros_like(gradient), True
    return small.float() / scale, False


def _arrived(attempt: Callable, gradient: Tensor, scale: float) -> Any:
    """Each number that arrived as a share of the number that was sent: tiny ones count as much as large ones."""
    result = attempt(gradient, scale)
    if not isinstance(result, tuple) or len(result) != 2 or not isinstance(result[0], Tensor):
        return result
    return result[0].double() / gradient, bool(result[1])


def _unscaled_in_fp16(gradient: Tensor, scale: float) -> tuple[Tensor, bool]:
    small = (gradient * scale).half()
    skip = not small.isfinite().all()
    return (torch.zeros_like(gradient) if skip else (small / scale).float()), skip


def _without_overflow_check(gradient: Tensor, scale: float) -> tuple[Tensor, bool]:
    return (gradient * scale).half().float() / scale, False


def _only_the_infinite_ones(gradient: Tensor, scale: float) -> tuple[Tensor, bool]:
    small = (gradient * scale).half()
    kept = small.isfinite()
    return torch.where(kept, small.float() / scale, 0.0), not kept.all()


def _never_unscaled(gradient: Tensor, scale: float) -> tuple[Tensor, bool]:
    kept, skip = through_fp16(gradient, scale)
    return kept * scale, skip


SURVIVE = Exercise(
    name="through_fp16",
    title="A gradient of 0.00000001 goes through fp16",
    tier="core",
    difficulty=2,
    minutes=7,
    why="On GPUs without bf16 (Volta, Turing) this is what keeps a training alive.",
    answer=through_fp16,
    probe=_arrived,
    cases=(
        (torch.tensor([1e-8, 0.5, -3e-5]), 1.0),
        (torch.tensor([1e-8, 0.5, -3e-5]), 1024.0),
        (torch.tensor([1e-8, 0.5, -3e-5]), 2.0**20),
        (torch.tensor([2e-9, -4e-6]), 2.0**20),
    ),
    misconceptions=(
        Misconception(
            lambda gradient, scale: (gradient.half().float(), False),
            "The scale is not used, so 1e-8 became 0 at once. Multiply the float32 gradient by it, then call .half().",
        ),
        Misconception(
            _unscaled_in_fp16,
            "1e-8 died on the way: somewhere it stands in fp16 without its scale. Either you call .half() before you "
            "scale, or you divide while the number is still fp16. Scale, .half(), .float(), divide: in this order.",
        ),
        Misconception(
            _never_unscaled,
            "What arrives is `scale` times too large: you do not divide by the scale at the end.",
        ),
        Misconception(
            _without_overflow_check,
            "With scale 2**20 the number 0.5 became infinite (65504 is the largest of fp16) and you hand that on. "
            "Look: if any number of the fp16 tensor is not finite, return zeros and True.",
        ),
        Misconception(
            _only_the_infinite_ones,
            "You keep the numbers that did not overflow. Half a gradient points somewhere else: the whole step is "
            "skipped, so return zeros everywhere.",
        ),
        Misconception(
            lambda gradient, scale: (through_fp16(gradient, scale)[0], not through_fp16(gradient, scale)[1]),
            "The numbers are right, the flag is the wrong way round: True means that the step must be skipped.",
        ),
        Misconception(
            lambda gradient, scale: through_fp16(gradient, scale)[0],
            "The numbers are right. Return the flag with them: `return arrived, skip`.",
        ),
    ),
    hints=(
        "Four moves in this order: scale, shorten, look, unscale. In which format does each of them happen?",
        "small = (gradient * scale).half(). Is small.isfinite().all()? If not: zeros, True.",
        "Else return small.float() / scale, False. The division comes after .float().",
    ),
    reasons=(
        "A scale moves all gradients up to where fp16 has numbers, and dividing in float32 moves them back without "
        "loss. Too large a scale overflows: then the step is skipped and a smaller scale is tried."
    ),
    praise="It arrives alive, and an overflow does no harm.",
    tolerance=1e-3,
)


# 9.3 ----------------------------------------------------------------------------------------------------------------


def learning_rate_factor(step: int, num_steps: int, warmup_steps: int, floor: float) -> float:
    """A linear rise over `warmup_steps`, then half a cosine from 1 down to `floor` at `num_steps`."""
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    progress = min(1.0, (step - warmup_steps) / (num_steps - warmup_steps))
    return floor + (1 - floor) * (1 + math.cos(math.pi * progress)) / 2


def _factor(
    step: int, num_steps: int, warmup_steps: int, floor: float, first: int = 1, shape: Callable | None = None
) -> float:
    if step < warmup_steps:
        return (step + first) / warmup_steps
    progress = min(1.0, (step - warmup_steps) / (num_steps - warmup_steps))
    return (shape or _cosine)(progress, floor)


def _cosine(progress: float, floor: float) -> float:
    return floor + (1 - floor) * (1 + math.cos(math.pi * progress)) / 2


def _from_the_first_step(step: int, num_steps: int, warmup_steps: int, floor: float) -> float:
    return (step + 1) / warmup_steps if step < warmup_steps else _cosine(min(1.0, step / num_steps), floor)


def _rises_again(step: int, num_steps: int, warmup_steps: int, floor: float) -> float:
    progress = (step - warmup_steps) / (num_steps - warmup_steps)
    return (step + 1) / warmup_steps if step < warmup_steps else _cosine(progress, floor)


RATE = Exercise(
    name="learning_rate_factor",
    title="Up in a line, down in half a cosine",
    tier="stretch",
    difficulty=2,
    minutes=6,
    why="The same two lines stand in most training programs of the last years.",
    answer=learning_rate_factor,
    cases=tuple((step, 10, 2, 0.1) for step in (0, 1, 2, 6, 9, 10, 13)) + ((40, 100, 20, 0.02),),
    misconceptions=(
        Misconception(
            lambda *case: _factor(*case, first=0),
            "Your first step has factor 0: it computes everything and learns nothing. Step 0 is the first of the rise, "
            "so (step + 1) / warmup_steps.",
        ),
        Misconception(
            lambda *case: _factor(*case, shape=lambda progress, floor: (1 + math.cos(math.pi * progress)) / 2),
            "The cosine is right, but goes down to 0 instead of to `floor`. Squeeze it into what lies above the floor: "
            "floor + (1 - floor) * ...",
        ),
        Misconception(
            lambda *case: _factor(*case, shape=lambda progress, floor: floor + (1 + math.cos(math.pi * progress)) / 2),
            "You lift the whole cosine by the floor, so that it begins above 1. It needs less room: "
            "floor + (1 - floor) * ...",
        ),
        Misconception(
            lambda *case: _factor(
                *case, shape=lambda progress, floor: floor + (1 - floor) * math.cos(math.pi * progress)
            ),
            "Your cosine swings from 1 to -1, so the factor becomes negative and the training runs uphill. "
            "(1 + cos) / 2 goes from 1 to 0.",
        ),
        Misconception(
            lambda *case: _factor(*case, shape=lambda progress, floor: 1 - (1 - floor) * progress),
            "You go down in a straight line. Half a cosine stays high at first, and is gentle at the end.",
        ),
        Misconception(
            _from_the_first_step,
            "Your cosine begins at step 0, so after the rise it is already below 1. Progress counts from the end of "
            "the rise: (step - warmup_steps) / (num_steps - warmup_steps).",
        ),
        Misconception(
            _rises_again,
            "Right up to the last step. But a step past the end (a training that was made longer) climbs the cosine "
            "again: progress is at most 1.",
        ),
        Misconception(
            lambda step, num_steps, warmup_steps, floor: _factor(
                max(step, warmup_steps), num_steps, warmup_steps, floor
            ),
            "The way down is right, the rise is missing: below warmup_steps the factor is (step + 1) / warmup_steps.",
        ),
    ),
    hints=(
        "Two pieces: `if step < warmup_steps`, and what comes after it.",
        "After the rise, progress runs from 0 to 1: (step - warmup_steps) / (num_steps - warmup_steps), at most 1.",
        "floor + (1 - floor) * (1 + math.cos(math.pi * progress)) / 2.",
    ),
    reasons=(
        "Adam divides by a mean of squared gradients. In the first steps that mean rests on a few samples, so one "
        "takes small steps until it is trustworthy. At the end small steps settle what large ones keep stirring up."
    ),
    praise="Equal to the library's.",
)


# 9.4 ----------------------------------------------------------------------------------------------------------------


def averaged(start: float, weights: Sequence[float], decay: float) -> float:
    """The running mean after the given weights (one a step, step 0 first), with a warm-up of the decay."""
    average = start
    for step, weight in enumerate(weights):
        keep = min(decay, (1 + step) / (10 + step))  # small at first: the start is soon forgotten
        average = keep * average + (1 - keep) * weight
    return average


def _averaged(start: float, weights: Sequence[float], keep: Callable[[int], float]) -> float:
    average = start
    for step, weight in enumerate(weights):
        average = keep(step) * average + (1 - keep(step)) * weight
    return average


AVERAGED = Exercise(
    name="averaged",
    title="A mean that moves along",
    tier="stretch",
    difficulty=2,
    minutes=6,
    why="Every picture of this course is drawn by averaged weights, never by the latest ones.",
    answer=averaged,
    cases=(
        (4.0, [2.0, 6.0], 0.5),
        (0.0, [1.0] * 5, 0.99),
        (-3.0, [float(step % 7) for step in range(40)], 0.5),
        (5.0, [float(step % 5) for step in range(60)], 0.8),
    ),
    misconceptions=(
        Misconception(
            lambda start, weights, decay: _averaged(
                start, weights, lambda step: 1 - min(decay, (1 + step) / (10 + step))
            ),
            "The shares are swapped: `keep` belongs to the old average, 1 - keep to the new weight.",
        ),
        Misconception(
            lambda start, weights, decay: _averaged(start, weights, lambda step: decay),
            "Without the warm-up your mean still remembers the start. In the first steps keep less of it: "
            "min(decay, (1 + step) / (10 + step)).",
        ),
        Misconception(
            lambda start, weights, decay: _averaged(start, weights, lambda step: max(decay, (1 + step) / (10 + step))),
            "You take the larger of the two. Then the start is kept longest of all, and late in training the mean no "
            "longer moves: (1 + step) / (10 + step) goes to 1. It is min.",
        ),
        Misconception(
            lambda start, weights, decay: _averaged(start, weights, lambda step: min(decay, (2 + step) / (11 + step))),
            "Your count begins at 1. The first weight is that of step 0 and keeps (1 + 0) / (10 + 0) = 0.1.",
        ),
        Misconception(
            lambda start, weights, decay: _averaged(start, weights, lambda step: (1 + step) / (10 + step)),
            "`decay` is not used, so late in training the mean hardly moves: (1 + step) / (10 + step) goes to 1. Never "
            "keep more than decay.",
        ),
        Misconception(
            lambda start, weights, decay: averaged(0.0, weights, decay),
            "Your mean begins at 0. It begins as a copy of the network, at `start`.",
        ),
        Misconception(
            lambda start, weights, decay: sum(weights) / len(weights),
            "This is the plain mean: all steps count alike, the bad first ones as well. A running mean forgets.",
        ),
    ),
    hints=(
        "A loop over the weights with `enumerate`; one number, the average, is carried along.",
        "keep = min(decay, (1 + step) / (10 + step)). How much of the new weight comes in?",
        "average = keep * average + (1 - keep) * weight, beginning with average = start.",
    ),
    reasons=(
        "A weight from k steps ago counts decay**k times as much as today's: with 0.999 the mean reaches back about "
        "a thousand steps. The warm-up keeps the random start out of it."
    ),
    praise="That is the whole of EMA.",
)


# 9.5 ----------------------------------------------------------------------------------------------------------------


def number_at(step: int) -> float:
    """What is drawn by lot at a step: always the same number at the same step."""
    return ((step * 37 + 11) % 23) / 23


def train_on(state: dict | None, stop: int) -> dict:
    """Train up to (not with) step `stop`, from a state or, where it is None, from the beginning; returns a state."""
    state = state or {"step": 0, "weight": 4.0, "velocity": 0.0}
    step, weight, velocity = state["step"], state["weight"], state["velocity"]
    while step < stop:
        gradient = 2 * (weight - number_at(step))
        velocity = 0.9 * velocity + gradient
        weight = weight - 0.05 * velocity
        step += 1
    return {"step": step, "weight": weight, "velocity": velocity}


def _stopped_and_straight(attempt: Callable, stops: tuple[int, ...]) -> Any:
    """The weight after a training in several calls, its state a file between them, and after one in one call.

    At each stop the weight is nudged, to see that the training goes on from the state and not from the beginning.
    """
    state = None
    for stop in stops:
        if state is not None:
            state = json.loads(json.dumps(state))
            state["weight"] += 1.0
        state = attempt(state, stop)
        if state is None or state is ...:
            return state
    return [state["weight"], attempt(None, stops[-1])["weight"]]


def _training(
    state: dict | None, stop: int, velocity_kept: bool = True, step_kept: bool = True, more: bool = False
) -> dict:
    known = state or {"step": 0, "weight": 4.0, "velocity": 0.0}
    weight, velocity = known["weight"], known["velocity"] if velocity_kept else 0.0
    steps = range(known["step"], stop)
    if not step_kept:
        steps = range(len(steps))
    if more:
        steps = range(known["step"], known["step"] + stop)
    for step in steps:
        velocity = 0.9 * velocity + 2 * (weight - number_at(step))
        weight -= 0.05 * velocity
    return {"step": stop, "weight": weight, "velocity": velocity}


def _from_scratch_each_time(state: dict | None, stop: int) -> dict:
    return _training({"step": (state or {"step": 0})["step"], "weight": 4.0, "velocity": 0.0}, stop)


TRAIN_ON = Exercise(
    name="train_on",
    title="A training that can be stopped anywhere",
    tier="project",
    difficulty=3,
    minutes=12,
    why="Whoever rents cheap machines that may be taken away at any minute lives on this.",
    answer=train_on,
    probe=_stopped_and_straight,
    cases=(((12,),), ((5, 12),), ((1, 2, 7, 20),)),
    misconceptions=(
        Misconception(
            lambda state, stop: _training(state, stop, velocity_kept=False),
            "In one call you are right; stopped and continued you end elsewhere, because the velocity begins at 0 in "
            "each call. It is part of the state, as Adam's moments are.",
        ),
        Misconception(
            lambda state, stop: _training(state, stop, step_kept=False),
            "After a stop your lots begin again at number_at(0): the training sees its first numbers twice. Go on from "
            "the step in the state.",
        ),
        Misconception(
            lambda state, stop: _training(state, stop, velocity_kept=False, step_kept=False),
            "You kept the weight alone. The velocity and the step belong to the state, too: what the optimizer "
            "remembers, and which lots come next.",
        ),
        Misconception(
            lambda state, stop: _training(state, stop, more=True),
            "`stop` is the step at which to stop, counted from the very beginning; you train `stop` further steps.",
        ),
        Misconception(
            _from_scratch_each_time,
            "After a stop you go on with the right step, but the weight is 4.0 again: read it from the state.",
        ),
        Misconception(
            lambda state, stop: _training(None, stop),
            "You begin anew in each call, whatever the state says. After a stop at step 999,000 that takes days. Go on "
            "from the state.",
        ),
    ),
    hints=(
        "Write it first without stops: three variables that change in a loop. Which of them does the next step need?",
        "Step, weight and velocity. If state is None they begin at 0, 4.0 and 0.0, else at what the state says.",
        "while step < stop: gradient, velocity, weight, step += 1. Return all three in a dictionary.",
    ),
    reasons=(
        "The state is everything that the next step reads and that is not computed from the step's number alone. Lots "
        "that depend on the step only need not be saved: that is why this library draws them so."
    ),
    praise="Stop it where you like.",
    tolerance=1e-9,
)


# 9.6 ----------------------------------------------------------------------------------------------------------------


def training_bytes(trained: int, averaged: int, frozen: int, per_sample: float, batch_size: int) -> float:
    """Memory of a training in fp32 with Adam, bytes; `trained`, `averaged`, `frozen` count weights."""
    each = 4 + 4 + 2 * 4  # the weight itself, its gradient, Adam's two moments
    return trained * each + 4 * averaged + 4 * frozen + per_sample * batch_size


def _bytes(each: int, averaged_each: int = 4, frozen_each: int = 4) -> Callable:
    return lambda trained, averaged, frozen, per_sample, batch_size: (
        trained * each + averaged * averaged_each + frozen * frozen_each + per_sample * batch_size
    )


MEMORY = Exercise(
    name="training_bytes",
    title="What lies in memory during a step",
    tier="core",
    difficulty=1,
    minutes=6,
    why='It answers "will it run on my card?" before you have rented one.',
    answer=training_bytes,
    cases=(
        (1_000, 300, 70, 50.0, 8),
        (7_000_000, 5_000_000, 2_000_000, 3e6, 64),
        (40_000_000, 0, 11_000_000, 2e7, 1),
    ),
    misconceptions=(
        Misconception(
            _bytes(4),
            "You counted the trained weights themselves. Each of them also has a gradient, and Adam's two moments: "
            "four numbers of 4 bytes.",
        ),
        Misconception(
            _bytes(8),
            "Weights and gradients are there. Adam keeps two more numbers a weight, a mean of its gradients and one of "
            "their squares.",
        ),
        Misconception(
            _bytes(12),
            "One number a trained weight is missing. Count: weight, gradient, and Adam's *two* moments.",
        ),
        Misconception(
            _bytes(16, averaged_each=0),
            "The averaged copy is missing: 4 bytes for each of its weights.",
        ),
        Misconception(
            _bytes(16, averaged_each=16),
            "You give the averaged copy a gradient and moments. No optimizer touches it: 4 bytes a weight.",
        ),
        Misconception(
            _bytes(16, frozen_each=16),
            "You give frozen networks gradients and moments. They are only read: 4 bytes a weight.",
        ),
        Misconception(
            lambda trained, averaged, frozen, per_sample, batch_size: (
                16 * trained + 4 * averaged + 4 * frozen + per_sample
            ),
            "The networks are right, but the kept intermediate results are those of one sample. Times batch_size.",
        ),
        Misconception(
            lambda trained, averaged, frozen, per_sample, batch_size: 16 * trained + 4 * averaged + 4 * frozen,
            "The networks are right. What is missing is usually the largest part: the intermediate results that wait "
            "for the backward pass, per_sample * batch_size.",
        ),
        Misconception(
            lambda trained, averaged, frozen, per_sample, batch_size: (
                4 * trained + averaged + frozen + per_sample * batch_size
            ),
            "You counted numbers where bytes are asked for: a float32 has 4 bytes.",
        ),
    ),
    hints=(
        "Make a list: what is there once for each trained weight? For each averaged one? For each frozen one? For each "
        "sample?",
        "A trained weight has four numbers of 4 bytes: itself, its gradient, two moments. The others have one.",
        "16 * trained + 4 * averaged + 4 * frozen + per_sample * batch_size.",
    ),
    reasons=(
        "The first terms depend on the networks only, the last one grows with the batch. That is why a smaller batch "
        "is the first thing to try on a small card, and why it does not help when the networks alone are too large."
    ),
    praise="Now count yours before you rent a card.",
)


# 9.7 ----------------------------------------------------------------------------------------------------------------


def joint_gradient(gradients: Sequence[Tensor], counts: Sequence[int]) -> Tensor:
    """The gradient of the mean loss over all samples, from each process's own mean gradient and its sample count."""
    total = sum(gradient * count for gradient, count in zip(gradients, counts, strict=True))
    return total / sum(counts)


JOINT = Exercise(
    name="joint_gradient",
    title="Two processes, one gradient",
    tier="core",
    difficulty=2,
    minutes=6,
    why="It is all the mathematics there is in training on several GPUs.",
    answer=joint_gradient,
    cases=(
        ([torch.tensor([1.0, -2.0]), torch.tensor([3.0, 0.0])], [8, 8]),
        ([torch.tensor([1.0, -2.0]), torch.tensor([3.0, 0.0])], [3, 1]),
        ([torch.tensor([[0.5], [2.0]]), torch.tensor([[1.0], [-1.0]]), torch.tensor([[4.0], [0.0]])], [2, 5, 1]),
    ),
    misconceptions=(
        Misconception(
            lambda gradients, counts: sum(gradients) / len(gradients),
            "Right while all processes have equally many samples. With 3 and 1 each sample of the small batch would "
            "count three times as much as one of the large. Weigh each gradient by its count.",
        ),
        Misconception(
            lambda gradients, counts: sum(gradients),
            "You add the gradients up. Two processes would then take steps twice as long as one, which is a doubled "
            "learning rate that nobody asked for.",
        ),
        Misconception(
            lambda gradients, counts: sum(gradient * count for gradient, count in zip(gradients, counts, strict=True)),
            "Weighed rightly, but not divided by the number of all samples.",
        ),
        Misconception(
            lambda gradients, counts: (
                sum(gradient * count for gradient, count in zip(gradients, counts, strict=True)) / len(gradients)
            ),
            "You weigh by samples and divide by processes. Divide by what you weighed with: the sum of the counts.",
        ),
        Misconception(
            lambda gradients, counts: (
                sum(gradient / count for gradient, count in zip(gradients, counts, strict=True)) / len(gradients)
            ),
            "You divide each gradient by its count, but each is a mean already. Multiply by the count to get the sum "
            "back.",
        ),
        Misconception(
            lambda gradients, counts: gradients[0],
            "This is what the first process found by itself; the others' work is thrown away.",
        ),
    ),
    hints=(
        "Each gradient is a mean over its own samples. How do you get a sum out of a mean?",
        "Mean times count is a sum. Sums may be added.",
        "sum(gradient * count for gradient, count in zip(gradients, counts)) / sum(counts).",
    ),
    reasons=(
        "The gradient of a mean is the mean of the gradients, so it does not matter who computed which of them. With "
        "equal counts it is the plain mean, which is what all training programs arrange for."
    ),
    praise="The processes may now live on different machines.",
)


# 9.8 ----------------------------------------------------------------------------------------------------------------


def training_cost(watts: float, hours: float, price: float, grams: float) -> tuple[float, float, float]:
    """Energy in kWh, its price, and g of CO2; `price` and `grams` are those of one kWh."""
    energy = watts * hours / 1000
    return energy, energy * price, energy * grams


COST = Exercise(
    name="training_cost",
    title="What a training takes from the wall",
    tier="core",
    difficulty=1,
    minutes=4,
    why="A figure that can be worked out in one line and is missing from most papers.",
    answer=training_cost,
    cases=((180.0, 10.0, 0.3, 481.0), (65.0, 1.5, 0.25, 30.0), (700.0, 48.0, 0.1, 713.0)),
    misconceptions=(
        Misconception(
            lambda watts, hours, price, grams: (watts * hours, watts * hours * price, watts * hours * grams),
            "Your energy is in Wh, a thousand times too large, and so are price and grams. 1 kWh = 1000 Wh.",
        ),
        Misconception(
            lambda watts, hours, price, grams: (watts * hours / 1000, watts * hours * price, watts * hours * grams),
            "The energy is right in kWh; price and grams still use Wh.",
        ),
        Misconception(
            lambda watts, hours, price, grams: (watts / 1000, watts / 1000 * price, watts / 1000 * grams),
            "Kilowatts say how much it takes at one moment. Energy is power times time: multiply by the hours.",
        ),
        Misconception(
            lambda watts, hours, price, grams: (
                watts / hours / 1000,
                watts / hours / 1000 * price,
                watts / hours / 1000 * grams,
            ),
            "You divide by the hours, so a longer training would take less. Energy is power times time.",
        ),
        Misconception(
            lambda watts, hours, price, grams: (
                watts * hours / 1000,
                watts * hours / 1000 * price,
                watts * hours / 1e6 * grams,
            ),
            "Your CO2 is in kilograms; asked are grams.",
        ),
        Misconception(
            lambda watts, hours, price, grams: (
                watts * hours / 1000,
                watts * hours / 1000 * grams,
                watts * hours / 1000 * price,
            ),
            "All three are right, the last two in the other order: energy, price, grams.",
        ),
        Misconception(
            lambda watts, hours, price, grams: watts * hours / 1000,
            "The energy is right. Return three numbers: energy, price, grams.",
        ),
    ),  # fmt: skip
    hints=(
        "Power times time is energy. In which unit does `price` want it?",
        "watts * hours are watt hours; divide by 1000.",
        "energy = watts * hours / 1000; return energy, energy * price, energy * grams.",
    ),
    reasons="Power times time; the rest depends on where your electricity comes from, far more than on your code.",
    praise="Write it under your next figure.",
)


EXERCISES = [WAITING, SURVIVE, RATE, AVERAGED, TRAIN_ON, MEMORY, JOINT, COST]
