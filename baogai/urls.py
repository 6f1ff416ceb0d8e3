"""Every address of the portal. Each app lists its own; what composes several apps is listed here."""

from django.contrib import admin
from django.urls import path

urlpatterns = [
    path("admin/", admin.site.urls),
]
