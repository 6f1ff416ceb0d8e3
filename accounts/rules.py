"""What is kept about a person, why and how long, what may be shown with their consent alone; the doors' numbers.

The privacy page, 我的信息 and the answers to a wish to be deleted are all made from this page. The numbers of the doors
are 本系统约定, along the reliability anchors AUTH-03 and 等保 level 2.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import TextChoices


class ConsentField(TextChoices):
    """What a member may agree to show on the board of clause 四（二）5 (个人信息保护法 arts. 25, 29)."""

    PHOTO = "photo", "照片"
    AFFILIATION = "affiliation", "政治面貌"
    CONTACT = "contact", "联系方式"


#: The version of the words below; new words get a new version, and what was agreed to keeps the old one.
CONSENT_VERSION = "2026-10"
CONSENT_WORDS = {
    ConsentField.PHOTO: "同意把本人照片公示在业主委员会成员栏，供本小区业主识别。",
    ConsentField.AFFILIATION: "同意把本人政治面貌公示在业主委员会成员栏。",
    ConsentField.CONTACT: "同意把本人手机号公示在业主委员会成员栏，供本小区业主联系。",
}


@dataclass(frozen=True)
class Kept:
    """One kind of data: whose duty it serves, for how long, and whether a wish to delete it is met at once."""

    what: str
    why: str
    basis: str
    how_long: str
    goes_at_once: bool = False


KEPT = (
    Kept(
        "姓名、手机号、所有的房屋（业主名册）",
        "核对业主身份，通知公共收益、投票和维修等事项",
        "个人信息保护法第十三条第一款第三项（履行法定职责）；民法典第二百七十八条",
        "拥有房屋期间；转让后作为历次表决和公示的依据保存 3 年",
    ),
    Kept(
        "用户名、姓名、手机号（账号）",
        "登录，并知道事情由谁办理",
        "个人信息保护法第十三条第一款第三项",
        "使用期间；停用后随操作记录保存",
    ),
    Kept(
        "电子邮箱（本人登记并验证）",
        "接收通知（选填）",
        "本人同意（个人信息保护法第十三条第一款第一项）",
        "随时可删",
        goes_at_once=True,
    ),
    Kept(
        "职务与任期（业委会、监事会、物业、镇村）",
        "决定能办什么，公开由谁负责",
        "方案四（二）；物业管理条例第十六条",
        "任期及其后 10 年（镇村档案）",
    ),
    Kept(
        "照片、政治面貌、联系方式的公示",
        "业委会成员公示栏",
        "本人单独同意（个人信息保护法第二十五条、第二十九条）",
        "撤回同意时立即停止公示，照片同时删除；离任后不再保存照片",
        goes_at_once=True,
    ),
    Kept(
        "经手的流水、凭证、公示",
        "公共收益账目可查可核",
        "会计法第二十三条；会计档案管理办法（凭证、账簿保存 30 年）",
        "30 年",
    ),
    Kept(
        "操作记录（何时、何事、来源地址）",
        "查清谁办了什么，发现越权",
        "网络安全法关于留存网络日志的规定；GB/T 22239 安全审计",
        "不少于 6 个月；与账目有关的同账目",
    ),
)

# -- Doors -----------------------------------------------------------------------------------------------------------

CODE_DIGITS = 6
CODE_LASTS = timedelta(minutes=5)
CODE_TRIES = 5
#: Handed over in person, used at once.
#: A browser that asked for 关怀版 before anybody had signed in.
CARE_COOKIE = "care"
SIGN_IN_LINK_LASTS = timedelta(minutes=30)
INVITATION_LASTS = timedelta(days=14)


class CodePurpose(TextChoices):
    """What a code sent to a phone, or to a mailbox, proves. A code for one purpose opens no other door."""

    SIGN_IN = "sign_in", "登录"
    APPLY = "apply", "申请绑定房屋"
    TAKE_OVER = "take_over", "用入户条更换手机号"
    OLD_PHONE = "old_phone", "更换手机号（原号码）"
    NEW_PHONE = "new_phone", "更换手机号（新号码）"
    EMAIL = "email", "登记邮箱"


class LinkKind(TextChoices):
    SIGN_IN = "sign_in", "当面登录"
    INVITATION = "invitation", "邀请"


LINK_LASTS = {LinkKind.SIGN_IN: SIGN_IN_LINK_LASTS, LinkKind.INVITATION: INVITATION_LASTS}


# -- Passwords: GB/T 22239-2019 level 2, 7.1.4.1 (复杂度、定期更换). It gives no numbers; the settings do. --

#: How a setting names the administrators, who hold no post; everybody else by their role.
ADMINISTRATOR = "administrator"
CLASSES_WANTED = 3
CLASS_WORDS = "大写字母、小写字母、数字、其他字符（符号或汉字）"


class PasswordDue(StrEnum):
    """Why a person has to change their password before anything else."""

    ISSUED = "issued"
    EXPIRED = "expired"


def character_classes(password: str) -> int:
    """How many of the four classes it draws on; a Chinese character counts as another character."""
    kinds = {
        "upper" if one.isascii() and one.isupper() else
        "lower" if one.isascii() and one.islower() else
        "digit" if one.isascii() and one.isdigit() else
        "other"
        for one in password
    }  # fmt: skip
    return len(kinds)


def password_due(
    *, is_issued: bool, set_at: datetime | None, lasts: timedelta | None, at: datetime
) -> PasswordDue | None:
    """Whether a password must be changed now. `lasts` is None where its owner's kind need not change it by time."""
    if is_issued:
        return PasswordDue.ISSUED
    if lasts is not None and set_at is not None and at - set_at >= lasts:
        return PasswordDue.EXPIRED
    return None
