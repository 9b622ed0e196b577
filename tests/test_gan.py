"""The adversarial game: one forward pass serves two networks, nothing is weighed twice, no caption is mixed up."""

import copy
from random import Random

import pytest
import torch
from torch import Tensor, nn
from toy_gan import COLOURS, GRID, ToyPairs, toy_task, toy_updater

from t2i_lib.discriminator import see
from t2i_lib.judge import attribute_loss
from t2i_lib.losses import gradient_penalty, relativistic_loss
from t2i_lib.recipes.game import Text, asked_of, mix_wrong, score_pairs, stack_views
from t2i_lib.recipes.gan_gauges import pair_distance
from t2i_lib.recipes.gan_task import GanTask
from t2i_lib.recipes.latents import LatentBatch


class Watched:
    """Keeps what went into a network, call by call, and the network as it was before."""

    def __init__(self, network: nn.Module) -> None:
        self.before = copy.deepcopy(network)
        self.inputs: list[tuple[Tensor, ...]] = []
        network.register_forward_hook(lambda _, inputs, __: self.inputs.append(tuple(t.detach() for t in inputs)))


def gradients(module: nn.Module) -> Tensor:
    return torch.cat([p.grad.flatten() if p.grad is not None else torch.zeros(p.numel()) for p in module.parameters()])


def words(task: GanTask, token_ids: Tensor, mask: Tensor) -> Text:
    features, pooled = task.text_encoder(token_ids, mask)
    return Text(features, mask, pooled)


def real_views(task: GanTask, batch: LatentBatch) -> list[Tensor]:
    return stack_views(see(task.features, batch.latents.flatten(0, 1)))


