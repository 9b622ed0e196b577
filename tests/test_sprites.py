"""Sprites: figures cut out exactly for training, a matte that learns, an atlas that games can read, the set's check."""

import json
from random import Random

import numpy as np
import pytest
import torch
from PIL import Image

from t2i_lib.judge import Judge, JudgeConfig
from t2i_lib.storybook.scene import Scene
from t2i_lib.studio import matting
from t2i_lib.studio.atlas import GAP, Sprite, make_atlas, pack, read_atlas, trim
from t2i_lib.studio.matting import (
    Matte,
    MatteConfig,
    clean,
    cut_out,
    figure_alone,
    make_example,
    make_examples,
    over,
    overlap,
    train_matte,
)
from t2i_lib.studio.sprites import SpriteSet, check_sprites, draw_sprites, opaque_share, place_on, wishes

CAT = Scene("hill", subject="cat", color="orange", holding="none", position="center")


def test_a_figure_alone_laid_over_a_ground_is_the_figure_drawn_there():
    """Also over a colour that it was never drawn on."""
    colors, alpha = figure_alone(CAT, 64, seed=3)
    ground = np.zeros((64, 64, 3)) + np.array([0.0, 0.75, 0.75])
    canvas, lots = matting.Canvas(64), Random(3)
    canvas.gradient((0, 191, 191), (0, 191, 191))
    matting.draw_subject(canvas, CAT, lots, lots.uniform(0.88, 0.92))
    there = np.asarray(canvas.finish()) / 255
    solid = alpha == 1
    assert 0.05 < solid.mean() < 0.4
    assert np.abs(over(colors, alpha, ground) - there)[solid].max() < 0.02
    far = alpha == 0
    assert np.abs(over(colors, alpha, ground) - there)[far].mean() < 0.01  # the soft shadow stayed behind


def test_the_shadow_does_not_belong_to_the_figure():
    _, alpha = figure_alone(CAT, 128, seed=3)
    rows = np.nonzero((alpha > 0).any(1))[0]
    assert rows.max() < 0.95 * 128
    assert ((alpha > 0.02) & (alpha < 0.98)).mean() < 0.05


def test_examples_repeat_and_some_show_nobody():
    first, again = make_example(Random(5), 32), make_example(Random(5), 32)
    assert (first[0] == again[0]).all() and first[0].dtype == np.uint8
    _, alpha = make_examples(40, 32)
    assert 1 <= (alpha.amax((1, 2, 3)) == 0).sum() <= 15


def test_a_matte_learns_where_the_figure_is():
    images, alpha = make_examples(24, 32)
    matte = train_matte(images, alpha, steps=100, config=MatteConfig((8, 12, 16, 16)))
    untrained = Matte(MatteConfig((8, 12, 16, 16))).alpha(images)
    assert overlap(matte.alpha(images), alpha[:, 0]) > overlap(untrained, alpha[:, 0]) + 0.1


def test_a_matte_is_saved_and_loaded(tmp_path):
    matte = Matte(MatteConfig((2, 3, 4, 5)))
    matte.save(tmp_path)
    again, images = Matte.load(tmp_path), torch.randn(1, 3, 32, 32)
    assert torch.equal(again.alpha(images), matte.alpha(images))
    with pytest.raises(ValueError, match="t2i_lib.studio.matting"):
        Matte.load(tmp_path / "nowhere")


def test_the_shipped_matte_knows_figures_it_never_saw():
    images, alpha = make_examples(24, 128, seed=77)
    assert overlap(Matte.load().alpha(images), alpha[:, 0]) > 0.75


def test_overlap_is_one_for_equals_and_nothing_for_strangers():
    left = torch.zeros(1, 2, 4)
    left[..., :2] = 1
    assert overlap(left, left) == 1 and overlap(left, 1 - left) == 0 and overlap(left, torch.ones(1, 2, 4)) == 0.5


def test_cutting_out_leaves_no_rim_of_the_old_ground():
    picture = Image.new("RGB", (9, 9), (0, 255, 0))
    picture.paste((255, 0, 0), (3, 3, 6, 6))
    alpha = np.zeros((9, 9))
    alpha[2:7, 2:7], alpha[3:6, 3:6] = 0.5, 1.0
    cut = np.asarray(cut_out(picture, alpha))
    assert (cut[2:7, 2:7, :3] == (255, 0, 0)).all() and cut[2, 2, 3] == 128 and cut[0, 0, 3] == 0


def test_specks_go_and_the_balloon_stays():
    alpha = np.zeros((20, 20))
    alpha[8:18, 5:15], alpha[1:4, 1:5], alpha[0, 19] = 1.0, 1.0, 0.9
    kept = clean(alpha)
    assert kept[10, 10] == 1 and kept[2, 2] == 1 and kept[0, 19] == 0
    assert clean(np.full((4, 4), 0.1)).max() == 0


