"""The stand-alone scripts by which anybody recounts a survey or recalculates a score on their own computer."""

from pathlib import Path

from django.http import HttpResponse

_FOLDER = Path(__file__).resolve().parent.parent


def script(name: str) -> HttpResponse:
    """One of the app's own scripts, to be saved."""
    answer = HttpResponse((_FOLDER / name).read_bytes(), content_type="text/x-python; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
