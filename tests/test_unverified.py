"""docs/unverified.md: what nobody could try on Telegram, and which code relies on it."""

import re

from core.config import PROJECT

PAGE = (PROJECT / "docs" / "unverified.md").read_text("utf-8")


def test_each_question_names_code_that_is_there() -> None:
    questions = re.findall(r"^\| (.*\?.*) \| (.*) \| (.*) \|$", PAGE, re.MULTILINE)

    assert len(questions) > 30
    for question, relies, _ in questions:
        files = re.findall(r"`((?:bot|services)/[a-z_/]+\.py)`", relies)
        assert files, question
        assert [file for file in files if not (PROJECT / file).is_file()] == []
