"""How figures look: colours that colour-blind readers can tell apart, on white paper also on dark pages."""

import matplotlib
from matplotlib import pyplot as plt

INK, LIT, PALE = "#222222", "#0072b2", "#e8e8e8"  # lines and words; what is spoken of; all the rest
MAP = "cividis"  # for numbers as colours: the same order for every eye, also in grey
# For Chinese words; the first that is installed is taken, so a figure with such words says where none is.
CHINESE = [
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "PingFang SC",
    "Microsoft YaHei",
    "WenQuanYi Zen Hei",
]


def use_style() -> None:
    """Make this the style of all figures drawn from now on."""
    plt.style.use("petroff6")
    installed = {font.name for font in matplotlib.font_manager.fontManager.ttflist}
    plt.rcParams.update(
        {
            "figure.facecolor": "white",
            "savefig.facecolor": "white",
            "figure.dpi": 100,
            "figure.constrained_layout.use": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "font.size": 11,
            "font.family": ["DejaVu Sans", *[name for name in CHINESE if name in installed]],
        }
    )
