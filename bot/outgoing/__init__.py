"""Deliveries on their way out: put into words, sent, and what Telegram's responses mean."""
