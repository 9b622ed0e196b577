"""The language in which a lesson speaks: that of the folder its notebook lies in.

Both editions of a lesson hold the same code, so the code cannot say it. But the Chinese notebooks lie in a folder `zh`,
in the repository and among a student's own copies, and a notebook's kernel works in the folder of its notebook.
"""

import os
from pathlib import Path

ENGLISH, CHINESE = "en", "zh"


def spoken_language() -> str:
    """ "zh" where the kernel works in a folder of that name, or where T2I_LANGUAGE says so; "en" elsewhere."""
    chosen = os.environ.get("T2I_LANGUAGE") or Path.cwd().name
    return CHINESE if chosen == CHINESE else ENGLISH
