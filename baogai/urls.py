"""Every address of the portal. Each app lists its own; what composes several apps is listed here."""

from django.contrib import admin
from django.urls import include, path

from baogai.views.board import board
from baogai.views.board_village import board_village
from baogai.views.calendar import calendar, calendar_export
from baogai.views.desks.chooser import desk
from baogai.views.health import health, healthz
from baogai.views.help import help_manual, help_picture
from baogai.views.jobs import export_again, export_file, export_job, jobs
from baogai.views.manifest import manifest
from baogai.views.me import me
from baogai.views.public import public_home
from baogai.views.search import search
from baogai.views.style import style
from baogai.views.trend import trend

urlpatterns = [
    path("", public_home, name="public_home"),
    path("desk/", desk, name="desk"),
    path("board/", board, name="board"),
    path("board/trend/", trend, name="trend"),
    path("board/<slug:village_id>/", board_village, name="board_village"),
    path("calendar/", calendar, name="calendar"),
    path("calendar/due.ics", calendar_export, name="calendar_export"),
    path("help/", help_manual, name="help"),
    path("help/<slug:manual_name>/", help_manual, name="help_manual"),
    path("help/screens/<slug:picture>.png", help_picture, name="help_picture"),
    path("jobs/", jobs, name="jobs"),
    path("jobs/<slug:export_id>/", export_job, name="export_job"),
    path("jobs/<slug:export_id>/file.xlsx", export_file, name="export_file"),
    path("jobs/<slug:export_id>/again/", export_again, name="export_again"),
    path("me/", me, name="me"),
    path("search/", search, name="search"),
    path("style/", style, name="style"),
    path("manifest.webmanifest", manifest, name="manifest"),
    path("health/", health, name="health"),
    path("healthz", healthz, name="healthz"),
    path("", include("accounts.urls")),
    path("compounds/", include("communities.urls")),
    path("committees/", include("committees.urls")),
    path("messages/", include("notices.urls")),
    path("", include("supervision.urls")),
    path("", include("finance.urls")),
    path("api/v1/", include("baogai.api_urls")),
    path("admin/", admin.site.urls),
]
