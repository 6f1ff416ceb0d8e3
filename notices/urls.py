"""Addresses of a person's messages, below /messages/."""

from django.urls import path

from notices import views

app_name = "notices"
urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("read/", views.read_all, name="read_all"),
    path("<slug:message_id>/", views.message, name="message"),
]
