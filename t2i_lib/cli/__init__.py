"""The command `t2i`: drawing, training, measuring, looking at the data, without writing Python.

Each command imports what it needs when it is called, so `t2i --help` answers at once. What the caller can mend is one
line on stderr and exit code 2 (with T2I_DEBUG=1 the traceback as well); Ctrl-C is exit code 130.
"""

import os
import sys
import traceback
import warnings
from typing import Any

import typer

from t2i_lib.cli import course, data, draw, measure, studio, train

app = typer.Typer(
    name="t2i",
    help="A sentence becomes a picture: draw, train and measure the storybook artist.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("draw")(draw.draw)
app.command("demo")(draw.demo)
app.command("parse")(draw.parse)
app.add_typer(data.app, name="data")
app.add_typer(train.app, name="train")
app.add_typer(studio.app, name="studio")
app.command("evaluate")(measure.evaluate)
app.command("publish")(measure.publish)
app.command("benchmark")(measure.benchmark)
app.command("experiment")(measure.experiment)
app.command("costs")(measure.costs)
app.command("doctor")(measure.doctor)
app.command("lessons")(course.lessons)
app.command("lab")(course.lab)
app.command("progress")(course.progress)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code is 0, 2 for what the caller can mend, 130 after Ctrl-C."""
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")  # a bar for each small file hides our own lines
    _speak_plainly(sys.stdout, sys.stderr)
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        try:
            return _run(sys.argv[1:] if arguments is None else arguments)
        except KeyboardInterrupt as stop:  # a training that was stopped says where
            return _fail(_one_line(str(stop)) or "stopped", 130)
        except BrokenPipeError:  # t2i ... | head
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        except (ValueError, OSError, MemoryError, ArithmeticError) as error:  # arithmetic: a training diverged
            return _fail(f"error: {_reason(error)}")
        except Exception as error:
            if hasattr(error, "format_message"):  # typer's own: unknown command or option, missing argument
                return _explain_usage(error.format_message())
            if "out of memory" in str(error):  # torch has no common class for it on CPU, CUDA and MPS
                return _fail("error: out of memory; ask for fewer pictures at once, a smaller preset, or --device cpu")
            raise


def _run(arguments: list[str]) -> int:
    """Like typer's own main, which would swallow the message of a KeyboardInterrupt."""
    command = typer.main.get_command(app)
    try:
        with command.make_context("t2i", list(arguments)) as context:
            return command.invoke(context) or 0
    except typer.Exit as leave:
        return leave.exit_code


def _explain_usage(message: str) -> int:
    if message.startswith("Usage"):  # `t2i` alone
        print(message)
        return 0
    return _fail(f"error: {_one_line(message)}; `t2i --help` lists what there is")


def _fail(message: str, code: int = 2) -> int:
    if os.environ.get("T2I_DEBUG"):
        traceback.print_exc()
    print(f"t2i: {message}", file=sys.stderr)
    return code


def _reason(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return "out of memory; ask for fewer pictures at once or a smaller preset"
    if isinstance(error, OSError) and error.strerror:
        place = f" ({error.filename})" if error.filename else ""
        return _one_line(f"{error.strerror}{place}")
    return _one_line(str(error)) or type(error).__name__


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _show_warning(message: Any, category: type, filename: str, *_: Any) -> None:
    """Our own warnings in one line each; those of other libraries mean nothing to who types a command."""
    if issubclass(category, UserWarning) and "t2i_lib" in filename:
        print(f"t2i: warning: {_one_line(str(message))}", file=sys.stderr)


def _speak_plainly(*streams: Any) -> None:
    """A terminal that cannot show a character shows a question mark instead of stopping the program."""
    for stream in streams:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