@pytest.mark.parametrize("step", [0, 1])  # with and without the penalty
def test_discriminator_gets_the_gradient_of_its_own_loss_once(step):
    task = toy_task(penalty_every=3, penalty_start=0.007, penalty_end=0.007, wrong_caption_weight=0.3)
    generator, before = Watched(task.modules["generator"]), copy.deepcopy(task.modules["discriminator"])
    batch = task.batch_at(0)
    task.train_step(batch, step, toy_updater(task))

    drawn = [view.detach() for view in stack_views(see(task.features, generator.before(*generator.inputs[0])))]
    real = real_views(task, batch)
    right, counterfactual = words(task, *batch[3:5]), words(task, *batch[5:])
    wrong = mix_wrong(right, counterfactual, batch)
    real_logits = before(real, *right)
    loss = relativistic_loss(real_logits, before(drawn, *right))
    loss = loss + 0.3 * relativistic_loss(real_logits, before(real, *wrong))
    if step == 0:
        penalty = sum(gradient_penalty(lambda views: before(views, *right), views) for views in (real, drawn))
        loss = loss + 0.5 * 0.007 * 3 * penalty  # gamma / 2, times 3 because it comes every third step only
    loss.backward()
    assert torch.allclose(gradients(task.modules["discriminator"]), gradients(before), rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("progress, share", [(0.0, 1.0), (0.75, 0.25)])  # advice fades to nothing
def test_generator_gets_the_gradient_of_its_own_loss_once(progress, share):
    task = toy_task(advice_weight=0.6)
    generator, before = Watched(task.modules["generator"]), copy.deepcopy(task.modules["discriminator"])
    batch = task.batch_at(0)
    values = task.train_step(batch, 1, toy_updater(task, progress))

    right = words(task, *batch[3:5])
    seen = see(task.features, generator.before(*generator.inputs[0]))
    fooling = relativistic_loss(before(stack_views(seen), *right), before(real_views(task, batch), *right))
    advice = attribute_loss(task.features.read(seen[1:]), asked_of(batch))
    (fooling + 0.6 * share * advice).backward()
    assert torch.allclose(gradients(task.modules["generator"]), gradients(generator.before), rtol=1e-3, atol=1e-7)
    assert torch.allclose(values["advice"], advice)


def test_the_feature_network_never_learns():
    task = toy_task()
    before = copy.deepcopy(task.features.state_dict())
    task.train_step(task.batch_at(0), 0, toy_updater(task))
    assert all(torch.equal(value, before[name]) for name, value in task.features.state_dict().items())
    assert all(parameter.grad is None for parameter in task.features.parameters())


def test_real_and_drawn_latents_are_veiled_alike_and_each_by_its_own_noise():
    task, seen = toy_task(view_noise=0.5), []
    task.veil, veil = lambda latents, rng: seen.append((latents, veil(latents, rng))) or seen[-1][1], task.veil
    batch = task.batch_at(0)
    task.train_step(batch, 1, toy_updater(task))
    assert torch.equal(seen[1][0], batch.latents.flatten(0, 1))
    noises = [(veiled - latents).detach() for latents, veiled in seen]
    assert len(noises) == 2 and not torch.equal(*noises)
    assert all(abs(noise.std().item() - 0.5) < 0.02 for noise in noises)


def test_penalty_weakens_from_start_to_end():
    def weight(progress: float) -> float:
        """The penalty's gradient at a point of the training, over the gradient of the bare penalty."""
        task = toy_task(penalty_every=1, penalty_start=0.8, penalty_end=0.05)
        batch = task.batch_at(0)
        discriminator, real = task.modules["discriminator"], real_views(task, batch)
        right = words(task, batch.token_ids, batch.mask)
        task.penalise(discriminator, real, real, right, toy_updater(task, progress))
        scaled = gradients(discriminator)
        discriminator.zero_grad()
        (2 * gradient_penalty(lambda views: discriminator(views, *right), real)).backward()
        return float(scaled.norm() / gradients(discriminator).norm())

    assert [weight(progress) for progress in (0.0, 0.5, 1.0)] == pytest.approx([0.4, 0.1, 0.025], rel=1e-3)


def test_every_picture_is_drawn_for_and_judged_against_its_own_caption():
    task = toy_task()
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
    assert all(torch.equal(one, other) for one, other in zip(judged, [right[0], wrong, right[0]], strict=True))
    assert not (wrong == right.text_features).flatten(1).all(1).any()


def test_real_logits_do_not_depend_on_other_pairs_of_the_batch():
    task = toy_task()
    batch = task.batch_at(0)
    discriminator, real, right = task.modules["discriminator"], real_views(task, batch), words(task, *batch[3:5])
    drawn = stack_views(see(task.features, torch.randn(16, 3, GRID, GRID)))
    together = score_pairs(discriminator, real, drawn, right, right)
    for row in range(8):
        own = Text(*(tensor[row : row + 1] for tensor in right))
        views = [[view[row : row + 1] for view in each] for each in (real, drawn)]
        for all_logits, logits in zip(together, score_pairs(discriminator, *views, own, own), strict=True):
            assert torch.allclose(all_logits[row : row + 1], logits, atol=1e-5)


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


def test_what_is_asked_of_pictures_is_what_the_caption_states_and_the_subject():
    batch = a_batch([[0] + [-1] * 8, [-1] * 8 + [2]], [[0, 0, 0, 5, 1, 0, 0, 0, 0], [1, 1, 1, 0, -1, -1, -1, -1, 2]])
    asked = asked_of(batch)
    assert asked[0].tolist() == asked[1].tolist() == [0, -1, -1, 5, -1, -1, -1, -1, -1]
    assert asked[2].tolist() == asked[3].tolist() == [-1, -1, -1, 0, -1, -1, -1, -1, 2]  # nobody is there


def test_both_networks_learn_in_every_step():
    task = toy_task()
    before = copy.deepcopy(task.modules)
    task.train_step(task.batch_at(0), 1, toy_updater(task))
    for name, module in task.modules.items():
        assert not all(map(torch.equal, module.parameters(), before[name].parameters())), name


def test_pair_distance_by_hand():
    images = torch.zeros(4, 3, 1, 1)
    images[0, 0], images[1, 1] = 3.0, 4.0  # 5 apart; the second pair is 0 apart
    assert pair_distance(images) == 2.5


def test_the_game_alone_teaches_the_generator_to_draw_the_colour_that_was_asked_for():
    task = toy_task(advice_weight=0.0, generator_rate=2e-3, discriminator_rate=2e-3)
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
