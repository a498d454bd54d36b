"""Every sentence is there in every language, and everybody hears their own."""

import re
from pathlib import Path

import pytest

import bot
from bot import i18n
from bot.texts import buttons, commands, to_staff, to_users
from sandbox.client import User
from services.delivery import failures
from tests.support.office import Office, Sessions, open_office, timeless


def test_sentences_are_made_in_texts_only() -> None:
    folder = Path(bot.__file__).parent
    speaking = {
        file.relative_to(folder).as_posix()
        for file in folder.rglob("*.py")
        if re.search(r"import n?gettext|i18n\.n?gettext\(", file.read_text(encoding="utf-8"))
    }
    assert {file.split("/")[0] for file in speaking} == {"texts"}


@pytest.mark.parametrize("reason", [failures.NOT_WORDED, failures.NOT_WRITTEN_DOWN])
def test_reasons_of_our_own_are_translated_and_strange_ones_of_telegram_quoted(reason: str) -> None:
    with i18n.speaking("ru"):
        ours, telegrams = (
            to_staff.delivery_failed("#7", reason),
            to_staff.edit_failed("#7", "Bad Request: NEW"),
        )

    assert reason not in ours
    assert "(Telegram отказал: NEW)" in telegrams


@pytest.mark.parametrize(
    ("reason", "english", "russian"),
    [
        (
            "Forbidden: bot was blocked by the user",
            "the user has blocked the bot",
            "пользователь заблокировал бота",
        ),
        ("Bad Request: message is too long", "the text is too long", "текст слишком длинный"),
        (
            "Bad Request: VOICE_MESSAGES_FORBIDDEN",
            "the user does not accept voice and video messages",
            "пользователь не принимает голосовые и видеосообщения",
        ),
        (
            "Bad Request: not enough rights to send photos to the chat",
            "this kind of message is not allowed there",
            "такие сообщения там запрещены",
        ),
        (
            "Bad Request: not enough rights to send text messages to the chat",
            "the bot isn't allowed to write there",
            "боту нельзя там писать",
        ),
        ("TelegramServerError: Bad Gateway", "Telegram gave no answer", "Telegram не ответил"),
    ],
)
def test_what_telegram_usually_says_is_worded_in_the_language_of_staff(
    reason: str, english: str, russian: str
) -> None:
    said = []
    for language in ("en", "ru"):
        with i18n.speaking(language):
            said.append(to_staff.delivery_failed("#7", reason))

    assert said == [f"#7: this did not arrive ({english}).", f"#7: не доставлено ({russian})."]


@pytest.mark.parametrize(
    ("language", "number", "said"),
    [
        ("en", 1, "{total} ticket is"),
        ("en", 2, "{total} tickets are"),
        ("ru", 1, "Не закрыто {total} обращение"),
        ("ru", 3, "Не закрыто {total} обращения"),
        ("ru", 11, "Не закрыто {total} обращений"),
        ("es", 1, "{total} ticket sin cerrar"),
        ("es", 21, "{total} tickets sin cerrar"),
        ("es", 1_000_000, "{total} de tickets sin cerrar"),
        ("es", 1_000_001, "{total} tickets sin cerrar"),
    ],
)
def test_each_language_counts_in_its_own_forms(language: str, number: int, said: str) -> None:
    with i18n.speaking(language):
        words = i18n.ngettext(
            "{total} ticket is not closed", "{total} tickets are not closed", number
        )
    assert words.startswith(said)


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_language_keeps_within_the_lengths_of_telegram(language: str) -> None:
    with i18n.speaking(language):
        described = {**commands.of_users(), **commands.of_staff()}.values()

        assert len(to_users.description()) <= 512
        assert len(to_users.short_description()) <= 120
        assert all(3 <= len(words) <= 256 for words in described)
        # A phone shows two buttons side by side.
        assert all(len(words) <= 20 for words in (buttons.take(), buttons.close()))
        assert all(len(words) <= 200 for words in (to_staff.taken(), to_staff.sent_again()))


