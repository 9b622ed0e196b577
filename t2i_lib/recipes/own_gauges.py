"""How a game with pictures of one's own goes, without a judge: is it what was asked for, is it a copy, how far off?

In: a generator, and the discriminator that it plays against. Out: numbers, and a sheet of pictures. Every caption is
drawn with the same noise each time.
"""

import torch
from PIL import Image
from torch import Tensor

from t2i_lib.autoencoder import Autoencoder
from t2i_lib.datasets import images_to_pixels
from t2i_lib.few_pictures import caption_recall, copying, energy_distance, overfitting, standardise
from t2i_lib.frechet import RandomFeatures
from t2i_lib.generator import Generator
from t2i_lib.recipes.game import Text, read
from t2i_lib.recipes.own_pictures import OwnPictures
from t2i_lib.recipes.pictures import draw_grid
from t2i_lib.text_encoder import TextEncoder

MOST = 200  # training pictures whose captions are drawn


class OwnGauges:
    """Draws a picture for each caption, of training pictures and of pictures that were kept back.

    Args:
        train, held_out: the pictures.
        text_encoder, autoencoder: the frozen ends of the pipeline.
        seed: of the noise.
    """

    def __init__(
        self,
        train: OwnPictures,
        held_out: OwnPictures,
        text_encoder: TextEncoder,
        autoencoder: Autoencoder,
        seed: int = 0,
    ) -> None:
        self.text_encoder, self.autoencoder, self.seed = text_encoder, autoencoder, seed
        self.captions = [each[0] for each in [*held_out.captions, *train.captions[:MOST]]]
        self.held_out = len(held_out)
        self.eyes = RandomFeatures(size=held_out.images.shape[-1])
        self.real = self.eyes(torch.cat([held_out.images, train.images[:MOST]]))

    @torch.no_grad()
    def measure(self, generator: Generator) -> dict[str, float]:
        """Caption recall for seen and for unseen captions, the share of copies, and the distance.

        The distance of the two clouds is given in mean distances between real pictures."""
        drawn = self.eyes(self.draw(generator))
        real, drawn = standardise(self.real, drawn)
        split, places = self.held_out, torch.arange(len(real))
        return {
            "caption recall": caption_recall(drawn[split:], places[split:], real),
            "recall, unseen": caption_recall(drawn[:split], places[:split], real),
            "copies": copying(drawn, real[split:], real[:split]),
            "distance": energy_distance(drawn, real) / float(torch.pdist(real).mean()),
        }

    def sample_grid(self, generator: Generator) -> Image.Image:
        """Sixteen captions, unseen ones first."""
        return draw_grid(images_to_pixels(self.draw(generator, 16)), columns=8)

    @torch.no_grad()
    def draw(self, generator: Generator, count: int | None = None) -> Tensor:
        """A picture a caption, unseen ones first: (B, 3, H, W) in [-1, 1] on the CPU."""
        device, captions = next(generator.parameters()).device, self.captions[:count]
        noise = generator.sample_noise(len(captions), torch.Generator().manual_seed(self.seed))
        decoder, images = self.autoencoder.to(device), []
        for rows in torch.arange(len(captions)).split(50):
            tokens = self.text_encoder.tokenize([captions[row] for row in rows.tolist()])
            text = read(self.text_encoder, *(tensor.to(device) for tensor in tokens))
            images.append(decoder.decode(generator(noise[rows.to(device)], *text).float()).cpu())
        return torch.cat(images)


@torch.no_grad()
def discriminators_memory(
    score, train: tuple[Tensor, Text], held_out: tuple[Tensor, Text], drawn: tuple[Tensor, Text]
) -> float:
    """`overfitting` of a discriminator: `score` gives logits of latents with their captions."""
    return overfitting(*(score(*each) for each in (train, held_out, drawn)))
