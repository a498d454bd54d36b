"""The commands that we know, and what Telegram's menus say of each (bot/menus.py).

What a command does is in its handler: `staff_command` and `private_command` in bot/routers/.
"""

from bot.i18n import gettext as _


def of_users() -> dict[str, str]:
    return {
        "start": _("How this works"),
        "new": _("Open another ticket"),
        "help": _("What you can do here"),
    }


def of_staff(*, in_main: bool = True) -> dict[str, str]:
    """Describe the commands of the main staff chat, or those that work in the others, too."""
    return {
        "tickets": _("List what is waiting"),
        "take": _("Take a ticket (reply to it or give its number)"),
        "close": _("Close a ticket"),
        "reopen": _("Reopen a closed ticket"),
        "split": _("Open a ticket with what a user wrote from a message on"),
        "merge": _("Make two tickets of a person one: /merge 7 5"),
        **({"settings": _("What users read, cards or topics (administrators)")} if in_main else {}),
        "board": _("Pin a list of what is waiting (on or off)"),
        "setup": _("Check how this group and I are set up"),
        "help": _("What I can do"),
    }
