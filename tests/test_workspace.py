"""A student's copies: made once, never overwritten once they were worked in."""

import pytest

from t2i_lib.course.workspace import copy_lessons


@pytest.fixture
def course(tmp_path):
    folder = tmp_path / "the course"
    folder.mkdir()
    (folder / "00_first.ipynb").write_text("lesson 0, first edition")
    (folder / "01_second.ipynb").write_text("lesson 1, first edition")
    (folder / "conftest.py").write_text("not a lesson")
    return folder


def test_lessons_are_copied_once(course, tmp_path):
    mine = tmp_path / "mine"
    assert len(copy_lessons(course, mine)) == 2
    assert sorted(path.name for path in mine.glob("*")) == [".copied.json", "00_first.ipynb", "01_second.ipynb"]
    assert copy_lessons(course, mine) == []


def test_work_is_never_overwritten(course, tmp_path):
    mine = tmp_path / "mine"
    copy_lessons(course, mine)
    (mine / "00_first.ipynb").write_text("my work")
    assert copy_lessons(course, mine) == []
    for edition in ("second", "third"):
        (course / "00_first.ipynb").write_text(f"lesson 0, {edition} edition")
        (remark,) = copy_lessons(course, mine)
        assert "yours stays" in remark
    assert (mine / "00_first.ipynb").read_text() == "my work"
    assert (mine / "00_first.new.ipynb").read_text() == "lesson 0, second edition"
    assert (mine / "00_first.new2.ipynb").read_text() == "lesson 0, third edition"


def test_an_untouched_copy_follows_the_course(course, tmp_path):
    mine = tmp_path / "mine"
    copy_lessons(course, mine)
    (course / "01_second.ipynb").write_text("lesson 1, second edition")
    (remark,) = copy_lessons(course, mine)
    assert "replaced" in remark
    assert (mine / "01_second.ipynb").read_text() == "lesson 1, second edition"
    assert not list(mine.glob("*.new*"))


def test_a_file_that_was_there_before_the_course_stays(course, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "00_first.ipynb").write_text("older work, copied by hand")
    copy_lessons(course, mine)
    assert (mine / "00_first.ipynb").read_text() == "older work, copied by hand"
    assert (mine / "00_first.new.ipynb").is_file()


def test_a_deleted_copy_comes_again(course, tmp_path):
    mine = tmp_path / "mine"
    copy_lessons(course, mine)
    (mine / "00_first.ipynb").unlink()
    assert len(copy_lessons(course, mine)) == 1


def test_a_folder_without_lessons_is_named(tmp_path):
    with pytest.raises(ValueError, match="no lessons"):
        copy_lessons(tmp_path, tmp_path / "mine")
