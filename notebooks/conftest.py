"""What `pytest --nbval notebooks` does beyond nbval, which alone overlooks too much.

nbval runs each cell again and compares texts with what is stored. Here it also compares pictures, refuses notebooks
that were not run from top to bottom, notices a dead kernel at once instead of after the cell's limit, and gives each
notebook the same surroundings as `make notebooks` did: no earlier progress, no network, one thread.
"""

import base64
import io
import os
import tempfile
from functools import partial
from pathlib import Path
from queue import Empty

import numpy as np
import pytest
from nbval import plugin as nbval
from PIL import Image

from t2i_lib.notebooks import SHOWN_HOME, surroundings

# Root mean square difference of grey levels, of 255, up to which two pictures count as the same. On the machine where
# they were stored it is 0; another version of the library that draws letters gives 6 to 8, another font 16, and one
# point moved in a plot about 9. T2I_PNG_LIMIT=1 is stricter, for whoever runs on the machine that stored them.
PNG_LIMIT = float(os.environ.get("T2I_PNG_LIMIT", "8"))
PICTURES = ("image/png", "image/jpeg")
collect_ignore = ["zh"]  # the Chinese notebooks hold the same code and outputs (tests/test_chinese_edition.py)
LOOK_SECONDS = 1.0  # how often to look whether the kernel still lives


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path, parent: pytest.Collector):
    """Notebooks are ours instead of nbval's own."""
    collected = yield
    return [
        StrictNotebook.from_parent(parent, path=file_path) if type(each) is nbval.IPyNbFile else each
        for each in collected
    ]


class StrictNotebook(nbval.IPyNbFile):
    """A notebook in its own kernel, with a new folder for what it keeps."""

    def collect(self):
        expected = 0
        for cell in super().collect():
            expected += bool(cell.cell.source.strip())  # Jupyter gives an empty cell no number
            strict = StrictCell.from_parent(
                self, name=cell.name, cell_num=cell.cell_num, cell=cell.cell, options=cell.options
            )
            strict.expected_count = expected if cell.cell.source.strip() else None
            yield strict

    def setup(self) -> None:
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.home = Path(self.folder.name) / "home"
        self.home.mkdir()
        with pytest.MonkeyPatch.context() as patch:  # the kernel inherits them when it starts
            for name, value in surroundings(self.home).items():
                patch.setenv(name, value)
            super().setup()
        self.kernel.await_reply = partial(await_reply, self.kernel)

    def teardown(self) -> None:
        super().teardown()
        self.folder.cleanup()


class StrictCell(nbval.IPyNbCell):
    """A cell that must have been run in its turn, and whose pictures are compared, too."""

    def runtest(self) -> None:
        found = self.cell.execution_count
        if not self.options["skip"] and found != self.expected_count:
            told = "never run" if found is None else f"run as number {found}, not {self.expected_count}"
            self.raise_cell_error(f"This cell was {told}: run the notebook from top to bottom (`make notebooks`)")
        super().runtest()

    def compare_outputs(self, test, ref, skip_compare=None) -> bool:
        if not super().compare_outputs(test, ref, skip_compare):
            return False
        self.comparison_traceback += picture_differences(pictures(ref), pictures(test))
        return not self.comparison_traceback

    def sanitize(self, s):
        return super().sanitize(s.replace(str(self.parent.home), SHOWN_HOME) if isinstance(s, str) else s)


def pictures(outputs: list) -> list[str]:
    """The pictures among a cell's outputs, as base64 text: of one that comes in both formats, the PNG."""
    bundles = [output.get("data", {}) for output in outputs]
    return [data.get("image/png") or data["image/jpeg"] for data in bundles if data.keys() & set(PICTURES)]


def picture_differences(stored: list[str], drawn: list[str]) -> list[str]:
    """What is wrong with the pictures of a cell, in words; [] if nothing."""
    if len(stored) != len(drawn):
        return [f"stored are {len(stored)} pictures, drawn now {len(drawn)}"]
    found = []
    for number, (ours, theirs) in enumerate(zip(map(grey, stored), map(grey, drawn), strict=True), start=1):
        if ours.shape != theirs.shape:
            found.append(f"picture {number}: stored with {ours.shape}, drawn now with {theirs.shape} pixels")
        elif (difference := float(np.sqrt(np.mean((ours - theirs) ** 2)))) > PNG_LIMIT:
            found.append(f"picture {number}: differs by {difference:.1f} grey levels, allowed are {PNG_LIMIT:g}")
    return found


def grey(picture: str) -> np.ndarray:
    """(height, width, 3) levels from 0 to 255 of a picture in base64; what is transparent counts as white."""
    image = Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    return np.asarray(Image.alpha_composite(white, image).convert("RGB"), dtype=float)


def await_reply(kernel, msg_id: str, timeout: float | None = None) -> None:
    """Wait until a cell is done, as nbval's own method does, but not for a kernel that has died.

    Raises:
        RuntimeError: if the kernel is dead.
        queue.Empty: if the time is over, which nbval understands.
    """
    left = 3600.0 if timeout is None else timeout
    while True:
        try:
            return type(kernel).await_reply(kernel, msg_id, timeout=min(LOOK_SECONDS, left))
        except Empty:
            left -= LOOK_SECONDS
            if not kernel.is_alive():
                raise RuntimeError("the kernel died in this cell") from None
            if left <= 0:
                raise
