"""Kinds of content with rules of their own."""
