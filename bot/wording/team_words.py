"""What the team changes of what users read: asked for, shown, and said to users."""

from aiogram.methods import DeleteMessages
from aiogram.types import ForceReply, InlineKeyboardMarkup
from sqlalchemy import select

from bot import keyboards
from bot.i18n import spoken
from bot.texts import team_words
from bot.wording.calls import Call, send_text
from bot.wording.context import Desk, rendered
from bot.wording.registry import words_for
from core.text import Piece, join
from database.models import LinkKind, User
from database.team import Dialogue
from services import notices
from services.delivery.parcel import DialogueAsked, Parcel, Shown, links_of
from services.helpdesk import dialogues, new_words, team_settings
from services.helpdesk.team_settings import Words


@words_for(notices.TicketOpened)
async def ticket_opened(desk: Desk, notice: notices.TicketOpened) -> Parcel:
    words = await _words(desk, Words.CONFIRMATION, notice.ticket_id)
    return _to_user(desk, words, keyboards.start_another())


@words_for(notices.TicketClosed)
async def ticket_closed(desk: Desk, notice: notices.TicketClosed) -> Parcel:
    """Say so; beside another open ticket, which other words would join, also how to go on."""
    beside = await desk.number_beside(await desk.ticket(notice.ticket_id))
    if not beside:
        return _to_user(desk, await _words(desk, Words.CLOSING, notice.ticket_id))
    own = await team_settings.words(desk.session, Words.CLOSING, spoken())
    return _to_user(desk, team_words.closed_beside(own, beside))


async def _words(desk: Desk, which: Words, ticket_id: int) -> Piece:
    number = desk.number(await desk.ticket(ticket_id))
    own = await team_settings.words(desk.session, which, spoken())
    return team_words.worded(which, own, number)


def _to_user(desk: Desk, words: Piece, keyboard: InlineKeyboardMarkup | None = None) -> Parcel:
    call = Call(send_text(desk.address, words, keyboard=keyboard))
    return Parcel(desk.address, call, effects=links_of([Shown(kind=LinkKind.NOTICE)]))


@words_for(notices.WordsAsked)
async def words_asked(desk: Desk, notice: notices.WordsAsked) -> Parcel | None:
    """Ask, unless that is over by now, or the group has moved since."""
    dialogue = await desk.session.get(Dialogue, notice.dialogue_id)
    if dialogue is None or dialogue.chat_id != desk.address.chat_id:
        return None
    if not dialogues.is_open(dialogue, now=desk.now):
        return None
    person = await desk.session.scalar(select(User).where(User.telegram_id == dialogue.speaker_id))
    which, language = new_words.asked_for(dialogue)
    own = await team_settings.words(desk.session, which, language)
    asked = rendered(team_words.question(which, language, person))
    words = join([asked, team_words.as_typed(which, language, own)], "\n\n")
    # An anonymous administrator can't be mentioned, and others are not to be made to reply.
    forced = ForceReply(selective=True) if person else None
    call = Call(send_text(desk.address, words, keyboard=forced))
    return Parcel(desk.address, call, effects=[DialogueAsked(dialogue.id)])


@words_for(notices.QuestionWithdrawn)
async def question_withdrawn(desk: Desk, notice: notices.QuestionWithdrawn) -> Parcel | None:
    """Take the question away; Telegram skips what is gone."""
    dialogue = await desk.session.get(Dialogue, notice.dialogue_id)
    if dialogue is None or dialogue.chat_id != desk.address.chat_id:
        return None
    places = [one for one in (dialogue.question_id, notice.menu_id) if one]
    if not places:
        return None
    return Parcel(desk.address, Call(DeleteMessages(chat_id=dialogue.chat_id, message_ids=places)))


@words_for(notices.WordsChanged)
async def words_changed(desk: Desk, notice: notices.WordsChanged) -> Parcel:
    """Show how users read it now."""
    which, language = Words(notice.key), notice.language
    own = await team_settings.words(desk.session, which, language)
    change = await team_settings.last_change(desk.session, which, language)
    piece = team_words.page(which, language, own, change, desk.today)
    return Parcel(desk.address, Call(send_text(desk.address, piece)))
