"""Showing that somebody is meant without saying who (domain §11: 张*, 欧阳**, 138****1234, 350581********123X)."""

import re
from collections.abc import Callable

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
# Numbers that are a person's wherever they stand in a text: mobiles (as people space them), identity numbers of 18
# and 15 digits with a day of birth in them, bank cards. Neighbouring digits make it another kind of number.
_MOBILE = re.compile(r"(?<![\d-])(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)", re.ASCII)
_BIRTH = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_IDENTITY = re.compile(
    rf"(?<!\d)[1-8]\d{{5}}(?:(?:18|19|20)\d{{2}}{_BIRTH}\d{{3}}[\dXx]|\d{{2}}{_BIRTH}\d{{3}})(?![\dXx])", re.ASCII
)
_CARD = re.compile(r"(?<!\d)62\d{2}(?:[ -]?\d{4}){3}(?:[ -]?\d{1,3})?(?!\d)", re.ASCII)
_WIDE = str.maketrans("０１２３４５６７８９＋－　Ｘｘ", "0123456789+- Xx")

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


def mask_numbers(text: str, *, keeps_mobiles: bool = False) -> str:
    """A free text without mobiles, identity numbers and bank cards, in half or full width; the rest as it stands.

    `keeps_mobiles` for the one line that publishes a number on purpose: whom to ask.
    """
    found = text
    for pattern, mask in (
        (_IDENTITY, lambda one: mask_id_number(one.group())),
        (_CARD, lambda one: mask_account(one.group())),
        *(() if keeps_mobiles else ((_MOBILE, lambda one: mask_phone(_digits(one.group())[-11:])),)),
    ):
        found = _in_half_width(pattern, mask, found)
    return found


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())


def _in_half_width(pattern: re.Pattern[str], mask: Callable[[re.Match[str]], str], text: str) -> str:
    """Found in the text's half-width form, which has the same length, and replaced in the text itself."""
    plain, kept, end = text.translate(_WIDE), "", 0
    for one in pattern.finditer(plain):
        kept += text[end : one.start()] + mask(one)
        end = one.end()
    return kept + text[end:]


def last_four(account: str) -> str:
    """The last four digits of an account number written with or without spaces; shorter numbers give what there is."""
    return "".join(char for char in clean(account) if char.isalnum())[-4:]


def mask_account(account: str) -> str:
    """****0421."""
    tail = last_four(account)
    return f"****{tail}" if tail else ""
