"""The handlers: each reads its event, calls one service, and returns what to show.

A file is one behaviour, with its command and its buttons side by side. Routers are tried in the
order below until one has a handler: commands before what takes any reply, and what takes the rest
last.
"""

from aiogram import F, Router

from bot.reading.acting_staff import AddresseeMiddleware, StaffMiddleware
from bot.reading.album_commands import AlbumMiddleware
from bot.reading.filters import InStaffChat, When
from bot.routers import (
    another_ticket,
    answers,
    blocking,
    board,
    card_menu,
    fallbacks,
    groups,
    kept_words,
    merging,
    pins,
    programs,
    questions,
    rejoining,
    resend,
    set_up,
    settings,
    splitting,
    staff_mode,
    start_and_help,
    threads,
    ticket_list,
    tickets,
    unknown_commands,
    whispered,
)

_IS_PRIVATE = When(F.chat.type == "private")


def _only_in_private_chats(router: Router) -> Router:
    for observer in (router.message, router.edited_message, router.my_chat_member):
        observer.filter(_IS_PRIVATE)
    router.callback_query.filter(When(F.message.chat.type == "private"))
    return router


def _in_private_chats() -> Router:
    router = _only_in_private_chats(Router(name="private chats"))
    router.include_routers(
        start_and_help.for_users,
        another_ticket.router,
        rejoining.router,
        blocking.router,
        unknown_commands.for_users,
        fallbacks.for_users,
    )
    return router


def _in_staff_chat() -> Router:
    router = Router(name="staff chat")
    router.message.middleware(AlbumMiddleware())
    for observer in (router.message, router.edited_message, router.callback_query):
        observer.filter(InStaffChat())
        observer.middleware(StaffMiddleware())
    router.callback_query.middleware(AddresseeMiddleware())
    router.include_routers(
        start_and_help.for_staff,
        ticket_list.router,
        tickets.router,
        merging.router,
        splitting.router,
        card_menu.router,
        resend.router,
        kept_words.router,
        settings.router,
        staff_mode.router,
        set_up.router,
        board.router,
        threads.router,
        unknown_commands.for_staff,  # an answer may begin with a slash, but not with our name
        settings.replies,
        answers.router,
        fallbacks.for_staff,
    )
    return router


_staff_chat = _in_staff_chat()

# Nearly every update is a question: it is tried first, without a router around it.
_questions = _only_in_private_chats(questions.router)

ROUTERS = (_questions, _in_private_chats(), groups.router, _staff_chat, fallbacks.elsewhere)

# For what somebody wrote to the bot alone: a question is answered, anything else goes nowhere.
FOR_WHISPERED = (whispered.router, _staff_chat)

# For messages of other programs: they may say that a group moved, and have no say in anything else.
FOR_PROGRAMS = (groups.router, pins.router, threads.lines, programs.router)
