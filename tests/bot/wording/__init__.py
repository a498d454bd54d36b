"""How notices read."""
