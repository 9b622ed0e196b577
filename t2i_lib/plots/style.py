"""How figures look: colours that colour-blind readers can tell apart, on white paper also on dark pages."""

from matplotlib import font_manager
from matplotlib import pyplot as plt

from t2i_lib.gallery import chinese_font

INK, LIT, PALE = "#222222", "#0072b2", "#e8e8e8"  # lines and words; what is spoken of; all the rest
MAP = "cividis"  # for numbers as colours: the same order for every eye, also in grey


def use_style() -> None:
    """Make this the style of all figures drawn from now on; Chinese words need a font that has them."""
    plt.style.use("petroff6")
    plt.rcParams.update(
        {
            "figure.facecolor": "white",
            "savefig.facecolor": "white",
            "figure.dpi": 100,
            "figure.constrained_layout.use": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "font.size": 11,
            "font.family": ["DejaVu Sans", *_chinese_families()],
        }
    )


def _chinese_families() -> list[str]:
    """The family of a font of this machine that can write Chinese, or none."""
    font = chinese_font()
    if font is None:
        return []
    font_manager.fontManager.addfont(font.path)
    return [font_manager.FontProperties(fname=font.path).get_name()]
