"""`python -m tools.site`: build the site, and look at it."""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tools.site.build import build
from tools.site.links import pages, problems
from tools.site.looking import look_at
from tools.site.pages import ROOT, is_wanted


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.site", description="Build the course's site.")
    parser.add_argument("--only", nargs="+", default=[], metavar="PATTERN", help="pages such as 'notebooks/06*'")
    parser.add_argument("--out", type=Path, default=ROOT / "outputs" / "site", help="folder for the pages")
    parser.add_argument("--check", action="store_true", help="follow all links, look at all pages in a browser")
    parser.add_argument("--look", nargs="+", default=["*"], metavar="PATTERN", help="of --check: only at these pages")
    parser.add_argument("--pictures", type=Path, help="of --check: folder for photographs of the pages")
    wanted = parser.parse_args(arguments)
    start = time.perf_counter()
    try:
        build(wanted.out, wanted.only)
        print(f"{wanted.out / 'index.html'} ({time.perf_counter() - start:.0f} s)", flush=True)
        found = list(check(wanted.out, wanted.look, wanted.pictures)) if wanted.check else []
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


def check(site: Path, patterns: Sequence[str], pictures: Path | None) -> Iterator[str]:
    """What is wrong with a built site."""
    yield from problems(site)
    chosen = [path for path in pages(site) if is_wanted(path.relative_to(site).as_posix(), patterns)]
    print(f"{len(pages(site))} pages, {len(chosen)} of them looked at in a browser", flush=True)
    yield from look_at(chosen, pictures)


if __name__ == "__main__":
    sys.exit(main())
