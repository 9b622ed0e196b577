"""Exercises of lesson 06: the best discriminator, what losses hand on, a penalty on slopes, one round, vital signs."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import SGD, Optimizer

from t2i_lib.course.checks import Exercise, Misconception

# --- the answers -----------------------------------------------------------------------------------------------------


def best_answer(real: Tensor, fake: Tensor) -> Tensor:
    """The best discriminator's probability "real" in each bin: p / (p + q), and 1/2 where nothing ever lands."""
    both = real + fake  # (bins,)
    return torch.where(both > 0, real / both, torch.full_like(both, 0.5))  # (bins,)


def pushes(fake_logits: Tensor) -> tuple[Tensor, Tensor]:
    """How hard minimax and non-saturating loss lift each fake's logit: minus the slope of the loss there."""
    sure_real = torch.sigmoid(fake_logits)  # (B,)
    return sure_real, 1 - sure_real  # (B,), (B,)


def pair_losses(real_logits: Tensor, fake_logits: Tensor) -> tuple[Tensor, Tensor]:
    """The relativistic pair: the discriminator's loss, then the generator's, each one number."""
    ahead = real_logits - fake_logits  # (B,): how far each real thing is ahead of its partner
    return F.softplus(-ahead).mean(), F.softplus(ahead).mean()


def squared_slopes(discriminator: Callable[[Tensor], Tensor], points: Tensor) -> Tensor:
    """R1: mean over the points of the squared length of the logit's gradient there; itself differentiable."""
    points = points.detach().requires_grad_(True)  # (N, 2)
    (slopes,) = torch.autograd.grad(discriminator(points).sum(), points, create_graph=True)  # (N, 2)
    return slopes.square().sum(dim=1).mean()


def count_dots(points: Tensor, centres: Tensor, radius: float, least: int) -> tuple[int, float]:
    """How many dots hold at least `least` points within `radius`, and the share of points that lie in any dot."""
    distance, nearest = torch.cdist(points, centres).min(dim=1)  # (N,), (N,)
    good = distance <= radius  # (N,)
    counts = torch.bincount(nearest[good], minlength=len(centres))  # (K,)
    return int((counts >= least).sum()), good.float().mean().item()


def play_round(
    generator: nn.Module,
    discriminator: nn.Module,
    real: Tensor,
    noise: Tensor,
    generator_optimizer: Optimizer,
    discriminator_optimizer: Optimizer,
) -> None:
    """One round: first the discriminator is updated, then the generator, against the discriminator as it is now."""
    fake = generator(noise)
    discriminator_loss, _ = pair_losses(discriminator(real), discriminator(fake.detach()))
    discriminator_optimizer.zero_grad()
    discriminator_loss.backward()
    discriminator_optimizer.step()

    _, generator_loss = pair_losses(discriminator(real), discriminator(fake))
    generator_optimizer.zero_grad()
    generator_loss.backward()
    generator_optimizer.step()


def read_signs(gap: float, variety: float, quality: float) -> str:
    """A verdict from three figures, the gravest first."""
    if not all(map(math.isfinite, (gap, variety, quality))):
        return "blown up"
    if gap > 5 and quality < 0.5:
        return "discriminator has won"
    if variety < 0.5:
        return "mode collapse"
    return "healthy" if quality >= 0.5 else "not there yet"


# --- 6.1 -------------------------------------------------------------------------------------------------------------

_REAL, _FAKE = torch.tensor([0.5, 0.3, 0.2]), torch.tensor([0.2, 0.3, 0.5])
_REAL_4, _FAKE_4 = torch.tensor([0.5, 0.5, 0.0, 0.0]), torch.tensor([0.0, 0.25, 0.75, 0.0])

