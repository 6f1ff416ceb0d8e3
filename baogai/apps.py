from django.apps import AppConfig


class BaogaiConfig(AppConfig):
    """The house itself, listed as an app for its commands, checks and template tags."""

    name = "baogai"
    verbose_name = "宝盖小区监督"