@pytest.mark.parametrize(
    ("tag", "greeting"),
    [
        ("ru", "Здравствуйте!"),
        ("ru-RU", "Здравствуйте!"),
        ("RU", "Здравствуйте!"),
        ("en", "Hello!"),
        ("es", "¡Hola!"),
        ("es-419", "¡Hola!"),
        ("tlh", "Hello!"),
        ("tlh-latn", "Hello!"),
        ("", "Hello!"),
        (None, "Hello!"),
    ],
)
async def test_a_user_is_spoken_to_in_the_language_of_their_telegram_or_english(
    office: Office, tag: str | None, greeting: str
) -> None:
    user = await office.telegram.user("Ivan", language=tag)

    await user.writes("/start")

    await user.sees(greeting)


async def test_all_that_a_russian_user_hears_is_russian_and_staff_hear_english(
    office: Office,
) -> None:
    ivan = await office.telegram.user("Иван", language="ru")
    await ivan.writes("/frobnicate")
    await ivan.sees("Я не знаю команды /frobnicate.")
    await ivan.writes("Где мой заказ?")
    await ivan.sees("Обращение #1 открыто.")
    card = await office.sees("Где мой заказ?")
    assert card.buttons == ["Take", "Close", "More…"]
    press = await ivan.presses(await ivan.sees("Обращение #1"), data="close:1")
    assert await press.answer() == "В этом чате эта кнопка не работает."

    press = await office.kate.presses(card, "Close")

    assert await press.answer() == "Closed."
    await ivan.sees("Обращение #1 закрыто.")


async def test_all_that_a_spanish_user_hears_is_spanish(office: Office) -> None:
    lucia = await office.telegram.user("Lucía", language="es")
    await lucia.writes("¿Dónde está mi pedido?")
    await lucia.sees("Abrimos el ticket #1.")
    card = await office.sees("¿Dónde está mi pedido?")
    await office.kate.replies(card, "/close")
    await lucia.sees("El ticket #1 está cerrado.")

    await lucia.writes("¡Muchas gracias por tu ayuda, que tengas buen día!")
    await office.sees("que tengas buen día")
    await lucia.writes("Todavía no funciona")

    await lucia.sees("El ticket #1 está abierto de nuevo.")
    opened_again = [one for one in await lucia.chat.messages() if "abierto de nuevo" in one.text]
    assert len(opened_again) == 1


async def test_who_changes_the_language_of_their_telegram_is_spoken_to_in_the_new_one(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    await office.telegram.call("rename", user=alice.id, language_code="ru")
    await alice.writes("Где он?")
    await office.sees("Где он?")

    await office.kate.replies(card, "/close")

    await alice.sees("Обращение #1 закрыто.")


async def test_staff_hear_the_language_of_their_setting_whatever_theirs_is(
    file_sessions: Sessions,
) -> None:
    async with open_office(file_sessions, staff_language="ru") as office:
        alice = await office.telegram.user("Alice", language="en")
        await alice.writes("My order is late")
        await alice.sees("Ticket #1 is open")
        card = await office.sees("My order is late")
        assert card.buttons == ["Взять", "Закрыть", "Ещё…"]
        assert timeless(card).splitlines()[1] == "новое · вопрос задан ⏱"

        press = await office.kate.presses(card, "Взять")
        assert await press.answer() == "Теперь оно ваше."
        await office.telegram.advance(24 * 3600)
        await office.kate.writes("/tickets@sandbox_bot", to=office.support, plain=True)
        listed = await office.sees("1 обращение ждёт нашего ответа")
        assert "🟠 #1 · 23 нояб · Alice · ⏱ · Kate" in timeless(listed)
        await office.kate.replies(card, "/close 9 9")
        await alice.sees("Ticket #1 · 23 Nov is closed.")
        await office.kate.replies(card, "/close")
        await office.sees("#1 · 23 нояб уже закрыто.")


async def test_staff_hear_spanish_where_it_is_their_setting(file_sessions: Sessions) -> None:
    async with open_office(file_sessions, staff_language="es") as office:
        alice = await office.telegram.user("Alice", language="en")
        await alice.writes("My order is late")
        card = await office.sees("My order is late")
        assert card.buttons == ["Tomar", "Cerrar", "Más…"]
        assert timeless(card).splitlines()[1] == "nuevo · preguntó ⏱"

        press = await office.kate.presses(card, "Tomar")
        assert await press.answer() == "Ahora es tuyo."
        await office.kate.writes("/tickets@sandbox_bot", to=office.support, plain=True)
        listed = await office.sees("1 ticket por responder")
        assert "🟠 #1 · Alice · ⏱ · Kate" in timeless(listed)
