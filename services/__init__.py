"""What happens to tickets, who hears of it, and how it gets there. Knows no Telegram library."""
