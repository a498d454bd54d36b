"""Deliveries on their way out."""
