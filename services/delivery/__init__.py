"""The delivery machine claims, sends and settles what is in the outbox; it knows no aiogram."""
