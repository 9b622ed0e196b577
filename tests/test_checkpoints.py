import errno
import json
import pickle
import struct

import pytest
import torch
from safetensors import SafetensorError
from torch import nn

from t2i_lib import checkpoints
from t2i_lib.checkpoints import (
    atomic_path,
    flatten,
    load_into,
    load_json,
    load_metadata,
    load_tree,
    load_weights,
    save_json,
    save_tree,
    save_weights,
    unflatten,
)  # fmt: skip

AWKWARD = torch.tensor([0.1, -0.0, float("inf"), float("nan"), 1e-45, 3.4028235e38])  # every float32 bit counts


def same_bits(first: torch.Tensor, second: torch.Tensor) -> bool:
    first, second = first.reshape(-1), second.reshape(-1)
    return first.dtype == second.dtype and torch.equal(first.view(torch.uint8), second.view(torch.uint8))


def test_weights_and_settings_come_back_bit_for_bit(tmp_path):
    path = tmp_path / "new" / "weights.safetensors"
    state = {
        "awkward": AWKWARD,
        "half": AWKWARD.bfloat16(),
        "ids": torch.tensor([[7, -1]]),
        "flag": torch.tensor([True]),
    }
    save_weights(path, state, {"config": {"width": 7, "词": "彩虹"}, "range": [0.1, None]})
    loaded = load_weights(path)
    assert loaded.keys() == state.keys() and all(same_bits(loaded[name], state[name]) for name in state)
    assert load_metadata(path) == {"config": {"width": 7, "词": "彩虹"}, "range": [0.1, None]}
    assert [file.name for file in path.parent.iterdir()] == ["weights.safetensors"]


def test_tied_and_transposed_weights_can_be_saved(tmp_path):
    table = torch.randn(5, 3)
    save_weights(tmp_path / "w", {"table": table, "head": table, "turned": table.T, "part": table[1:3]})
    loaded = load_weights(tmp_path / "w")
    assert torch.equal(loaded["head"], table) and torch.equal(loaded["turned"], table.T)
    assert torch.equal(loaded["part"], table[1:3])


def test_a_state_of_an_optimizer_comes_back_bit_for_bit(tmp_path):
    net = nn.Linear(3, 5)
    optimizer = torch.optim.Adam(net.parameters())
    for _ in range(2):
        net(torch.randn(2, 3)).sum().backward()
        optimizer.step()
    state = optimizer.state_dict()
    save_tree(tmp_path / "state.safetensors", state)
    loaded = load_tree(tmp_path / "state.safetensors")
    assert loaded["param_groups"] == state["param_groups"]  # betas is a tuple again
    assert list(loaded["state"]) == [0, 1]  # and parameters are numbered by integers
    for number, values in state["state"].items():
        assert all(same_bits(loaded["state"][number][name], value) for name, value in values.items())


def test_flatten_keeps_every_kind_of_container():
    tree = {"a": [1, (2.5, None, torch.ones(2))], 3: {"b": "x", "c": True}, "empty": {}, "none": []}
    tensors, plain = flatten(tree)
    restored = unflatten(tensors, json.loads(json.dumps(plain)))
    assert restored["a"][1][2] is tree["a"][1][2]
    del restored["a"][1:], tree["a"][1:]
    assert restored == tree
    assert torch.equal(unflatten(*flatten(AWKWARD[:2])), AWKWARD[:2])


def test_flatten_refuses_what_it_cannot_bring_back():
    with pytest.raises(ValueError, match="a.0 is a .*object"):
        flatten({"a": [object()]})


def test_missing_file_says_what_makes_it(tmp_path):
    with pytest.raises(ValueError, match="no file .*judge.safetensors; `t2i train judge` makes it"):
        load_weights(tmp_path / "judge.safetensors", "`t2i train judge` makes it")
    with pytest.raises(ValueError, match="no file"):
        load_json(tmp_path / "config.json")
    with pytest.raises(ValueError, match="no file"):
        load_weights(tmp_path)  # a folder


@pytest.mark.parametrize("length", [0, 5, 8, 60, -1])
def test_truncated_file_is_named_so(tmp_path, length):
    save_weights(tmp_path / "w", {"a": torch.randn(7, 11)})
    whole = (tmp_path / "w").read_bytes()
    (tmp_path / "w").write_bytes(whole[:length])
    with pytest.raises(ValueError, match="truncated.*download it again"):
        load_weights(tmp_path / "w")


