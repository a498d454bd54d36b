"""What comes in: each handler reads its event, calls one service, and returns what to show."""
