"""The actions of the control API, a module a family; importing them registers them."""

from sandbox.controls import chats, people, talking, trouble, watching

__all__ = ["chats", "people", "talking", "trouble", "watching"]
