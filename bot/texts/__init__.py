"""Every sentence the bot says, by who reads it. English here; translations are in `bot/locales`."""
