"""Does it fit my card? What the trainings of each preset need in memory, counted on made-up data (article, 5.1)."""

from collections.abc import Callable, Iterable
from functools import partial

from t2i_lib.dry_run import autoencoder_task, gan_task, memory_need
from t2i_lib.experiments.record import Outcome, Record, carry_out
from t2i_lib.presets import PRESETS, Preset
from t2i_lib.tasks import Task

PRECISIONS = ("fp32", "bf16")


def run(seeds: Iterable[int]) -> Record:
    """Count once for each training, preset and precision; a second count would be the same."""
    variants = {}
    for preset in PRESETS.values():
        for precision in PRECISIONS:
            for name, make, batch in trainings(preset):
                variants[f"{preset.name}, {name}, {precision}"] = partial(count, make, batch, precision)
    return carry_out("memory", variants, list(seeds)[:1])


def trainings(preset: Preset) -> list[tuple[str, Callable[[int], Task], int]]:
    """Name, task for a batch size, and the preset's batch size of both picture trainings."""
    return [
        ("GAN", partial(gan_task, preset), preset.gan_training.batch_size),
        ("autoencoder", partial(autoencoder_task, preset), preset.autoencoder_training.batch_size),
    ]


def count(make_task: Callable[[int], Task], batch: int, precision: str, seed: int = 0) -> Outcome:
    """Gigabytes whatever the batch, megabytes for each sample in it, and gigabytes in all."""
    need = memory_need(make_task, precision)
    return Outcome(
        {
            "fixed GB": round(need.fixed / 1e9, 4),
            "MB a sample": round(need.per_sample / 1e6, 3),
            "batch": batch,
            "total GB": round(need.total(batch) / 1e9, 3),
        }
    )