BEST = Exercise(
    name="best_answer",
    title="The best discriminator",
    tier="core",
    difficulty=1,
    minutes=5,
    why="It is what a discriminator learns if it learns all there is; every loss of this lesson rests on it.",
    answer=best_answer,
    cases=((_REAL, _FAKE), (_REAL_4, _FAKE_4)),
    misconceptions=(
        Misconception(
            lambda real, fake: real / (real + fake),
            "Right wherever something lands. In the last bin of [0.5, 0.5, 0, 0] and [0, 0.25, 0.75, 0] nothing ever "
            "does, 0 / 0 is nan, and one nan ends a training. Answer 1/2 there: no evidence either way.",
        ),
        Misconception(
            lambda real, fake: fake / (real + fake),
            "That is the share of fakes among what lands in the bin. The discriminator says how sure it is of REAL: "
            "put the real share on top.",
        ),
        Misconception(
            lambda real, fake: (real > fake).float(),
            "You decide, all or nothing. Where 3 of 5 things are real, whoever always says 1 pays dearly for the other "
            "two (-log 0 is infinite). The best answer is the share itself.",
        ),
        Misconception(
            lambda real, fake: torch.where(real + fake > 0, real, torch.full_like(real, 0.5)),
            "You give back the real share alone. But in a bin that both use, what counts is how much of it is real: "
            "divide by what lands there in all.",
        ),
        Misconception(
            lambda real, fake: (real / fake).log(),
            "That is the best LOGIT, log(p / q), and it is right as such. Asked is the probability: p / (p + q), which "
            "is the sigmoid of your number.",
        ),
        Misconception(
            lambda real, fake: real / fake,
            "A ratio of real to fake is no probability; in your first bin it is 2.5. Divide by the sum of both.",
        ),
    ),
    hints=(
        "Take bin 1: of 7 things that land there (5 real, 2 fake), how many are real?",
        "The share is real / (real + fake), bin by bin, and no sum over bins is needed.",
        "torch.where(both > 0, real / both, torch.full_like(both, 0.5)) with both = real + fake.",
    ),
    reasons=(
        "In one bin the loss is -p log D - q log(1 - D). Its slope, -p / D + q / (1 - D), is zero at D = p / (p + q). "
        "So the best discriminator knows p / q in every place: Goodfellow et al. 2014, proposition 1."
    ),
    praise="Where it says 1/2 everywhere, the forger has won.",
)


# --- 6.2 -------------------------------------------------------------------------------------------------------------

UNDECIDED = Exercise(
    name="undecided_loss",
    title="The loss of whoever cannot tell",
    tier="core",
    difficulty=1,
    minutes=3,
    why="A discriminator's loss that hovers at this number is the first thing to recognise on a curve.",
    answer=2 * math.log(2),
    misconceptions=(
        Misconception(
            math.log(2), "That is one half of it: -log(1/2) for the real things. The fakes cost the same again."
        ),
        Misconception(
            -2 * math.log(2),
            "That is the value of the game, which the discriminator makes large; its loss is minus that.",
        ),
        Misconception(
            0.0, "Loss 0 belongs to whoever is certain and right. Undecided is D = 1/2, and -log(1/2) is not 0."
        ),
        Misconception(1.0, "You added the probabilities, 1/2 + 1/2. The loss adds their logarithms, with a minus."),
        Misconception(
            0.5, "That is what the discriminator says, D = 1/2. The loss is -log(D) for real plus -log(1 - D) for fake."
        ),
        Misconception(2.0, "Two bits, if the logarithm were that of base 2; torch takes the natural one."),
        Misconception(
            -2 * math.log10(0.5), "Close in spirit: you used the logarithm of base 10. Here log is the natural one."
        ),
    ),
    hints=(
        "Undecided means D = 1/2 for real and for fake.",
        "The loss is -log D(real) - log(1 - D(fake)). Put 1/2 in twice.",
        "-log(1/2) is log 2 = 0.693; there are two of them.",
    ),
    reasons=(
        "log 4 = 1.386: Goodfellow et al. 2014, theorem 1. For the relativistic loss, one softplus of a difference of "
        "0, it is log 2 = 0.693."
    ),
    praise="Now a curve at 1.386 tells you something.",
)


# --- 6.3 -------------------------------------------------------------------------------------------------------------

_LOGITS = torch.tensor([-6.0, -1.0, 0.0, 2.0])

