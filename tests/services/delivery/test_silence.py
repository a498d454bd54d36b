"""How long a way to Telegram is silent, and when that is worth telling."""

from services.delivery.silence import ASKS_EVERY, SHORTEST, Silence


def test_a_silence_of_some_seconds_is_told_once_it_ends() -> None:
    silence = Silence()
    silence.failed(10)
    silence.failed(12)

    assert silence.answered(10 + SHORTEST)
    assert not silence.answered(20)


def test_a_shorter_one_is_not() -> None:
    silence = Silence()
    silence.failed(10)

    assert not silence.answered(10 + SHORTEST - 0.1)


def test_while_it_lasts_a_try_is_due_when_nobody_else_made_one() -> None:
    silence = Silence()
    assert not silence.asks(0)
    silence.failed(10)
    silence.failed(15)

    assert not silence.asks(15 + ASKS_EVERY - 1)
    assert silence.asks(15 + ASKS_EVERY)
    assert not silence.asks(16 + ASKS_EVERY)
