"""Addresses of one's own account; they hang at the root, without a name of their own."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("login/", views.login_page, name="login"),
    path("login/", views.login_page, name="account_login"),  # allauth's own name for it
    path("logout/", views.logout_act, name="logout"),
    path("password/", views.password_page, name="password"),
    path("care-mode/", views.care_mode, name="care_mode"),
]
