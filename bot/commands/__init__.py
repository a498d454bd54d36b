"""What an operator runs beside the bot: subcommands of `main.py`."""
