"""Nothing leaves, and what lies about can be found and removed."""

import socket
from pathlib import Path

import pytest
from PIL import Image

from t2i_lib.privacy import NetworkUsed, files_that_hold, no_network, stripped
from t2i_lib.provenance import label, read_provenance


def test_every_way_out_is_shut_and_opened_again():
    before = socket.getaddrinfo, socket.socket.connect
    with no_network() as tried:
        for leave in (
            lambda: socket.create_connection(("example.org", 80)),
            lambda: socket.getaddrinfo("example.org", 80),
            lambda: socket.getaddrinfo(host="example.org", port=80),
            lambda: socket.socket().connect(("127.0.0.1", 9)),
            lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9)),
        ):
            with pytest.raises(NetworkUsed, match="tried to reach"):
                leave()
    assert len(tried) == 5 and "example.org" in tried[0]
    assert (socket.getaddrinfo, socket.socket.connect) == before


def test_it_is_opened_again_after_an_error():
    before = socket.socket.connect
    with pytest.raises(KeyError), no_network():
        raise KeyError
    assert socket.socket.connect is before


@pytest.mark.parametrize("prompt", ["a letter to my doctor", "给医生的一封信"])
def test_what_was_typed_is_found_and_removed(tmp_path: Path, prompt: str):
    picture = label(Image.linear_gradient("L").convert("RGB"), prompt, 7, "lesson")
    picture.save(tmp_path / "told.png")
    stripped(picture).save(tmp_path / "silent.png")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "kept.json").write_text(f'{{"said": {ascii(prompt).replace(chr(39), chr(34))}}}')
    assert [path.name for path in files_that_hold(prompt, tmp_path)] == ["kept.json", "told.png"]
    assert read_provenance(tmp_path / "silent.png") == {}
    assert stripped(picture).tobytes() == picture.tobytes() and picture.info["seed"] == "7"


def test_colours_from_a_palette_stay():
    picture = Image.new("RGB", (4, 4), (200, 30, 30)).quantize(8)
    assert stripped(picture).convert("RGB").getpixel((0, 0)) == (200, 30, 30)
