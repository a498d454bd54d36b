"""What Telegram's answers say of the thread that a message was for."""

from typing import Any

import pytest
from aiogram.exceptions import ClientDecodeError
from aiogram.methods import SendPhoto

from bot.outgoing import threads
from bot.wording.calls import Call
from core.address import Address
from services.delivery.outcomes import Outcome, ThreadGone
from services.delivery.parcel import Parcel

GROUP, THREAD = -1_002_000_000_001, 7
PHOTO = SendPhoto(chat_id=GROUP, message_thread_id=THREAD, photo="a file")
LANDED = ThreadGone("it landed in General", landed=(9,))
MADE = {"message_id": 9, "chat": {"id": GROUP}}
INSIDE = {"is_topic_message": True, "message_thread_id": THREAD}


@pytest.mark.parametrize(
    ("made", "said"),
    [(MADE, LANDED), (MADE | INSIDE, None), ({"message_id": 9}, None), ([MADE], LANDED)],
    ids=["in General", "in its thread", "nobody knows where", "an album"],
)
def test_an_answer_of_an_unknown_shape_may_still_say_where_it_is(
    made: Any, said: Outcome | None
) -> None:
    error = ClientDecodeError("?", ValueError("?"), {"ok": True, "result": made})
    parcel = Parcel(Address(GROUP, THREAD), Call(PHOTO), in_thread=True)

    assert threads.trouble(error, parcel, PHOTO, is_last=True) == said
