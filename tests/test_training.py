import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch
from torch import nn
from toy_task import QUICK, ToyTask, environment, weights_of

from t2i_lib import training
from t2i_lib.checkpoints import load_json, load_tree, load_weights
from t2i_lib.run_folder import RunFolder
from t2i_lib.training import Plan, TrainingDiverged, TrainingInterrupted, Updater, train

PLAN = Plan(num_steps=20, **QUICK)


def lines_of(folder: Path) -> list[dict]:
    """The log without what depends on the clock."""
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [{name: value for name, value in line.items() if name not in ("seconds", "speed")} for line in lines]


def assert_same_training(first: Path, second: Path) -> None:
    """Every bit of weights, averages and optimizer, and every line of the log."""
    for path in (first / "state").glob("*.safetensors"):
        assert path.read_bytes() == (second / "state" / path.name).read_bytes(), path.name
    infos = [load_json(folder / "state" / "state.json") for folder in (first, second)]
    assert all(info.pop("seconds") >= 0 for info in infos) and infos[0] == infos[1]
    assert lines_of(first) == lines_of(second)
    samples = [sorted(path.name for path in (folder / "samples").iterdir()) for folder in (first, second)]
    assert samples[0] == samples[1] == ["step_000000.png", "step_000010.png", "step_000020.png"]


@pytest.fixture(scope="module")
def straight(tmp_path_factory) -> Path:
    """The folder of a training that ran through."""
    folder = tmp_path_factory.mktemp("straight")
    assert train(ToyTask(), folder, PLAN, quiet=True).finished
    return folder


def test_the_task_is_learned(tmp_path):
    task = ToyTask(dropout=0.0)
    train(task, tmp_path, Plan(num_steps=150, **QUICK), quiet=True)
    losses = [line["values"]["loss"] for line in lines_of(tmp_path) if "values" in line]
    assert losses[-1] < 0.2 * losses[0]


def test_the_folder_holds_what_it_promises(straight):
    assert {path.name for path in (straight / "state").iterdir()} == {
        "net.safetensors", "net.averaged.safetensors", "optimizer.net.safetensors", "state.json"
    }  # fmt: skip
    described = load_json(straight / "run.json")
    assert described["config"]["width"] == 7 and described["config"]["seed"] == 0 and described["steps"] == 20
    assert {"command", "commit", "machine", "plan", "precision", "seconds"} <= described.keys()
    assert [(line["step"], *(line.keys() - {"step"})) for line in lines_of(straight)] == [
        (5, "values"), (10, "values"), (10, "gauges"), (15, "values"), (20, "values"), (20, "gauges")
    ]  # fmt: skip


def test_stopped_and_continued_is_the_same_bit_for_bit(straight, tmp_path):
    for step in (6, 12):  # stops after steps 7 and 13, in the middle of two windows of the log
        task = ToyTask()
        task.signals = {step: signal.SIGINT if step == 6 else signal.SIGTERM}
        with pytest.raises(TrainingInterrupted, match=f"stopped at step {step + 1} of 20; .*the same command goes on"):
            train(task, tmp_path, PLAN, quiet=True)
    task = ToyTask(weights=99)  # its own start does not matter: the state is loaded
    report = train(task, tmp_path, PLAN, quiet=True)
    assert report.steps == 20 and report.finished
    assert_same_training(straight, tmp_path)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_killed_and_continued_is_the_same_bit_for_bit(straight, tmp_path):
    program = str(Path(__file__).with_name("toy_task.py"))
    arguments = [sys.executable, program, "killed", json.dumps([str(tmp_path), 11])]
    assert subprocess.run(arguments, env=environment()).returncode == -signal.SIGKILL
    assert load_json(tmp_path / "state" / "state.json")["step"] == 8  # saved every 4 steps
    assert lines_of(tmp_path)[-1]["step"] == 10  # the log was ahead of the state
    train(ToyTask(), tmp_path, PLAN, quiet=True)
    assert_same_training(straight, tmp_path)


def test_the_second_ctrl_c_stops_at_once(tmp_path):
    task = ToyTask()
    task.signals = {3: signal.SIGINT}
    task.sample_grid = lambda modules, step: None
    task.gauges = lambda modules, step: {}
    step = task.train_step

    def twice(batch, number, update):
        values = step(batch, number, update)
        if number == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return values

    task.train_step = twice
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt) as caught:
        train(task, tmp_path, PLAN, quiet=True)
    assert not isinstance(caught.value, TrainingInterrupted)
    assert signal.getsignal(signal.SIGINT) is before
    assert not (tmp_path / "state").exists()


