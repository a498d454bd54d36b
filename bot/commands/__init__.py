"""What an operator runs beside the bot: each a subcommand of `main.py`."""
