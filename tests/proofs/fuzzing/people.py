"""People and chats: only a few, so that their messages meet on the same tickets."""

from typing import Any

STAFF_CHAT = -1001000000001
OLD_GROUP = -501
NEW_GROUP = -1001000000002
SECOND_CHAT = -1001000000003
FOREIGN = -502
CHANNEL = -1001000000777

ANN, BOB, EVE, KATE, KARL, ROBOT = 101, 102, 103, 900, 901, 902
# Liam alone is in the second staff chat, and Carl's tickets alone are there.
CARL, LIAM = 104, 903
USERS = (ANN, BOB, EVE, CARL)
TEAM = (KATE, KARL)

# Their names, which nobody of the other team may read.
OF_MAIN, OF_SECOND = "of the main team", "of the second team"


def person(telegram_id: int, name: str, **more: Any) -> dict[str, Any]:
    return {"id": telegram_id, "is_bot": False, "first_name": name} | more


PEOPLE = {
    ANN: person(ANN, "Ann", last_name=OF_MAIN, username="ann", language_code="en"),
    BOB: person(BOB, "Боб", last_name="<b>&", language_code="ru-RU"),
    EVE: person(EVE, "\u202eمحمد", language_code="x"),
    KATE: person(KATE, "Kate", last_name=OF_MAIN, username="kate", language_code="en"),
    KARL: person(KARL, "\u3164"),
    CARL: person(CARL, "Carl", last_name=OF_SECOND, language_code="es"),
    LIAM: person(LIAM, "Liam", last_name=OF_SECOND),
    ROBOT: person(ROBOT, "Robot", is_bot=True),
}
CHATS: dict[int, dict[str, Any]] = {
    **{
        id_: {"id": id_, "type": "private", "first_name": p["first_name"]}
        for id_, p in PEOPLE.items()
    },
    STAFF_CHAT: {"id": STAFF_CHAT, "type": "supergroup", "title": "Support"},
    NEW_GROUP: {"id": NEW_GROUP, "type": "supergroup", "title": "Support, moved"},
    OLD_GROUP: {"id": OLD_GROUP, "type": "group", "title": "Support, before"},
    SECOND_CHAT: {"id": SECOND_CHAT, "type": "supergroup", "title": "Billing"},
    FOREIGN: {"id": FOREIGN, "type": "group", "title": "Strangers"},
    CHANNEL: {"id": CHANNEL, "type": "channel", "title": "News"},
}
