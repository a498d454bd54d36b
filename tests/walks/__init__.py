"""Walks: conversations that were recorded on the sandbox's page, and are played again."""
