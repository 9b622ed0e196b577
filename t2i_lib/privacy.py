"""Drawing without a network; finding, and removing, what one typed and what now lies about on this machine."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image


class NetworkUsed(RuntimeError):
    """Something tried to reach the network where it must not."""


@contextmanager
def no_network() -> Iterator[list[str]]:
    """While it lasts, every attempt of this process to look up a name or to connect raises, and is noted in the list.

    It watches Python's own sockets, through which all libraries written in Python go; a program that is started, or C
    code with calls of its own, would pass unseen. A firewall is the stronger test.
    """
    tried: list[str] = []

    def refuse(*arguments: Any, **named: Any) -> None:
        said = [*arguments, *named.values()]  # a socket and where to, or a name to look up and a port
        tried.append(str(said[-1] if isinstance(said[0], socket.socket) else said[0]))
        raise NetworkUsed(f"this tried to reach {tried[-1]}")

    kept = socket.getaddrinfo, socket.socket.connect, socket.socket.connect_ex, socket.socket.sendto
    socket.getaddrinfo = refuse
    socket.socket.connect = socket.socket.connect_ex = socket.socket.sendto = refuse
    try:
        yield tried
    finally:
        socket.getaddrinfo = kept[0]
        socket.socket.connect, socket.socket.connect_ex, socket.socket.sendto = kept[1:]


def files_that_hold(text: str, folder: str | Path) -> list[Path]:
    """The files below a folder that hold a text as it is (UTF-8), or as JSON writes it; sorted.

    Compressed parts of files are not opened: absence here is no proof.
    """
    escaped = text.encode("ascii", "backslashreplace")
    wanted = {text.encode(), escaped}
    paths = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    return [path for path in paths if any(each in path.read_bytes() for each in wanted)]


def stripped(picture: Image.Image) -> Image.Image:
    """The pixels alone: no prompt, no seed, no camera's place or time, whatever the file held beside them.

    The pixels are copied as they are, so an invisible mark stays.
    """
    if picture.mode == "P":  # its bytes are places in a palette that stands elsewhere in the file
        picture = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    return Image.frombytes(picture.mode, picture.size, picture.tobytes())
