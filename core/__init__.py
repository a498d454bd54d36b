"""What everything else builds on: settings, logging, time, text. It opens no connection."""
