"""Reads Telegram's updates: who says what, where, and about which ticket."""
