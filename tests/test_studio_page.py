"""The studio's widgets: what the buttons do, what is said, what is shown where no widgets run; and its measuring."""

import base64
import builtins
import io

import pytest
from PIL import Image
from tiny_artist import tiny_artist

from t2i_lib.pipeline import TextToImage
from t2i_lib.studio import page as page_module
from t2i_lib.studio.keeping import read_facts
from t2i_lib.studio.measuring import Sitting, measure, resident_bytes
from t2i_lib.studio.page import StudioPage
from t2i_lib.studio.session import Wish

pytest.importorskip("ipywidgets")


@pytest.fixture(scope="module")
def artist() -> TextToImage:
    return tiny_artist()


@pytest.fixture
def studio(artist, tmp_path) -> StudioPage:
    return StudioPage(artist, Wish("a red hill", 1, 2), tmp_path)


def test_the_first_wish_is_drawn_at_once(studio):
    assert studio.said == "Drawn: a red hill (seed 1, 2)." and studio.shown.value.count("<img") == 2
    assert 'alt="a red hill (seed 2)"' in studio.shown.value


def test_draw_takes_what_the_fields_hold(studio):
    studio.prompt.value, studio.seed.value, studio.count.value, studio.variation.value = "a castle & <b>", 5, 3, 0.25
    studio.buttons[0].click()
    assert studio.wish == Wish("a castle & <b>", 5, 3, 0.25)
    assert studio.shown.value.count("<img") == 3 and "25% of the arc" in studio.shown.value
    assert "&lt;b&gt;" in studio.status.value and "<b>" not in studio.status.value
    assert not any(button.disabled for button in studio.buttons)


def test_a_walk_needs_somewhere_to_walk_to(studio):
    studio.buttons[1].click()
    assert "where the walk shall lead" in studio.said
    studio.towards.value, studio.count.value = "a castle", 3
    studio.buttons[1].click()
    assert studio.wish.towards == "a castle" and "50% of the way to: a castle" in studio.shown.value


def test_what_cannot_be_drawn_is_said_and_the_pictures_stay(studio):
    before = studio.shown.value
    studio.prompt.value = "  "
    studio.buttons[0].click()
    assert studio.said.startswith("Nothing drawn") and studio.shown.value == before
    assert not any(button.disabled for button in studio.buttons)


def test_unknown_words_are_noted(studio):
    studio.prompt.value = "a dragon on a hill"
    studio.buttons[0].click()
    assert "Note: not in the storybook's world, so not drawn: dragon." in studio.said


def test_the_history_brings_a_wish_back_into_the_fields(studio):
    first = studio.shown.value
    studio.prompt.value, studio.seed.value = "a castle", 9
    studio.buttons[0].click()
    assert [name for name, _ in studio.past.options] == ["1. a castle (seed 9, 2)", "2. a red hill (seed 1, 2)"]
    studio.past.value = 1
    assert studio.shown.value == first and (studio.prompt.value, studio.seed.value) == ("a red hill", 1)
    assert studio.said == "Back to: a red hill (seed 1, 2)."


def test_saving_writes_files_that_know_their_origin(studio, tmp_path):
    studio.buttons[2].click()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-red-hill-1-1.png", "a-red-hill-1-2.png"]
    assert read_facts(tmp_path / "a-red-hill-1-2.png")["seed"] == "2" and "a-red-hill-1-2.png" in studio.said


def test_a_place_that_cannot_be_written_to_is_said(artist, tmp_path):
    (tmp_path / "taken").write_text("a file")
    studio = StudioPage(artist, Wish("a red hill", 1, 1), tmp_path / "taken")
    assert studio.save() == [] and studio.said.startswith("Not saved")


def test_even_a_broken_artist_gets_a_sentence(artist, tmp_path, monkeypatch):
    def broken(self, wish):
        raise RuntimeError("out of paint")

    monkeypatch.setattr(page_module.Session, "ask", broken)
    studio = StudioPage(artist, Wish("a red hill"), tmp_path)
    assert studio.said == "Nothing drawn: out of paint" and studio.save() == []
    assert "image/png" not in studio._repr_mimebundle_()[0]


def test_everything_to_touch_has_a_name(studio):
    assert [studio.prompt.description, studio.seed.description, studio.past.description] == [
        "Prompt",
        "Seed",
        "History",
    ]
    assert [button.description for button in studio.buttons] == ["Draw", "Walk", "Save"]
    assert all(button.tooltip for button in studio.buttons)


def test_without_a_kernel_pictures_and_text_are_shown(studio):
    data, about = studio._repr_mimebundle_()
    assert Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).size == (32, 16)
    assert "a red hill" in about["image/png"]["alt"] and data["text/plain"].startswith("[Prompt] [Seed]")


def test_without_ipywidgets_it_still_draws(artist, tmp_path, monkeypatch):
    real_import = builtins.__import__

    def without_widgets(name, *args, **kwargs):
        if name == "ipywidgets":
            raise ImportError(name)
        return real_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_widgets)
    studio = StudioPage(artist, Wish("a red hill", 3, 1), tmp_path)
    studio.draw()
    studio.walk()
    studio.go_back(1)
    assert len(studio.save()) == 1 and set(studio._repr_mimebundle_()[0]) == {"text/plain", "image/png"}


def test_a_sitting_is_measured(artist):
    sitting = measure(artist, ["a red hill", "a castle"], pictures=6, count=2)
    assert sitting.pictures == 6 and len(sitting.seconds) == 3 and min(sitting.seconds) > 0
    assert sitting.memory_before > 1e7 and "after a click" in repr(sitting)


def test_slow_answers_and_growing_memory_are_not_good():
    assert Sitting(4, (0.1, 0.2), (0.1, 0.1), 100, 104).good
    assert (
        not Sitting(4, (0.1, 0.9), (0.1, 0.1), 100, 104).good and not Sitting(4, (0.1, 0.2), (0.1, 0.1), 100, 106).good
    )


def test_memory_that_is_taken_is_seen():
    before = resident_bytes()
    held = bytearray(50_000_000)
    assert resident_bytes() - before > 30_000_000 and len(held)
