"""The adversarial game: one backward pass serves two networks, nothing is weighed twice, no caption is mixed up."""

import copy
from random import Random

import pytest
import torch
from torch import Tensor, nn
from toy_gan import COLOURS, EMBED_DIM, GRID, ToyPairs, toy_task, toy_updater

from t2i_lib.discriminator import Discriminator, DiscriminatorConfig, stack_pairs
from t2i_lib.losses import choice_loss, gradient_penalty, relativistic_loss
from t2i_lib.matcher import Matcher, MatcherConfig
from t2i_lib.recipes.game import Text, mix_wrong, previous_captions, score_pairs, turn_around
from t2i_lib.recipes.gan_gauges import pair_distance
from t2i_lib.recipes.gan_task import GanTask
from t2i_lib.recipes.latents import LatentBatch

ALONE = {"redrawing_weight": 0.0, "matching_weight": 0.0}  # the discriminator's word only


class Watched:
    """Keeps what went into a network and what came out, call by call, and the network as it was before."""

    def __init__(self, network: nn.Module) -> None:
        self.before = copy.deepcopy(network)
        self.inputs: list[tuple[Tensor, ...]] = []
        network.register_forward_hook(lambda _, inputs, __: self.inputs.append(tuple(t.detach() for t in inputs)))


def gradients(module: nn.Module) -> Tensor:
    return torch.cat([p.grad.flatten() if p.grad is not None else torch.zeros(p.numel()) for p in module.parameters()])


def words(task: GanTask, token_ids: Tensor, mask: Tensor) -> Text:
    features, pooled = task.text_encoder(token_ids, mask)
    return Text(features, mask, pooled)


def test_turning_around_gives_the_generators_gradient_exactly():
    network = Discriminator(DiscriminatorConfig(embed_dim=7, widths=(5, 11), latent_channels=3, region_dim=3)).double()
    features = torch.randn(5, 2, 7, dtype=torch.float64)
    text = (features, torch.ones(5, 2, dtype=torch.bool), features.mean(1))
    drawn = torch.randn(10, 3, 8, 8, dtype=torch.float64, requires_grad=True)
    real_logits = network(torch.randn(5, 6, 8, 8, dtype=torch.float64), *text)
    fake_logits = network(stack_pairs(drawn), *text)
    (wanted,) = torch.autograd.grad(relativistic_loss(fake_logits, real_logits), drawn, retain_graph=True)
    (given,) = torch.autograd.grad(relativistic_loss(real_logits, fake_logits), drawn)
    turned = given * turn_around(real_logits, fake_logits).repeat_interleave(2)[:, None, None, None]
    assert torch.allclose(turned, wanted, rtol=1e-12, atol=0)


def test_turning_around_stays_finite_when_the_discriminator_is_sure():
    factor = turn_around(torch.tensor([500.0, -500.0]), torch.zeros(2))
    assert factor.isfinite().all()
    assert factor[1].item() == 0.0


@pytest.mark.parametrize("step", [0, 1])  # with and without the penalty
def test_discriminator_gets_the_gradient_of_its_own_loss_once(step):
    task = toy_task(**ALONE, penalty_every=3, penalty_start=0.7, penalty_end=0.7, wrong_caption_weight=0.3)
    generator, before = Watched(task.modules["generator"]), copy.deepcopy(task.modules["discriminator"])
    batch = task.batch_at(0)
    task.train_step(batch, step, toy_updater(task))

    drawn = stack_pairs(generator.before(*generator.inputs[0]).detach())
    real = batch.latents.flatten(1, 2)
    right, counterfactual = words(task, *batch[3:5]), words(task, *batch[5:])
    wrong = mix_wrong(right, counterfactual, batch)
    real_logits = before(real, *right)
    loss = relativistic_loss(real_logits, before(drawn, *right)) + 0.3 * relativistic_loss(
        real_logits, before(real, *wrong)
    )
    if step == 0:
        penalty = sum(gradient_penalty(lambda pairs: before(pairs, *right), pairs) for pairs in (real, drawn))
        loss = loss + 0.5 * 0.7 * 3 * penalty  # gamma / 2, times 3 because it comes every third step only
    loss.backward()
    assert torch.allclose(gradients(task.modules["discriminator"]), gradients(before), rtol=1e-3, atol=1e-6)


