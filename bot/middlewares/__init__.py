"""What handlers find in their arguments."""
