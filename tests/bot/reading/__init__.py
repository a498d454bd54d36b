"""What Telegram's shapes say."""