PUSHES = Exercise(
    name="pushes",
    title="What a loss hands the generator",
    tier="core",
    difficulty=2,
    minutes=7,
    why="One sign less and a generator gets nothing to learn from, just when it is worst.",
    answer=pushes,
    cases=((_LOGITS,), (torch.linspace(-9, 9, 7),)),
    misconceptions=(
        Misconception(
            lambda logits: pushes(logits)[::-1],
            "Both are right, in the other order: minimax first. It is the one that is near 0 for a logit of -6.",
        ),
        Misconception(
            lambda logits: tuple(-push for push in pushes(logits)),
            "These are the slopes of the losses. The generator goes DOWN its loss, so it is pushed the other way: turn "
            "both signs.",
        ),
        Misconception(
            lambda logits: (-F.softplus(logits), F.softplus(-logits)),
            "These are the losses themselves. What moves a generator is the slope: how much the loss changes when the "
            "logit moves.",
        ),
        Misconception(
            lambda logits: (torch.sigmoid(logits) * (1 - torch.sigmoid(logits)),) * 2,
            "s (1 - s) is the slope of the sigmoid. The losses take a logarithm of it, whose slope is 1 / s or "
            "1 / (1 - s): the chain rule cancels one factor.",
        ),
        Misconception(
            lambda logits: (torch.sigmoid(logits), torch.ones_like(logits)),
            "Minimax is right. The non-saturating push is 1 only for a hopeless fake; as the discriminator comes to "
            "believe it, the push fades: 1 - sigmoid.",
        ),
        Misconception(
            lambda logits: (torch.sigmoid(logits) / len(logits), (1 - torch.sigmoid(logits)) / len(logits)),
            "You divided by the number of fakes, as the mean of a batch does. Asked is the push on each fake by its "
            "own loss.",
        ),
        Misconception(
            lambda logits: (torch.sigmoid(logits), torch.sigmoid(logits)),
            "Minimax is right, but non-saturating cannot be the same: it was made to be steep where minimax is flat.",
        ),
    ),
    hints=(
        "The slope of softplus(x) is sigmoid(x). Nothing else is needed.",
        "Minimax: the loss is -softplus(logit), its slope -sigmoid(logit), and the push is minus that.",
        "Non-saturating: the loss is softplus(-logit), its slope -sigmoid(-logit); and sigmoid(-x) = 1 - sigmoid(x).",
    ),
    reasons=(
        "The two pushes add up to 1: what one loss gives the hopeless fake, the other gives the perfect one. That is "
        "why Goodfellow et al. 2014 already put the second in the first's place (end of their section 3)."
    ),
    praise="At -6 one push is 0.002 and the other 0.998.",
)


# --- 6.4 -------------------------------------------------------------------------------------------------------------

_REAL_LOGITS, _FAKE_LOGITS = torch.tensor([2.0, -1.0, 0.5]), torch.tensor([0.0, 1.0, -3.0])


