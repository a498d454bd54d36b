"""Thanks and goodbyes reopen no closed ticket."""

import pytest

from bot import i18n
from bot.reading.partings import only_parts, partings_of
from sandbox.client import User
from tests.support.office import Office


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
        "Thanks, bye",
        "Bye!",
        "good-bye 👋",
        "That’s all, thank you. Have a nice day!",
        "ok thanks, see you later",
        "Thank you, all good now. Best regards",
        "до свидания, спасибо",
        "До свидания!",
        "Спасибо, всего доброго",
        "Ок, всё получилось, спасибо, хорошего дня",
        "пока",
        "👋",
        "👍👍",
        "❤️",
        "  спасибо\n🙏  ",
        "ok",
        "Okay!",
        "Ок.",
        "ok 👍",
        "Got it",
        "понятно",
        "Хорошо",
        "Ок, понял",
        "Gracias",
        "¡Muchas gracias!",
        "Muchísimas gracias por su ayuda 🙏",
        "Mil gracias, muy amable, que tengan un lindo día",
        "Listo, ya quedó, gracias",
        "Perfecto, eso es todo. Un saludo",
        "Buenas noches y gracias",
        "Vale, gracias, hasta luego",
        "Ok gracias, chao",
        "No hay de qué",
        "De acuerdo",
        "adios",
    ],
)
def test_this_only_parts(text: str) -> None:
    assert only_parts(text)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        " ",
        "ok again",
        "ok?",
        "ok but it is late",
        "ok, it works now for today",
        "хорошо, теперь всё",
        "не хорошо",
        "понятно, а когда",
        "!",
        "😡",
        "no thanks",
        "have you got it now, thanks",
        "take care of it",
        "have a nice day but where is it",
        "bye-law",
        "goodbye money",
        "пока не пришло",
        "спасибо, до свидания, а деньги",
        "всё ещё не работает, спасибо",
        "it works",
        "thanks؟",
        "thanks " * 40,
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
        "gracias?",
        "¿Gracias a quién",
        "gracias pero no funciona",
        "gracias por nada",
        "no gracias",
        "ya funciona",
        "listo pero falta uno",
        "Buenos días",
        "buen día",
        "Saludos",
        "hasta luego no llega",
        "por favor",
    ],
)
def test_this_asks_for_something(text: str | None) -> None:
    assert not only_parts(text)


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_language_brings_thanks_and_goodbyes(language: str) -> None:
    said = partings_of(language)

    assert () not in said.allowed
    assert len(said.parting) > 10
    assert said.parting < said.allowed
    assert said.consent < said.allowed


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_a_parting_is_enough_alone_but_the_words_around_it_are_not(language: str) -> None:
    said = partings_of(language)

    enough = said.parting | said.consent
    assert all(only_parts(" ".join(phrase)) for phrase in enough)
    assert not any(only_parts(" ".join(phrase)) for phrase in said.allowed - enough)


async def closed_ticket(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    await office.kate.replies(card, "/close")
    await alice.sees("Ticket #1 is closed")


@pytest.mark.parametrize("sign", ["🙏", "👍", "❤️", "👋"])
async def test_a_sticker_that_thanks_reopens_nothing_and_is_shown(
    office: Office, alice: User, sign: str
) -> None:
    await closed_ticket(office, alice)

    await alice.sends("sticker", emoji=sign)

    await office.sees(kind="sticker")
    await office.says_in_staff_chat()
    assert not any("open again" in message.text for message in await alice.chat.messages())


async def test_a_sticker_that_does_not_thank_reopens(office: Office, alice: User) -> None:
    await closed_ticket(office, alice)

    await alice.sends("sticker", emoji="😡")

    await alice.sees("Ticket #1 is open again.")
