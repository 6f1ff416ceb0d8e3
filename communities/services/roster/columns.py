"""The columns of a roster: their fields, their names on pages, and what people write above them."""

from typing import Final

from files.importing import Column, labels_of, synonyms_of

# The registered area (产权面积, mostly headed 建筑面积) decides votes and shares: Civil Code art. 278, 法释 art. 8.
COLUMNS: Final = (
    Column(
        "building",
        "楼栋",
        ("楼栋", "楼栋号", "幢号", "栋号", "楼号", "楼幢", "座号", "幢", "栋"),
        hint="房号栏已含楼栋（如 3-101）时可不选",
    ),
    Column("stair", "单元", ("单元", "单元号", "梯号", "梯")),
    Column(
        "room", "房号", ("房号", "房间号", "室号", "门牌号", "户号", "房屋坐落", "坐落", "房屋", "室"), is_required=True
    ),
    Column(
        "owner",
        "业主姓名",
        ("业主姓名", "产权人姓名", "产权人", "权利人", "业主", "户主姓名", "户主", "房主", "姓名", "业主名称"),
        is_required=True,
        hint="共有人写在同一格，用顿号分开",
    ),
    Column(
        "area",
        "专有面积（㎡）",
        ("专有面积", "专有部分面积", "产权面积", "建筑面积", "登记面积", "房屋面积", "房产面积", "套内面积", "面积"),
        is_required=True,
    ),
    Column("phone", "联系电话", ("联系电话", "手机号码", "手机号", "手机", "联系方式", "电话号码", "电话")),
    Column("certificate", "产权证号", ("产权证号", "不动产权证号", "不动产证号", "房产证号", "产权证", "证号")),
    Column("remark", "备注", ("备注", "说明", "附注")),
)
SYNONYMS: Final = synonyms_of(COLUMNS)
LABELS: Final = labels_of(COLUMNS) | {"duplicate": "重复"}
