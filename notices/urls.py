"""Addresses of a person's messages and of their delivery, below /messages/."""

from django.urls import path

from notices.views import inbox, robots, undelivered, wishes

app_name = "notices"
urlpatterns = [
    path("", inbox.inbox, name="inbox"),
    path("read/", inbox.read_all, name="read_all"),
    path("settings/", wishes.wishes, name="wishes"),
    path("undelivered/", undelivered.undelivered, name="undelivered"),
    path("undelivered/settle/", undelivered.settle, name="settle_undelivered"),
    path("robots/<slug:compound_id>/", robots.robot, name="robot"),
    path("robots/<slug:compound_id>/forget/", robots.forget_robot, name="forget_robot"),
    path("<slug:message_id>/", inbox.message, name="message"),
]
