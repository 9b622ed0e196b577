"""A folder is looked over before training: every trouble is found, and a good folder gets no complaint."""

import json
from random import Random

import pytest
import torch
from PIL import Image

from t2i_lib.cli import main
from t2i_lib.folder_check import check_folder, read_alike
from t2i_lib.toys.creatures import CREATURES, captions, draw_creature, write_folder


class Letters:
    """Stands for a text encoder that knows small Latin letters; all other signs are one token to it."""

    def tokenize(self, texts):
        rows = [[ord(sign) - 96 if "a" <= sign <= "z" else 0 for sign in text] for text in texts]
        length = max(map(len, rows))
        mask = torch.tensor([[place < len(row) for place in range(length)] for row in rows])
        return torch.tensor([row + [0] * (length - len(row)) for row in rows]), mask


def test_twenty_creatures_are_a_good_folder(tmp_path):
    report = check_folder(write_folder(tmp_path), size=64)
    assert (report.pictures, report.captions) == (20, 40)
    assert report.skipped == report.small == report.alike == report.read_alike == [] and report.same_caption == {}
    assert report.unknown["zibble"] == 20 and "few: with fewer than 100" in repr(report)


def test_every_trouble_is_found_and_named(tmp_path):
    folder = write_folder(tmp_path)
    lines = (folder / "metadata.jsonl").read_text(encoding="utf-8").splitlines()
    (folder / "red_one_eye.png").write_text("no picture")
    with Image.open(folder / "blue_horns.png") as picture:
        picture.resize((40, 40)).save(folder / "again.png")
    lines.append(json.dumps({"file_name": "again.png", "caption_en": "a red zibble with horns"}))
    (folder / "metadata.jsonl").write_text("\n".join(lines), encoding="utf-8")
    report = check_folder(folder, Letters(), size=64)
    assert [each.file_name for each in report.skipped] == ["red_one_eye.png"]
    assert report.small == ["again.png"] and report.alike == [["blue_horns.png", "again.png"]]
    assert report.same_caption == {"a red zibble with horns": 2}
    assert ["红色的团子，两只眼睛", "红色的团子，三只眼睛"] in [group[:2] for group in report.read_alike]
    told = repr(report)
    for words in ("left out: red_one_eye.png", "will be blown up: again.png", "blue_horns.png = again.png", "(2x)"):
        assert words in told


def test_captions_are_read_alike_where_their_tokens_are_the_same():
    assert read_alike(Letters(), ["猫", "狗", "cat", "猫", "a", "猫狗"]) == [["猫", "狗"]]


def test_the_command_prints_the_report(tmp_path, capsys):
    write_folder(tmp_path)
    assert main(["data", "check", str(tmp_path)]) == 0
    assert "20 pictures with 40 captions" in capsys.readouterr().out
    assert main(["data", "check", str(tmp_path / "none")]) == 2


def test_creatures_differ_and_repeat_by_seed():
    pictures = {each: draw_creature(*each, size=32, rng=Random(1)).tobytes() for each in CREATURES}
    assert len(set(pictures.values())) == len({captions(*each) for each in CREATURES}) == 20
    assert draw_creature("red", "horns", 32, Random(1)).tobytes() == pictures["red", "horns"]
    assert draw_creature("red", "horns", 32, Random(2)).tobytes() != pictures["red", "horns"]


def test_a_folder_without_pictures_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds neither metadata.jsonl"):
        check_folder(tmp_path)
