"""The reader of skin tones: true where it was tested, and misled by blur."""

from random import Random

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from t2i_lib.storybook.people import SKIN_TONES
from t2i_lib.storybook.render import render
from t2i_lib.storybook.scene import PEOPLE, Scene
from t2i_lib.tones import drawn_skin, read_tones, render_people, shares


@pytest.fixture(scope="module")
def people():
    return render_people(36)


@pytest.mark.parametrize("subject", PEOPLE)
def test_the_lots_drawn_again_are_those_of_the_picture(subject: str):
    """By day, in clear air, the skin's own paint is in the picture, and no other."""
    scene = Scene("hill", subject=subject, color="blue", expression="calm", holding="none", position="center")
    for seed in range(6):
        pixels = np.asarray(render(scene, 128, Random(seed))).reshape(-1, 3)
        seen = [(np.abs(pixels - np.array(tone)).max(1) == 0).sum() for tone in SKIN_TONES]
        assert int(np.argmax(seen)) == drawn_skin(Random(seed))


def test_rendered_faces_are_read_well(people):
    right = (read_tones(people.images, people.attributes) == people.skin).float().mean()
    assert right >= 0.9


def test_blur_misleads_towards_dark(people):
    """What lesson 13 is about: the same people, softened, and the reader is wrong in one direction."""
    soft = F.avg_pool2d(F.pad(people.images, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    read = read_tones(soft, people.attributes)
    assert (read == people.skin).float().mean() < 0.5
    assert shares(read)[5] > shares(people.skin)[5] + 0.2


def test_other_sizes_are_refused():
    with pytest.raises(ValueError, match="pictures of 64 pixels"):
        read_tones(torch.zeros(1, 3, 32, 32), torch.zeros(1, 9, dtype=torch.int64))
