"""The decks of the course: read them, draw their figures, build HTML and PDF, look at every page.

    python -m tools.slides            # all decks into outputs/slides
    python -m tools.slides 06 07      # these

A deck is slides/NN-name.md. What it shows of the library is drawn when it is built, by tools/slides/lesson_NN.py, and
its numbers come from the repository's records and from the outputs that the notebooks hold.
"""
