"""Sheets and pages: everything is on them, in any language, whatever fonts there are."""

import pytest
from PIL import Image, ImageFont

from t2i_lib import gallery
from t2i_lib.gallery import Exhibit, contact_sheet, index_page, open_in_browser, wrap


def colours(sheet: Image.Image) -> set:
    return {colour for _, colour in sheet.getcolors(sheet.width * sheet.height)}


def test_every_picture_is_on_the_sheet():
    names = ("red", "lime", "blue", "cyan", "magenta")
    sheet = contact_sheet([Exhibit(Image.new("RGB", (5, 7), name), "a hill") for name in names], columns=3, edge=32)
    assert {(255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 255, 255), (255, 0, 255)} <= colours(sheet)
    assert sheet.width == 3 * 32 + 4 * gallery.MARGIN


def test_fewer_pictures_than_columns_make_a_narrow_sheet():
    sheet = contact_sheet([Exhibit(Image.new("RGB", (5, 5)), "a hill")], columns=4, edge=32)
    assert sheet.width == 32 + 2 * gallery.MARGIN


def test_an_empty_sheet_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        contact_sheet([], columns=3)


def test_without_a_chinese_font_the_english_twin_is_written(monkeypatch):
    def sheet(text, plain=""):
        return contact_sheet([Exhibit(Image.new("RGB", (9, 9)), text, plain)], columns=1, edge=200).tobytes()

    monkeypatch.setattr(gallery, "chinese_font", lambda: None)
    assert sheet("山丘", "a hill") == sheet("a hill")
    assert sheet("山丘", "a hill") != sheet("海边", "the seaside")


def test_long_texts_are_broken_and_lose_nothing():
    font = ImageFont.load_default(14)
    for text in (
        "a young girl in a red dress with a bright smile stands by the sea",
        "一座美丽的山丘，夕阳西下，天空中有彩虹",
    ):
        lines = wrap(text, font, 90)
        assert len(lines) > 1
        assert all(font.getlength(line) <= 90 for line in lines)
        assert (" " if text.isascii() else "").join(lines) == text


def test_the_page_shows_prompts_as_text_not_as_markup(tmp_path):
    exhibit = Exhibit(Image.new("RGB", (5, 5)), '<script>"&山丘', file="1-zh.png")
    page = index_page("Six prompts", [exhibit], tmp_path).read_text(encoding="utf-8")
    assert "<script>" not in page and "&lt;script&gt;" in page
    assert 'src="1-zh.png"' in page and "山丘" in page and "http" not in page


def test_no_browser_without_a_screen(tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(gallery.webbrowser, "open", lambda address: opened.append(address) or True)
    monkeypatch.setattr(gallery.sys, "platform", "linux")
    monkeypatch.setattr(gallery.sys.stdout, "isatty", lambda: True, raising=False)
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "CI"):
        monkeypatch.delenv(name, raising=False)
    assert not open_in_browser(tmp_path / "index.html")
    monkeypatch.setenv("DISPLAY", ":0")
    assert open_in_browser(tmp_path / "index.html") and opened[0].startswith("file://")
    monkeypatch.setenv("CI", "true")
    assert not open_in_browser(tmp_path / "index.html")
