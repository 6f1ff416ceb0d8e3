"""Both packages by their own addresses."""

from django.urls import include, path

urlpatterns = [path("djf/", include("djf_surveys.urls")), path("survey/", include("survey.urls"))]
