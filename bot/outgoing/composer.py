"""Puts notices into words, at the moment of delivery and in the language of the chat."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot import i18n
from bot.wording import cards, copies, edits, kept, reactions, sentences
from bot.wording.context import Desk
from core.team import Team
from database.machinery import Delivery
from database.models import User
from services import notices, read_ahead
from services.delivery.backlog import Backlog
from services.delivery.parcel import Parcel

_WORDING: dict[type[notices.Notice], Callable[[Desk, Any], Awaitable[Parcel | None]]] = {
    notices.TicketOpened: sentences.ticket_opened,
    notices.TicketClosed: sentences.ticket_closed,
    notices.TicketReopened: sentences.ticket_reopened,
    notices.AnswerPosted: copies.answer,
    notices.AnswerEdited: edits.edit,
    notices.AnswerRetracted: edits.retract,
    notices.QuestionFailed: sentences.question_failed,
    notices.StillUnderWay: sentences.still_under_way,
    notices.CardPosted: cards.post,
    notices.CardRedrawn: cards.redraw,
    notices.CardRetired: cards.retire,
    notices.QuestionPosted: copies.question,
    notices.QuestionEdited: edits.edit,
    notices.AnswerDelivered: reactions.delivered,
    notices.NoteKept: reactions.noted,
    notices.CommandDone: reactions.done,
    notices.DeliveryFailed: sentences.delivery_failed,
    notices.CopyMayRemain: sentences.copy_may_remain,
    notices.AnswerMayRemain: sentences.answer_may_remain,
    notices.SentAgain: sentences.sent_again,
    notices.WordsKept: kept.words_kept,
    notices.UnconfirmedKept: kept.unconfirmed_kept,
    notices.OnlyDescribed: sentences.only_described,
    notices.WordsWanted: sentences.words_wanted,
    notices.EditedAfterClose: sentences.edited_after_close,
    notices.EditedAfterAnswer: sentences.edited_after_answer,
    notices.UserReturned: sentences.user_returned,
    notices.UpdateSetAside: sentences.update_set_aside,
    notices.UpdateFailed: sentences.update_failed,
    notices.CommandAnswered: sentences.command_answered,
    notices.Refusal: sentences.refusal,
    notices.GroupIsNotStaff: sentences.group_is_not_staff,
    notices.StaffChatMigrated: sentences.staff_chat_migrated,
}


class Composer:
    """Makes parcels of notices; see `services.delivery.parcel.Compose`."""

    def __init__(self, team: Team, clock: Callable[[], datetime]) -> None:
        self._team = team
        self._clock = clock

    async def __call__(
        self, session: AsyncSession, offered: Sequence[Delivery], backlog: Backlog | None = None, /
    ) -> Parcel | None:
        head = offered[0]
        notice = notices.read(head.kind, head.payload)
        now = self._clock()
        desk = Desk(session, self._team.day(now), now, offered, backlog)
        with i18n.speaking(await self._language(session, head.chat_id, notice)):
            return await _WORDING[type(notice)](desk, notice)

    async def _language(self, session: AsyncSession, chat_id: int, notice: notices.Notice) -> str:
        """Groups speak the staff's language, a private chat its user's."""
        if chat_id < 0:
            return self._team.staff_language
        user = read_ahead.of(session).users.get(chat_id)
        if user is None:
            user = await session.scalar(select(User).where(User.telegram_id == chat_id))
        return i18n.choose(user.language if user else getattr(notice, "language", ""))
