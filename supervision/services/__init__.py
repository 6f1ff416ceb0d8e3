"""Acts of supervision. Apps above push facts down here; nothing here looks up."""

from supervision.services.obligations import fulfil, mark_corrected_late, note_progress

__all__ = ["fulfil", "mark_corrected_late", "note_progress"]
