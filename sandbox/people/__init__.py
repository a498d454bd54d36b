"""What people do in their Telegram apps: the other side of the Bot API."""
