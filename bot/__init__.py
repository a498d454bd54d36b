"""All that knows Telegram: updates come in here, and words go out."""