def test_pickled_files_are_refused_unread(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "exploded"), "w"))

    torch.save({"a": Bomb()}, tmp_path / "zip.pt")
    for protocol in (2, 3, 4, 5):
        (tmp_path / f"bare{protocol}.pt").write_bytes(pickle.dumps(Bomb(), protocol))
    for path in list(tmp_path.glob("*.pt")):
        with pytest.raises(ValueError, match="pickled"):
            load_weights(path)
    assert not (tmp_path / "exploded").exists()


def test_a_sound_file_may_begin_like_a_pickled_one(tmp_path):
    header = b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    header += b" " * (0x280 - len(header))  # the length 640 is written as the bytes 80 02, pickle's own start
    (tmp_path / "w").write_bytes(struct.pack("<Q", len(header)) + header + struct.pack("<f", 2.5))
    assert load_weights(tmp_path / "w")["a"].tolist() == [2.5]


@pytest.mark.parametrize(
    "content",
    [
        struct.pack("<Q", 2**63) + b"{}",  # a header of 9 exabytes
        struct.pack("<Q", 90_000_000) + b"{}",
        struct.pack("<Q", 2) + b"[]",
        struct.pack("<Q", 54) + b'{"a":{"dtype":"F32","shape":[9],"data_offsets":[0,4]}}' + bytes(4),
        struct.pack("<Q", 64) + b'{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offse"',
        b"\xff" * 100,
    ],
)
def test_hostile_files_are_refused(tmp_path, content):
    (tmp_path / "w").write_bytes(content)
    with pytest.raises(ValueError, match="no safetensors file"):
        load_weights(tmp_path / "w")


def test_git_lfs_pointer_is_recognised(tmp_path):
    (tmp_path / "w").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:53aa\nsize 12\n")
    with pytest.raises(ValueError, match="git lfs pull"):
        load_weights(tmp_path / "w")


def test_load_into_names_the_first_tensor_that_does_not_fit():
    net = nn.Sequential(nn.Linear(3, 5), nn.Linear(5, 2))
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    good = {name: tensor + 1 for name, tensor in before.items()}
    with pytest.raises(ValueError, match=r"artist/g: does not fit|'1.weight' has shape \(2, 7\), expected \(2, 5\)"):
        load_into(net, {**good, "1.weight": torch.zeros(2, 7)}, "artist/g")
    with pytest.raises(ValueError, match=r"'0.bias' \(5,\) is missing"):
        load_into(net, {name: tensor for name, tensor in good.items() if name != "0.bias"})
    with pytest.raises(ValueError, match=r"'extra' \(1,\) is unexpected"):
        load_into(net, {**good, "extra": torch.zeros(1)})
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())  # untouched so far
    load_into(net, good)
    assert all(torch.equal(tensor, good[name]) for name, tensor in net.state_dict().items())


def test_json_errors_are_clear(tmp_path):
    save_json(tmp_path / "a.json", {"提示": [1, 0.1]})
    assert load_json(tmp_path / "a.json") == {"提示": [1, 0.1]}
    (tmp_path / "b.json").write_text('{"a": ')
    with pytest.raises(ValueError, match="b.json holds no valid JSON"):
        load_json(tmp_path / "b.json")
    (tmp_path / "c.json").write_bytes("{'彩虹': 1}".encode("gb18030"))
    with pytest.raises(ValueError, match="not a UTF-8"):
        load_json(tmp_path / "c.json")


def test_weights_only_file_is_no_training_state(tmp_path):
    save_weights(tmp_path / "w", {"a": torch.zeros(1)})
    with pytest.raises(ValueError, match="weights only"):
        load_tree(tmp_path / "w")


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "note"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [SafetensorError("I/O error: No space left on device (os error 28)"),
                                   OSError(errno.ENOSPC, "No space left on device"),
                                   OSError(errno.EDQUOT, "Disk quota exceeded")])  # fmt: skip
def test_full_disk_says_how_much_is_needed_and_the_old_file_survives(tmp_path, monkeypatch, error):
    def fail(tensors, path, metadata):
        path.write_bytes(b"half")
        raise error

    save_weights(tmp_path / "w", {"a": torch.zeros(3)})
    monkeypatch.setattr(checkpoints, "save_file", fail)
    with pytest.raises(OSError, match=r"disk is full: .*needs 5\.0 MB, [\d.]+ MB are free") as caught:
        save_weights(tmp_path / "w", {"a": torch.zeros(1_250_000)})
    assert caught.value.errno == errno.ENOSPC
    assert load_weights(tmp_path / "w")["a"].tolist() == [0, 0, 0]
    assert len(list(tmp_path.iterdir())) == 1


def test_unwritable_folder_is_an_os_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError):
        save_weights(tmp_path / "file" / "w", {"a": torch.zeros(1)})
