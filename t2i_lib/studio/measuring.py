"""How fast the studio answers, and whether a long sitting fills the memory: `t2i studio measure`."""

import gc
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from t2i_lib.pipeline import TextToImage
from t2i_lib.studio.page import StudioPage
from t2i_lib.studio.session import REMEMBERED, Wish

FAST, LITTLE = 0.5, 0.05  # seconds after a click; growth of the memory as a share


@dataclass(frozen=True)
class Sitting:
    """What was measured in one sitting."""

    pictures: int
    seconds: tuple[float, ...]  # one a click
    worked: tuple[float, ...]  # seconds of processor time in it: what is left where no other program is busy
    memory_before: int  # bytes, once the history is full
    memory_after: int

    @property
    def growth(self) -> float:
        """Of the memory, as a share of what it was."""
        return self.memory_after / self.memory_before - 1

    @property
    def good(self) -> bool:
        """Nineteen clicks of twenty are answered fast enough, and the memory stays as it is."""
        return float(np.quantile(self.seconds, 0.95)) <= FAST and self.growth <= LITTLE

    def __repr__(self) -> str:
        middle, late = np.quantile(self.seconds, (0.5, 0.95))
        verdict = "good" if self.good else "NOT good"
        before, after = self.memory_before / 1e6, self.memory_after / 1e6
        return (
            f"{verdict}: {self.pictures} pictures; after a click {middle:.2f} s, at the 95th percentile {late:.2f} s "
            f"(at most {FAST}), own work {np.median(self.worked):.2f} s; memory {before:.0f} -> {after:.0f} MB, "
            f"{self.growth:+.1%} (at most {LITTLE:+.0%})"
        )


def measure(artist: TextToImage, prompts: Sequence[str], pictures: int = 1000, count: int = 4) -> Sitting:
    """Click "Draw" until so many pictures are drawn; before that the history is filled, which belongs to the studio.

    Args:
        prompts: taken in turn.
        count: pictures a click.
    """
    page = StudioPage(artist, Wish(prompts[0], count=count))
    for click in range(REMEMBERED):
        _click(page, prompts, click)
    gc.collect()
    before, clicks = resident_bytes(), -(-pictures // count)
    times = [_click(page, prompts, REMEMBERED + click) for click in range(clicks)]
    gc.collect()
    seconds, worked = zip(*times, strict=True)
    return Sitting(clicks * count, seconds, worked, before, resident_bytes())


def _click(page: StudioPage, prompts: Sequence[str], number: int) -> tuple[float, float]:
    """Seconds from the click until the pictures stand in the page, and of processor time."""
    page.prompt.value, page.seed.value = prompts[number % len(prompts)], number
    begin, worked = time.perf_counter(), time.process_time()
    page.buttons[0].click()
    return time.perf_counter() - begin, time.process_time() - worked


def resident_bytes() -> int:
    """Memory that this process holds right now.

    Raises:
        ValueError: on systems that only tell its peak.
    """
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    try:
        import psutil
    except ImportError as error:
        raise ValueError(f"on {sys.platform} measuring the memory needs psutil: pip install psutil") from error
    return psutil.Process().memory_info().rss
