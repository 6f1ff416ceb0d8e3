"""Where papers are posted (clause 4.3.1: 公告栏、楼道、电梯等醒目位置; clause 4.3.5: 小微权力监督群)."""

from django.db.models import TextChoices


class Place(TextChoices):
    NOTICE_BOARD = "notice_board", "公告栏"
    CORRIDOR = "corridor", "楼道（大堂）"
    LIFT = "lift", "电梯"
    OWNER_GROUP = "owner_group", "微信群"


def required_places(*, has_lift: bool, has_owner_group: bool) -> tuple[Place, ...]:
    """The kinds of place a disclosure must be posted in; a compound without lift owes no lift photo."""
    places = [Place.NOTICE_BOARD, Place.CORRIDOR]
    if has_lift:
        places.append(Place.LIFT)
    if has_owner_group:
        places.append(Place.OWNER_GROUP)
    return tuple(places)
