"""A person who signs in."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils import timezone

from kernel.fields import PublicIdField


class UserManager(BaseUserManager["User"]):
    """Makes users; the user name is the only key for the password door."""

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.password_set_at = timezone.now() if password else None
        user.full_clean()
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(username, password, **{"is_staff": True, "is_superuser": True, **fields})


class User(AbstractBaseUser, PermissionsMixin):
    """One natural person. What they may do follows from the posts they hold and the units they own."""

    public_id = PublicIdField(verbose_name="编号")
    username = models.CharField("用户名", max_length=60, unique=True)
    name = models.CharField("姓名", max_length=60)
    phone = models.CharField("手机号", max_length=20, blank=True)
    email = models.EmailField("邮箱", blank=True)
    is_active = models.BooleanField("可登录", default=True)
    is_staff = models.BooleanField("可进入数据管理", default=False)
    is_example = models.BooleanField("示例人员", default=False, editable=False)
    wants_care_mode = models.BooleanField("使用关怀版", default=False)
    password_set_at = models.DateTimeField("密码设置时间", null=True, blank=True, editable=False)
    password_is_issued = models.BooleanField("用的是发放的初始密码", default=False, db_default=False, editable=False)
    joined_at = models.DateTimeField("建立时间", auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = "用户"
        verbose_name_plural = "用户"
        constraints = [
            models.CheckConstraint(condition=~models.Q(name=""), name="a_user_has_a_name"),
            models.CheckConstraint(
                condition=models.Q(password_is_issued=False) | models.Q(password_set_at__isnull=False),
                name="an_issued_password_has_a_date",
            ),
            models.CheckConstraint(
                condition=models.Q(is_superuser=False) | models.Q(is_staff=True),
                name="a_permission_administrator_is_an_administrator",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name
