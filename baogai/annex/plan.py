"""The annex of 宝政〔2023〕87号 as data, in its own words and order. Nothing here is ours but the rights of a post."""

from dataclasses import dataclass
from datetime import date

from communities.rules import BodyKind, Role

CITY = ("350581", "石狮市")
TOWN = ("350581101", "宝盖镇")
IN_FORCE_FROM = date(2023, 11, 1)
NUMBER = "宝政〔2023〕87号"
BASIS = f"{NUMBER}附件"
BASIS_OF_LEADING_GROUP = f"{NUMBER}四（一）1"


@dataclass(frozen=True)
class AnnexVillage:
    """A village or community with its head. The annex names four 点 without listing their villages: only those
    named after a village are known, the others are entered by the town on the data pages.
    """

    name: str
    head: str
    duty_area: str = ""

    @property
    def office(self) -> str:
        return f"{self.name}居委会" if self.name.endswith("社区") else f"{self.name}委会"

    @property
    def head_title(self) -> str:
        return "社区党支部书记、居委会主任" if self.name.endswith("社区") else "村党支部书记、村委会主任"


VILLAGES = (
    AnnexVillage("杆头村", "施少东", "杆头点"),
    AnnexVillage("龙穴社区", "高清显"),
    AnnexVillage("宝源社区", "郑丽凤"),
    AnnexVillage("前园村", "黄清赐"),
    AnnexVillage("前坑村", "郭秉昆"),
    AnnexVillage("塘后村", "黄永忠"),
    AnnexVillage("塘边村", "蔡金超"),
    AnnexVillage("松茂村", "吴清山"),
    AnnexVillage("仑后村", "黄明奎", "仑后点"),
    AnnexVillage("铺锦村", "黄其安"),
    AnnexVillage("后宅村", "林纓济"),
    AnnexVillage("玉浦村", "蔡水权"),
)

#: The office's members in the order of the annex, its head and deputy apart.
OFFICE_HEAD, OFFICE_DEPUTY = "王泽永", "白铭坡"
OFFICE_MEMBERS = ("姚斯嵘", "吴孝蛤", "郭耿团", "许丽纯", "李丹妮", "江锐锋")

BODIES = {
    BodyKind.LEADING_GROUP: "小区物业管理工作领导小组",
    BodyKind.OFFICE: "镇基层治理服务中心小区服务岗（领导小组办公室）",
    BodyKind.TASK_FORCE: "全面提升住宅小区管理服务能力工作专班",
}


@dataclass(frozen=True)
class AnnexPost:
    """A post and who the annex names for it. Posts bound to an office of the town say so in brackets: 由继任者担任."""

    body: BodyKind
    title: str
    role: Role
    holders: tuple[str, ...] = ()
    is_single: bool = True
    basis: str = BASIS


def _deputy(office: str, holder: str) -> AnnexPost:
    return AnnexPost(BodyKind.TASK_FORCE, f"副组长（{office}）", Role.TOWN_LEADER, (holder,))


def _member(office: str, holder: str, role: Role = Role.TOWN_LEADER) -> AnnexPost:
    return AnnexPost(BodyKind.TASK_FORCE, f"成员（{office}）", role, (holder,))


POSTS = (
    # Clause 四（一）1 names the leading group by office; its own list of names was not published with the plan.
    AnnexPost(BodyKind.LEADING_GROUP, "组长（镇长）", Role.TOWN_LEADER, ("柳建波",), basis=BASIS_OF_LEADING_GROUP),
    AnnexPost(BodyKind.LEADING_GROUP, "副组长（分管领导）", Role.TOWN_LEADER, is_single=False),
    AnnexPost(
        BodyKind.LEADING_GROUP,
        "成员（镇小区办工作人员）",
        Role.TOWN_OFFICER,
        (OFFICE_HEAD, OFFICE_DEPUTY, *OFFICE_MEMBERS),
        is_single=False,
        basis=BASIS_OF_LEADING_GROUP,
    ),
    AnnexPost(
        BodyKind.LEADING_GROUP,
        "成员（村、社区主任）",
        Role.NO_RIGHTS,
        tuple(village.head for village in VILLAGES),
        is_single=False,
        basis=BASIS_OF_LEADING_GROUP,
    ),
    AnnexPost(BodyKind.TASK_FORCE, "组长（镇党委副书记、镇长）", Role.TOWN_LEADER, ("柳建波",)),
    _deputy("镇党委副书记、政法委员、一级主任科员、仑后点点长", "林积沪"),
    _deputy("镇党委组织委员", "蔡慰玲"),
    _deputy("副镇长、三级主任科员", "蔡作为"),
    _deputy("镇党委宣传委员、副镇长、三级主任科员、塘头点点长", "王安庆"),
    _deputy("镇党委委员、宝盖派出所所长", "曾志忠"),
    _deputy("镇基层治理服务中心主任", "王泽永"),
    _member("镇党委副书记", "高淑芬"),
    _member("镇党委委员、武装部长", "郭清担"),
    _member("副镇长、三级主任科员、杆头点点长", "陈晓聪"),
    _member("镇党委二级主任科员", "蔡提福"),
    _member("镇党委二级主任科员、龟湖点点长", "姜德勇"),
    _member("镇人大专职副主席", "张再生"),
    _member("镇综合便民服务中心主任", "蔡雷霆", Role.NO_RIGHTS),
    _member("镇乡村振兴服务中心主任", "蔡佳默", Role.NO_RIGHTS),
    *(
        _member(
            f"{village.name}{village.head_title.removeprefix('社区').removeprefix('村')}", village.head, Role.NO_RIGHTS
        )
        for village in VILLAGES
    ),
    AnnexPost(BodyKind.OFFICE, "主任", Role.TOWN_OFFICER, (OFFICE_HEAD,)),
    AnnexPost(BodyKind.OFFICE, "副主任", Role.TOWN_OFFICER, (OFFICE_DEPUTY,)),
    AnnexPost(BodyKind.OFFICE, "成员", Role.TOWN_OFFICER, OFFICE_MEMBERS, is_single=False),
)
