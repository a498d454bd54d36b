"""Deliveries on their way out: worded, sent, and what Telegram says to them."""
