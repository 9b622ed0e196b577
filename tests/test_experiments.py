"""Experiments: what is kept of a run, how a stopped one goes on, and that every one of them can be found and made."""

from dataclasses import replace

import pytest

from t2i_lib import experiments
from t2i_lib.experiments import ablations, listening, short_game
from t2i_lib.experiments.record import Outcome, carry_out, load_record, read_record, record_file, spread
from t2i_lib.experiments.short_game import STUDY
from t2i_lib.tasks import TrainingReport

UNRECORDED: set[str] = set()  # experiments whose machine time nobody has spent yet
# Counted, not drawn by lot; a gallery, where each run is one example; audits of one artist, with intervals.
ONE_RUN = {"memory", "gan_failures", "who_is_drawn", "copying", "beyond_gans"}


def outcomes(calls: list) -> dict:
    """Two variants whose figure tells which seed they had; `calls` hears of every run."""

    def train(name: str, seed: int) -> Outcome:
        calls.append((name, seed))
        return Outcome({"score": seed + len(name)}, {"score": [0.0, float(seed)]})

    return {name: lambda seed, name=name: train(name, seed) for name in ("a", "bbb")}


def test_every_variant_is_run_seed_by_seed_and_kept(tmp_path):
    calls, path = [], tmp_path / "toy.json"
    record = carry_out("toy", outcomes(calls), range(2), path)
    assert calls == [("a", 0), ("bbb", 0), ("a", 1), ("bbb", 1)]
    assert record.variants == ["a", "bbb"]
    assert record.figures("bbb", "score") == [3, 4]
    assert record.curves("a", "score") == [[0.0, 0.0], [0.0, 1.0]]
    assert read_record(path) == record


def test_a_stopped_experiment_goes_on_where_it_was(tmp_path):
    path, first = tmp_path / "toy.json", []

    def stopped(seed: int) -> Outcome:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carry_out("toy", outcomes(first) | {"bbb": stopped}, range(1), path)
    again = []
    carry_out("toy", outcomes(again), range(1), path)
    assert (first, again) == ([("a", 0)], [("bbb", 0)])


def test_table_shows_mean_lowest_and_highest(tmp_path):
    record = carry_out("toy", outcomes([]), range(2), tmp_path / "toy.json")
    assert record.table(["score"], 1).splitlines() == [
        "                  score",
        "a        1.5 [1.0, 2.0]",
        "bbb      3.5 [3.0, 4.0]",
    ]
    assert spread([0.25]) == "0.25 [0.25, 0.25]"


def test_what_is_missing_or_broken_is_named(tmp_path):
    with pytest.raises(ValueError, match="no variant 'c'; it has a, bbb"):
        carry_out("toy", outcomes([]), range(1), tmp_path / "toy.json").of("c")
    with pytest.raises(ValueError, match="t2i experiment other"):
        read_record(tmp_path / "other.json")
    (tmp_path / "broken.json").write_text('{"name": "broken", "runs": [{"seed": 0}]}')
    with pytest.raises(ValueError, match="not the record of an experiment"):
        read_record(tmp_path / "broken.json")
    with pytest.raises(ValueError, match="no experiment 'alchemy'; there are .*encoders.*listening"):
        experiments.find_experiment("alchemy")
    with pytest.raises(ValueError, match="no experiment 'record'"):
        experiments.find_experiment("record")


@pytest.mark.parametrize("name", experiments.names())
def test_every_experiment_can_be_found(name):
    assert callable(experiments.find_experiment(name))


def test_records_are_missing_only_where_that_is_known():
    assert {name for name in experiments.names() if not record_file(name).is_file()} == UNRECORDED


@pytest.mark.parametrize("name", sorted(set(experiments.names()) - UNRECORDED))
def test_a_record_is_whole(name):
    record = load_record(name)
    assert record.name == name == record_file(name).stem
    seeds = {variant: sorted(run.seed for run in record.of(variant)) for variant in record.variants}
    assert len(set(map(tuple, seeds.values()))) == 1, f"not every variant has the same seeds: {seeds}"
    assert len(next(iter(seeds.values()))) >= (1 if name in ONE_RUN else 2)
    assert all(run.minutes >= 0 for run in record.runs)


def test_variants_differ_from_the_recipe_in_one_thing():
    whole, *others = listening.variants().values()
    assert whole == STUDY
    for preset in others:
        parts = [name for name in ("generator", "gan_training") if getattr(preset, name) != getattr(STUDY, name)]
        (part,) = parts
        ours, theirs = vars(getattr(preset, part)), vars(getattr(STUDY, part))
        assert sum(ours[key] != theirs[key] for key in ours) == 1
        assert replace(preset, **{part: getattr(STUDY, part)}) == STUDY


def test_a_short_game_reports_its_gauges(tmp_path, monkeypatch):
    """The game itself is tried in test_recipes.py; here it leaves a log behind, as the training loop does."""
    gauges = [dict.fromkeys(short_game.FIGURES, value) | {"prompt/color": value} for value in (0.25, 0.5)]

    def play(preset, folder, steps, seed, gauges_every):
        folder.mkdir(parents=True)
        lines = [f'{{"step": {n}, "gauges": {each}}}'.replace("'", '"') for n, each in enumerate(gauges)]
        (folder / "log.jsonl").write_text("\n".join(['{"step": 0, "values": {}}', *lines]))
        return TrainingReport(folder, steps, True, 1.0, 1.0, 0.0, gauges[-1])

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(short_game.gan, "run", play)
    outcome = short_game.play(STUDY, seed=1, steps=3)
    assert outcome.figures == gauges[-1]
    assert outcome.curves == {name: [0.25, 0.5] for name in short_game.FIGURES}
    assert outcome.minutes == 1 / 60  # as the training counts them: what was stopped and went on counts in full


def test_the_same_game_and_no_other_has_the_same_folder():
    games = [*listening.variants().values(), *ablations.variants().values()]
    folders = {short_game.run_folder(preset, 0, 3) for preset in games}
    assert len(folders) == len(set(games)) < len(games)  # the whole recipe is in both
    assert short_game.run_folder(STUDY, 0, 3) not in {
        short_game.run_folder(STUDY, 1, 3),
        short_game.run_folder(STUDY, 0, 4),
    }
