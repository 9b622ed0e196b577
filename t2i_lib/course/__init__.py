"""What every lesson stands on: `lesson = course.start("01")`, then checks, hints, predictions, quiz and progress."""

from t2i_lib.course.lesson import Lesson, start
from t2i_lib.course.progress import overview

__all__ = ["Lesson", "overview", "start"]
