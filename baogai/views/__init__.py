"""Pages that compose several apps: the public home, the desks, the search, the state of the installation."""
