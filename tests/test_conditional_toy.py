"""Small networks that are told labels: each way uses the label as it says, and its bill is what lesson 07 counts."""

import pytest
import torch

from t2i_lib.course.exercises.lesson_07 import label_costs, projection_logit
from t2i_lib.toys.conditional_toy import DISCRIMINATOR_WAYS, GENERATOR_WAYS, NOISE_DIM, ToyDiscriminator, ToyGenerator
from t2i_lib.toys.tiny_scenes import LABELS, as_vectors

TOLD = as_vectors(torch.tensor(LABELS))[[0, 5, 7]]  # (3, 7)
OTHER = as_vectors(torch.tensor(LABELS))[[3, 6, 1]]


@pytest.mark.parametrize("way", GENERATOR_WAYS)
def test_generators_hear_noise_and_label(way):
    generator, noise = ToyGenerator(way), torch.randn(3, NOISE_DIM)
    images = generator(noise, TOLD)
    assert images.shape == (3, 3, 16, 16)
    assert not torch.allclose(images, generator(noise, OTHER))
    assert not torch.allclose(images, generator(noise + 1, TOLD))


@pytest.mark.parametrize("pictures", [1, 2])
@pytest.mark.parametrize("way", DISCRIMINATOR_WAYS)
def test_discriminators_hear_the_label_unless_it_is_withheld(way, pictures):
    discriminator, images = ToyDiscriminator(way, pictures), torch.randn(3, 3 * pictures, 16, 16)
    logits = discriminator(images, TOLD)
    assert logits.shape == (3,)
    assert torch.equal(logits, discriminator(images, OTHER)) == (way == "withheld")


def test_projection_looks_before_it_knows_the_label():
    discriminator, images = ToyDiscriminator("projection"), torch.randn(3, 6, 16, 16)
    vector = discriminator.look(images, TOLD)
    assert torch.equal(vector, discriminator.look(images, OTHER))
    weight, bias = discriminator.to_logit.weight[0], discriminator.to_logit.bias[0]
    wanted = discriminator.embed(TOLD)
    assert torch.allclose(projection_logit(vector, weight, bias, wanted), discriminator(images, TOLD), atol=1e-6)


def test_each_way_costs_what_the_lesson_counts():
    sizes = {way: sum(each.numel() for each in ToyDiscriminator(way).parameters()) for way in DISCRIMINATOR_WAYS}
    discriminator = ToyDiscriminator("withheld")
    costs = label_costs(TOLD.shape[1], discriminator.read.out_channels, discriminator.to_logit.in_features)
    assert tuple(sizes[way] - sizes["withheld"] for way in DISCRIMINATOR_WAYS[1:]) == costs


@pytest.mark.parametrize("network", [ToyGenerator, ToyDiscriminator])
def test_an_unknown_way_is_refused(network):
    with pytest.raises(ValueError, match="no way 'telepathy'"):
        network("telepathy")
