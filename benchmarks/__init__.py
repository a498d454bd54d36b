"""What the README's figures come from: ours beside a bot that stores nothing. `make bench`."""
