"""What people do, as their applications would: the other side of the Bot API."""
