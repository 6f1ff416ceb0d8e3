"""What everybody may see without signing in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def public_home(request: HttpRequest) -> HttpResponse:
    return render(request, "baogai/public_home.html")
