"""Notices that are a single sentence: to the user, or to staff about a ticket."""

import json
from collections import Counter
from collections.abc import Callable, Sequence

from aiogram.types import InlineKeyboardMarkup
from sqlalchemy import select

from bot import keyboards
from bot.callbacks import CHOICES
from bot.reading import update_json
from bot.texts import buttons, refusals, to_staff, to_users
from bot.wording.calls import Call, edit_text, perhaps_whispered, send_text
from bot.wording.context import Desk, rendered
from bot.wording.registry import words_for
from core.text import Piece
from database.conditions import stands_at
from database.machinery import Delivery, DeliveryStatus
from database.models import ContentKind, Direction, LinkKind, Message, Ticket, User
from services import links, notices, update_records
from services.delivery.parcel import Parcel, Shown, links_of
from services.helpdesk import current, failure_notices, orphans, resend, set_aside_news
from services.problems import KindNotRelayed, Problem, RepliesDropped, SeveralTickets
from services.whispers import Whisper

_AS_NOTICE = links_of([Shown(kind=LinkKind.NOTICE)])


@words_for(notices.TicketReopened)
async def ticket_reopened(desk: Desk, notice: notices.TicketReopened) -> Parcel:
    ticket = await desk.ticket(notice.ticket_id)
    return _say(desk, to_users.ticket_reopened(desk.number(ticket)))


@words_for(notices.QuestionFailed)
async def question_failed(desk: Desk, notice: notices.QuestionFailed) -> Parcel:
    message = await desk.message(notice.message_id)
    return _say(desk, to_users.question_failed(), reply_to=message.message_id)


@words_for(notices.StillUnderWay)
async def still_under_way(desk: Desk, notice: notices.StillUnderWay) -> Parcel | None:
    """Say under the message that it has not arrived yet, unless it has since arrived or failed."""
    delayed = await desk.session.get_one(Delivery, notice.delivery_id)
    if delayed.status not in {DeliveryStatus.WAITING, DeliveryStatus.CLAIMED}:
        return None
    message = await desk.message(notice.message_id)
    reply_to = desk.id_here(message)
    if desk.address.chat_id > 0:
        return _say(desk, to_users.question_under_way(), reply_to=reply_to)
    ticket = await desk.ticket(notice.ticket_id)
    return _say(desk, to_staff.answer_under_way(desk.number(ticket)), reply_to=reply_to)


@words_for(notices.DeliveryFailed)
async def delivery_failed(desk: Desk, notice: notices.DeliveryFailed) -> Parcel:
    """Tell staff under the answer that failed, or under the card."""
    failed = await desk.session.get_one(Delivery, notice.delivery_id)
    ticket = await desk.ticket(notice.ticket_id)
    number, reply_to = desk.number(ticket), await _about(desk, failed, ticket)
    if failed.kind == notices.AnswerRetracted.kind:
        is_away = ticket.user.blocked_at is not None
        words = to_staff.not_retracted_yet if is_away else to_staff.not_retracted
        return _say(desk, words(number), reply_to=reply_to)
    is_edit = notices.rules_of(failed.kind).edits is not None
    say_why = to_staff.edit_failed if is_edit else to_staff.delivery_failed
    keyboard = keyboards.resend(ticket, failed)
    return _say(desk, say_why(number, notice.reason), reply_to=reply_to, keyboard=keyboard)


@words_for(notices.SentAgain)
async def sent_again(desk: Desk, notice: notices.SentAgain) -> Parcel | None:
    """Have the failure notice show the result of sending again, without its button."""
    if notice.told_in != desk.address.chat_id:
        return None
    number = desk.number(await desk.ticket(notice.ticket_id))
    became = await resend.became(desk.session, [notice.delivery_id, *notice.others])
    sent = await desk.session.get_one(Delivery, notice.delivery_id)
    of_retraction = sent.kind == notices.AnswerRetracted.kind
    words = _retracted_again(number, became) if of_retraction else _sent_again(number, became)
    piece: Piece = (words, [])
    return Parcel(desk.address, Call(edit_text(desk.address.place(notice.message_id), piece)))


def _sent_again(number: str, became: Counter[DeliveryStatus]) -> str:
    failed, count = became[DeliveryStatus.FAILED], became.total()
    if not count:
        return to_staff.became_note(number)
    if failed:
        return to_staff.failed_again(number, failed, count)
    if became[DeliveryStatus.DELIVERED] == count:
        return to_staff.arrived_after_all(number, count)
    return to_staff.on_its_way_again(number)


