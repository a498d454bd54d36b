"""Everything that knows Telegram: updates come in here, and messages go out."""