def _pair(rule: Callable[[Tensor], Tensor]) -> Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Losses of which both are the same rule of a difference, one with it turned."""
    return lambda real, fake: (rule(fake - real), rule(real - fake))


PAIR = Exercise(
    name="pair_losses",
    title="The relativistic pair",
    tier="core",
    difficulty=2,
    minutes=6,
    why="This is the loss that the course's artists were trained with.",
    answer=pair_losses,
    cases=((_REAL_LOGITS, _FAKE_LOGITS), (torch.tensor([800.0, 0.0]), torch.tensor([-800.0, 0.0]))),
    misconceptions=(
        Misconception(
            lambda real, fake: pair_losses(fake, real),
            "Exchanged: you make the discriminator's loss small when fakes score above real things. Its loss is "
            "softplus(fake - real).",
        ),
        Misconception(
            _pair(lambda behind: (1 + behind.exp()).log().mean()),
            "Right on paper, but for logits of 800 and -800 exp overflows and your loss is inf. F.softplus is the same "
            "function, written so that nothing overflows.",
        ),
        Misconception(
            _pair(lambda behind: F.softplus(behind.mean())),
            "You take the mean first and softplus of it then. Each real thing is to be ahead of ITS partner: softplus "
            "pair by pair, then the mean.",
        ),
        Misconception(
            _pair(lambda behind: F.softplus(behind).sum()),
            "You sum over the pairs, so a larger batch makes larger steps. Take the mean.",
        ),
        Misconception(
            _pair(lambda behind: behind.mean()),
            "Without softplus this is the Wasserstein loss: it never has enough, also where a real thing is far ahead.",
        ),
        Misconception(
            lambda real, fake: (
                F.softplus(-real).mean() + F.softplus(fake).mean(),
                F.softplus(-fake).mean(),
            ),
            "That is the non-saturating pair, which judges every thing by itself. Relativistic means: only the "
            "difference of the two logits counts.",
        ),
        Misconception(
            lambda real, fake: (F.softplus(fake - real).mean(), -F.softplus(fake - real).mean()),
            "The discriminator's is right. As generator's loss you took its negative, which goes flat once the "
            "discriminator is sure: the saturation from above. Exchange the roles instead, softplus(real - fake).",
        ),
        Misconception(
            _pair(lambda behind: torch.sigmoid(behind).mean()),
            "sigmoid(fake - real) is the probability of being wrong, and it goes flat at both ends. The loss is "
            "-log of being right, and that is softplus.",
        ),
    ),
    hints=(
        "One difference serves both: ahead = real_logits - fake_logits.",
        "The discriminator wants `ahead` large, so its loss is softplus(-ahead); the generator wants it small.",
        "F.softplus(-ahead).mean(), F.softplus(ahead).mean()",
    ),
    reasons=(
        "-log sigmoid(x) = softplus(-x). The discriminator pays for each pair in which the fake is ahead, the "
        "generator for each in which the real thing is; nobody asks where zero lies."
    ),
    praise="Two lines, and neither player can run away on its own.",
)


# --- 6.5 -------------------------------------------------------------------------------------------------------------


def _with_weights(attempt, form: str, points: Tensor):
    """How an attempt is tried: on a small discriminator; what comes out is the penalty and its slope by the weights."""
    weights = torch.tensor([3.0, 4.0], requires_grad=True)

    def discriminator(places: Tensor) -> Tensor:
        if form == "plane":
            return places @ weights + 1.0
        return (places.square() * weights).sum(dim=1)

    penalty = attempt(discriminator, points)
    if not isinstance(penalty, Tensor):
        return penalty
    if not penalty.requires_grad or penalty.dim() > 0:
        return penalty.detach(), "no slope"
    (slope,) = torch.autograd.grad(penalty, weights, allow_unused=True)
    return penalty.detach(), "no slope" if slope is None else slope


def _slopes(discriminator: Callable, points: Tensor, create_graph: bool = True) -> Tensor:
    points = points.detach().requires_grad_(True)
    return torch.autograd.grad(discriminator(points).sum(), points, create_graph=create_graph)[0]


def _slopes_of_the_mean(discriminator: Callable, points: Tensor) -> Tensor:
    points = points.detach().requires_grad_(True)
    return torch.autograd.grad(discriminator(points).mean(), points, create_graph=True)[0]


SLOPES = Exercise(
    name="squared_slopes",
    title="A penalty on slopes",
    tier="core",
    difficulty=2,
    minutes=8,
    why="One number in front of this function is what cures the collapse below.",
    answer=squared_slopes,
    probe=_with_weights,
    cases=(
        ("plane", torch.tensor([[0.0, 0.0], [1.0, 2.0], [5.0, -1.0]])),
        ("bowl", torch.tensor([[1.0, 0.0], [0.5, 2.0], [-1.0, 1.5], [0.0, 0.0]])),
    ),
    misconceptions=(
        Misconception(
            lambda discriminator, points: _slopes(discriminator, points, create_graph=False).square().sum(1).mean(),
            "The number is right, but nothing can learn from it: its own slope is lost. Write create_graph=True, so "
            "that the gradient is itself part of the graph.",
        ),
        Misconception(
            lambda discriminator, points: _slopes(discriminator, points).square().mean(),
            "You take the mean over x and y as well, so your number is half of what it should be. Squared length is a "
            "SUM over the two directions; the mean is over points.",
        ),
        Misconception(
            lambda discriminator, points: _slopes(discriminator, points).norm(dim=1).mean(),
            "That is the mean length, 5 for the plane. The penalty takes the length squared, 25.",
        ),
        Misconception(
            lambda discriminator, points: _slopes(discriminator, points).square().sum(),
            "You sum over the points, so a larger batch is punished harder. Take the mean over points.",
        ),
        Misconception(
            lambda discriminator, points: _slopes_of_the_mean(discriminator, points).square().sum(1).mean(),
            "You took the gradient of the MEAN logit, which makes every slope N times too small. Each point's logit "
            "depends on that point alone, so the sum of the logits gives every point its own slope.",
        ),
        Misconception(
            lambda discriminator, points: (_slopes(discriminator, points).norm(dim=1) - 1).square().mean(),
            "That is the penalty of WGAN-GP, which pulls every length to 1. R1 pulls it to 0.",
        ),
        Misconception(
            lambda discriminator, points: discriminator(points).square().mean(),
            "You punish large logits. R1 does not mind how high the discriminator stands, only how steep it is: take "
            "the gradient with respect to the points.",
        ),
        Misconception(
            lambda discriminator, points: _slopes(discriminator, points).square().sum(1),
            "One number a point came out. A loss is one number: the mean of them.",
        ),
    ),
    hints=(
        "points = points.detach().requires_grad_(True), so that torch keeps track of what depends on them.",
        "(slopes,) = torch.autograd.grad(discriminator(points).sum(), points, create_graph=True) gives (N, 2).",
        "Square, sum over dim=1 (squared length), mean over the points.",
    ),
    reasons=(
        "For the plane w x + b the slope is w everywhere, so the penalty is 3^2 + 4^2 = 25 wherever the points lie. It "
        "must be differentiable, since the discriminator is to learn to be flatter: a derivative of a derivative."
    ),
    praise="25 for the plane, as by hand, and a network can learn from it.",
)


# --- 6.6 -------------------------------------------------------------------------------------------------------------

_CENTRES = torch.tensor([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]])
_POINTS = torch.tensor(
    [[0.1, 0.0], [0.0, -0.1], [0.2, 0.1], [4.0, 0.25], [1.5, 2.2], [0.0, 3.0], [9.0, 5.0], [4.1, 0.0]]
)


def _nearest(points: Tensor, centres: Tensor) -> Tensor:
    return torch.bincount(torch.cdist(points, centres).argmin(dim=1), minlength=len(centres))


def _good(points: Tensor, centres: Tensor, radius: float) -> Tensor:
    return torch.cdist(points, centres) <= radius  # (N, K)


DOTS = Exercise(
    name="count_dots",
    title="How many dots were found?",
    tier="stretch",
    difficulty=2,
    minutes=6,
    why="A generator is judged by two figures, not by one: how good, and how varied.",
    answer=count_dots,
    cases=((_POINTS, _CENTRES, 0.3, 2), (_POINTS, _CENTRES, 1.5, 1), (_POINTS, _CENTRES, 0.3, 3)),
    misconceptions=(
        Misconception(
            lambda points, centres, radius, least: count_dots(points, centres, radius, 1),
            "One point is enough for you to call a dot found. Mind `least`.",
        ),
        Misconception(
            lambda points, centres, radius, least: (
                int((_nearest(points, centres) >= least).sum()),
                count_dots(points, centres, radius, least)[1],
            ),
            "The share is right, but you count every point for the dot that is nearest to it, however far away: even "
            "(9, 5) belongs to somebody. Only points within the radius count.",
        ),
        Misconception(
            lambda points, centres, radius, least: (
                count_dots(points, centres, radius, least)[0],
                int(_good(points, centres, radius).sum()),
            ),
            "Right, but the second is the number of good points; asked is their share. Divide by all points.",
        ),
        Misconception(
            lambda points, centres, radius, least: (
                count_dots(points, centres, radius, least)[0],
                _good(points, centres, radius).float().mean().item(),
            ),
            "The dots are right. Your share divides by points TIMES dots; a point is good if it lies in ANY dot: "
            ".any(dim=1) first, then the mean.",
        ),
        Misconception(
            lambda points, centres, radius, least: (
                count_dots(points, centres, radius, least)[0] / len(centres),
                count_dots(points, centres, radius, least)[1],
            ),
            "The first is to be the number of dots found; yours is a share of them.",
        ),
        Misconception(
            lambda points, centres, radius, least: count_dots(points, centres, radius, least)[::-1],
            "Both are right, in the other order: first the dots, then the share.",
        ),
        Misconception(
            lambda points, centres, radius, least: (
                int((_good(points, centres, radius).sum(dim=0) > least).sum()),
                count_dots(points, centres, radius, least)[1],
            ),
            "A dot with exactly `least` points is found, too: at least means >=.",
        ),
    ),
    hints=(
        "torch.cdist(points, centres) gives all distances, (N, K).",
        "`within = distances <= radius` is (N, K) too. Sum over which axis counts a dot's points?",
        "int((within.sum(dim=0) >= least).sum()), within.any(dim=1).float().mean().item()",
    ),
    reasons=(
        "A generator that draws one perfect dot has a share of 1 and 1 dot; one that scatters points everywhere finds "
        "all dots and has a tiny share. Only both figures together say anything."
    ),
    praise="Now nobody can cheat you with one perfect dot.",
)


# --- 6.7 -------------------------------------------------------------------------------------------------------------


def _two_rounds(attempt, real: Tensor, noise: Tensor):
    """How an attempt is tried: two rounds of two tiny networks; what is compared are their weights afterwards."""
    torch.manual_seed(1)
    generator = nn.Linear(3, 2)
    discriminator = nn.Sequential(nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 1), nn.Flatten(0))
    optimizers = SGD(generator.parameters(), 0.5), SGD(discriminator.parameters(), 0.5)
    weights = [*generator.parameters(), *discriminator.parameters()]
    before = [each.detach().clone() for each in weights]
    for things in (real, -real):
        attempt(generator, discriminator, things, noise, *optimizers)
    if all(map(torch.equal, before, weights)):
        return None  # a stub: nobody moved
    return [each.detach() for each in weights]


def _round(
    order: tuple[str, ...] = ("discriminator", "generator"),
    detach: bool = True,
    clear: bool = True,
    cut: bool = False,
    turned: bool = False,
    helpful: bool = False,
) -> Callable:
    """A round with something done differently."""

    def play(generator, discriminator, real, noise, generator_optimizer, discriminator_optimizer):
        for who in order:
            fake = generator(noise)
            if who == "discriminator":
                losses = pair_losses(discriminator(real), discriminator(fake.detach() if detach else fake))
                loss, optimizer = losses[1 if turned else 0], discriminator_optimizer
            else:
                losses = pair_losses(discriminator(real), discriminator(fake.detach() if cut else fake))
                loss, optimizer = losses[0 if helpful else 1], generator_optimizer
            if clear:
                optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return play


def _at_once(generator, discriminator, real, noise, generator_optimizer, discriminator_optimizer):
    fake = generator(noise)
    discriminator_loss, _ = pair_losses(discriminator(real), discriminator(fake.detach()))
    _, generator_loss = pair_losses(discriminator(real), discriminator(fake))
    generator_optimizer.zero_grad()
    generator_loss.backward()
    discriminator_optimizer.zero_grad()
    discriminator_loss.backward()
    discriminator_optimizer.step()
    generator_optimizer.step()


ROUND = Exercise(
    name="play_round",
    title="One round of the game",
    tier="project",
    difficulty=3,
    minutes=15,
    why="This is the whole training loop of a GAN; everything else in this lesson watches it.",
    answer=play_round,
    probe=_two_rounds,
    cases=(
        (torch.tensor([[1.0, 2.0], [0.5, -1.0], [-1.5, 0.5]]), torch.tensor([[1.0, 0, 1], [0, 2, -1], [-1, 1, 0.5]])),
        (torch.tensor([[2.0, 0.0], [1.0, 1.0]]), torch.tensor([[0.5, -1, 1], [1, 0, 0]])),
    ),
    misconceptions=(
        Misconception(
            _round(clear=False),
            "Gradients pile up: backward ADDS to what is there, and the generator's turn leaves gradients in the "
            "discriminator too. Call zero_grad() of the player whose turn it is before each backward.",
        ),
        Misconception(
            _round(cut=True),
            "Your generator never changes. Either its turn is missing (loss, zero_grad, backward, step), or you "
            "detached the fakes in it, which cuts the only way from the verdict back to its weights.",
        ),
        Misconception(
            _round(order=("generator", "discriminator")),
            "You let the generator go first. Asked is: the discriminator first, then the generator, against the "
            "discriminator as it has become.",
        ),
        Misconception(
            _at_once,
            "Both losses were computed before either player moved. Let the discriminator take its step first, and ask "
            "it anew for the generator's turn.",
        ),
        Misconception(
            _round(helpful=True),
            "Your generator minimises the DISCRIMINATOR's loss: it helps its opponent to find the fakes. Its own is "
            "the second of pair_losses.",
        ),
        Misconception(
            _round(turned=True),
            "Your discriminator minimises the generator's loss and learns to call fakes real. Its own is the first of "
            "pair_losses.",
        ),
        Misconception(
            _round(order=("generator",)),
            "Only the generator moved. The first half is missing: discriminator's loss, zero_grad, backward, step.",
        ),
        Misconception(
            _round(order=("discriminator", "discriminator", "generator")),
            "Your discriminator moved twice. A useful trick where it is weak, but here each player moves once.",
        ),
    ),
    hints=(
        "Two halves of the same shape: losses, zero_grad, backward, step. The first ends before the second begins.",
        "In the first half fakes are mere points: pair_losses(discriminator(real), discriminator(fake.detach()))[0].",
        "In the second ask the changed discriminator anew, without detach, and take pair_losses(...)[1]; step only the "
        "generator's optimizer.",
    ),
    reasons=(
        "The generator's backward fills the discriminator's gradients too, but only the generator's optimizer steps, "
        "and the next zero_grad throws them away. detach keeps the discriminator's turn from wasting work in the "
        "generator."
    ),
    praise="That is a GAN. `duel.py` holds no more than this, and a place to stand and watch.",
)


# --- 6.8 -------------------------------------------------------------------------------------------------------------


def _from_text(attempt, *figures: str | float):
    """How an attempt is tried: nan and inf stand in the cases as text, because nan does not even equal itself."""
    return attempt(*map(float, figures))


SIGNS = Exercise(
    name="read_signs",
    title="Read the vital signs",
    tier="stretch",
    difficulty=2,
    minutes=8,
    why="Whoever trains a GAN reads these three figures more often than any picture.",
    answer=read_signs,
    probe=_from_text,
    cases=(
        (0.4, 0.95, 0.8),
        (9.0, 0.9, 0.1),
        (9.0, 0.1, 0.0),
        (0.3, 0.2, 0.9),
        (0.1, 0.9, 0.2),
        (7.0, 1.0, 0.9),
        ("nan", 0.9, 0.9),
        ("inf", 0.1, 0.1),
        (0.5, 0.5, 0.5),
    ),
    misconceptions=(
        Misconception(
            lambda gap, variety, quality: "healthy" if gap != gap else read_signs(gap, variety, quality),
            "A gap of nan is called healthy: every comparison with nan is False, so it slips through all your ifs. Ask "
            "math.isfinite first.",
        ),
        Misconception(
            lambda gap, variety, quality: (
                "mode collapse" if variety < 0.5 and math.isfinite(gap) else read_signs(gap, variety, quality)
            ),
            "You look at variety before you look at the gap. Where the discriminator has won, the generator learns "
            "nothing, and its variety is a mere consequence: gravest first.",
        ),
        Misconception(
            lambda gap, variety, quality: (
                "discriminator has won" if gap > 5 and math.isfinite(gap) else read_signs(gap, variety, quality)
            ),
            "A gap of 7 with a quality of 0.9 is no defeat: some losses have large logits. Only with poor quality has "
            "the discriminator won.",
        ),
        Misconception(
            lambda gap, variety, quality: (
                "healthy"
                if read_signs(gap, variety, quality) == "mode collapse" and quality >= 0.5
                else read_signs(gap, variety, quality)
            ),
            "You call a game healthy whose quality is 0.9 and whose variety is 0.2. That is just how a collapse looks: "
            "one thing, drawn beautifully, again and again.",
        ),
        Misconception(
            lambda gap, variety, quality: "blown up" if gap != gap else read_signs(min(gap, 1e9), variety, quality),
            "nan you catch, infinity not. math.isfinite says no to both.",
        ),
        Misconception(
            lambda gap, variety, quality: (
                "healthy" if read_signs(gap, variety, quality) == "not there yet" else read_signs(gap, variety, quality)
            ),
            "A game without alarm and with a quality of 0.2 is not healthy yet: it may simply need more time.",
        ),
        Misconception(
            lambda gap, variety, quality: (
                "mode collapse"
                if variety <= 0.5 and math.isfinite(gap) and gap <= 5
                else read_signs(gap, variety, quality)
            ),
            "At a variety of exactly 0.5 the text says no collapse: below 0.5.",
        ),
    ),
    hints=(
        "Four ifs in the order of the text, each with a return; whoever comes last needs no condition.",
        "all(map(math.isfinite, (gap, variety, quality))) is False as soon as one is nan or infinite.",
        "not finite -> blown up; gap > 5 and quality < 0.5 -> discriminator has won; variety < 0.5 -> mode collapse; "
        "then healthy or not there yet by quality.",
    ),
    reasons=(
        "The order is the point: a nan makes all other figures meaningless, a victory of the discriminator explains a "
        "lack of variety, and quality alone never proves health."
    ),
    praise="The library's `diagnose` goes by the same order, with curves instead of single figures.",
)


EXERCISES = [BEST, UNDECIDED, PUSHES, PAIR, SLOPES, DOTS, ROUND, SIGNS]
