"""Pages of the inbox, of one's wishes, of group robots, and of what could not be delivered."""