def test_generator_gets_the_gradient_of_its_own_loss_once():
    matcher = Matcher(MatcherConfig(EMBED_DIM, 3, GRID, (5, 7), 11)).requires_grad_(False)
    task = toy_task(matcher, redrawing_weight=0.0, matching_weight=0.6)
    generator, before = Watched(task.modules["generator"]), copy.deepcopy(task.modules["discriminator"])
    batch = task.batch_at(0)
    values = task.train_step(batch, 1, toy_updater(task))

    right, counterfactual = words(task, *batch[3:5]), words(task, *batch[5:])
    drawn = generator.before(*generator.inputs[0])
    loss = relativistic_loss(before(stack_pairs(drawn), *right), before(batch.latents.flatten(1, 2), *right))
    matching = task.matching_loss(drawn, batch, right, counterfactual, toy_updater(task))
    (loss + 0.6 * matching).backward()
    assert torch.allclose(gradients(task.modules["generator"]), gradients(generator.before), rtol=1e-3, atol=1e-7)
    assert torch.allclose(values["matching"], matching)


def test_penalty_weakens_from_start_to_end():
    def weight(progress: float) -> float:
        """The penalty's gradient at a point of the training, over the gradient of the bare penalty."""
        task = toy_task(penalty_every=1, penalty_start=0.8, penalty_end=0.05)
        discriminator, real, right = _a_look(task)
        task.penalise(discriminator, real, real.unflatten(1, (2, 3)).flatten(0, 1), right, toy_updater(task, progress))
        scaled = gradients(discriminator)
        discriminator.zero_grad()
        (2 * gradient_penalty(lambda pairs: discriminator(pairs, *right), real)).backward()
        return float(scaled.norm() / gradients(discriminator).norm())

    assert [weight(progress) for progress in (0.0, 0.5, 1.0)] == pytest.approx([0.4, 0.1, 0.025], rel=1e-3)


def _a_look(task: GanTask) -> tuple[nn.Module, Tensor, Text]:
    batch = task.batch_at(0)
    return task.modules["discriminator"], batch.latents.flatten(1, 2), words(task, batch.token_ids, batch.mask)


