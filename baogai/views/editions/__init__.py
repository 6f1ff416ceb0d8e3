"""The work on editions: drafts and their preview, the press, where the papers went."""
