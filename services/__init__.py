"""The helpdesk: what happens to tickets, and who must hear of it. Knows no Telegram library."""
