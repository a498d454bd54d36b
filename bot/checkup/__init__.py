"""Whether all is set up as it should be: for `python main.py doctor`, and for /setup in a group."""
