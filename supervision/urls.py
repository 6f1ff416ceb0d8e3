"""Addresses of supervision: the register of obligations, urging; the law and its documents."""

from django.urls import path

from supervision.views import extensions, obligations, performance, pilot, policies, saved, urging

app_name = "supervision"
urlpatterns = [
    path("obligations/", obligations.obligations, name="obligations"),
    path("obligations/export.xlsx", obligations.export, name="obligations_export"),
    path("obligations/urge/", urging.urge_chosen, name="urge_chosen"),
    path("obligations/filters/keep/", saved.keep, name="keep_filter"),
    path("obligations/filters/<slug:public_id>/drop/", saved.drop, name="drop_filter"),
    path("obligations/proofs/<slug:public_id>/", performance.performance_file, name="performance_file"),
    path("obligations/<slug:public_id>/", obligations.obligation, name="obligation"),
    path("obligations/<slug:public_id>/urge/", urging.urge_one, name="urge"),
    path("obligations/<slug:public_id>/perform/", performance.perform, name="perform"),
    path("obligations/<slug:public_id>/decline/", urging.decline_urging, name="decline_urging"),
    path("extensions/", extensions.extensions, name="extensions"),
    path("extensions/enter/<slug:town_code>/", extensions.enter, name="enter_extension"),
    path("extensions/<slug:public_id>/", extensions.extension, name="extension"),
    path("extensions/<slug:public_id>/confirm/", extensions.confirm, name="confirm_extension"),
    path("extensions/<slug:public_id>/withdraw/", extensions.withdraw, name="withdraw_extension"),
    path("policies/", policies.policies, name="policies"),
    path("policies/pilot/", pilot.pilot, name="pilot"),
    path("policies/pilot/<slug:compound_id>/leave/", pilot.leave, name="leave_pilot"),
    path("policies/enter/<slug:town_code>/", policies.enter, name="enter_policy"),
    path("policies/<slug:public_id>/", policies.policy, name="policy"),
    path("policies/<slug:public_id>/scan/", policies.policy_scan, name="policy_scan"),
    path("policies/<slug:public_id>/confirm/", policies.confirm, name="confirm_policy"),
    path("policies/<slug:public_id>/withdraw/", policies.withdraw, name="withdraw_policy"),
]
