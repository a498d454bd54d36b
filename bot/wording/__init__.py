"""Words, buttons and content for each kind of notice, made when it is delivered."""