def _retracted_again(number: str, became: Counter[DeliveryStatus]) -> str:
    if became[DeliveryStatus.FAILED]:
        return to_staff.not_retracted(number)
    if became[DeliveryStatus.DELIVERED]:
        return to_staff.retracted_after_all(number)
    return to_staff.retracted_again(number)


@words_for(notices.CopyMayRemain)
async def copy_may_remain(desk: Desk, notice: notices.CopyMayRemain) -> Parcel | None:
    """Tell staff, under the answer that was taken back, that the user may still see it, if so."""
    message = await desk.message(notice.message_id)
    ticket = await desk.ticket(message.ticket_id)
    is_answer = message.direction is Direction.ANSWER
    if is_answer or not await orphans.may_have_copy(desk.session, message, ticket.user.chat_id):
        return None
    reply_to = desk.id_here(message)
    return _say(desk, to_staff.copy_may_remain(desk.number(ticket)), reply_to=reply_to)


@words_for(notices.AnswerMayRemain)
async def answer_may_remain(desk: Desk, notice: notices.AnswerMayRemain) -> Parcel:
    message = await desk.message(notice.message_id)
    ticket = await desk.ticket(message.ticket_id)
    reply_to = desk.id_here(message)
    return _say(desk, to_staff.answer_may_remain(desk.number(ticket)), reply_to=reply_to)


@words_for(notices.WordsWanted)
async def words_wanted(desk: Desk, notice: notices.WordsWanted) -> Parcel:
    words = refusals.problem(KindNotRelayed(ContentKind.UNKNOWN), desk.today)
    return _say(desk, words, reply_to=notice.message_id)


@words_for(notices.NoRoomForAnother)
async def no_room_for_another(desk: Desk, notice: notices.NoRoomForAnother) -> Parcel:
    """Say which ticket it joined instead."""
    here = stands_at(Message, desk.address.place(notice.message_id))
    of_message = select(Message.ticket_id).where(here)
    ticket = await desk.ticket((await desk.session.scalars(of_message)).one())
    words = to_users.no_room_for_another(desk.number(ticket))
    return _say(desk, words, reply_to=notice.message_id)


@words_for(notices.TicketJoined)
async def ticket_joined(desk: Desk, notice: notices.TicketJoined) -> Parcel | None:
    """Say which ticket the message joined, and offer the others."""
    message = await desk.message(notice.message_id)
    ticket = await desk.ticket(message.ticket_id)
    if ticket.closed_at is not None:
        return None
    others = await current.others_open(desk.session, ticket)
    words = to_users.ticket_joined(desk.number(ticket), may_move=bool(others))
    keyboard = keyboards.move_question(message.message_id, others, desk.today)
    return _say(desk, words, reply_to=desk.id_here(message), keyboard=keyboard)


@words_for(notices.OnlyDescribed)
async def only_described(desk: Desk, notice: notices.OnlyDescribed) -> Parcel | None:
    """Tell the writer, under the message; after the group has moved, we can't reply to it."""
    message = await desk.message(notice.message_id)
    reply_to = desk.id_here(message)
    if message.direction is Direction.QUESTION:
        return _say(desk, to_users.question_described(), reply_to=reply_to)
    ticket = await desk.ticket(message.ticket_id)
    return _say(desk, to_staff.answer_described(desk.number(ticket)), reply_to=reply_to)


@words_for(notices.EditedAfterClose)
async def edited_after_close(desk: Desk, notice: notices.EditedAfterClose) -> Parcel:
    return await _edited(desk, notice.message_id, to_staff.edited_after_close)


@words_for(notices.EditedAfterAnswer)
async def edited_after_answer(desk: Desk, notice: notices.EditedAfterAnswer) -> Parcel:
    return await _edited(desk, notice.message_id, to_staff.edited_after_answer)


async def _edited(desk: Desk, message_id: int, words: Callable[[str], str]) -> Parcel:
    """Tell staff, under the copy in the group, that the user has edited it."""
    message = await desk.message(message_id)
    ticket = await desk.ticket(message.ticket_id)
    copies = await links.copies(desk.session, message.id, desk.address)
    reply_to = copies[0].message_id if copies else None
    return _say(desk, words(desk.number(ticket)), reply_to=reply_to)


@words_for(notices.UserReturned)
async def user_returned(desk: Desk, notice: notices.UserReturned) -> Parcel | None:
    """Offer to send again what the user missed, unless that has been done."""
    ticket, since = await desk.ticket(notice.ticket_id), failure_notices.since(notice.since)
    if not await resend.is_anything_missed(desk.session, ticket, since=since):
        return None
    card = await desk.card(ticket)
    reply_to = card.message_id if card is not None else None
    words, keyboard = (
        to_staff.user_returned(desk.number(ticket)),
        keyboards.resend_missed(ticket, notice.since),
    )
    return _say(desk, words, reply_to=reply_to, keyboard=keyboard)


