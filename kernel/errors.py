"""The one family of errors a person may cause and must be able to understand."""


class DomainError(Exception):
    """A rule refused an act.

    `message` is Chinese, says what to do, and is shown to the person as it stands.
    `field` names the form field it belongs to, where there is one.
    """

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class NotAllowedError(DomainError):
    """The person is known here but lacks the right for this act (HTTP 403)."""


class ConflictError(DomainError):
    """Somebody else did it first, or the row moved on meanwhile (HTTP 409)."""
