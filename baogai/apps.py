from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.core.checks import Tags, register

from baogai.checks import check_configuration


class BaogaiConfig(AppConfig):
    """The house itself, listed as an app for its commands, checks and template tags."""

    name = "baogai"
    verbose_name = "宝盖小区监督"

    def ready(self) -> None:
        register(check_configuration, Tags.security)


class AdministrationConfig(AdminConfig):
    """Django's admin with the portal's own door."""

    default_site = "baogai.administration.AdministrationSite"
