"""What a member shows on the board of clause 四（二）5: entered by the member, each field by their own consent."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Q

from accounts.models import Consent, User
from accounts.rules import ConsentField
from accounts.services import record_action
from accounts.services.own_data import give_consent, withdraw_consent
from committees.models import Portrait, Seat
from communities.services.offices import reference_to
from files.services import check_picture
from kernel.errors import DomainError, NotAllowedError
from kernel.text import tidy


@dataclass(frozen=True)
class MemberCard:
    """A member as the board shows them; empty is what they did not agree to show."""

    seat: Seat
    affiliation: str
    phone: str
    has_portrait: bool
    lacking: tuple[ConsentField, ...]

    @property
    def name(self) -> str:
        return str(self.seat.appointment.user)

    @property
    def lacking_words(self) -> str:
        return "、".join(str(one.label) for one in self.lacking)


def cards_of(seats: Collection[Seat], *, sees_affiliation: bool = False) -> list[MemberCard]:
    """The members with what each agreed to show, in two statements.

    `sees_affiliation`: for those whose duty needs a political status the member has not agreed to publish.
    """
    agreed = Consent.objects.by_person(seat.appointment.user_id for seat in seats)
    portraits = set(Portrait.objects.filter(seat__in=seats).values_list("seat_id", flat=True))
    return [
        _card(seat, agreed.get(seat.appointment.user_id, set()), seat.pk in portraits, sees_affiliation)
        for seat in seats
    ]


def _card(seat: Seat, agreed: set[str], has_portrait: bool, sees_affiliation: bool) -> MemberCard:
    affiliation = seat.get_affiliation_display() or "未填"
    return MemberCard(
        seat=seat,
        affiliation=affiliation if ConsentField.AFFILIATION in agreed or sees_affiliation else "",
        phone=(seat.appointment.user.phone or "未登记") if ConsentField.CONTACT in agreed else "",
        has_portrait=has_portrait and ConsentField.PHOTO in agreed,
        lacking=tuple(one for one in ConsentField if one not in agreed),
    )


@transaction.atomic
def keep_card(
    seat: Seat,
    *,
    affiliation: str,
    pledge: str,
    portrait: UploadedFile | None,
    agreed: Iterable[ConsentField],
    by: User,
    at: datetime,
) -> None:
    """Keep what the member enters and agrees to show; what is no longer agreed to is hidden with the next request.

    Raises NotAllowedError for everybody else, DomainError for a picture the door refuses or without its consent.
    """
    if seat.appointment.user_id != by.pk:
        raise NotAllowedError("成员的公示信息由本人填写。")
    wanted = frozenset(agreed)
    if portrait is not None:
        if ConsentField.PHOTO not in wanted:
            raise DomainError("上传照片请同时勾选“同意公示照片”。", field="portrait")
        kind, content = check_picture(portrait, door="portrait", by=by, field="portrait")
        Portrait.objects.update_or_create(
            seat=seat, defaults={"content": content, "content_type": kind.content_type, "given_at": at}
        )
    Seat.objects.filter(pk=seat.pk).update(affiliation=affiliation, pledge=tidy(pledge))
    record_action("填写成员公示信息", by=by, subject=reference_to(seat.appointment, str(seat.appointment)))
    for field in ConsentField:
        if field in wanted:
            give_consent(by, field, at=at)
        else:
            withdraw_from_board(by, field, at=at)


@transaction.atomic
def withdraw_from_board(person: User, field: ConsentField, *, at: datetime) -> None:
    """Take a consent back; a photo is deleted with it, not merely hidden (个人信息保护法 art. 47)."""
    withdraw_consent(person, field, at=at)
    if field is ConsentField.PHOTO:
        forget_portraits(person)


def forget_portraits(person: User) -> None:
    """Delete a person's photos."""
    Portrait.objects.filter(seat__appointment__user=person).delete()


def forget_left_portraits(*, on: date) -> int:
    """Delete the photos of members who have left: what they were kept for is over. How many."""
    left = Q(seat__appointment__until_on__lt=on) | Q(seat__term__committee__ended_on__lt=on)
    return Portrait.objects.filter(left).delete()[0]
