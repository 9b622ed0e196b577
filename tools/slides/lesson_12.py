"""Figures and numbers of the deck of lesson 12, beyond GANs."""

import io
from functools import cache, partial

import torch
from matplotlib.figure import Figure
from PIL import Image, ImageDraw
from torch import Tensor

from t2i_lib import TextToImage
from t2i_lib.datasets import StorybookDataset, pixels_to_images
from t2i_lib.experiments.beyond_gans import diaries, prepare
from t2i_lib.experiments.record import load_record
from t2i_lib.guidance import both_ways
from t2i_lib.pipeline import to_pictures
from t2i_lib.plots import plot_pipeline
from t2i_lib.plots.beyond import plot_cost, plot_diaries, plot_roads, plot_walks
from t2i_lib.plots.listening import plot_picture_table
from t2i_lib.studio.poster import font_for
from t2i_lib.toys.rings import ring
from t2i_lib.toys.roads import PointFlow, exact_velocity, learn_flow, stops
from tools.slides.drawing import enlarged
from tools.slides.facts import stored

NAMES = {"GAN": "lesson", "flow": "flow", "tokens": "token-artist"}
PROMPTS = (
    "a girl in a red dress by the sea at sunset",
    "雪地里有一只橙色的猫",
    "a green tree with a face in a dark forest",
    "夜晚的城堡前站着一位骑士",
)
DOTS = ring(8, spread=0.35)


@cache
def artist(name: str) -> TextToImage:
    return TextToImage.from_pretrained(NAMES[name], device="cpu", precision="fp32")


@cache
def flow_walk() -> tuple[list[Tensor], list[Tensor]]:
    """The flow's 17 stops on the way to the first prompt, and where each would end straight ahead: latents."""
    painter, net = artist("flow"), artist("flow").generator
    text_features, pooled_features, mask = painter.encode([PROMPTS[0]])
    both = both_ways((text_features, mask, pooled_features), net.nothing)
    point, here, ahead = net.sample_noise(1, torch.Generator().manual_seed(7)).view(1, 8, 16, 16), [], []
    with torch.no_grad():
        for step in range(17):
            velocity = net.guided_velocity(point, torch.tensor([min(step, 15.9) / 16]), both, 2.5)
            here, ahead = [*here, point], [*ahead, point + (1 - step / 16) * velocity]
            point = point + velocity / 16
    return here, ahead


@cache
def written(place: int) -> Tensor:
    """The token model's finished picture of a prompt, (1, 3, 64, 64)."""
    painter, net = artist("tokens"), artist("tokens").generator
    text_features, pooled_features, mask = painter.encode([PROMPTS[place]])
    with torch.no_grad():
        words = net.write(net.sample_noise(1, torch.Generator().manual_seed(7)), (text_features, mask, pooled_features))
        return painter.decode(net.tokens.decode(words))


