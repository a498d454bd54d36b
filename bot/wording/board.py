"""The board: sent or edited, pinned, and taken down."""

from aiogram.methods import (
    DeleteMessage,
    EditMessageText,
    PinChatMessage,
    UnpinChatMessage,
)

from bot import keyboards
from bot.client import SendText
from bot.message_url import message_url
from bot.texts import board as texts
from bot.wording.calls import Call, at, edit_text, send_text
from bot.wording.context import Desk, rendered
from bot.wording.registry import words_for
from core.address import Place
from database.team import Board
from services import notices
from services.delivery.parcel import BoardHangs, BoardStands, Parcel
from services.helpdesk import boards

# What users write may hold links.
_NO_PREVIEWS = {"is_disabled": True}


@words_for(notices.BoardShown)
async def shown(desk: Desk, notice: notices.BoardShown) -> Parcel | None:
    """Show what waits now, if the board is still on, and still here."""
    board = await _board(desk, notice.board_id)
    if board is None:
        return None
    page = await boards.shows(desk.session, board.chat_id)
    words = rendered(texts.board(page, desk.today, desk.zone))
    keyboard, digest = keyboards.board(page, desk.today), boards.digest(page, desk.today)
    if board.message_id is None:
        method: SendText | EditMessageText = send_text(
            desk.address, words, keyboard=keyboard, previews=_NO_PREVIEWS
        )
    else:
        place = desk.address.place(board.message_id)
        method = edit_text(place, words, keyboard=keyboard, previews=_NO_PREVIEWS)
    stands = BoardStands(board.id, digest, board.message_id)
    return Parcel(desk.address, Call(method), effects=[stands])


@words_for(notices.BoardPinned)
async def pinned(desk: Desk, notice: notices.BoardPinned) -> Parcel | None:
    board = await _board(desk, notice.board_id)
    if board is None or board.message_id != notice.message_id:
        return None
    call = Call(PinChatMessage(**at(desk.address.place(notice.message_id))))
    return Parcel(desk.address, call, effects=[BoardHangs(board.id, notice.message_id)])


@words_for(notices.BoardUnpinned)
async def unpinned(desk: Desk, notice: notices.BoardUnpinned) -> Parcel | None:
    if (place := _place(desk, notice)) is None:
        return None
    return Parcel(desk.address, Call(UnpinChatMessage(**at(place))))


@words_for(notices.BoardRetired)
async def retired(desk: Desk, notice: notices.BoardRetired) -> Parcel | None:
    """Delete it, or have it say where the board is."""
    if (place := _place(desk, notice)) is None:
        return None
    board = await boards.of_chat(desk.session, desk.address.chat_id)
    if board is None:
        words = texts.is_off()
    else:
        stands = desk.address.place(board.message_id) if board.message_id else None
        words = texts.elsewhere(message_url(stands) if stands else None)
    call = Call(DeleteMessage(**at(place)), instead=[edit_text(place, rendered(words))])
    return Parcel(desk.address, call)


@words_for(notices.PinUntold)
async def pin_untold(desk: Desk, notice: notices.PinUntold) -> Parcel | None:
    if (place := _place(desk, notice)) is None:
        return None
    return Parcel(desk.address, Call(DeleteMessage(**at(place))))


async def _board(desk: Desk, board_id: int) -> Board | None:
    """Get the board; None if it is off, or was for a group that has moved since."""
    board = await desk.session.get(Board, board_id)
    return board if board is not None and board.chat_id == desk.address.chat_id else None


def _place(
    desk: Desk, notice: notices.BoardUnpinned | notices.BoardRetired | notices.PinUntold
) -> Place | None:
    """Say which message; None if the group has moved since, whose ids then start over."""
    place = Place(notice.told_in, notice.message_id)
    return place if desk.address.is_chat_of(place) else None
