"""What waits in the outbox is claimed, sent and settled. Knows no Telegram library."""
