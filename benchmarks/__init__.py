"""The source of the README's figures: our bot beside one that stores nothing. `make bench`."""
