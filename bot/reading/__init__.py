"""Telegram's shapes, read: who says what, where, and about which ticket."""
