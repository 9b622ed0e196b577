import json
import os
import sys
from dataclasses import dataclass

import pytest
import torch
from safetensors import SafetensorError

from t2i_lib import checkpoints
from t2i_lib.checkpoints import load_tree
from t2i_lib.run_folder import RunFolder

CONFIG = {"task": "toy", "width": 7}
PARTS = ("generator", "generator.averaged", "discriminator")


def save(run: RunFolder, number: int) -> None:
    weights = {name: {"weight": torch.full((3,), float(number))} for name in PARTS}
    run.save_state(weights, {"optimizer.generator": {0: {"step": torch.tensor(float(number))}}}, {"step": number})


def number_in(path) -> int:
    """The number that the state was saved with; fails if its parts are of different saves."""
    with RunFolder(path, CONFIG) as run:
        run.describe({"config": CONFIG})
        numbers = {run.load_weights(name)["weight"].unique().item() for name in PARTS}
        numbers |= {run.load_tree("optimizer.generator")[0]["step"].item(), float(run.load_info()["step"])}
        assert len(numbers) == 1, numbers
        assert {entry.name for entry in path.iterdir()} <= {"state", "run.json", "lock"}  # nothing is left over
        return int(numbers.pop())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_kill_at_any_file_operation_leaves_one_whole_state(tmp_path):
    events = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree")

    def die_at(moment: int, path) -> None:
        """Save number 2 in a process that dies without any clean-up just before its file operation `moment`."""
        count = 0

        def watch(event, arguments):
            nonlocal count
            count += event in events
            if count > moment:
                os._exit(9)

        with RunFolder(path, CONFIG) as run:
            sys.addaudithook(watch)
            save(run, 2)
        os._exit(0)

    seen, status = [], 9
    while status == 9:
        path = tmp_path / str(len(seen))
        with RunFolder(path, CONFIG) as run:
            run.describe({"config": CONFIG})
            save(run, 1)
        child = os.fork()
        if child == 0:
            die_at(len(seen), path)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        seen.append(number_in(path))
    assert status == 0
    assert len(seen) > 20  # so many moments were tried
    assert seen == sorted(seen) and set(seen) == {1, 2}  # the old state up to a moment, the new one from then on


def test_a_kill_in_the_very_first_save_leaves_an_empty_folder(tmp_path):
    (tmp_path / "state.new").mkdir()
    (tmp_path / "state.new" / "generator.safetensors").write_bytes(b"half")
    with RunFolder(tmp_path, CONFIG) as run:
        assert not run.has_state
        save(run, 3)
        run.describe({"config": CONFIG})
    assert number_in(tmp_path) == 3


@pytest.mark.parametrize("fails_at", range(4))
def test_a_full_disk_leaves_the_old_state(tmp_path, monkeypatch, fails_at):
    run = RunFolder(tmp_path, CONFIG)
    run.describe({"config": CONFIG})
    save(run, 1)
    real, calls = checkpoints.save_file, []

    def fill(tensors, path, metadata):
        calls.append(path)
        if len(calls) > fails_at:
            raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")
        real(tensors, path, metadata=metadata)

    monkeypatch.setattr(checkpoints, "save_file", fill)
    with pytest.raises(OSError, match="disk is full"):
        save(run, 2)
    run.__exit__()
    assert number_in(tmp_path) == 1


def test_two_trainings_in_one_folder_are_refused(tmp_path):
    with RunFolder(tmp_path, CONFIG):
        with pytest.raises(ValueError, match=f"in use by another training \\(process {os.getpid()}\\).*another folder"):
            RunFolder(tmp_path, CONFIG)
    RunFolder(tmp_path, CONFIG).__exit__()  # free again


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_the_lock_of_a_dead_process_does_not_count(tmp_path):
    child = os.fork()
    if child == 0:
        RunFolder(tmp_path, CONFIG)
        os._exit(9)
    os.waitpid(child, 0)
    assert (tmp_path / "lock").read_text() == str(child)
    with RunFolder(tmp_path, CONFIG):
        assert (tmp_path / "lock").read_text() == str(os.getpid())


def test_other_settings_are_refused_unless_restarted(tmp_path):
    with RunFolder(tmp_path, CONFIG) as run:
        run.describe({"config": CONFIG})
    with RunFolder(tmp_path, {"task": "other"}) as run:  # no state was saved: nothing to lose
        run.describe({"config": CONFIG})
        save(run, 1)
        run.open_log(0)
        run.log(1, {"values": {"loss": 2.5}})
    with pytest.raises(ValueError, match="width was 7 and is 11; take another folder, or begin again with --restart"):
        RunFolder(tmp_path, {**CONFIG, "width": 11})
    (tmp_path / "notes.txt").write_text("mine")
    with RunFolder(tmp_path, {**CONFIG, "width": 11}, restart=True) as run:
        assert not run.has_state
        assert {entry.name for entry in tmp_path.iterdir()} == {"lock", "notes.txt"}  # what is not ours stays


def test_the_log_goes_on_after_the_state(tmp_path):
    with RunFolder(tmp_path, CONFIG) as run:
        run.open_log(0)
        for step in (5, 10, 15):
            run.log(step, {"values": {"loss": step / 2}})
    with (tmp_path / "log.jsonl").open("a") as file:
        file.write('{"step": 20, "val')  # killed while writing
    with RunFolder(tmp_path, CONFIG) as run:
        run.open_log(10)
        run.log(11, {"values": {}})
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [5, 10, 11]
    assert lines[0]["values"] == {"loss": 2.5}


def test_processes_that_do_not_write_only_read(tmp_path):
    with RunFolder(tmp_path, CONFIG) as run:
        run.describe({"config": CONFIG})
        save(run, 4)
        before = sorted(tmp_path.rglob("*"))
        with RunFolder(tmp_path, {"task": "any"}, writes=False) as reader:
            reader.open_log(0)
            reader.log(1, {})
            reader.describe({})
            save(reader, 5)
            assert reader.load_info() == {"step": 4}
        assert sorted(tmp_path.rglob("*")) == before


def test_what_diverged_is_saved_whatever_it_holds(tmp_path):
    @dataclass
    class Batch:
        images: torch.Tensor
        prompts: list[str]
        scene: object

    batch = Batch(torch.tensor([float("nan"), 2.0]), ["a red cat", "一只猫"], complex(1, 2))
    with RunFolder(tmp_path, CONFIG) as run:
        path = run.save_diverged(1, {"step": 3, "batches": {"step_3": batch, "pair": (1, None)}})
    found = load_tree(path)["batches"]["step_3"]
    assert found["images"][1] == 2 and found["prompts"] == batch.prompts and found["scene"] == "(1+2j)"
