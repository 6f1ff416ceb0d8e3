"""Addresses of one's own safety: the second factor, by the names allauth knows, and one's devices."""

from django.urls import path

from baogai.views.doors import devices, second_factor

urlpatterns = [
    path("login/second-step/", second_factor.SecondStep.as_view(), name="mfa_authenticate"),
    path("me/second-factor/", second_factor.overview, name="mfa_index"),
    path("me/second-factor/on/", second_factor.SetUp.as_view(), name="mfa_activate_totp"),
    path("me/second-factor/off/", second_factor.TurnOff.as_view(), name="mfa_deactivate_totp"),
    path("me/second-factor/codes/", second_factor.Codes.as_view(), name="mfa_view_recovery_codes"),
    path("me/second-factor/codes/new/", second_factor.NewCodes.as_view(), name="mfa_generate_recovery_codes"),
    path("me/confirm/", second_factor.ConfirmByPassword.as_view(), name="account_reauthenticate"),
    path("me/confirm/code/", second_factor.ConfirmByCode.as_view(), name="mfa_reauthenticate"),
    path("me/devices/", devices.devices, name="devices"),
    path("me/devices/end/", devices.end_device, name="end_device"),
    path("me/devices/end-others/", devices.end_other_devices, name="end_other_devices"),
]
