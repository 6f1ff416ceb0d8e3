"""What the server's log says, and what it leaves out."""

import logging


class BriefRefusals(logging.Filter):
    """A request that is refused or finds nothing is one line; with a traceback each would bury what went wrong."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.ERROR:
            record.exc_info = None
        return True