def test_minutes_pause_and_the_same_call_goes_on(straight, tmp_path, capsys):
    reports = []
    while not reports or not reports[-1].finished:
        # The time is up after every step.
        reports.append(train(ToyTask(), tmp_path, Plan(num_steps=20, minutes=1e-9, **QUICK), quiet=len(reports) > 0))
    assert [report.steps for report in reports] == list(range(1, 21))
    assert "paused at step 1 of 20" in capsys.readouterr().out
    assert_same_training(straight, tmp_path)


def test_a_finished_training_is_left_as_it_is(straight, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in (straight / "state").iterdir()}
    task = ToyTask()
    report = train(task, straight, PLAN, quiet=True)
    assert report.finished and report.steps == 20 and report.gauges.keys() == {"weight", "lot"}
    assert {path: path.stat().st_mtime_ns for path in (straight / "state").iterdir()} == before
    assert weights_of(task)[0] == load_weights(straight / "state" / "net.safetensors")["0.weight"].flatten().tolist()


def test_looking_does_not_change_the_training(straight, tmp_path):
    train(ToyTask(), tmp_path, Plan(num_steps=20, **{**QUICK, "gauges_every": 3, "log_every": 7}), quiet=True)
    for name in ("net", "net.averaged", "optimizer.net"):
        first, second = (folder / "state" / f"{name}.safetensors" for folder in (straight, tmp_path))
        assert first.read_bytes() == second.read_bytes()


def test_making_batches_ahead_does_not_change_the_training(straight, tmp_path):
    train(ToyTask(), tmp_path, Plan(num_steps=20, prefetch=0, **QUICK), quiet=True)
    assert_same_training(straight, tmp_path)


def test_another_seed_is_another_training(straight, tmp_path):
    train(ToyTask(), tmp_path, Plan(num_steps=20, seed=1, **QUICK), quiet=True)
    assert lines_of(tmp_path)[0]["values"] != lines_of(straight)[0]["values"]  # other dropout, other lots


def test_other_settings_are_refused_before_anything_is_touched(straight):
    with pytest.raises(ValueError, match="width was 7 and is 11; take another folder, or begin again with --restart"):
        train(ToyTask(width=11), straight, PLAN, quiet=True)
    with pytest.raises(ValueError, match="seed was 0 and is 5"):
        train(ToyTask(), straight, Plan(num_steps=20, seed=5, **QUICK), quiet=True)
    assert load_json(straight / "run.json")["config"]["width"] == 7


def test_restart_begins_anew(tmp_path):
    train(ToyTask(), tmp_path, Plan(num_steps=10, **QUICK), quiet=True)
    train(ToyTask(width=11), tmp_path, Plan(num_steps=5, **QUICK), restart=True, quiet=True)
    assert [line["step"] for line in lines_of(tmp_path)] == [5, 5]
    assert load_weights(tmp_path / "state" / "net.safetensors")["0.weight"].shape == (11, 3)


def test_two_trainings_in_one_folder_are_refused(tmp_path):
    with RunFolder(tmp_path, {}), pytest.raises(ValueError, match="in use by another training"):
        train(ToyTask(), tmp_path, PLAN, quiet=True)


def test_a_nan_saves_the_batch_and_spares_the_state(tmp_path):
    task = ToyTask()
    task.poison = {13}
    with pytest.raises(TrainingDiverged, match="broke at step 13.*state of step 12 is whole.*half the learning rate"):
        train(task, tmp_path, Plan(num_steps=20, checkpoint_every=6, **QUICK), quiet=True)
    saved = load_tree(tmp_path / "diverged" / "rank_0.safetensors")
    assert saved["step"] == 13 and list(saved["batches"]) == ["step_13"]
    assert saved["batches"]["step_13"]["numbers"].isnan().all()
    assert saved["batches"]["step_13"]["name"] == "batch 13"
    assert load_json(tmp_path / "state" / "state.json")["step"] == 12
    weights = load_weights(tmp_path / "state" / "net.safetensors")
    assert all(torch.isfinite(tensor).all() for tensor in weights.values())
    assert train(ToyTask(), tmp_path, PLAN, quiet=True).finished  # with the batch mended, it goes on


