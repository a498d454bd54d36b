"""What everything else stands on: settings, logging, time, text. It talks to nobody."""