def half_written(place: int, count: int) -> Image.Image:
    """The same after so many of its 64 words, 8 a row; what is not written yet is white."""
    image = written(place).clone()
    row, column = 8 * (count // 8), 8 * (count % 8)
    image[:, :, row + 8 :] = 1.0
    image[:, :, row : row + 8, column:] = 1.0
    return to_pictures(image)[0]


def three_ways() -> bytes:
    """A moving picture of one prompt: the GAN in one leap, the flow step by step, the token model word by word."""
    (leap,) = to_pictures(artist("GAN").draw([PROMPTS[0]], [7]))
    walked = to_pictures(artist("flow").decode(torch.cat(flow_walk()[0])))
    frames = []
    for step in range(17):
        shown = {"GAN": leap if step else walked[0], "flow": walked[step], "tokens": half_written(0, 4 * step)}
        frame = Image.new("RGB", (3 * 256 + 32, 256 + 40), "white")
        for place, (name, picture) in enumerate(shown.items()):
            frame.paste(picture.convert("RGB").resize((256, 256), Image.Resampling.NEAREST), (272 * place, 40))
            ImageDraw.Draw(frame).text(
                (272 * place + 128, 18), name, fill="black", font=font_for(name, 26), anchor="mm"
            )
        frames.append(frame.quantize(200))
    file = io.BytesIO()  # the end comes first: paper shows the first frame
    frames[-1].save(file, "PNG", save_all=True, append_images=frames[:-1], duration=[3000] + [250] * 16, loop=0)
    return file.getvalue()


def three_artists() -> Figure:
    drawn = {name: to_pictures(artist(name).draw(list(PROMPTS), [7] * 4)) for name in NAMES}
    titles = ["red girl, sea", "orange cat, snow", "tree, forest", "knight, castle"]
    return enlarged(plot_picture_table(drawn, titles, edge=1.5), 1.4)


def crossing() -> Figure:
    """Two roads that meet at one place and time."""
    times = torch.linspace(0, 1, 50)[:, None]
    roads = (1 - times) * torch.tensor([0.5, -0.5]) + times * torch.tensor([-1.0, 1.0])
    figure = plot_roads({"two roads": roads}, [-1.0, 1.0])
    figure.set_size_inches(6.4, 2.9)
    for line in figure.axes[0].lines:
        line.set(linewidth=3, alpha=1)
    return enlarged(figure, 1.3)


def roads_and_current() -> Figure:
    """Straight roads from noises to two data, and the ways that follow the mean velocity."""
    rng, data = torch.Generator().manual_seed(12), torch.tensor([-1.0, 1.0])
    starts = torch.randn(24, generator=rng)
    ends = data[torch.randint(2, (24,), generator=rng)]
    times = torch.linspace(0, 1, 65)[:, None]
    followed = [starts]
    for step in range(64):
        velocity = exact_velocity(followed[-1][:, None], step / 64, data[:, None])[:, 0]
        followed.append(followed[-1] + velocity / 64)
    straight = (1 - times) * starts + times * ends
    panels = {"roads: straight, they cross": straight, "followed: bent, none cross": torch.stack(followed)}
    figure = plot_roads(panels, data.tolist())
    for axis in figure.axes:
        for line in axis.lines:
            line.set_linewidth(1.6)
    return enlarged(figure, 1.3)


@cache
def flow_in_the_plane() -> PointFlow:
    return learn_flow(DOTS, steps=1000)


def walks(labels: Tensor, num_steps: int, guidance: float = 1.0) -> Tensor:
    """80 ways from noise, (stops, 80, 2)."""
    noise = torch.randn(80, 2, generator=torch.Generator().manual_seed(12))
    return stops(flow_in_the_plane(), noise, labels, num_steps, guidance)


def one_error() -> Figure:
    untold, asked = torch.full((80,), flow_in_the_plane().untold), torch.arange(80) % 8
    panels = {"1 step": walks(untold, 1), "16 steps": walks(untold, 16), "asked for a dot": walks(asked, 16)}
    return enlarged(plot_walks(panels, DOTS.sample(800, torch.Generator().manual_seed(0))), 1.6)


def guided() -> Figure:
    panels = {f"guidance {guidance:g}": walks(torch.arange(80) % 8, 16, guidance) for guidance in (1.0, 2.0, 4.0)}
    return enlarged(plot_walks(panels, DOTS.sample(800, torch.Generator().manual_seed(0))), 1.6)


def here_and_ahead() -> Figure:
    rows = {
        name: to_pictures(artist("flow").decode(torch.cat(each[::4])))
        for name, each in zip(("here", "ahead"), flow_walk(), strict=True)
    }
    return enlarged(plot_picture_table(rows, [f"time {step / 4:g}" for step in range(5)], edge=1.5), 1.5)


def few_steps() -> Figure:
    rows = {}
    for name, small in (("small, guided", True), ("big, learned", False)):
        ways = [{"num_steps": steps} | ({"small": True} if small else {}) for steps in (8, 4, 2, 1)]
        rows[name] = [to_pictures(prepare("flow", way).draw([PROMPTS[0]], [7]))[0] for way in ways]
    return enlarged(plot_picture_table(rows, ["8 steps", "4 steps", "2 steps", "1 step"], edge=1.5), 1.4)


def figures_of_ways() -> dict[str, dict[str, float]]:
    """Way to draw -> its measured figures."""
    record = load_record("beyond_gans")
    return {name: record.of(name)[0].figures for name in record.variants}


def cost() -> Figure:
    found = figures_of_ways()
    curves = {
        kind: [(each["passes"], each["exact_match"]) for name, each in found.items() if kind in name]
        for kind in ("small steps, guided", "big steps")
    }
    curves["GAN"] = [(1, found["GAN"]["exact_match"])]
    figure = plot_cost(curves, "passes of the network a picture", "exact match")
    figure.axes[0].legend(frameon=False, fontsize=10, loc="lower right")
    return enlarged(figure, 1.2)


def letters() -> Figure:
    """Two storybook pictures, as the decoder shows them and rebuilt from words of 1, 2, 4, 8 letters."""
    tokens, painter = artist("tokens").generator.tokens, artist("GAN")
    images = pixels_to_images(StorybookDataset("validation", 64, 2).batch(range(2)).pixels[:, 0])
    with torch.no_grad():
        latents = painter.autoencoder.encode(images)
        versions = [latents, *(tokens.decode(tokens.encode(latents, count)) for count in (1, 2, 4, 8))]
        shown = [to_pictures(painter.decode(each)) for each in versions]
    rows = {name: [pictures[place] for pictures in shown] for place, name in enumerate(("one", "another"))}
    return enlarged(plot_picture_table(rows, ["latents", "1 letter", "2 letters", "4 letters", "8 letters"], 1.5), 1.5)


def writing() -> Figure:
    rows = {
        name: [half_written(place, count) for count in (16, 32, 48, 64)] for place, name in enumerate(("girl", "cat"))
    }
    return enlarged(plot_picture_table(rows, ["16 words", "32 words", "48 words", "64 words"], edge=1.5), 1.4)


FIGURES = {
    "three_ways": three_ways,
    "three_artists": three_artists,
    "crossing": crossing,
    "roads_and_current": roads_and_current,
    "one_error": one_error,
    "guided": guided,
    "here_and_ahead": here_and_ahead,
    "few_steps": few_steps,
    "cost": cost,
    "letters": letters,
    "writing": writing,
    "diaries": lambda: enlarged(plot_diaries(diaries(), "prompt accuracy"), 1.2),
    "where_we_are": partial(plot_pipeline, ("text features", "generator", "latents", "decoder")),
}

SHOWN = {
    "GAN": "GAN",
    "flow, 16 small steps, guided": "flow, 16 small steps",
    "flow, 1 big steps": "flow, 1 big step",
    "tokens, guided": "tokens",
}


def table_of_artists() -> str:
    """Exact match with its interval, variety and speed of four ways to draw."""
    found = figures_of_ways()
    rows = ["| | exact match | variety | pictures/s |", "|---|---|---|---|"]
    for name, told in SHOWN.items():
        each = found[name]
        exact = "{:.2f} [{:.2f}, {:.2f}]".format(*(each["exact_match" + end] for end in ("", " low", " high")))
        rows.append(f"| {told} | {exact} | {each['variety_ratio']:.2f} | {each['pictures a second']:.0f} |")
    return "\n".join(rows)


def table_of_steps() -> str:
    """Where a walk from 0.7 ends, by its number of steps."""
    rows = ["| steps from 0.7 | end at |", "|---|---|"]
    for steps in (1, 2, 4, 16):
        end = float(stored("12", "walks", rf"^ ?{steps} steps from 0\.7 end at (-?[\d.]+)"))
        rows.append(f"| {steps} | {end + 0:.3f} |")  # + 0: no number is minus nothing
    return "\n".join(rows)


FACTS = {
    "artists": table_of_artists,
    "steps": table_of_steps,
    "leaning": lambda: stored("12", "crossing-answer", r"at place 0\.1, .* velocity (\S+)"),
    "crossed": lambda: stored("12", "walks-figure", r"that cross: (\d+)"),
    "dots of one step": lambda: stored("12", "plane-train", r" 1 steps: dots found (\d)"),
    "dots of sixteen": lambda: stored("12", "plane-train", r"16 steps: dots found (\d)"),
    "plain radius": lambda: stored("12", "guidance-tried", r"^guidance 1: .* middle ([\d.]+),"),
    "far radius": lambda: stored("12", "guidance-tried", r"^guidance 4: .* middle ([\d.]+),"),
    "plain spread": lambda: stored("12", "guidance-tried", r"^guidance 1: .* spread ([\d.]+)"),
    "narrow spread": lambda: stored("12", "guidance-tried", r"^guidance 4: .* spread ([\d.]+)"),
    "small of 2": lambda: stored("12", "steps-curve", r"with 2 passes: small steps ([\d.]+)"),
    "big of 2": lambda: stored("12", "steps-curve", r"with 2 passes: .* big steps ([\d.]+)"),
    "small of 8": lambda: stored("12", "steps-curve", r"with 8 passes: small steps ([\d.]+)"),
    "big of 8": lambda: stored("12", "steps-curve", r"with 8 passes: .* big steps ([\d.]+)"),
    "lost of 1": lambda: stored("12", "letters-figure", r"words of 1: ([\d.]+)"),
    "lost of 8": lambda: stored("12", "letters-figure", r"words of 8: ([\d.]+)"),
    "first word": lambda: stored("12", "sentence", r"begins: (\S+)"),
    "bytes": lambda: stored("12", "sentence", r"8 bits: (\d+) bytes"),
    "pixel bytes": lambda: stored("12", "sentence", r"as pixels (\d+) bytes"),
    "rounded slope": lambda: stored("12", "straight-through", r"rounded .* vector [+]?(\S+)$"),
    "passed slope": lambda: stored("12", "straight-through", r"straight through .* vector (\S+)"),
    "bound": lambda: stored("12", "small-figure", r"in place: ([\d.]+)"),
    "equal data": lambda: stored("12", "equal-data", r"^after (\d+ thousand pictures: flow [\d.]+, GAN [\d.]+)"),
    "equal arithmetic": lambda: stored(
        "12", "equal-arithmetic", r"GAN sees (\d+ thousand pictures: flow [\d.]+, GAN [\d.]+)"
    ),
}
