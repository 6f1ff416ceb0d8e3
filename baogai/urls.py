"""Every address of the portal. Each app lists its own; what composes several apps is listed here."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from baogai.views import own_data
from baogai.views.board import board
from baogai.views.board_village import board_village
from baogai.views.calendar import calendar, calendar_export
from baogai.views.desks.chooser import desk
from baogai.views.half import half
from baogai.views.health import health, healthz
from baogai.views.help import help_manual, help_picture
from baogai.views.jobs import export_again, export_file, export_job, jobs
from baogai.views.manifest import manifest
from baogai.views.me import me
from baogai.views.phones import phone_export, phone_export_file, phone_exports, reveal_phone
from baogai.views.public import public_home
from baogai.views.search import search
from baogai.views.style import style
from baogai.views.test_inbox import test_inbox
from baogai.views.trail import trail, trail_export
from baogai.views.trend import trend

urlpatterns = [
    # The ballot first: before a deadline most of what is asked is a vote, and addresses are tried in this order.
    path("surveys/", include("evaluations.urls")),
    path("", public_home, name="public_home"),
    path("desk/", desk, name="desk"),
    path("board/", board, name="board"),
    path("board/trend/", trend, name="trend"),
    path("board/half/", half, name="half"),
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
    path("privacy/", own_data.privacy, name="privacy"),
    path("me/data/", own_data.my_data, name="my_data"),
    path("me/data/export.json", own_data.my_data_export, name="my_data_export"),
    path("me/data/consent/", own_data.my_consent, name="my_consent"),
    path("me/data/correction/", own_data.ask_correction, name="ask_correction"),
    path("me/data/deletion/", own_data.ask_deletion, name="ask_deletion"),
    path("data-requests/", own_data.data_requests, name="data_requests"),
    path("data-requests/<slug:data_request_id>/", own_data.data_request, name="data_request"),
    path("trail/", trail, name="trail"),
    path("trail/export/", trail_export, name="trail_export"),
    path("style/", style, name="style"),
    path("manifest.webmanifest", manifest, name="manifest"),
    path("health/", health, name="health"),
    path("healthz", healthz, name="healthz"),
    path("test-inbox/", test_inbox, name="test_inbox"),
    path("", include("accounts.urls")),
    path("compounds/<slug:compound_id>/phones/", phone_exports, name="phone_exports"),
    path("compounds/<slug:compound_id>/owners/<slug:owner_id>/phone/", reveal_phone, name="reveal_phone"),
    path("phones/<slug:phone_export_id>/", phone_export, name="phone_export"),
    path("phones/<slug:phone_export_id>/phones.xlsx", phone_export_file, name="phone_export_file"),
    path("", include("baogai.door_urls")),
    path("", include("baogai.own_urls")),
    path("compounds/", include("communities.urls")),
    path("committees/", include("committees.urls")),
    path("", include("evaluations.fieldwork_urls")),
    path("appraisals/", include("evaluations.appraisal_urls")),
    path("messages/", include("notices.urls")),
    path("editions/", include("baogai.edition_urls")),
    path("editions/", include("notices.edition_urls")),
    path("", include("supervision.urls")),
    path("", include("finance.urls")),
    path("api/v1/", include("baogai.api_urls")),
    path("admin/", admin.site.urls),
]
if settings.WEIXIN_APP_ID:
    urlpatterns.append(path("weixin/", include("baogai.weixin_urls")))
