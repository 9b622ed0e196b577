"""What an artist still knows of the storybook after it has learned something else: the judge looks at old prompts.

In: an artist and the judge. Out: prompt accuracy on captions of validation scenes. The same prompts and seeds every
time, so that two artists, or one before and after, can be compared.
"""

import torch

from t2i_lib.datasets import StorybookDataset
from t2i_lib.judge import Judge
from t2i_lib.metrics import Estimate, prompt_accuracy
from t2i_lib.pipeline import TextToImage


def storybook_accuracy(artist: TextToImage, judge: Judge, count: int = 100, exchanged: bool = False) -> Estimate:
    """The share of stated attributes that the judge finds in pictures of `count` storybook captions.

    Args:
        exchanged: hold each caption against the picture of another one: what is right by chance.
    """
    scenes = StorybookDataset("validation", artist.config.image_size, count)
    stated = torch.stack([scenes.labels(index)[2] for index in range(count)])  # (count, 9)
    images = artist.draw([scenes.caption(index).prompt for index in range(count)], list(range(count)))
    device = next(judge.parameters()).device
    found = torch.cat([judge.attributes(part.to(device)).cpu() for part in images.split(50)])
    return prompt_accuracy(found.roll(count // 2, 0) if exchanged else found, stated)
