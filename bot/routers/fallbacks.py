"""Updates that are for nobody, and buttons that no longer count: this router is tried last."""

from aiogram import Router
from aiogram.types import CallbackQuery, Message

from bot.callbacks import Audience, audience
from services.problems import ButtonOutdated, NotForYou

for_users = Router(name="the rest of users")
for_staff = Router(name="the rest of staff")
elsewhere = Router(name="buttons elsewhere")


@for_users.message()
async def service_message(message: Message) -> None:
    """Ignore service messages: they mean nothing to the team."""


@for_staff.message()
async def among_staff(message: Message) -> None:
    """Ignore messages that don't reply to one of ours: they are not for us."""


@for_staff.callback_query()
async def outdated(query: CallbackQuery) -> None:
    raise NotForYou if audience(query.data or "") is Audience.USERS else ButtonOutdated


@elsewhere.callback_query()
async def not_for_you(query: CallbackQuery) -> None:
    raise NotForYou
