"""Thin shells around quiz and predictions: they show, and call a function; what counts is decided elsewhere.

Each also knows its plain form, for pages where no widgets run (GitHub, exported notebooks).
"""

import html
from collections.abc import Callable
from typing import Any

from t2i_lib.course.predictions import Prediction
from t2i_lib.course.quiz import LETTERS, Quiz
from t2i_lib.widget_help import widget_help


def quiz(questions: Quiz, take: Callable[[int, str], str]) -> Any:
    """A quiz to click through, or its plain text where ipywidgets is missing.

    Args:
        take: from a question's number and a letter to what is to be said of that answer.
    """
    try:
        import ipywidgets as w
    except ImportError:
        return questions
    rows = []
    for number, question in enumerate(questions.questions, 1):
        options = [(option.text, letter) for letter, option in zip(LETTERS, question.options, strict=False)]
        choice = _choice(w, options, f"Question {number}")
        said = w.HTML()
        choice.observe(lambda change, n=number, out=said: _say(out, take(n, change["new"])), names="value")
        rows.append(w.VBox([w.HTML(f"<b>{number}.</b> {html.escape(question.text)}"), choice, said]))
    return _with_plain_form(w.VBox([*rows, widget_help(w)]), repr(questions))


def prediction(asked: Prediction, keep: Callable[[Any], None], say: Callable[[str], str] = str) -> Any:
    """A prediction to make by a click, or its plain text where ipywidgets is missing.

    Args:
        say: from an English sentence to how it is shown.
    """
    try:
        import ipywidgets as w
    except ImportError:
        return asked
    question, said = w.HTML(f"<b>{say('Before you run on:')}</b> {html.escape(asked.question)}"), w.HTML()
    if asked.options:
        guess = _choice(w, [(option, option) for option in asked.options], say("Your guess"))
        guess.observe(lambda change: (keep(change["new"]), _say(said, say("kept"))), names="value")
        parts = [question, guess, said]
    else:
        guess = w.FloatText(description=say("Your guess"))
        button = w.Button(description=say("Keep"), tooltip=say("Keep this guess for later"))
        button.on_click(lambda _: (keep(guess.value), _say(said, say(f"kept: {guess.value:g}"))))
        parts = [question, w.HBox([guess, button]), said]
    return _with_plain_form(w.VBox([*parts, widget_help(w)]), say(repr(asked)))


def _choice(w: Any, options: list[tuple[str, str]], description: str) -> Any:
    return w.RadioButtons(
        options=options,
        value=None,
        description=description,
        layout={"width": "max-content"},
        style={"description_width": "initial"},
    )


def _say(out: Any, text: str) -> None:
    out.value = f"<i>{html.escape(text)}</i>"


def _with_plain_form(box: Any, text: str) -> Any:
    """The widget, which a page without widgets shows as text."""
    live = box._repr_mimebundle_

    def mimebundle(**options: Any) -> dict[str, Any]:
        bundle = live(**options)
        return {**bundle, "text/plain": text}

    box._repr_mimebundle_ = mimebundle
    return box
