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


def direction_of(category: str) -> Direction:
    """The side a category stands on: I… income, E… expense."""
    return Direction.IN if category.startswith("I") else Direction.OUT


#: More than this share of a side booked as 其他 warns the preparer and the reviewer.
OTHER_SHARE_WARNING_PERCENT = 10
