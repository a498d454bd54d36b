"""Telling "thank you" from a question: a closed ticket is not reopened for it."""

import re

_THANKS = """
    thanks thank thankyou thx ty tysm cheers merci
    спасибо спасибочки спс благодарю благодарствую пасиб пасибо
"""
_AROUND = """
    you u so very much a lot many again all everyone everybody guys team and ok okay great good
    perfect super cool nice it works now that helped for the your help kind support quick answer
    ок окей хорошо понял поняла отлично супер всё все большое огромное вам вас тебе за помощь
    ответ быстрый поддержку и очень ещё еще раз работает теперь помогло ясно
"""
_THANKING = frozenset(_THANKS.split())
_ALLOWED = frozenset(_AROUND.split()) | _THANKING
_SIGNS = re.compile("[🙏❤💙💚💛🤝👍👌😊☺🙂🎉💯]")
_WORDS = re.compile(r"\w+")


def only_says_thanks(text: str | None) -> bool:
    """Whether `text` thanks (in English or Russian, or by a sign) and says nothing else.

    A question mark always asks for something.
    """
    if not text or "?" in text:
        return False
    words = {word.lower() for word in _WORDS.findall(text)}
    if not words <= _ALLOWED:
        return False
    return bool(words & _THANKING) or (not words and bool(_SIGNS.search(text)))
