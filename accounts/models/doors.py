"""What opens the doors without a password: codes sent to phones, one-time links handed over. Hashes only.

The same codes prove a mailbox before anything is delivered there; those open no door.
"""

from django.db import models
from django.db.models import F, Q

from accounts.models.people import User
from accounts.rules import CODE_TRIES, CodePurpose, LinkKind
from kernel.fields import PublicIdField


class PhoneCode(models.Model):
    """One code asked for by one browser, whose session alone holds `public_id`.

    The code itself is made when it is sent and kept nowhere; a row whose phone nobody bears never gets one, and
    answers like any other.
    """

    public_id = PublicIdField(verbose_name="编号")
    phone = models.CharField("手机号", max_length=20, blank=True)
    email = models.EmailField("邮箱", blank=True)
    purpose = models.CharField("用途", max_length=12, choices=CodePurpose.choices)
    code_hash = models.CharField("验证码摘要", max_length=64, blank=True)
    asked_at = models.DateTimeField("申请时间", db_index=True)
    expires_at = models.DateTimeField("有效至")
    sent_at = models.DateTimeField("发出时间", null=True, blank=True)
    tries = models.PositiveSmallIntegerField("已试次数", default=0)
    used_at = models.DateTimeField("使用时间", null=True, blank=True)

    class Meta:
        verbose_name = "验证码"
        verbose_name_plural = "验证码"
        constraints = [
            models.CheckConstraint(
                condition=Q(purpose=CodePurpose.EMAIL, phone="") & ~Q(email="")
                | ~Q(purpose=CodePurpose.EMAIL) & Q(email=""),
                name="a_code_goes_to_a_phone_or_to_the_mailbox_it_proves",
            ),
            models.CheckConstraint(condition=Q(tries__lte=CODE_TRIES), name="a_code_is_tried_five_times_at_most"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("asked_at")), name="a_code_expires_after_it_was_asked"),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True) | ~Q(code_hash=""), name="only_a_code_that_was_made_is_used"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {self.asked_at:%Y-%m-%d %H:%M}"

    @property
    def address(self) -> str:
        """Where it goes and what it proves."""
        return self.email or self.phone


class EntryLink(models.Model):
    """A one-time link, on paper or as a QR code, that lets one person in: 当面登录, or an invitation to a post."""

    public_id = PublicIdField(verbose_name="编号")
    kind = models.CharField("种类", max_length=12, choices=LinkKind.choices)
    user = models.ForeignKey(User, verbose_name="给谁", on_delete=models.PROTECT, related_name="entry_links")
    secret_hash = models.CharField("密钥摘要", max_length=64, unique=True)
    made_by = models.ForeignKey(User, verbose_name="开具人", on_delete=models.PROTECT, related_name="made_links")
    made_at = models.DateTimeField("开具时间")
    expires_at = models.DateTimeField("有效至")
    used_at = models.DateTimeField("使用时间", null=True, blank=True)
    revoked_at = models.DateTimeField("作废时间", null=True, blank=True)

    class Meta:
        verbose_name = "一次性登录链接"
        verbose_name_plural = "一次性登录链接"
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(used_at__isnull=True, revoked_at__isnull=True),
                name="a_person_has_one_open_link",
            ),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True) | Q(revoked_at__isnull=True),
                name="a_link_is_used_or_revoked_not_both",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.made_at:%Y-%m-%d %H:%M}"
