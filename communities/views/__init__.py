"""Pages of the ground: places, bodies and posts, firms, and the import of rosters."""
