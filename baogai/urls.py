"""Every address of the portal. Each app lists its own; what composes several apps is listed here."""

from django.contrib import admin
from django.urls import include, path

from baogai.views.board import board
from baogai.views.desks.chooser import desk
from baogai.views.health import health, healthz
from baogai.views.me import me
from baogai.views.public import public_home
from baogai.views.search import search

urlpatterns = [
    path("", public_home, name="public_home"),
    path("desk/", desk, name="desk"),
    path("board/", board, name="board"),
    path("me/", me, name="me"),
    path("search/", search, name="search"),
    path("health/", health, name="health"),
    path("healthz", healthz, name="healthz"),
    path("", include("accounts.urls")),
    path("", include("baogai.door_urls")),
    path("", include("baogai.own_urls")),
    path("compounds/", include("communities.urls")),
    path("committees/", include("committees.urls")),
    path("messages/", include("notices.urls")),
    path("", include("supervision.urls")),
    path("", include("finance.urls")),
    path("api/v1/", include("baogai.api_urls")),
    path("admin/", admin.site.urls),
]
