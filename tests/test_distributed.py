"""Two processes that torchrun starts, against one process that takes both their batches at once."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from toy_task import QUICK, ToyTask, environment, weights_of

from t2i_lib.checkpoints import load_json, load_tree, load_weights
from t2i_lib.distributed import World, average_gradients, join_world, largest_of_all
from t2i_lib.training import Plan, train


@pytest.fixture(scope="module")
def two(tmp_path_factory) -> Path:
    """The folder that two processes have worked in."""
    folder = tmp_path_factory.mktemp("two")
    program = str(Path(__file__).with_name("toy_task.py"))
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    done = subprocess.run([*command, program, "many", f'["{folder}"]'], capture_output=True, text=True,
                          timeout=240, env=environment())  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


def found_by(folder: Path) -> tuple[dict, dict]:
    return load_json(folder / "rank_0.json"), load_json(folder / "rank_1.json")


def test_both_end_with_the_same_weights(two):
    first, second = found_by(two)
    assert first["steps"] == second["steps"] == 11
    assert first["weights"] == second["weights"]


def test_two_processes_equal_one_with_the_joined_batch(two, tmp_path):
    task = ToyTask(dropout=0.0, joined=2)
    train(task, tmp_path, Plan(num_steps=11, **{**QUICK, "schedule": "constant"}), quiet=True)
    for ours, alone in zip(found_by(two)[0]["weights"], weights_of(task), strict=True):
        assert ours == pytest.approx(alone, abs=1e-6)
    average = load_weights(two / "run" / "state" / "net.averaged.safetensors")
    alone = load_weights(tmp_path / "state" / "net.averaged.safetensors")
    assert all(torch.allclose(average[name], alone[name], atol=1e-6) for name in alone)


def test_one_process_alone_would_end_elsewhere(two, tmp_path):
    """Else the test above would not see whether the second process had any say."""
    task = ToyTask(dropout=0.0)
    train(task, tmp_path, Plan(num_steps=11, **{**QUICK, "schedule": "constant"}), quiet=True)
    assert found_by(two)[0]["weights"][0] != pytest.approx(weights_of(task)[0], abs=1e-3)


def test_only_the_first_writes(two):
    assert load_json(two / "run" / "run.json")["processes"] == 2
    assert len((two / "run" / "log.jsonl").read_text().splitlines()) == 5  # values at 5, 10; gauges at 5, 10, 11
    assert load_json(two / "run" / "state" / "state.json")["step"] == 11


def test_all_stop_when_one_is_told_to(two):
    first, second = found_by(two)
    assert first["stopped"] == second["stopped"] and "stopped at step 8 of 30" in first["stopped"]
    assert load_json(two / "stopped" / "state" / "state.json")["step"] == 8


def test_all_stop_when_one_meets_a_nan_and_its_batch_is_saved(two):
    first, second = found_by(two)
    assert "broke at step 3" in first["diverged"] and "broke at step 3" in second["diverged"]
    batches = [load_tree(two / "poisoned" / "diverged" / f"rank_{rank}.safetensors")["batches"] for rank in (0, 1)]
    assert [batch["step_3"]["numbers"].isnan().any().item() for batch in batches] == [False, True]


def test_alone_nothing_is_done(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    world, device = join_world(torch.device("cpu"))
    assert world == World(0, 1) and device == torch.device("cpu")
    weight = torch.nn.Parameter(torch.ones(3))
    loss = torch.tensor(2.5)
    assert average_gradients([weight], loss, world) is loss and weight.grad is None
    assert largest_of_all(7, device, world) == 7


def test_more_processes_than_gpus_is_a_clear_error(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "3")
    monkeypatch.setenv("LOCAL_RANK", "2")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(ValueError, match="there are 2 GPUs; use --nproc-per-node 2"):
        join_world(torch.device("cuda"))
