import builtins
import random
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from t2i_lib import runtime
from t2i_lib.runtime import autocast, bf16_flags, doctor, mix_seed, pick_device, pick_precision, set_seed


def test_device_by_name():
    assert pick_device("cpu") == torch.device("cpu")
    assert pick_device() in (torch.device("cpu"), torch.device("cuda"), torch.device("mps"))


@pytest.mark.parametrize("name", ["gpu", "", "tpu", "meta", "cuda:99", "cpu:x"])
def test_unknown_or_absent_device_says_what_to_use(name):
    with pytest.raises(ValueError, match="auto"):
        pick_device(name)


def test_precision_follows_the_cpu(monkeypatch):
    monkeypatch.setattr(runtime, "cpu_flags", lambda: frozenset({"avx2", "avx512f"}))
    assert pick_precision("cpu") == "fp32"
    for flag in ("amx_bf16", "avx512_bf16"):
        monkeypatch.setattr(runtime, "cpu_flags", lambda flag=flag: frozenset({"avx2", flag}))
        assert pick_precision("cpu") == "bf16"
        assert pick_precision("cpu", "fp32") == "fp32"


@pytest.mark.parametrize(
    ("capability", "precision"),
    [((6, 1), "fp32"), ((7, 0), "fp16"), ((7, 5), "fp16"), ((8, 0), "bf16"), ((9, 0), "bf16")],
)
def test_precision_follows_the_gpu(monkeypatch, capability, precision):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device=None: capability)
    assert pick_precision(torch.device("cuda")) == precision


def test_precision_that_makes_no_sense():
    with pytest.raises(ValueError, match="one of auto, bf16"):
        pick_precision("cpu", "int8")
    with pytest.raises(ValueError, match="needs a GPU"):
        pick_precision("cpu", "fp16")


def test_autocast_changes_products_only_when_asked():
    square = torch.ones(3, 3)
    with autocast("cpu", "bf16"):
        assert (square @ square).dtype == torch.bfloat16
    with autocast("cpu", "fp32"):
        assert (square @ square).dtype == torch.float32


def test_same_seed_same_lots():
    def lots():
        return random.random(), torch.rand(3).tolist()

    set_seed(11)
    first = lots()
    assert lots() != first
    set_seed(11)
    assert lots() == first


def test_mixed_seeds_are_fixed_for_ever_and_do_not_collide():
    assert mix_seed(1, "step", 2) == 537222460303233396
    seeds = {mix_seed(seed, "step", step) for seed in range(31) for step in range(37)}
    assert len(seeds) == 31 * 37
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert mix_seed(1, 12) != mix_seed(11, 2)


def test_doctor_names_what_is_missing(tmp_path):
    findings = {finding.topic: finding for finding in doctor(tmp_path)}
    assert {"python", "torch", "transformers", "device", "precision", "cpu", "memory", "disk"} <= findings.keys()
    assert findings["python"].ok and findings["torch"].ok
    assert "lesson" in findings["checkpoints"].advice
    (tmp_path / "lesson").mkdir()
    (tmp_path / "lesson" / "config.json").touch()
    advice = next(finding for finding in doctor(tmp_path) if finding.topic == "checkpoints").advice
    assert "lesson" not in advice and "full" in advice


def test_doctor_speaks_when_torch_is_broken(tmp_path, monkeypatch):
    real = builtins.__import__

    def broken(name, *args, **kwargs):
        if name == "torch":
            raise OSError("libtorch_cpu.so: cannot open shared object file")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", broken)
    monkeypatch.setattr(runtime, "import_module", broken)
    findings = {finding.topic: finding for finding in doctor(tmp_path)}
    assert "libtorch_cpu" in findings["torch"].found and "pip install" in findings["torch"].advice
    assert not findings["device"].ok and findings["memory"].found


def test_doctor_warns_of_little_memory(monkeypatch, tmp_path):
    monkeypatch.setattr(runtime, "free_memory", lambda: 3e8)
    memory = next(finding for finding in doctor(tmp_path) if finding.topic == "memory")
    assert memory.found.startswith("0.3 GB") and not memory.ok


def test_importing_runtime_does_not_import_torch():
    code = "import sys, t2i_lib.runtime; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(runtime.__file__).parents[1]).returncode == 0


def test_bf16_flags_are_among_the_cpu_flags():
    assert bf16_flags() <= runtime.cpu_flags()
