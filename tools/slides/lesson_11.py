"""Figures and numbers of the deck of lesson 11, the studio."""

import io
import json
from functools import cache, partial

import numpy as np
import torch
from matplotlib.figure import Figure
from PIL import Image, ImageDraw
from torch import Tensor

from t2i_lib import TextToImage
from t2i_lib.locations import data_folder
from t2i_lib.pipeline import to_pictures
from t2i_lib.plots import plot_pipeline
from t2i_lib.plots.listening import plot_picture_table
from t2i_lib.plots.studio import plot_line_and_arc, plot_steps, plot_strips
from t2i_lib.storybook.scene import Scene
from t2i_lib.studio.animation import draw_loop
from t2i_lib.studio.judging import as_images
from t2i_lib.studio.matting import Matte, figure_alone, over
from t2i_lib.studio.noise_paths import slerp
from t2i_lib.studio.panorama import draw_panorama, side_by_side
from t2i_lib.studio.poster import font_for, make_poster
from t2i_lib.studio.ring import column_steps
from t2i_lib.studio.session import Session, Wish, open_picture
from t2i_lib.studio.sprites import draw_sprites, place_on
from tools.slides.drawing import enlarged
from tools.slides.facts import stored

HILL, DAY = "a green hill at sunset with a rainbow", "a green hill on a clear day"
FOREST = "a mysterious forest, drifting mist, a tree that seems alive"
SHORT = ("hill, rainbow", "girl, smile", "forest, birds", "knight, castle", "model, street", "living tree")


@cache
def artist() -> TextToImage:
    return TextToImage.from_pretrained(device="cpu", precision="fp32")


@cache
def ring(prompt: str, repeat: float) -> Image.Image:
    """A landscape all around, with one composition (repeat 0) or eight (repeat 1)."""
    return draw_panorama(artist(), prompt, seed=3, repeat=repeat).strip


def side(pictures: list[Image.Image], gap: int = 0) -> Image.Image:
    """Pictures of one height in a row, with white between them."""
    parts = [
        np.pad(np.asarray(each.convert("RGB")), ((0, 0), (0, gap), (0, 0)), constant_values=255) for each in pictures
    ]
    row = np.concatenate(parts, axis=1)
    return Image.fromarray(row[:, : row.shape[1] - gap])


@cache
def frames() -> list[Image.Image]:
    return list(draw_loop(artist(), FOREST, seed=7, frames=24).frames)


def breathing() -> bytes:
    """A moving picture: a tree in mist that breathes; on paper it stands still."""
    large = [frame.convert("RGB").resize((320, 320), Image.Resampling.LANCZOS).quantize(128) for frame in frames()]
    file = io.BytesIO()
    large[0].save(file, "PNG", save_all=True, append_images=large[1:], duration=160, loop=0)
    return file.getvalue()


