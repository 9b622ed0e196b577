"""`python -m tools.slides [NN ...]`: build decks."""

import argparse
import sys
import time
from pathlib import Path

from tools.slides.browser import look_at
from tools.slides.build import ROOT, build
from tools.slides.deck import all_decks, read_deck


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.slides", description="Build decks into HTML and PDF.")
    parser.add_argument("decks", nargs="*", help="numbers of lessons, such as 06; all without them")
    parser.add_argument("--out", type=Path, default=ROOT / "outputs" / "slides", help="folder for what is built")
    parser.add_argument("--no-pdf", action="store_true", help="HTML only")
    parser.add_argument("--keep-figures", action="store_true", help="draw only figures that are not there yet")
    parser.add_argument("--look", action="store_true", help="photograph each page, light and dark, and check its size")
    wanted = parser.parse_args(arguments)
    unknown = set(wanted.decks) - {path.name[:2] for path in all_decks()}
    if unknown:
        parser.error(f"there is no deck {', '.join(sorted(unknown))}")
    problems = []
    try:
        for path in all_decks():
            if not wanted.decks or path.name[:2] in wanted.decks:
                start = time.perf_counter()
                made = build(read_deck(path), wanted.out, not wanted.no_pdf, not wanted.keep_figures)
                print(f"{', '.join(map(str, made))} ({time.perf_counter() - start:.0f} s)", flush=True)
                if wanted.look:
                    problems += look_at(made[0], wanted.out / "pages")
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
