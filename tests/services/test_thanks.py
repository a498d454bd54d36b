import pytest

from services.thanks import only_says_thanks


@pytest.mark.parametrize(
    "text",
    [
        "thanks",
        "Thank you!",
        "THANK YOU SO MUCH!!!",
        "ok, thanks",
        "Great, it works now, thank you",
        "thx",
        "Thanks for your help 🙏",
        "Many thanks, everyone",
        "спасибо",
        "Спасибо большое!",
        "СПАСИБО ВАМ ЗА ПОМОЩЬ ❤️",
        "Понял, спасибо",
        "Благодарю, всё работает",
        "ещё раз спасибо",
        "спс",
        "🙏",
        "👍👍",
        "❤️",
        "  спасибо\n🙏  ",
    ],
)
def test_this_only_says_thanks(text: str) -> None:
    assert only_says_thanks(text)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        " ",
        "ok",
        "хорошо",
        "!",
        "😡",
        "no thanks",
        "Thanks, but it is broken again",
        "thanks?",
        "Спасибо?",
        "Thank you. And when will it come",
        "Спасибо, но не работает",
        "не спасибо",
        "спасибо, а когда",
        "thanks 12345",
        "thanks, my address is new",
        "👍 and now the next one",
        "мне не помогло",
    ],
)
def test_this_asks_for_something(text: str | None) -> None:
    assert not only_says_thanks(text)