def hidden_seam() -> Figure:
    """The ring of the hill, cut open opposite to its seam, which so lies in the middle."""
    strip = np.asarray(ring(HILL, 0.0))
    rolled = Image.fromarray(np.roll(strip, strip.shape[1] // 2, axis=1))
    strips = {"naive: four pictures side by side": side_by_side(artist(), HILL, seed=3), "a ring, laid flat": rolled}
    return enlarged(plot_strips(strips), 1.3)


def four_uses() -> Figure:
    sprites = draw_sprites(artist(), Matte.load(), seed=3, cast=[("girl", "red")])
    grounds = list(sprites.backgrounds.values())
    placed = [place_on(each, ground) for each, ground in zip(sprites.sprites.values(), grounds, strict=True)]
    poster = make_poster(artist()(HILL, seed=7), "After the rain", "drawn from one sentence", "banner")
    strips = {"1": ring(HILL, 0.0), "2": side(placed), "3": poster.sheet, "4": side(frames()[::6])}
    return enlarged(plot_strips(strips), 2)


def six_prompts() -> Figure:
    """The article's six sentences in both languages, whatever comes first."""
    six = json.loads((data_folder() / "prompts.json").read_text(encoding="utf-8"))
    rows = {
        name: to_pictures(artist().draw([entry[language] for entry in six], [0] * len(six)))
        for name, language in (("English", "en"), ("中文", "zh"))
    }
    return enlarged(plot_picture_table(rows, SHORT, 1.5), 1.5)


@cache
def noises() -> tuple[Tensor, Tensor]:
    return artist().sample_noise(list(range(500))), artist().sample_noise(list(range(500, 1000)))


def line_and_arc() -> Figure:
    start, end = noises()
    lengths = {
        "noise": start.norm(dim=1).tolist(),
        "middle of the line": torch.lerp(start, end, 0.5).norm(dim=1).tolist(),
    }
    return enlarged(plot_line_and_arc(lengths), 1.3)


def plain() -> Figure:
    """One street from five noises, from the middles of lines, and from the middles of arcs."""
    start, end = (each[:5] for each in noises())
    rows = {
        "whole noise": start,
        "middle of a line": torch.lerp(start, end, 0.5),
        "middle of an arc": slerp(start, end, 0.5),
    }
    text = [part.expand(5, *part.shape[1:]) for part in artist().encode(["一条街道"])]
    drawn = {name: to_pictures(artist().decode(artist().generate_from(*text, noise))) for name, noise in rows.items()}
    return enlarged(plot_picture_table(drawn, [""] * 5, 1.3), 1.4)


def walk() -> Figure:
    """From one prompt to another: pixels mixed, and layers mixed."""
    wish = Wish("a girl in a red dress by the sea", 7, 5, towards="森林里的勇士")
    layers = [open_picture(file) for file in Session(artist()).ask(wish).pictures]
    pixels = [Image.blend(layers[0].convert("RGB"), layers[-1].convert("RGB"), share / 4) for share in range(5)]
    titles = [f"{share / 4:.0%}" for share in range(5)]
    return enlarged(plot_picture_table({"pixels mixed": pixels, "layers mixed": layers}, titles, 1.5), 1.4)


def eight_suns() -> Figure:
    return enlarged(plot_strips({"eight views in a ring": ring(DAY, 1.0)}), 1.3)


def one_sun() -> Figure:
    strips = {"eight compositions": ring(HILL, 1.0), "one composition": ring(HILL, 0.0)}
    return enlarged(plot_strips({"one composition, one sun": ring(DAY, 0.0)} | strips), 1.9)


def steps_at_the_seam() -> Figure:
    steps = column_steps(as_images([ring(HILL, 0.0)])[0])
    order = torch.arange(-48, 49) % len(steps)
    cells = [place for place, column in enumerate(order.tolist()) if column % 8 == 0 and column]
    figure = plot_steps(steps[order], {48: "the seam"}, "column (48 = the seam)", cells, "every eighth column")
    return enlarged(figure, 1.4)


def two_draws() -> Figure:
    """Somebody, nobody, their difference, and a matte's alpha."""
    wish = ["a girl in a red dress in a snowfield on a clear day", "a snowfield on a clear day, nobody"]
    someone, nobody = artist().draw(wish, [3, 3])
    difference = (someone - nobody).abs().amax(0).clamp(0, 1)
    masks = [difference, Matte.load().alpha(someone[None])[0]]
    grey = [Image.fromarray((each * 255).byte().numpy()).convert("RGB") for each in masks]
    titles = ["somebody", "nobody", "difference", "a matte's alpha"]
    return enlarged(plot_picture_table({"": [*to_pictures(torch.stack([someone, nobody])), *grey]}, titles, 1.8), 1.6)


def black_and_white() -> Figure:
    """A rendered cat over black and over white, its alpha, and itself over another ground."""
    cat = Scene("hill", subject="cat", color="orange", holding="none", position="center")
    colors, alpha = figure_alone(cat, 128, seed=4)
    grounds = [np.full(3, 0.0), np.full(3, 1.0), np.array([0.2, 0.5, 0.9])]
    laid = [over(colors, alpha, ground) for ground in grounds]
    shown = [laid[0], laid[1], np.repeat(alpha[..., None], 3, axis=-1), laid[2]]
    pictures = [Image.fromarray((each * 255).round().astype(np.uint8)) for each in shown]
    return enlarged(
        plot_picture_table({"": pictures}, ["over black", "over white", "alpha", "over anything"], 1.8), 1.6
    )


def letters_on_green() -> Image.Image:
    card = Image.new("RGB", (1000, 340), (0, 255, 0))
    draw = ImageDraw.Draw(card)
    for top, ink in ((20, "white"), (180, "black")):
        draw.text((500, top + 65), "Walk in colour", fill=ink, font=font_for("Walk in colour", 110), anchor="mm")
    return card


def two_posters() -> Figure:
    street = artist()("一位美丽的模特，穿着时尚的服装，站在繁华的街头", seed=7)
    sheets = [
        make_poster(street, "Walk in colour", "drawn from one sentence", form).sheet for form in ("portrait", "square")
    ]
    return enlarged(
        plot_strips({"": side([each.resize((each.width * 600 // each.height, 600)) for each in sheets], 40)}), 1.0
    )


FIGURES = {
    "breathing": breathing,
    "hidden_seam": hidden_seam,
    "four_uses": four_uses,
    "six_prompts": six_prompts,
    "line_and_arc": line_and_arc,
    "plain": plain,
    "walk": walk,
    "eight_suns": eight_suns,
    "one_sun": one_sun,
    "steps_at_the_seam": steps_at_the_seam,
    "two_draws": two_draws,
    "black_and_white": black_and_white,
    "letters_on_green": letters_on_green,
    "two_posters": two_posters,
    "where_we_are": partial(plot_pipeline, ("prompt", "generator", "picture")),
}

FACTS = {
    "smiles": lambda: stored("11", "six-judged", r"^2 .* expression ([\d.]+)"),
    "birds": lambda: stored("11", "six-judged", r"^3 .* birds ([\d.]+)"),
    "least": lambda: stored("11", "six-judged", r"it is \"(\d)\""),
    "shortest": lambda: stored("11", "length", r"shortest of 500: ([\d.]+);"),
    "middle": lambda: stored("11", "length", r"middle of the line ([\d.]+)$"),
    "line colour": lambda: stored("11", "grey-measured", r"of the line: colour ([\d.]+)"),
    "line detail": lambda: stored("11", "grey-measured", r"of the line: .* detail ([\d.]+)"),
    "arc colour": lambda: stored("11", "grey-measured", r"of the arc: colour ([\d.]+)"),
    "arc detail": lambda: stored("11", "grey-measured", r"of the arc: .* detail ([\d.]+)"),
    "suns": lambda: stored("11", "suns", r"suns in the ring: (\d+)"),
    "suns left": lambda: stored("11", "composition-tried", r"one composition: (\d+)"),
    "naive seam": lambda: stored("11", "suns", r"side by side: ([\d.]+)"),
    "your seam": lambda: stored("11", "lattice-tried", r"your seam: ([\d.]+)"),
    "eighth": lambda: stored("11", "lattice-tried", r"every eighth step: ([\d.]+)"),
    "fair": lambda: stored("11", "lattice-tried", r"against its like: ([\d.]+)"),
    "white": lambda: stored("11", "letters", r"'white': ([\d.]+)"),
    "black": lambda: stored("11", "letters", r"'black': ([\d.]+)"),
    "veil": lambda: stored("11", "poster-made", r"square +veil ([\d.]+)"),
    "subjects": lambda: stored("11", "sprites-figure", r"finds (\d+%) of the subjects"),
    "wait": lambda: stored("11", "measured", r"after a click ([\d.]+) s"),
}
