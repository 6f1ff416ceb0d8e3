"""Filters of the list of obligations that a person keeps."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from communities.models import Body
from kernel.fields import PublicIdField


class SavedFilter(models.Model):
    """A list's filters under a name of their own; shared, the people of the person's office find it too.

    It grants nothing: whoever opens it sees what of it lies in their own reach.
    """

    public_id = PublicIdField(verbose_name="编号")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="何人", on_delete=models.CASCADE, related_name="saved_filters"
    )
    name = models.CharField("名称", max_length=20)
    query = models.CharField("条件", max_length=500)
    is_default = models.BooleanField("打开义务事项时先用", default=False)
    shared_with = models.ForeignKey(
        Body, verbose_name="共用的组织", on_delete=models.CASCADE, null=True, blank=True, related_name="saved_filters"
    )
    saved_at = models.DateTimeField("保存时间")

    class Meta:
        verbose_name = "常用筛选"
        verbose_name_plural = "常用筛选"
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="a_person_keeps_a_filter_of_a_name_once"),
            models.UniqueConstraint(
                fields=["owner"], condition=Q(is_default=True), name="a_person_has_one_default_filter"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="a_saved_filter_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name
