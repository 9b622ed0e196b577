"""What every test may rely on: no network, no screen, the same random numbers whichever tests ran before."""

import os
import random
import socket
import sys

import numpy as np
import pytest

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["MPLBACKEND"] = "Agg"
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

LOOPBACK = ("127.", "::1", "localhost")


@pytest.fixture(autouse=True)
def _same_random_numbers():
    """Seed the global random states, for code under test that draws from them."""
    random.seed(11)
    np.random.seed(11)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(11)


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A folder in which all picture recipes have run on tiny networks, and their reports; see `tiny_world.py`."""
    from tiny_world import train_tiny_world

    return train_tiny_world(tmp_path_factory.mktemp("tiny world"))  # with a space in its name


@pytest.fixture(autouse=True, scope="session")
def _no_network():
    """A test that reaches for another machine fails and says so, instead of passing only where there is a network."""
    connect = socket.socket.connect

    def connect_nearby(self: socket.socket, address):
        if isinstance(address, tuple) and not str(address[0]).startswith(LOOPBACK):
            raise ConnectionError(f"a test tried to reach {address}: tests must not need a network")
        return connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect_nearby)
        yield
