"""The course's figures: each function takes numbers and returns a matplotlib Figure; one file a subject."""

from t2i_lib.plots.attention import plot_attention
from t2i_lib.plots.pipeline import describe_pipeline, plot_pipeline
from t2i_lib.plots.style import use_style

__all__ = ["describe_pipeline", "plot_attention", "plot_pipeline", "use_style"]
