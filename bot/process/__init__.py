"""The program around it: how it starts, presents itself and ends."""
