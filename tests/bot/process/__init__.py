"""Start, duties and end of the program."""
