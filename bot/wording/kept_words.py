"""Kept words: their writer is told, and staff are asked what to do with them."""

from aiogram.types import InlineKeyboardMarkup, ReplyParameters

from bot import keyboards
from bot.texts import buttons, refusals, to_staff
from bot.wording import stored_content
from bot.wording.calls import Call, send_text
from bot.wording.context import Desk
from bot.wording.registry import words_for
from database.models import KeptReason, KeptWords
from services import links
from services.delivery.parcel import Parcel
from services.helpdesk import kept_words
from services.notices import UnconfirmedKept, WordsKept


@words_for(WordsKept)
async def words_kept(desk: Desk, notice: WordsKept) -> Parcel | None:
    """Tell the writer under the words, if they are still kept.

    The message gets no link: a reply to it is no answer to a user.
    """
    row = await kept_words.find(desk.session, notice.mark)
    if row is None:
        return None
    words, keyboard = await _question(desk, row)
    return _under(desk, row, words, keyboard)


@words_for(UnconfirmedKept)
async def unconfirmed_kept(desk: Desk, _notice: UnconfirmedKept) -> Parcel | None:
    """Tell all writers whom Telegram has not confirmed, under the newest of their words."""
    rows = await kept_words.unconfirmed_in(desk.session, desk.address.chat_id)
    if not rows:
        return None
    several = len({row.speaker_id for row in rows}) > 1
    words = to_staff.several_unconfirmed_kept() if several else to_staff.unconfirmed_kept()
    return _under(desk, rows[-1], words, None)


def _under(desk: Desk, row: KeptWords, words: str, keyboard: InlineKeyboardMarkup | None) -> Parcel:
    """Reply to the kept words; if they are gone, or written before the group moved, name them."""
    reply_to = desk.id_here(row)
    alone = send_text(desk.address, (_about(words, row), []), keyboard=keyboard)
    if reply_to is None:
        return Parcel(desk.address, Call(alone))
    under = ReplyParameters(message_id=reply_to)
    call = send_text(desk.address, (words, []), reply_to=under, keyboard=keyboard)
    return Parcel(desk.address, Call(call, alone=alone))


def _about(words: str, row: KeptWords) -> str:
    if said := kept_words.beginning_of(row):
        return refusals.about(words, said)
    return refusals.about_content(
        words, stored_content.named(kept_words.content_of(row))[: kept_words.MOST_QUOTED]
    )


async def _question(desk: Desk, row: KeptWords) -> tuple[str, InlineKeyboardMarkup | None]:
    if row.reason is KeptReason.UNCONFIRMED:
        return to_staff.unconfirmed_kept(), None
    if row.reason is KeptReason.ORPHAN:
        labels = [await _label(desk, one["ticket_id"]) for one in row.choices or []]
        return to_staff.orphan_kept(), keyboards.choose_ticket(row.mark, labels)
    ticket = await desk.ticket(row.ticket_id or 0)
    arrived = await links.has_copy_of(desk.session, ticket.user.chat_id, row.place)
    words = to_staff.slip_edited if arrived else to_staff.slip_kept
    return words(desk.number(ticket)), keyboards.settle_kept(row.mark)


async def _label(desk: Desk, ticket_id: int) -> str:
    ticket = await desk.ticket(ticket_id)
    return buttons.ticket_choice(desk.number(ticket), ticket.user)
