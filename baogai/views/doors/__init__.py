"""The doors: slips, codes, links, requests, invitations. They compose rooms that do not know each other."""
