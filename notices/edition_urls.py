"""Addresses of published editions, below /editions/: what everybody may read."""

from django.urls import path

from notices.views import editions

app_name = "editions"
urlpatterns = [
    path("", editions.editions, name="editions"),
    path("<slug:public_id>/", editions.edition, name="edition"),
    path("<slug:public_id>/table.xlsx", editions.table, name="table"),
    path("<slug:public_id>/posters/<slug:compound_id>.pdf", editions.poster, name="poster"),
]
