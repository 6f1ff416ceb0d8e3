from django.apps import AppConfig
from django.core.checks import Tags, register

from baogai.checks import check_configuration


class BaogaiConfig(AppConfig):
    """The house itself, listed as an app for its commands, checks and template tags."""

    name = "baogai"
    verbose_name = "宝盖小区监督"

    def ready(self) -> None:
        register(check_configuration, Tags.security)
