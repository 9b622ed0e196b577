"""Read a notebook, run it from its first cell to its last, write it back.

It runs in a kernel that knows nothing of whoever runs it: no progress from before, no network, one thread. Tests,
`make notebooks` and `t2i costs` all give lessons these surroundings, so what one of them stores the others find again.
"""

import os
from collections.abc import Callable
from pathlib import Path

import nbformat
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

NOWHERE = "http://127.0.0.1:9"  # port 9: nobody listens
SHOWN_HOME = "~/.t2i"  # what stored outputs call the home folder, as it is for a student


def read(path: Path) -> NotebookNode:
    """A notebook's content.

    Raises:
        ValueError: if there is none.
    """
    try:
        return nbformat.read(path, as_version=4)
    except FileNotFoundError as error:
        raise ValueError(f"there is no notebook {path}") from error
    except (nbformat.reader.NotJSONError, nbformat.ValidationError) as error:
        raise ValueError(f"{path} is not a notebook") from error


def write(path: Path, notebook: NotebookNode) -> None:
    """Write a notebook, whole or not at all."""
    from t2i_lib.checkpoints import atomic_path  # brings torch, which whoever only runs notebooks need not wait for

    text = nbformat.writes(notebook) + "\n"
    with atomic_path(path, len(text)) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def surroundings(home: Path) -> dict[str, str]:
    """The environment variables of a fresh kernel: nothing from before, no network, one thread.

    Args:
        home: an empty folder for progress and predictions, instead of the student's own.
    """
    return {
        "T2I_HOME": str(home),
        "T2I_LANGUAGE": "en",
        "IPYTHONDIR": str(home / "ipython"),  # else the user's own start-up files would run
        "HF_HUB_OFFLINE": "1",
        "http_proxy": NOWHERE,  # whatever else wants to download finds no network, as in a classroom
        "https_proxy": NOWHERE,
        "no_proxy": "localhost,127.0.0.1",
        "OMP_NUM_THREADS": "1",  # with two, small tensors crawl as soon as another program is busy
        "TOKENIZERS_PARALLELISM": "false",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }


def run_notebook(
    notebook: NotebookNode,
    folder: Path,
    home: Path,
    cell_seconds: float = 300.0,
    extra: dict[str, str] | None = None,
    on_start: Callable[[int], None] = lambda pid: None,
) -> None:
    """Run all cells; the notebook's outputs and counts are replaced.

    Args:
        folder: where the kernel works, as it does in JupyterLab: the folder the notebook lies in.
        home: see `surroundings`.
        cell_seconds: limit for one cell.
        extra: further environment variables.
        on_start: called with the kernel's process id before the first cell runs.

    Raises:
        ValueError: if a cell stops with an error or runs too long, or the kernel dies; it says which cell.
    """
    client = NotebookClient(
        notebook,
        timeout=cell_seconds,
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,  # one print may arrive in one message or in two
        extra_arguments=["--IPKernelApp.log_level=40"],  # errors only; it warns at each start of what is normal
    )
    # No folders to search: the kernel is the Python that runs this, not one that is registered as "python3".
    client.km = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))
    client.on_notebook_start = lambda **_: on_start(client.km.provisioner.pid)
    running = {}
    client.on_cell_start = lambda cell, cell_index: running.update(id=cell.get("id", cell_index))
    try:
        client.execute(env={**os.environ, **surroundings(home), **(extra or {})})
    except CellExecutionError as error:
        raise ValueError(f"cell {running['id']} stopped with {error.ename}: {error.evalue}") from error
    except CellTimeoutError as error:
        raise ValueError(f"cell {running['id']} ran longer than {cell_seconds:g} s") from error
    except DeadKernelError as error:
        raise ValueError(f"the kernel died in cell {running.get('id', 'none')}") from error