def test_packed_rectangles_do_not_touch_and_stay_on_the_sheet():
    lots = Random(2)
    sizes = {f"s{place}": (lots.randint(5, 40), lots.randint(5, 60)) for place in range(30)}
    places, taken = pack(sizes, 100), np.zeros((2000, 100 + GAP), bool)
    for name, (left, top) in places.items():
        wide, high = sizes[name]
        assert left + wide <= 100
        spot = taken[top : top + high + GAP, left : left + wide + GAP]
        assert not spot[:high, :wide].any()
        spot[:] = True
    with pytest.raises(ValueError, match="wider"):
        pack({"whale": (101, 3)}, 100)


def figure(color: tuple[int, int, int], box: tuple[int, int, int, int]) -> Sprite:
    picture = Image.new("RGBA", (32, 32), (0, 0, 0, 0))
    picture.paste((*color, 255), box)
    return trim(picture)


def test_an_atlas_gives_back_what_was_put_in():
    sprites = {"red": figure((255, 0, 0), (3, 4, 10, 30)), "blue": figure((0, 0, 255), (8, 20, 28, 31))}
    sheet, listed = make_atlas(sprites, "atlas.png", width=64)
    again = read_atlas(sheet, listed)
    assert {name: picture.tobytes() for name, picture in again.items()} == {
        name: sprite.picture.tobytes() for name, sprite in sprites.items()
    }
    entry = json.loads(listed)["frames"]["blue"]
    assert entry["spriteSourceSize"] == {"x": 8, "y": 20, "w": 20, "h": 11}
    assert entry["sourceSize"] == {"w": 32, "h": 32}
    assert entry["trimmed"] and not entry["rotated"] and json.loads(listed)["meta"]["image"] == "atlas.png"


def test_what_makes_no_atlas_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        make_atlas({}, "atlas.png")
    with pytest.raises(ValueError, match="transparency"):
        trim(Image.new("RGBA", (4, 4), (9, 9, 9, 0)))
    sheet, listed = make_atlas({"red": figure((255, 0, 0), (3, 4, 10, 30))}, "atlas.png", width=64)
    with pytest.raises(ValueError, match="outside"):
        read_atlas(sheet.crop((0, 0, 5, 5)), listed)


def test_a_sprite_stands_where_it_stood():
    scene = np.asarray(place_on(figure((255, 0, 0), (3, 4, 10, 30)), Image.new("RGB", (32, 32), "white")))
    assert (scene[4:30, 3:10] == (255, 0, 0)).all() and (scene[:4] == 255).all()


def test_the_cast_obeys_the_world():
    for wish in wishes().values():
        Scene(**{"holding": "sword" if wish["subject"] == "knight" else "none", **wish})


def sprite_set(**changed) -> SpriteSet:
    sprites = {"girl-red": figure((255, 0, 0), (10, 4, 22, 30))}
    stated = {"girl-red": {"subject": "girl", "color": "red"}}
    parts = {"sprites": sprites, "backgrounds": {"white": Image.new("RGB", (32, 32), "white")}, "stated": stated}
    return SpriteSet(**{**parts, "prompts": {"girl-red": "a girl in red"}, **changed})


def test_the_check_counts_what_is_missing_and_how_soft_edges_are():
    judge = Judge(JudgeConfig(image_size=32, widths=(2, 3, 5), feature_dim=7)).eval()
    check = check_sprites(sprite_set(), judge)
    assert check.missing == 0 and check.soft_edge == 0 and check.opacity[0] == pytest.approx(12 * 26 / 1024)
    more = check_sprites(sprite_set(stated={"girl-red": {"subject": "girl", "color": "red"}, "cat": {}}), judge)
    assert more.missing == 1 and not more.good and "1 missing" in repr(more)
    soft = figure((255, 0, 0), (10, 4, 22, 30))
    soft.picture.putalpha(128)
    assert check_sprites(sprite_set(sprites={"girl-red": soft}), judge).soft_edge == 1
    assert opaque_share(soft) == pytest.approx(12 * 26 / 1024 * 128 / 255)
    with pytest.raises(ValueError, match="at least one figure"):
        check_sprites(sprite_set(backgrounds={}), judge)


@pytest.mark.slow
def test_the_shipped_artist_draws_a_good_set():
    from t2i_lib.pipeline import TextToImage
    from t2i_lib.studio.judging import load_judge

    drawn = draw_sprites(TextToImage.from_pretrained(device="cpu", precision="fp32"), Matte.load(), seed=3)
    assert check_sprites(drawn, load_judge()).good
