"""A person's consent, field by field, and what they ask about their own data."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.querysets import ConsentQuerySet
from accounts.rules import ConsentField
from kernel.fields import PublicIdField


class Consent(models.Model):
    """One consent: to what, in which words' version, from when until when. Given again, it is a new row."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="本人", on_delete=models.PROTECT, related_name="consents"
    )
    field = models.CharField("内容", max_length=20, choices=ConsentField.choices)
    version = models.CharField("告知文本版本", max_length=20)
    given_at = models.DateTimeField("同意时间")
    withdrawn_at = models.DateTimeField("撤回时间", null=True, blank=True)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        verbose_name = "本人同意"
        verbose_name_plural = "本人同意"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "field"],
                condition=Q(withdrawn_at__isnull=True),
                name="a_consent_stands_once_per_field",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=F("given_at")),
                name="a_consent_is_withdrawn_after_it_was_given",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.get_field_display()}"


class DataRequest(models.Model):
    """What a person asks about their own data: to correct it, or to delete it; and who decided what."""

    class Kind(models.TextChoices):
        CORRECT = "correct", "更正"
        DELETE = "delete", "删除"

    class Decision(models.TextChoices):
        DONE = "done", "已办"
        DECLINED = "declined", "依法不能办"

    public_id = PublicIdField(verbose_name="编号")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="本人", on_delete=models.PROTECT, related_name="data_requests"
    )
    kind = models.CharField("事项", max_length=10, choices=Kind.choices)
    text = models.CharField("说明", max_length=500)
    asked_at = models.DateTimeField("提出时间")
    decision = models.CharField("结果", max_length=10, choices=Decision.choices, blank=True)
    answer = models.CharField("答复", max_length=500, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="办理人",
        on_delete=models.PROTECT,
        related_name="data_requests_decided",
        null=True,
        blank=True,
    )
    decided_at = models.DateTimeField("办理时间", null=True, blank=True)

    class Meta:
        verbose_name = "个人信息申请"
        verbose_name_plural = "个人信息申请"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decision="", decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(decision="") & ~Q(answer="") & Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="an_answered_request_names_who_when_and_why",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("person")),
                name="nobody_answers_their_own_request",
            ),
            models.UniqueConstraint(
                fields=["person", "kind"], condition=Q(decision=""), name="a_person_waits_for_one_answer_of_a_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}个人信息的申请"
