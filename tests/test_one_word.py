"""Whoever writes to the bot in private is a user, on every page and in every sentence."""

from itertools import chain

from core.config import PROJECT


def test_nobody_who_reads_a_page_or_the_bot_meets_another_word_for_a_user() -> None:
    read = chain(PROJECT.glob("*.md"), PROJECT.glob("docs/*.md"), PROJECT.glob("bot/**/*.py"))
    texts = {page.relative_to(PROJECT): page.read_text("utf-8").lower() for page in read}

    assert len(texts) > 100
    assert [str(page) for page, text in texts.items() if "customer" in text] == []
