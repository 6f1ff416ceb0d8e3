"""Showing that somebody is meant without saying who (domain §11: 张*, 欧阳**, 138****1234, 350581********123X)."""

import re

from kernel.surnames import COMPOUND, SINGLE, surname_length
from kernel.text import clean

_HAN = re.compile(r"[㐀-鿿豈-﫿\U00020000-\U000323af]+")
_MINORITY_NAME = re.compile(r"[㐀-鿿\U00020000-\U000323af]+(?:[·•・‧][㐀-鿿\U00020000-\U000323af]+)+")
_LATIN_NAME = re.compile(r"[A-Za-z][A-Za-z.'\- ]*")
_TITLE = re.compile(r"(?:先生|女士|小姐|同志|老师|阿姨|师傅)$")
_BRACKETS = re.compile(r"\([^()]*\)")

# Words that only organisations carry: one of them settles it.
_ORGANISATION = re.compile(
    r"公司|集团|银行|中心|委员会|业委会|村委|居委|合作社|工作室|事务所|经营部|服务部|营业部|门市部|超市|商行|商店|商场|酒店|宾馆|饭店|餐厅"
    r"|工厂|医院|学校|幼儿园|协会|学会|基金会|管理处|办事处|派出所|政府|物业|传媒|科技|支付宝|财付通|微信|社区|小区|分局|总局|税务|法院|大队"
    r"|供电|电力|供水|水务|自来水|燃气|移动|联通|电信|铁塔|邮政|保险|证券|党支部|工会|商会|个体"
    r"|\b(?:LTD|CO|INC|LLC|CORP|BANK|COMPANY|GROUP|LIMITED)\b",
    re.IGNORECASE,
)
# Last characters of organisations that are also given names now and then (高行, 王场).
_ORGANISATION_END = frozenset("店厂场行部所站院馆社局会坊吧校园室处楼库摊队铺市司")


def looks_like_person(name: str) -> bool:
    """Whether a counterparty is probably a natural person, whose name is masked in public.

    Careful to the person's side: two to four Han characters that no organisation's word explains are a person.
    """
    if 2 <= len(name) <= 3 and name[0] in SINGLE and name.isalpha() and name[-1] not in _ORGANISATION_END:
        return True
    whole = clean(name)
    if _ORGANISATION.search(whole):
        return False
    text = _TITLE.sub("", _BRACKETS.sub("", whole).replace(" ", "")) or whole
    if _MINORITY_NAME.fullmatch(text):
        return True
    if _HAN.fullmatch(text):
        if not 2 <= len(text) <= 4:
            return False
        return text[-1] not in _ORGANISATION_END or _bears_a_surname(text)
    return _LATIN_NAME.fullmatch(whole) is not None


def _bears_a_surname(text: str) -> bool:
    return text[:2] in COMPOUND or (text[0] in SINGLE and len(text) <= 3)


def mask_name(name: str) -> str:
    """张三 → 张*, 欧阳修文 → 欧阳**, 阿依古丽·买买提 → 阿**; names of organisations stay as they are."""
    text = clean(name)
    if not text or not looks_like_person(text):
        return text
    if not _HAN.fullmatch(text):
        return f"{text[0]}**"
    kept = surname_length(text)
    return text[:kept] + "*" * max(len(text) - kept, 1)


def mask_phone(phone: str) -> str:
    """138****1234; of other numbers only the first three and last two digits."""
    if not phone:
        return ""
    if len(phone) == 11 and phone.isdigit():
        return f"{phone[:3]}****{phone[-4:]}"
    return f"{phone[:3]}****{phone[-2:]}" if len(phone) > 7 else "****"


def mask_email(address: str) -> str:
    """l***@example.org; the name before the @ keeps its first character."""
    name, at, host = address.rpartition("@")
    return f"{name[:1]}***{at}{host}" if at else ""


def mask_id_number(number: str) -> str:
    """350581********123X: the division and the last four."""
    return f"{number[:6]}{'*' * (len(number) - 10)}{number[-4:]}" if len(number) >= 15 else "*" * len(number)


def last_four(account: str) -> str:
    """The last four digits of an account number written with or without spaces; shorter numbers give what there is."""
    return "".join(char for char in clean(account) if char.isalnum())[-4:]


def mask_account(account: str) -> str:
    """****0421."""
    tail = last_four(account)
    return f"****{tail}" if tail else ""
