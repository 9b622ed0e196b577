"""Student copies of the lessons, and grading what comes back (docs/grading.md): `python -m tools.grading`.

plain.py and inside.py run where a student's code runs, behind walls.py; submissions.py, judge.py, gradebook.py and
feedback.py never run any of it.
"""
