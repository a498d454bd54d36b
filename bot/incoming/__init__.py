"""Updates on their way in: fetched, handled in a transaction, and confirmed."""
