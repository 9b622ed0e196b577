"""The game with labels: both networks learn, gauges tell a cheat from a listener, wrong labels are wrong."""

import pytest
import torch

from t2i_lib.toys.conditional_game import CHECKED, Rules, draw_each, measure, play, wrong_labels
from t2i_lib.toys.conditional_toy import NOISE_DIM, ToyDiscriminator, ToyGenerator
from t2i_lib.toys.tiny_judge import TinyJudge, train_judge
from t2i_lib.toys.tiny_scenes import LABELS, TinyScenes, draw_scenes

RULES = Rules(steps=3, batch_size=4, penalty_every=2, note_every=2)


@pytest.fixture(scope="module")
def world() -> tuple[TinyScenes, TinyJudge]:
    scenes = draw_scenes(CHECKED)
    return scenes, train_judge(scenes, steps=60)


@pytest.mark.parametrize("pictures", [1, 2])
def test_both_networks_move_and_the_diary_has_a_first_and_a_last_page(world, pictures):
    networks = ToyGenerator(), ToyDiscriminator(pictures=pictures)
    before = [[weight.clone() for weight in network.parameters()] for network in networks]
    diary = play(*networks, *world, RULES)
    for old, network in zip(before, networks, strict=True):
        moved = [not torch.equal(one, other) for one, other in zip(old, network.parameters(), strict=True)]
        assert sum(moved) >= len(moved) - 1  # a constant that all logits share is never felt
    assert diary.steps == [0, 2, 3] and len(diary.curve("variety")) == 3
    assert [page.shape for page in diary.samples] == [(12, 3, 16, 16)] * 3


def test_the_same_seed_gives_the_same_game(world):
    diaries = []
    for _ in range(2):
        torch.manual_seed(0)
        diaries.append(play(ToyGenerator(), ToyDiscriminator(), *world, RULES, seed=5))
    assert torch.equal(diaries[0].samples[-1], diaries[1].samples[-1])


class Perfect(torch.nn.Module):
    """Draws a rendered picture of what was asked for, or, as a cheat, of anything."""

    def __init__(self, scenes: TinyScenes, listens: bool, varied: bool = True) -> None:
        super().__init__()
        self.scenes, self.listens, self.varied = scenes, listens, varied

    def forward(self, noise: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        place, time = labels[:, :4].argmax(1), labels[:, 4:].argmax(1)
        asked = place * 3 + time if self.listens else torch.arange(len(labels)) % 12
        which = torch.arange(len(labels)) if self.varied else torch.zeros(len(labels), dtype=torch.int64)
        return self.scenes.images[asked, which]


def test_gauges_tell_a_listener_from_a_cheat_and_from_a_bore(world):
    scenes, judge = world
    listener = measure(Perfect(scenes, listens=True), scenes, judge)
    cheat = measure(Perfect(scenes, listens=False), scenes, judge)
    bore = measure(Perfect(scenes, listens=True, varied=False), scenes, judge)
    assert listener.accuracy > 0.9 and listener.gap == pytest.approx(11 / 12 * listener.accuracy, abs=0.05)
    assert listener.variety == pytest.approx(1)
    assert abs(cheat.gap) < 0.01 and cheat.variety > 1
    assert bore.accuracy > 0.9 and bore.variety == 0


def test_wrong_labels_are_never_the_right_ones_and_may_be_any_other():
    rng = torch.Generator().manual_seed(0)
    labels = torch.tensor(LABELS).repeat(300, 1)
    wrong = wrong_labels(labels, rng)
    assert not (wrong == labels).all(1).any()
    assert len(torch.cat([labels, wrong], dim=1).unique(dim=0)) == 12 * 11


def test_pictures_of_all_labels_share_their_noise():
    class Echo(torch.nn.Module):
        def forward(self, noise, labels):
            return torch.cat([noise, labels], dim=1)

    drawn = draw_each(Echo(), 3)
    assert drawn.shape == (12, 3, NOISE_DIM + 7)
    assert (drawn[..., :NOISE_DIM] == drawn[:1, ..., :NOISE_DIM]).all()
