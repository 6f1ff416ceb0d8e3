"""Enters the town of 宝政〔2023〕87号 for production: villages, bodies, posts and the holders its annex names."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from baogai.annex.ground import fill_posts, lay_ground
from kernel.errors import DomainError


class Command(BaseCommand):
    """May run again at will: what is there stays as it is, also where the town has changed it since."""

    help = "录入宝政〔2023〕87号附件：村（社区）、组织、职务与所列人员（人员须经邀请才能登录）。"

    def handle(self, *args: Any, **options: Any) -> None:
        if User.objects.filter(is_example=True).exists():
            raise CommandError("数据库里有示例数据，请换一个空数据库再录入附件。")
        try:
            ground = lay_ground()
            appointed = fill_posts(ground)
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(
            self.style.SUCCESS(f"{ground.town}：{len(ground.villages)} 个村（社区），新增任职 {appointed} 项。")
        )
