"""Addresses of the doors; they hang at the root. The shortest is the one on the slips: its QR code is printed small."""

from django.urls import path

from baogai.views.doors import applying, arriving, email, inviting, phone, requests, returning, slips

app_name = "doors"
urlpatterns = [
    path("s/<slug:code>/", arriving.slip, name="slip"),
    path("arrive/", arriving.arrive, name="arrive"),
    path("arrive/home/", arriving.arrive_home, name="arrive_home"),
    path("arrive/code/", arriving.arrive_code, name="arrive_code"),
    path("arrive/done/<slug:unit_id>/", arriving.welcome, name="welcome"),
    path("arrive/apply/", applying.apply_where, name="apply_where"),
    path("arrive/apply/code/", applying.apply_check, name="apply_check"),
    path("arrive/apply/<slug:compound_id>/", applying.apply_home, name="apply"),
    path("arrive/asked/", applying.asked, name="asked"),
    path("login/code/", returning.code, name="code"),
    path("login/code/check/", returning.code_check, name="code_check"),
    path("login/code/who/", returning.code_who, name="code_who"),
    path("login/link/", returning.link_use, name="link_use"),
    path("login/link/<slug:secret>/", returning.link, name="link"),
    path("login/first/", inviting.first_password, name="first_password"),
    path("me/phone/", phone.phone, name="phone"),
    path("me/phone/old/", phone.old_phone, name="old_phone"),
    path("me/phone/new/", phone.new_phone, name="new_phone"),
    path("me/phone/new/code/", phone.new_phone_check, name="new_phone_check"),
    path("me/email/", email.email, name="email"),
    path("me/email/code/", email.email_check, name="email_check"),
    path("me/email/off/", email.email_off, name="email_off"),
    path("compounds/<slug:compound_id>/slips/", slips.slips, name="slips"),
    path("homes/<slug:unit_id>/", slips.home, name="home"),
    path("homes/<slug:unit_id>/slip/", slips.home_slip, name="home_slip"),
    path("homes/<slug:unit_id>/slip/revoke/", slips.revoke_home_slip, name="revoke_home_slip"),
    path("homes/<slug:unit_id>/people/<slug:bound_id>/part/", slips.part, name="part"),
    path("homes/<slug:unit_id>/people/<slug:bound_id>/link/", slips.hand_link, name="hand_link"),
    path("bindings/", requests.requests, name="requests"),
    path("bindings/<slug:request_id>/", requests.decision, name="decision"),
    path("posts/<slug:post_id>/invite/", inviting.invite, name="invite"),
    path("appointments/<slug:appointment_id>/invite/", inviting.invite_holder, name="invite_holder"),
]
