"""Figures and numbers of the deck of lesson 06, GAN."""

from dataclasses import replace
from functools import cache, partial
from statistics import fmean

import torch
from matplotlib.figure import Figure

from t2i_lib.adversarial_losses import LOSSES
from t2i_lib.experiments.gan_failures import CASES, signs_of
from t2i_lib.experiments.record import load_record
from t2i_lib.plots import plot_pipeline
from t2i_lib.plots.rings import film, plot_field, plot_points, plot_pushes, plot_shares
from t2i_lib.plots.vital_signs import Case, plot_gallery, plot_vital_signs
from t2i_lib.toys import duel
from t2i_lib.toys.duel import Rules, Snapshot
from t2i_lib.toys.rings import RingGame, grid, network, play, ring, spiral
from t2i_lib.vital_signs import VitalSigns
from tools.slides.drawing import enlarged
from tools.slides.facts import stored

DOTS = ring()
RULES = Rules(loss="relativistic", penalty=0.0, generator_rate=3e-3, discriminator_rate=2e-4, final_rate=0.1)


def real_points(count: int = 120) -> torch.Tensor:
    """Some real points (N, 2), always the same."""
    return DOTS.sample(count, torch.Generator().manual_seed(0))


@cache
def game(penalty: float) -> list[Snapshot]:
    """The notebook's game on the ring, with or without the penalty."""
    return play(DOTS, RingGame(replace(RULES, penalty=penalty)))


def two_games() -> bytes:
    """A moving picture of both games; it stands still on paper."""
    both = {"no penalty": game(0.0), "penalty 1": game(1.0)}
    fakes = {name: [shot.samples[:120] for shot in shots[::2]] for name, shots in both.items()}
    return film(fakes, [shot.step for shot in game(0.0)[::2]], DOTS.centres, 3 * DOTS.spread)


def three_shapes() -> Figure:
    rng = torch.Generator().manual_seed(0)
    shapes = {"ring": ring(), "grid": grid(), "spiral": spiral()}
    return enlarged(plot_points({name: each.sample(400, rng) for name, each in shapes.items()}, torch.zeros(0, 2)), 1.2)


def naive_middle() -> Figure:
    torch.manual_seed(0)
    answerer = network(4, 2)
    optimizer = torch.optim.Adam(answerer.parameters(), 1e-3)
    rng = torch.Generator().manual_seed(0)
    for _ in range(300):
        loss = (answerer(torch.randn(128, 4)) - DOTS.sample(128, rng)).square().sum(dim=1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        return plot_points({"trained to hit": answerer(torch.randn(400, 4))}, real_points())


def best_answers() -> Figure:
    real, fake = torch.tensor([0.5, 0.3, 0.2]), torch.tensor([0.2, 0.3, 0.5])
    figure = plot_shares(["left", "middle", "right"], {"real": real, "fake": fake, "best D": real / (real + fake)})
    return enlarged(figure, 1.2)


def pushes_of_losses() -> Figure:
    logits, lines = torch.linspace(-8, 8, 65), {}
    for name, loss in LOSSES.items():
        fakes = logits.clone().requires_grad_(True)
        (slope,) = torch.autograd.grad(loss.generator(torch.zeros(65), fakes) * 65, fakes)
        lines[name] = -slope
    return enlarged(plot_pushes(logits, lines), 1.15)


def strip(penalty: float) -> Figure:
    """Four moments of a game."""
    shots = game(penalty)
    chosen = [shots[round(place)] for place in torch.linspace(0, len(shots) - 1, 4).tolist()]
    panels = {f"step {shot.step}\n{shot.gauges['dots found']:.0f} dots": shot.samples[:200] for shot in chosen}
    return enlarged(plot_points(panels, real_points()), 1.15)


def fields() -> Figure:
    ends = {"no penalty": game(0.0)[-1], "penalty 1": game(1.0)[-1]}
    return enlarged(
        plot_field(
            {name: end.discriminator for name, end in ends.items()},
            real_points(),
            {name: end.samples[:150] for name, end in ends.items()},
        ),
        1.2,
    )


def vital_signs() -> Figure:
    shots = game(1.0)
    signs = VitalSigns.from_log(duel.to_log(shots))
    return enlarged(plot_vital_signs(signs, shots[-1].samples[:200], real_points()), 1.6)


def gallery_of_failures() -> Figure:
    record, shown = load_record("gan_failures"), []
    for case in [case for case in CASES if case.name in ("mode collapse", "small generator")]:
        ends = [record.of(f"{case.name}: {end}")[0].curves for end in ("died", "cured")]
        points = [torch.tensor([end["x"], end["y"]]).T for end in ends]
        shown.append(Case(case.name, *map(signs_of, ends), *points, case.cure))
    return enlarged(plot_gallery(shown, real_points()), 1.25)


FIGURES = {
    "two_games": two_games,
    "three_shapes": three_shapes,
    "naive_middle": naive_middle,
    "best_answers": best_answers,
    "pushes_of_losses": pushes_of_losses,
    "crowd": partial(strip, 0.0),
    "spread_out": partial(strip, 1.0),
    "fields": fields,
    "vital_signs": vital_signs,
    "gallery_of_failures": gallery_of_failures,
    "where_we_are": lambda: plot_pipeline(("generator", "latents", "discriminator")),
}


def losses_table() -> str:
    """Mean dots found and good samples by loss, without and with penalty."""
    record = load_record("gan_losses")
    rows = ["| loss | dots, no penalty | dots, penalty |", "|---|---|---|"]
    for loss in LOSSES:
        means = [fmean(record.figures(loss + end, "dots found")) for end in ("", " + penalty")]
        rows.append(f"| {loss} | {means[0]:.1f} | {means[1]:.1f} |")
    return "\n".join(rows)


FACTS = {
    "losses table": losses_table,
    "dots by penalty": lambda: stored("06", "losses-record", r"dots more by the penalty: ([\d.]+)"),
    "dots by loss": lambda: stored("06", "losses-record", r"between best and worst loss: ([\d.]+)"),
    "minimax push": lambda: stored("06", "pushes-figure", r"minimax at -6: ([\d.]+)"),
    "other push": lambda: stored("06", "pushes-figure", r"non-saturating: ([\d.]+)"),
    "small generator dots": lambda: stored("06", "gallery-record", r"small generator: (\d) dots"),
    "collapse dots": lambda: stored("06", "gallery-record", r"mode collapse: (\d) dots"),
    "seeds": lambda: stored("06", "losses-record", r"of (\d) seeds"),
}