@words_for(notices.UpdateSetAside)
async def update_set_aside(desk: Desk, notice: notices.UpdateSetAside) -> Parcel:
    """Tell of all updates set aside since, and whose they are; replayed ones no longer count."""
    kept = await set_aside_news.kept_since(
        desk.session, notice.dead_update_id, desk.address.chat_id
    )
    found = [
        update_json.writer(json.loads(one)) for one in await update_records.raws(desk.session, kept)
    ]
    writers = {one.telegram_id: one for one in found if one is not None}
    words = to_staff.updates_set_aside(kept or [notice.dead_update_id], list(writers.values()))
    return Parcel(desk.address, Call(send_text(desk.address, rendered(words))), effects=_AS_NOTICE)


@words_for(notices.UpdateFailed)
async def update_failed(desk: Desk, notice: notices.UpdateFailed) -> Parcel:
    return _say(desk, to_users.update_failed(), reply_to=notice.reply_to)


@words_for(notices.GroupIsNotStaff)
async def group_is_not_staff(desk: Desk, notice: notices.GroupIsNotStaff) -> Parcel:
    return _say(desk, to_staff.group_is_not_staff(notice.chat_id))


@words_for(notices.StaffChatMigrated)
async def staff_chat_migrated(desk: Desk, notice: notices.StaffChatMigrated) -> Parcel:
    return _say(desk, to_staff.staff_chat_migrated(notice.new_id, is_main=notice.is_main))


@words_for(notices.CommandAnswered)
async def command_answered(desk: Desk, notice: notices.CommandAnswered) -> Parcel:
    keyboard = InlineKeyboardMarkup(**notice.buttons) if notice.buttons else None
    piece: Piece = notice.words, [*notice.entities]
    said = send_text(desk.address, piece, keyboard=keyboard)
    return Parcel(desk.address, perhaps_whispered(said, _whisper(notice), desk.now))


@words_for(notices.Refusal)
async def refusal(desk: Desk, notice: notices.Refusal) -> Parcel:
    problem, reply_to = Problem.from_json(notice.problem), notice.reply_to
    keyboard = await _choices(desk, problem)
    words = refusals.problem(problem, desk.today, has_buttons=keyboard is not None)
    if notice.asked_in not in {None, desk.address.chat_id}:
        words, reply_to = refusals.about(words, notice.said), None
    piece: Piece = (words, [])
    if isinstance(problem, RepliesDropped) and len(problem.people) > 1:
        piece = rendered(refusals.replies_dropped(await _people(desk, problem.people)))
    said = send_text(desk.address, piece, reply_to=reply_to, keyboard=keyboard)
    return Parcel(desk.address, perhaps_whispered(said, _whisper(notice), desk.now))


def _whisper(notice: notices.CommandAnswered | notices.Refusal) -> Whisper | None:
    return Whisper(**notice.whisper) if notice.whisper else None


async def _choices(desk: Desk, problem: Problem) -> InlineKeyboardMarkup | None:
    """Offer several tickets; of very many, the newest, which come first.

    None if a button could not carry what the command says besides, or the command has none.
    """
    if not isinstance(problem, SeveralTickets) or problem.said or problem.command not in CHOICES:
        return None
    offered = problem.ticket_ids[: keyboards.MOST_BUTTONS]
    tickets = [await desk.ticket(one) for one in offered]
    labels = [buttons.ticket_choice(desk.number(one), one.user) for one in tickets]
    return keyboards.choose(CHOICES[problem.command], tickets, labels)


async def _people(desk: Desk, keys: Sequence[int]) -> list[User]:
    """Get people in the order of these keys, without those that a restored database lost."""
    found = await desk.session.scalars(select(User).where(User.id.in_(keys)))
    return sorted(found, key=lambda user: keys.index(user.id))


def _say(
    desk: Desk,
    words: str,
    *,
    reply_to: int | None = None,
    keyboard: InlineKeyboardMarkup | None = None,
) -> Parcel:
    return Parcel(
        desk.address,
        Call(send_text(desk.address, (words, []), reply_to=reply_to, keyboard=keyboard)),
        effects=_AS_NOTICE,
    )


async def _about(desk: Desk, failed: Delivery, ticket: Ticket) -> int | None:
    """Find what to reply to: the message if it was written here, or else the ticket's card."""
    message_id = failed.payload.get("message_id")
    if message_id is not None:
        written = await desk.session.get_one(Message, message_id)
        if (here := desk.id_here(written)) is not None:
            return here
    card = await desk.card(ticket)
    return card.message_id if card is not None else None
