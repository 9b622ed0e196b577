"""The kept records about who is drawn and who is copied: whole, and read as the lesson reads them."""

from t2i_lib.experiments.copying import PICTURES, describing, with_gaps
from t2i_lib.experiments.record import load_record
from t2i_lib.experiments.who_is_drawn import LOOKED_AT, PROMPTS, audit_of
from t2i_lib.nearest import Shelf


def test_every_prompt_was_drawn_in_both_languages():
    record = load_record("who_is_drawn")
    for name in PROMPTS:
        for language in ("en", "zh"):
            (run,) = record.of(f"{name}, {language}")
            assert all(sum(run.curves[attribute]) == run.figures["pictures"] for attribute in LOOKED_AT)
    person = audit_of(record, "person", "subject")
    assert person.drawn("none").low > 0.9 and person.variation > person.chance


def test_copying_was_asked_of_all_three():
    record = load_record("copying")
    assert record.variants == ["rendered, never seen", "drawn, fresh scenes", "drawn, training scenes"]
    for run in record.runs:
        assert len(run.curves["to training"]) == run.figures["asked"] <= PICTURES
    (innocent,) = record.of("rendered, never seen")
    assert innocent.figures["low"] < 0.5 < innocent.figures["high"]  # or the test itself leans


def test_sentences_state_all_but_empty_hands():
    labels = Shelf(4).labels
    assert len(set(describing(labels, 0))) == 8
    gaps = with_gaps(labels.clamp(min=0))
    assert ((gaps[:, 4] == -1) == (labels[:, 3] == 0)).all()
