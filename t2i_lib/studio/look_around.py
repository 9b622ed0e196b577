"""A panorama as one page for the browser: to look around in by mouse, fingers, arrow keys or a turned telephone.

The page holds everything, picture and program, and needs no network. The program is Pannellum (MIT licence), kept
in data/viewer: 57 kB. three.js, which could do it too, brings 2 MB, for any shape of world; ours is a ring.
"""

import base64
import html
import io
import json
from pathlib import Path

from t2i_lib.locations import data_folder
from t2i_lib.studio.keeping import facts_of, keep
from t2i_lib.studio.panorama import Panorama, to_sphere

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<meta name="generator" content="{facts}">
<style>{style}
html, body {{ margin: 0; height: 100%; background: #222; color: white; font-family: sans-serif }}
#around {{ width: 100%; height: calc(100% - 3.2em) }}
p {{ margin: 0; padding: 0.4em 0.8em; height: 2.4em; box-sizing: border-box; overflow: auto; line-height: 1.2 }}
</style></head>
<body>
<div id="around" role="img" aria-label="{title}: a landscape all around" tabindex="0"></div>
<p>{title} &mdash; look around: drag, swipe, arrow keys, + and &minus; to come closer.</p>
<script>{program}</script>
<script>
window.around = pannellum.viewer("around", {settings});
</script>
</body></html>
"""


def viewer_page(panorama: Panorama) -> str:
    """The whole page as text.

    Raises:
        ValueError: if the viewer's files are missing.
    """
    folder = data_folder() / "viewer"
    try:
        program, style = ((folder / name).read_text(encoding="utf-8") for name in ("pannellum.js", "pannellum.css"))
    except OSError as error:
        raise ValueError(f"the viewer's files are missing in {folder}; they come with the repository") from error
    facts = facts_of(panorama.strip, panorama.made)
    settings = {
        "type": "equirectangular",
        "panorama": _as_url(panorama),
        "haov": 360,
        "vaov": round(panorama.angle, 2),
        "hfov": 75,
        "minHfov": 40,
        "maxHfov": 90,
        "autoLoad": True,
        "showFullscreenCtrl": True,
        "compass": False,
        "disableKeyboardCtrl": False,
        "backgroundColor": [0.13, 0.13, 0.13],
    }
    return PAGE.format(
        title=html.escape(facts.get("prompt", "panorama"), quote=True),
        facts=html.escape(json.dumps(facts, ensure_ascii=False), quote=True),
        style=style,
        program=program,
        settings=json.dumps(settings),
    )


def save_viewer(panorama: Panorama, path: Path) -> Path:
    """Write the page."""
    return keep(viewer_page(panorama).encode(), path)


def _as_url(panorama: Panorama) -> str:
    file = io.BytesIO()
    to_sphere(panorama).save(file, "JPEG", quality=90)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
