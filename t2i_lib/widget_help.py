"""What ipywidgets leave out for whoever cannot see, or uses no mouse: names, room, a frame around what has the focus.

A slider of ipywidgets 8 has a label beside it, but a screen reader that comes to its handle is told no name, and of a
slider between words only the number of the word; nor is it told which question an option answers. A small program in
the page puts that right, wherever widgets are shown.
"""

from typing import Any

PROGRAM = """
if (!window.t2iWidgetHelp) {
    window.t2iWidgetHelp = true;
    const style = document.createElement("style");
    style.textContent = `
        .jupyter-button:focus-visible, .jupyter-widgets.jupyter-widgets :is(input, select, textarea):focus-visible,
        .widget-radio-box input:focus-visible, .widget-slider [role]:focus-visible {
            outline: 2px solid #1565c0 !important; outline-offset: 2px;
        }
        .widget-radio-box label { height: 24px; line-height: 24px }
    `;
    document.head.append(style);
    const put = (part, name, value) => {
        if (part && part.getAttribute(name) !== value) part.setAttribute(name, value);
    };
    const help = () => {
        for (const slider of document.querySelectorAll(".widget-slider")) {
            const name = slider.querySelector(".widget-label").textContent;
            const handle = slider.querySelector("[role=slider]"), typed = slider.querySelector(".widget-readout");
            put(handle, "aria-label", name);
            put(handle, "aria-valuetext", typed.textContent);
            put(typed, "role", "textbox");
            put(typed, "aria-label", name + ", typed");
        }
        for (const question of document.querySelectorAll(".widget-radio")) {
            const options = question.querySelector(".widget-radio-box");
            put(options, "role", "radiogroup");
            put(options, "aria-label", question.querySelector(".widget-label").textContent);
        }
    };
    new MutationObserver(help).observe(document.body, { childList: true, subtree: true });
    help();
}
"""


def widget_help(w: Any) -> Any:
    """A widget that shows nothing and helps all others of its page; put it into the box that holds them.

    Args:
        w: the module ipywidgets.
    """
    program = {"output_type": "display_data", "data": {"application/javascript": PROGRAM}, "metadata": {}}
    return w.Output(outputs=(program,), layout={"height": "0", "margin": "0", "overflow": "hidden"})
