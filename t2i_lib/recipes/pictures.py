"""What several recipes share: the cached pictures that a preset trains on, and a grid to look at."""

from pathlib import Path

from PIL import Image
from torch import Tensor

from t2i_lib.datasets import StorybookDataset
from t2i_lib.presets import Preset
from t2i_lib.storybook.pairs import RENDER_SIZE

CACHE = Path("cache")  # rendered pictures, relative to where the command was called
HELD_OUT_PAIRS = 1000


def training_pictures(preset: Preset) -> tuple[StorybookDataset, StorybookDataset]:
    """Training and validation pictures of a preset, rendered first where the cache lacks them.

    All sizes share one cache: smaller pictures are the same ones, averaged down.
    """
    size = preset.image_size
    train = StorybookDataset("train", size, preset.train_pairs, cache=CACHE / f"train-{RENDER_SIZE}")
    held_out_pairs = min(HELD_OUT_PAIRS, preset.train_pairs)
    held_out = StorybookDataset("validation", size, held_out_pairs, cache=CACHE / f"validation-{RENDER_SIZE}")
    return train, held_out


def draw_grid(pixels: Tensor, columns: int, gap: int = 2) -> Image.Image:
    """Pictures (B, H, W, 3) uint8 side by side, row by row, with white gaps."""
    count, height, width, _ = pixels.shape
    rows = -(-count // columns)
    sheet = Image.new("RGB", (columns * (width + gap) - gap, rows * (height + gap) - gap), "white")
    for index, picture in enumerate(pixels.cpu().numpy()):
        row, column = divmod(index, columns)
        sheet.paste(Image.fromarray(picture), (column * (width + gap), row * (height + gap)))
    return sheet
