"""The delivery machine, on real databases."""
