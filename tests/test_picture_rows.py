"""Rows of pictures come back from their file with their names, and a wrong file is named."""

import pytest
from PIL import Image

from t2i_lib.experiments.picture_rows import load_rows, save_rows

RED, BLUE = Image.new("RGB", (5, 3), "red"), Image.new("RGB", (5, 3), "blue")


def test_rows_come_back_with_their_names_in_order(tmp_path):
    save_rows(tmp_path / "new" / "rows.png", {"second to none": [RED, BLUE], "海": [BLUE, RED]})
    rows = load_rows(tmp_path / "new" / "rows.png")
    assert list(rows) == ["second to none", "海"]
    colours = [[picture.getpixel((4, 2)) for picture in row] for row in rows.values()]
    assert colours == [[(255, 0, 0), (0, 0, 255)], [(0, 0, 255), (255, 0, 0)]]
    assert {picture.size for row in rows.values() for picture in row} == {(5, 3)}


@pytest.mark.parametrize(
    "rows", [{}, {"a": []}, {"a": [RED], "b": [RED, BLUE]}, {"a": [RED, Image.new("RGB", (4, 4))]}]
)
def test_rows_that_do_not_fit_are_refused(rows, tmp_path):
    with pytest.raises(ValueError, match="of one size"):
        save_rows(tmp_path / "rows.png", rows)


def test_a_wrong_file_is_named(tmp_path):
    (tmp_path / "text.png").write_text("no picture")
    RED.save(tmp_path / "plain.png")
    for name in ("missing.png", "text.png", "plain.png"):
        with pytest.raises(ValueError, match=name):
            load_rows(tmp_path / name)
