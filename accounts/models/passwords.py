"""The passwords a person had: their hashes, so that none comes back too soon."""

from django.db import models

from accounts.models.people import User


class PasswordRecord(models.Model):
    """One password as it was set. Append-only: nobody shortens the memory (GB/T 22239-2019 7.1.4.1)."""

    append_only = True

    user = models.ForeignKey(User, verbose_name="何人", on_delete=models.PROTECT, related_name="passwords")
    password_hash = models.CharField("密码摘要", max_length=128)
    set_at = models.DateTimeField("设置时间")

    class Meta:
        verbose_name = "用过的密码"
        verbose_name_plural = "用过的密码"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(password_hash=""), name="a_remembered_password_has_a_hash"),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.set_at:%Y-%m-%d %H:%M}"
