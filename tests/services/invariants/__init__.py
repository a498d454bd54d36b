"""The check finds what is broken, and only that."""