def test_a_late_guard_saves_both_batches_in_question(tmp_path, monkeypatch):
    class LateUpdater(Updater):
        def __init__(self, *args):
            super().__init__(*args)
            self.guards_late = True

    monkeypatch.setattr(training, "Updater", LateUpdater)
    task = ToyTask()
    task.poison = {11}
    with pytest.raises(TrainingDiverged, match="state of step 6 is whole"):  # step 12 would be saved, but was touched
        train(task, tmp_path, Plan(num_steps=20, checkpoint_every=6, **QUICK), quiet=True)
    saved = load_tree(tmp_path / "diverged" / "rank_0.safetensors")["batches"]
    assert saved["step_11"]["numbers"].isnan().all() and set(saved) == {"step_10", "step_11"}
    assert load_json(tmp_path / "state" / "state.json")["step"] == 6


def test_an_error_of_the_task_is_not_hidden_and_frees_the_folder(tmp_path):
    task = ToyTask()
    task.gauges = lambda modules, step: {}["accuracy"]
    with pytest.raises(KeyError, match="accuracy"):
        train(task, tmp_path, PLAN, quiet=True)
    assert train(ToyTask(), tmp_path, PLAN, quiet=True).finished
    assert threading.active_count() < 10


def test_gauges_see_averages_in_evaluation_mode_and_leave_no_trace(tmp_path):
    class Watching(ToyTask):
        def __init__(self):
            super().__init__()
            self.modules["frozen"] = nn.Sequential(nn.Dropout(0.5))
            self.modules["frozen"].train()
            self.modules["frozen"][0].eval()  # a part that the task keeps in another mode than the whole
            self.seen = []

        def gauges(self, modules, step):
            assert not any(part.training for module in modules.values() for part in module.modules())
            assert modules["net"] is not self.modules["net"] and modules["frozen"] is self.modules["frozen"]
            assert not torch.is_grad_enabled()
            self.seen.append(modules["net"][0].weight.clone())
            return {}

        def train_step(self, batch, step, update):
            assert self.modules["net"].training and self.modules["frozen"].training
            assert not self.modules["frozen"][0].training
            return super().train_step(batch, step, update)

    task = Watching()
    train(task, tmp_path, PLAN, quiet=True)
    assert len(task.seen) == 2
    averaged = load_weights(tmp_path / "state" / "net.averaged.safetensors")["0.weight"]
    assert torch.equal(task.seen[1], averaged)
    assert not torch.equal(averaged, task.modules["net"][0].weight)


def test_the_log_holds_means(tmp_path):
    class Counting(ToyTask):
        def train_step(self, batch, step, update):
            super().train_step(batch, step, update)
            return {"step": step, "half": torch.tensor(step / 2)} | ({"even": 7.0} if step % 2 == 0 else {})

    train(Counting(), tmp_path, PLAN, quiet=True)
    values = [line["values"] for line in lines_of(tmp_path) if "values" in line]
    assert values[0] == {"step": 2, "half": 1, "even": 7} and values[3] == {"step": 17, "half": 8.5, "even": 7}


def test_it_works_in_a_thread(straight, tmp_path):
    """Only the main thread may catch signals; a notebook's widget trains in another."""
    reports = []
    thread = threading.Thread(target=lambda: reports.append(train(ToyTask(), tmp_path, PLAN, quiet=True)))
    thread.start()
    thread.join()
    assert reports[0].finished
    assert_same_training(straight, tmp_path)


@pytest.mark.parametrize(
    ("setting", "message"),
    [({"num_steps": 0}, "at least 1"), ({"schedule": "linear"}, "'cosine' or 'constant'"), ({"minutes": 0}, "minutes"),
     ({"device": "gpu"}, "device"), ({"precision": "fp8"}, "precision")],
)  # fmt: skip
def test_wrong_plans_are_refused(tmp_path, setting, message):
    with pytest.raises(ValueError, match=message):
        train(ToyTask(), tmp_path, Plan(**{**QUICK, "num_steps": 5, **setting}), quiet=True)


def test_the_report_tells_speed_and_waiting(tmp_path):
    report = train(ToyTask(), tmp_path, PLAN, quiet=True)
    assert report.samples_per_second > 0 and 0 <= report.waiting < 1 and report.seconds > 0
    assert report.folder == tmp_path


def test_tensorboard_gets_the_numbers(straight):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    events = accumulator.EventAccumulator(str(straight)).Reload()
    assert [event.step for event in events.Scalars("values/loss")] == [5, 10, 15, 20]
    assert [event.step for event in events.Scalars("gauges/weight")] == [10, 20]
