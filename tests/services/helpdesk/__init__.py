"""What people do, on real databases."""
