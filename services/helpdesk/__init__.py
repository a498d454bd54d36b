"""What people do: users ask, staff answer, and tickets move."""
