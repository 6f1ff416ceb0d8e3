"""Kinds of places, bodies and posts, as the plan and its annex name them."""

from django.db.models import TextChoices


class CompoundKind(TextChoices):
    COMMERCIAL = "commercial", "商品房小区"
    RESETTLEMENT = "resettlement", "安置房小区"
    OLD = "old", "老旧小区"


class BodyKind(TextChoices):
    """Bodies that bear duties or supervise them (clauses 4.1.1, 4.1.2, 4.2.1 and the annex)."""

    LEADING_GROUP = "leading_group", "领导小组"
    OFFICE = "office", "领导小组办公室（小区服务岗）"
    TASK_FORCE = "task_force", "工作专班"
    VILLAGE_OFFICE = "village_office", "村（居）委会"
    COMMITTEE = "committee", "业主委员会"
    SUPERVISORY_BOARD = "supervisory_board", "业主监事会"
    PARTY_BRANCH = "party_branch", "小区兼合式党支部"
    AUDIT = "audit", "审计机构"


TOWN_BODIES = (BodyKind.LEADING_GROUP, BodyKind.OFFICE, BodyKind.TASK_FORCE, BodyKind.AUDIT)
#: Whose members the owners elect (clause 4.2.1): their seats are entered with a term, never by appointment.
ELECTED_BODIES = (BodyKind.COMMITTEE,)
COMPOUND_BODIES = (BodyKind.COMMITTEE, BodyKind.SUPERVISORY_BOARD, BodyKind.PARTY_BRANCH)


class Role(TextChoices):
    """What holding a post lets a person do. Named here and in `permissions` modules, nowhere else."""

    TOWN_OFFICER = "town_officer", "小区服务岗工作人员"
    TOWN_LEADER = "town_leader", "镇领导"
    VILLAGE_CADRE = "village_cadre", "村（社区）干部"
    COMMITTEE_CHAIR = "committee_chair", "业委会主任"
    COMMITTEE_TREASURER = "committee_treasurer", "业委会财务委员"
    COMMITTEE_MEMBER = "committee_member", "业委会委员"
    BOARD_SUPERVISOR = "board_supervisor", "监事"
    FIRM_MANAGER = "firm_manager", "物业负责人"
    FIRM_CLERK = "firm_clerk", "物业经办人"
    AUDITOR = "auditor", "审计人员"
    NO_RIGHTS = "no_rights", "仅列名"


class OwnerKind(TextChoices):
    NATURAL = "natural", "自然人"
    LEGAL = "legal", "单位"


class Relation(TextChoices):
    """What somebody is to the home they bind themselves to."""

    OWNER = "owner", "业主"
    FAMILY = "family", "家人"
    TENANT = "tenant", "租户"


#: Not on the roster, and living there.
RESIDENT_RELATIONS = (Relation.FAMILY, Relation.TENANT)
#: 本系统约定: a slip not handed out within half a year is printed anew.
SLIP_LASTS_DAYS = 180
