"""Categories of public revenue and what may be spent from it (domain names; Civil Code art. 282)."""

from django.db.models import TextChoices


class Direction(TextChoices):
    IN = "in", "收入"
    OUT = "out", "支出"


class Category(TextChoices):
    """Income and expense items. E01 stands apart: 收益 = 收入 − 合理成本 (Civil Code art. 282)."""

    I01 = "I01", "电梯、楼道、门厅广告"
    I02 = "I02", "道闸、外墙、屋面、户外广告"
    I03 = "I03", "地面公共车位停车费"
    I04 = "I04", "公共场地、架空层租赁"
    I05 = "I05", "快递柜、寄存柜场地费"
    I06 = "I06", "充电桩、充电棚场地费或分成"
    I07 = "I07", "通信基站、室分设备占地费"
    I08 = "I08", "自助售卖机、售水机、洗车机进场费"
    I09 = "I09", "公共场地摆摊、临时展销"
    I10 = "I10", "会所、泳池、健身房等经营"
    I11 = "I11", "物业服务用房、公建配套用房租金"
    I12 = "I12", "补偿、赔偿金"
    I13 = "I13", "废旧物资处置"
    I14 = "I14", "利息"
    I99 = "I99", "其他收入（须说明）"
    E01 = "E01", "经营合理成本"
    E02 = "E02", "税费"
    E03 = "E03", "共用部位、设施维修更新"
    E04 = "E04", "补充专项维修资金"
    E05 = "E05", "业委会办公经费"
    E06 = "E06", "委员、监事津贴，专职人员工资"
    E07 = "E07", "业主大会会议、投票费用"
    E08 = "E08", "审计、代账、法律费用"
    E09 = "E09", "公益文体活动"
    E10 = "E10", "公共能耗补贴"
    E11 = "E11", "安防消防"
    E12 = "E12", "银行手续费"
    E99 = "E99", "其他支出（须说明）"


#: 其他: allowed with an explanation only.
OTHER_CATEGORIES = frozenset({Category.I99, Category.E99})


def direction_of(category: str) -> Direction:
    """The side a category stands on: I… income, E… expense."""
    return Direction.IN if category.startswith("I") else Direction.OUT


#: Words in a bank line's text or counterparty → category, the first that occurs wins; proposals, never decisions.
KEYWORDS: dict[Direction, tuple[tuple[str, Category], ...]] = {
    Direction.IN: (
        ("充电", Category.I06),
        ("换电", Category.I06),
        ("电梯广告", Category.I01),
        ("梯内", Category.I01),
        ("门厅广告", Category.I01),
        ("楼道广告", Category.I01),
        ("道闸", Category.I02),
        ("外墙", Category.I02),
        ("屋面", Category.I02),
        ("户外广告", Category.I02),
        ("快递柜", Category.I05),
        ("丰巢", Category.I05),
        ("寄存", Category.I05),
        ("基站", Category.I07),
        ("铁塔", Category.I07),
        ("室分", Category.I07),
        ("售货", Category.I08),
        ("售卖", Category.I08),
        ("售水", Category.I08),
        ("洗车", Category.I08),
        ("摆摊", Category.I09),
        ("展销", Category.I09),
        ("摊位", Category.I09),
        ("会所", Category.I10),
        ("泳池", Category.I10),
        ("健身", Category.I10),
        ("废品", Category.I13),
        ("废旧", Category.I13),
        ("赔偿", Category.I12),
        ("补偿", Category.I12),
        ("停车", Category.I03),
        ("车位", Category.I03),
        ("广告", Category.I01),
        ("房租", Category.I11),
        ("租金", Category.I04),
        ("租赁", Category.I04),
        ("场地", Category.I04),
        ("结息", Category.I14),
        ("利息", Category.I14),
    ),
    Direction.OUT: (
        ("手续费", Category.E12),
        ("账户管理费", Category.E12),
        ("短信费", Category.E12),
        ("工本费", Category.E12),
        ("回单", Category.E12),
        ("维修资金", Category.E04),
        ("公维金", Category.E04),
        ("业主大会", Category.E07),
        ("投票", Category.E07),
        ("审计", Category.E08),
        ("代账", Category.E08),
        ("代理记账", Category.E08),
        ("律师", Category.E08),
        ("法律", Category.E08),
        ("消防", Category.E11),
        ("安防", Category.E11),
        ("监控", Category.E11),
        ("门禁", Category.E11),
        ("灭火", Category.E11),
        ("津贴", Category.E06),
        ("补贴款", Category.E06),
        ("工资", Category.E06),
        ("税", Category.E02),
        ("电费", Category.E10),
        ("水费", Category.E10),
        ("路灯", Category.E03),
        ("绿化", Category.E03),
        ("维修", Category.E03),
        ("维保", Category.E03),
        ("更换", Category.E03),
        ("疏通", Category.E03),
        ("油漆", Category.E03),
        ("文体", Category.E09),
        ("慰问", Category.E09),
        ("活动", Category.E09),
        ("中秋", Category.E09),
        ("春节", Category.E09),
        ("办公", Category.E05),
        ("文具", Category.E05),
        ("打印", Category.E05),
        ("酬金", Category.E01),
        ("管理费", Category.E01),
    ),
}


def category_by_words(direction: Direction, *, text: str, counterparty: str) -> Category | None:
    """What the words of a bank line suggest.

    Income: who pays often says more than the text (场地租赁 from a 快递柜 firm). Expense: what was bought comes first.
    """
    for words in (f"{text} {counterparty}",) if direction == Direction.IN else (text, counterparty):
        for keyword, category in KEYWORDS[direction]:
            if keyword in words:
                return category
    return None


#: More than this share of a side booked as 其他 warns the preparer and the reviewer.
OTHER_SHARE_WARNING_PERCENT = 10
