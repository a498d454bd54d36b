"""Deliveries on their way out: how they are worded and sent, and what Telegram's answers mean."""
