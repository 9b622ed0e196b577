"""The course as a static site: lessons as they are stored, guide, glossary, decks, and the library from its docstrings.

    python -m tools.site                     # all of it into outputs/site (`make site`)
    python -m tools.site --check             # ... and look at every page in a real browser, light and dark
    python -m tools.site --only 'notebooks/0[01]*' docs/glossary.md --out outputs/part     # a part, to try something

Nothing is run: the pages show the outputs that the notebooks hold. What is built needs no network and no server.
"""
