"""The bare game: same seed same game, each player moves in its own turn only, what is watched, and how it ends."""

import copy

import pytest
import torch
from torch import nn
from torch.optim import SGD

from t2i_lib.adversarial_losses import find_loss
from t2i_lib.toys.duel import Rules, discriminator_turn, duel, generator_turn, seeded, slopes, to_log, veiled

RULES = Rules(num_steps=6, batch_size=5, noise_dim=3, penalty=0.5, discriminator_turns=2)


def players() -> tuple[nn.Module, nn.Module]:
    return seeded(1, lambda: nn.Linear(3, 2)), seeded(2, lambda: nn.Sequential(nn.Linear(2, 1), nn.Flatten(0)))


def draw_real(count: int, rng: torch.Generator) -> torch.Tensor:
    return 3 + torch.randn(count, 2, generator=rng)


def test_the_same_seed_is_the_same_game():
    one, other, third = (duel(*players(), draw_real, RULES, seed, snapshots=3) for seed in (4, 4, 5))
    assert torch.equal(one[-1].samples, other[-1].samples)
    assert not torch.equal(one[-1].samples, third[-1].samples)


def test_watching_does_not_change_the_game():
    often = duel(*players(), draw_real, RULES, snapshots=6, measure=lambda samples: {"mean": samples.mean().item()})
    seldom = duel(*players(), draw_real, RULES, snapshots=2)
    assert torch.equal(often[-1].samples, seldom[-1].samples)
    assert [snapshot.step for snapshot in seldom] == [0, 3, 6]
    assert seldom[0].discriminator is not seldom[1].discriminator


def test_nobody_elses_random_numbers_change():
    torch.manual_seed(0)
    expected = torch.rand(2)
    torch.manual_seed(0)
    duel(*players(), draw_real, RULES, snapshots=1)
    assert torch.equal(torch.rand(2), expected)


@pytest.mark.parametrize(("turn", "mover"), [(generator_turn, 0), (discriminator_turn, 1)])
def test_only_whose_turn_it_is_moves(turn, mover):
    both = players()
    before = copy.deepcopy(both)
    optimizer = SGD(both[mover].parameters(), 0.1)
    real, noise, rng = torch.ones(4, 2), torch.randn(4, 3), torch.Generator().manual_seed(0)
    turn(*both, real, noise, optimizer, find_loss("relativistic"), RULES, rng)
    moved = [
        any(not torch.equal(a, b) for a, b in zip(new.parameters(), old.parameters(), strict=True))
        for new, old in zip(both, before, strict=True)
    ]
    assert moved == [mover == 0, mover == 1]


def test_the_players_want_opposite_things():
    generator, discriminator = players()
    real, noise, rng = torch.ones(64, 2), torch.randn(64, 3), torch.Generator().manual_seed(0)

    def gap() -> float:
        with torch.no_grad():
            return (discriminator(real).mean() - discriminator(generator(noise)).mean()).item()

    rules, loss = Rules(), find_loss("relativistic")
    start = gap()
    discriminator_turn(generator, discriminator, real, noise, SGD(discriminator.parameters(), 0.1), loss, rules, rng)
    wider = gap()
    generator_turn(generator, discriminator, real, noise, SGD(generator.parameters(), 0.1), loss, rules, rng)
    assert wider > start and gap() < wider


def test_slopes_are_the_weights_of_a_plane():
    plane = nn.Sequential(nn.Linear(2, 1), nn.Flatten(0))
    plane[0].weight.data = torch.tensor([[3.0, 4.0]])
    assert slopes(plane, torch.randn(3, 2), torch.randn(3, 2)).item() == pytest.approx(2 * 25)  # times two numbers


def test_a_veil_is_noise_of_its_size_or_nothing():
    things = torch.zeros(4000, 2)
    assert veiled(things, 0.0, torch.Generator()) is things
    assert veiled(things, 0.5, torch.Generator().manual_seed(0)).std().item() == pytest.approx(0.5, rel=0.05)


def test_held_out_things_are_watched_when_given():
    seen = duel(*players(), draw_real, RULES, snapshots=1, draw_held_out=lambda n, rng: -draw_real(n, rng))
    values = seen[-1].values
    assert set(values) == {"real logit", "held-out logit", "fake logit", "gap", "penalty"}
    assert values["gap"] == pytest.approx(values["real logit"] - values["fake logit"])
    assert values["held-out logit"] != values["real logit"]


def test_a_game_without_numbers_ends():
    generator, discriminator = players()
    generator.weight.data.fill_(float("nan"))
    seen = duel(generator, discriminator, draw_real, RULES, snapshots=3)
    assert [snapshot.step for snapshot in seen] == [0]


def test_the_log_has_the_form_of_a_trainings_log():
    log = to_log(duel(*players(), draw_real, RULES, snapshots=1, measure=lambda samples: {"variety": 1.0}))
    assert [sorted(entry) for entry in log[:2]] == [["step", "values"], ["gauges", "step"]]
    assert log[-1] == {"step": 6, "gauges": {"variety": 1.0}}