def test_every_picture_is_drawn_for_and_judged_against_its_own_caption():
    task = toy_task(**ALONE)
    drawing, looking = Watched(task.modules["generator"]), Watched(task.modules["discriminator"].word_score)
    batch = task.batch_at(3)
    task.train_step(batch, 1, toy_updater(task))
    (_, features, _, pooled) = drawing.inputs[0]
    right, counterfactual = words(task, *batch[3:5]), words(task, *batch[5:])
    for row in range(16):  # pictures 2i and 2i + 1 belong to caption i
        assert torch.equal(pooled[row], right.pooled_features[row // 2])
        assert torch.equal(features[row], right.text_features[row // 2])
    wrong = mix_wrong(right, counterfactual, batch).text_features
    judged = [text_features for _, text_features, _ in looking.inputs]
    assert all(torch.equal(one, other) for one, other in zip(judged, [right[0], right[0], wrong], strict=True))
    assert not (wrong == right.text_features).flatten(1).all(1).any()


def test_real_logits_do_not_depend_on_other_pairs_of_the_batch():
    task = toy_task()
    discriminator, real, right = _a_look(task)
    drawn = torch.randn(16, 3, GRID, GRID)
    together = score_pairs(discriminator, real, drawn, right, right)
    for row in range(8):
        own = Text(*(tensor[row : row + 1] for tensor in right))
        rows = slice(2 * row, 2 * row + 2)
        alone = score_pairs(discriminator, real[row : row + 1], drawn[rows], own, own)
        for all_logits, logits in zip(together, alone, strict=True):
            assert torch.allclose(all_logits[row : row + 1], logits, atol=1e-5)


@pytest.mark.parametrize("count", [8, 4, 2])  # a batch of two has one neighbour, not three
def test_matching_prefers_the_own_caption_to_the_neighbours_and_the_counterfactual(count):
    matcher = Matcher(MatcherConfig(EMBED_DIM, 3, GRID, (5, 7), 11)).requires_grad_(False)
    task = toy_task(matcher, batch_size=count)
    batch = task.batch_at(0)
    right, counterfactual = words(task, *batch[3:5]), words(task, *batch[5:])
    drawn = torch.randn(2 * count, 3, GRID, GRID)
    pictures, captions = matcher.embed_latents(drawn), matcher.embed_prompts(right.pooled_features)
    changed = matcher.embed_prompts(counterfactual.pooled_features)
    colour, terms = batch.stated[:, 4], []
    for row in range(2 * count):
        caption = row // 2
        before = [(caption - back) % count for back in (1, 2, 3)[: count - 1]]
        really_wrong = [captions[other] for other in before if not torch.equal(colour[other], colour[caption])]
        others = [changed[caption], *really_wrong]
        terms.append(
            choice_loss(pictures[row][None], captions[caption][None], torch.stack(others)[None], matcher.scale)
        )
    loss = task.matching_loss(drawn, batch, right, counterfactual, toy_updater(task))
    assert torch.allclose(loss, torch.stack(terms).mean())


def a_batch(stated: list[list[int]], shown: list[list[int]]) -> LatentBatch:
    """Two attributes a caption, and what both pictures show; the rest does not matter."""
    ids = torch.zeros(len(stated), 1, dtype=torch.long)
    attributes = torch.tensor(shown)[:, None].repeat(1, 2, 1)
    return LatentBatch(torch.zeros(0), attributes, torch.tensor(stated), ids, ids > 0, ids, ids > 0)


def numbered(first: float, count: int, length: int) -> Text:
    """Caption i consists of the number first + i."""
    numbers = first + torch.arange(float(count))
    return Text(
        numbers[:, None, None].repeat(1, length, 1), torch.ones(count, length, dtype=torch.bool), numbers[:, None]
    )


def test_wrong_captions_are_a_neighbours_or_counterfactual_by_turns():
    batch = a_batch([[0, -1], [1, -1], [2, -1], [3, -1]], [[0, 9], [1, 9], [2, 9], [3, 9]])
    wrong = mix_wrong(numbered(0, 4, 3), numbered(10, 4, 2), batch)
    assert wrong.pooled_features.flatten().tolist() == [3.0, 11.0, 1.0, 13.0]
    assert wrong.text_features[:, 0, 0].tolist() == [3.0, 11.0, 1.0, 13.0]
    assert wrong.mask.tolist() == [[True] * 3, [True, True, False]] * 2  # padded to the longer of the two


def test_a_neighbours_caption_that_happens_to_fit_is_replaced():
    # Picture 2 shows (1, 9), which is all that caption 1 states; picture 0 does not show the 3 that caption 3 states.
    batch = a_batch([[0, -1], [1, -1], [1, 9], [3, -1]], [[0, 9], [1, 9], [1, 9], [3, 9]])
    wrong = mix_wrong(numbered(0, 4, 2), numbered(10, 4, 3), batch)
    assert wrong.pooled_features.flatten().tolist() == [3.0, 11.0, 12.0, 13.0]


def test_previous_captions_are_not_wrong_where_they_fit_the_picture():
    batch = a_batch([[0, -1], [1, -1], [1, 9], [-1, 9], [4, -1]], [[0, 9], [1, 5], [1, 9], [1, 9], [4, 5]])
    batch.attributes[3, 1, 0] = 0  # the second picture of caption 3 shows (0, 9)
    places, fitting = previous_captions(batch, count=2)
    assert places[::2].tolist() == places[1::2].tolist() == [[4, 3], [0, 4], [1, 0], [2, 1], [3, 2]]
    none = [False, False]
    assert fitting[::2].tolist() == [[False, True], none, [True, False], [True, True], none]
    assert fitting[1::2].tolist() == [[False, True], none, [True, False], none, none]


def test_a_batch_of_one_caption_has_no_other():
    places, fitting = previous_captions(a_batch([[0, -1]], [[0, 9]]))
    assert places.shape == fitting.shape == (2, 0)


def changed_networks(progress: float, **settings: float) -> set[str]:
    """Which networks a step at this point of the training changes."""
    task = toy_task(**settings)
    before = copy.deepcopy(task.modules)
    task.train_step(task.batch_at(0), 1, toy_updater(task, progress))
    return {
        name
        for name, module in task.modules.items()
        if not all(map(torch.equal, module.parameters(), before[name].parameters()))
    }


@pytest.mark.parametrize(
    ("progress", "changed"),
    [
        (0.29, {"generator", "recognition"}),  # redrawing only
        (0.3, {"generator", "recognition", "discriminator"}),
        (0.59, {"generator", "recognition", "discriminator"}),
        (0.6, {"generator", "discriminator"}),  # the game only
    ],
)
def test_the_game_starts_and_redrawing_ends_when_they_shall(progress, changed):
    assert changed_networks(progress, game_starts=0.3, redrawing_ends=0.6) == changed


def test_redrawing_fades_from_the_start_of_the_game_to_its_own_end():
    task = toy_task(game_starts=0.2, redrawing_ends=0.6, redrawing_weight=7.0)
    batch, drawn = task.batch_at(0), torch.zeros(16, 3, GRID, GRID)

    def weight_and_count(progress: float) -> list[tuple[float, int]]:
        update = toy_updater(task, progress)
        advice = task._advice(drawn, batch, None, None, update)
        return [(pytest.approx(weight), len(task._to_redraw(batch, update))) for _, weight, _ in advice]

    assert weight_and_count(0.0) == weight_and_count(0.1) == [(7.0, 16)]
    assert weight_and_count(0.2) == [(7.0, 8)]
    assert weight_and_count(0.5) == [(1.75, 8)]
    assert weight_and_count(0.6) == weight_and_count(0.9) == []


def test_pair_distance_by_hand():
    images = torch.zeros(4, 3, 1, 1)
    images[0, 0], images[1, 1] = 3.0, 4.0  # 5 apart; the second pair is 0 apart
    assert pair_distance(images) == 2.5


def test_the_game_alone_teaches_the_generator_to_draw_the_colour_that_was_asked_for():
    task = toy_task(**ALONE, generator_rate=2e-3, discriminator_rate=2e-3, penalty_start=0.1, penalty_end=0.1)
    update = toy_updater(task)
    for step in range(100):
        update.begin(step / 100, min(1.0, 2 - step / 50), seed=step)
        task.train_step(task.batch_at(step), step, update)
    asked = torch.arange(42) % 3
    text = words(task, asked[:, None], torch.ones(42, 1, dtype=torch.bool))
    with torch.no_grad():
        drawn = task.modules["generator"](torch.randn(42, 8), *text).mean((2, 3))
    nearest = (drawn[:, None] - COLOURS).norm(dim=2).argmin(1)
    assert (nearest == asked).float().mean() >= 0.9


def test_toy_pairs_are_what_they_say():
    batch = ToyPairs().batch(torch.tensor([4, 2]), Random(0), 2)
    assert batch.token_ids.flatten().tolist() == [1, 2]
    assert (batch.latents[0, 0] - batch.latents[0, 0].mean((1, 2), keepdim=True)).abs().max() < 1e-6
    assert (batch.wrong_token_ids.view(2, 2) != batch.token_ids).all()
