"""A picture that does not show its prompt is drawn again; the seed that is told draws what was kept."""

from random import Random

import pytest
import torch
from tiny_artist import tiny_artist

from t2i_lib import evaluation, sketches
from t2i_lib.cli import main
from t2i_lib.concepts import fit_probes, sample_captions
from t2i_lib.judge import Judge, JudgeConfig
from t2i_lib.provenance import read_provenance, save_picture
from t2i_lib.sketches import Sketcher, fit, sketch_seeds
from t2i_lib.storybook.scene import ATTRIBUTES

PROMPTS = ["a green hill at sunset with a rainbow", "一只红色的猫"]


@pytest.fixture(scope="module")
def artist():
    artist = tiny_artist()
    fit_probes(artist.text_encoder, sample_captions(Random(0), 64), num_steps=5)
    return artist


@pytest.fixture(scope="module")
def eyes():
    torch.manual_seed(0)
    return Judge(JudgeConfig(widths=(8, 8, 8))).eval()


def logits(**chosen: int) -> dict[str, torch.Tensor]:
    """One picture's or prompt's logits that are sure of a column where one is named, undecided elsewhere."""
    table = {name: torch.zeros(1, len(values)) for name, values in ATTRIBUTES.items()}
    for name, column in chosen.items():
        table[name][0, column] = 20.0
    return table


def asked(**chosen: int) -> dict[str, torch.Tensor]:
    """Logits of probes that read these values and are sure that nothing else is stated."""
    return {
        name: torch.nn.functional.one_hot(torch.tensor([chosen.get(name, -1) + 1]), len(values) + 1) * 40.0
        for name, values in ATTRIBUTES.items()
    }


def test_what_is_asked_counts_and_nothing_else():
    wanted = asked(place=1, birds=0)
    right = fit(wanted, logits(place=1, birds=0, weather=3))
    assert right.item() == pytest.approx(0, abs=1e-3)
    assert fit(wanted, logits(place=1, birds=0, weather=2)).item() == pytest.approx(right.item(), abs=1e-5)
    assert fit(wanted, logits(place=2, birds=0)).item() < -10
    assert fit(wanted, logits(place=2, birds=1)).item() < fit(wanted, logits(place=2, birds=0)).item() - 10


def test_the_first_sketch_is_the_seed_itself():
    assert sketch_seeds(7, 4)[0] == 7 and sketch_seeds(7, 4) == sketch_seeds(7, 6)[:4]
    assert set(sketch_seeds(7, 4)[1:]).isdisjoint(sketch_seeds(8, 4)[1:])


def fits_of(sketcher, prompt: str, seed: int) -> torch.Tensor:
    tried = sketch_seeds(seed, sketcher.sketches)
    return sketcher.look([prompt] * len(tried), sketcher.artist.draw([prompt] * len(tried), tried))


def test_nobody_content_the_fittest_is_kept_and_its_seed_draws_it_again(artist, eyes, monkeypatch):
    monkeypatch.setattr(sketches, "CONTENT", 1.0)
    sketcher = Sketcher(artist, 4, eyes)
    images, kept = sketcher.choose(PROMPTS * 3, [5, 6, 7, 8, 9, 10])
    torch.testing.assert_close(images, artist.draw(PROMPTS * 3, kept), atol=1e-5, rtol=0)
    best = [fits_of(sketcher, p, s).argmax().item() for p, s in zip(PROMPTS * 3, range(5, 11), strict=True)]
    assert kept == [sketch_seeds(seed, 4)[place] for place, seed in zip(best, range(5, 11), strict=True)]
    assert any(best), "the first was the best each time: this test sees nothing"


def test_the_first_that_will_do_is_kept(artist, eyes, monkeypatch):
    sketcher = Sketcher(artist, 4, eyes)
    fits = fits_of(sketcher, PROMPTS[0], 5)
    for bar in fits.tolist():
        monkeypatch.setattr(sketches, "CONTENT", bar - 1e-4)
        first = next(place for place, found in enumerate(fits.tolist()) if found >= bar - 1e-4)
        assert sketcher.choose(PROMPTS[:1], [5])[1] == [sketch_seeds(5, 4)[first]]


def test_no_more_is_drawn_than_needed(artist, eyes, monkeypatch):
    drawn = []
    draw = artist.draw
    monkeypatch.setattr(artist, "draw", lambda prompts, seeds: drawn.append(len(seeds)) or draw(prompts, seeds))
    monkeypatch.setattr(sketches, "CONTENT", float("-inf"))
    assert Sketcher(artist, 4, eyes).choose(PROMPTS, [5, 6])[1] == [5, 6]
    assert drawn == [2]


def test_one_sketch_is_the_artist(artist, eyes):
    assert torch.equal(Sketcher(artist, 1, eyes).draw(PROMPTS, [5, 6]), artist.draw(PROMPTS, [5, 6]))


def test_batches_do_not_matter(artist, eyes):
    sketcher = Sketcher(artist, 3, eyes)
    assert sketcher.choose(PROMPTS * 2, [1, 2, 3, 4], batch_size=1)[1] == sketcher.choose(PROMPTS * 2, [1, 2, 3, 4])[1]


def test_a_saved_picture_tells_the_seed_that_draws_it(artist, eyes, tmp_path):
    pictures = Sketcher(artist, 4, eyes)(PROMPTS, seed=3, count=2)
    assert len(pictures) == 4
    for picture in pictures:
        told = read_provenance(save_picture(picture, tmp_path / "a.png"))
        again = artist(told["prompt"], seed=int(told["seed"]))
        assert again.tobytes() == picture.tobytes()


@pytest.mark.parametrize("count", [0, 65, 2.5])
def test_no_such_number_of_sketches(artist, eyes, count):
    with pytest.raises(ValueError, match="from 1 to 64"):
        Sketcher(artist, count, eyes)


def test_the_command_draws_again(artist, eyes, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("T2I_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    artist.save_pretrained(tmp_path / "data/checkpoints/full")
    command = ["draw", PROMPTS[0], "--seed", "5", "--sketches", "4", "--out", "a.png"]
    assert main(command) == 2
    assert "one sketch needs none" in capsys.readouterr().err
    eyes.save(tmp_path / "data/checkpoints/perceptual")
    assert main(command) == 0
    assert read_provenance("a.png")["seed"] == str(Sketcher(artist, 4, eyes).choose(PROMPTS[:1], [5])[1][0])


def test_the_chooser_does_not_measure_itself():
    with pytest.raises(ValueError, match="cannot also measure"):
        evaluation.run(judge="perceptual", sketches=4)
