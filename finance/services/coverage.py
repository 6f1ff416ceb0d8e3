"""Which accounts a bearer's quarter takes, and how far each is (clause 4.3.1, decision 0011).

Every account the bearer held in the quarter gets a disclosure of its own; the duty is done when all are posted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from finance.models import Disclosure, LedgerAccount
from finance.services.quarter import Quarter, main_of, own_accounts
from notices.models import Posting
from notices.rules import Place, required_places
from supervision.models import Obligation


@dataclass(frozen=True)
class VersionState:
    """A published version, its photos, and the moment the last required one came; None while one is missing."""

    disclosure: Disclosure
    photos: tuple[Posting, ...]
    hung_at: datetime | None

    @property
    def done_at(self) -> datetime | None:
        return None if self.hung_at is None else max(self.hung_at, self.disclosure.published_at)


@dataclass(frozen=True)
class AccountState:
    """How far one account's disclosure is: its versions, oldest first, and the places the current one still lacks."""

    account: LedgerAccount
    versions: tuple[VersionState, ...]
    missing: tuple[Place, ...]

    @property
    def current(self) -> Disclosure | None:
        return self.versions[-1].disclosure if self.versions else None

    @property
    def done_at(self) -> datetime | None:
        return self.done_since(1)

    def done_since(self, version: int) -> datetime | None:
        """When a version, from the given one on, was first both published and posted; the first moment stays."""
        moments = [each.done_at for each in self.versions if each.disclosure.version >= version]
        return min((moment for moment in moments if moment is not None), default=None)

    @property
    def words(self) -> str:
        if self.current is None:
            return "尚未公示"
        return f"已发布，差 {len(self.missing)} 处张贴照片" if self.missing else "已公示并张贴齐"

    @property
    def chip(self) -> str:
        return "done" if self.current is not None and not self.missing else "soon"


def states_of(obligation: Obligation) -> list[AccountState]:
    """Every account of the bearer in the quarter, the dedicated one first; none where it shares the other bearer's.

    An account that was disclosed stays on the list whatever became of it since.
    """
    versions = obligation.disclosures.select_related("account").order_by("version")
    return _states(obligation, own_accounts(obligation), versions)


def states_in(quarter: Quarter) -> list[AccountState]:
    """`states_of` the obligation of a draft, from what was read of its quarter already."""
    return _states(quarter.draft.obligation, quarter.own, quarter.versions)


def _states(
    obligation: Obligation, own: Sequence[LedgerAccount], disclosed: Iterable[Disclosure]
) -> list[AccountState]:
    versions: dict[int, list[Disclosure]] = {}
    accounts = {account.pk: account for account in own}
    for version in disclosed:
        version.obligation = obligation
        accounts.setdefault(version.account_id, version.account)
        versions.setdefault(version.account_id, []).append(version)
    if obligation.compound is None or not accounts:
        return []
    compound, main = obligation.compound, main_of(own)
    needed = required_places(has_lift=compound.has_lift, has_owner_group=compound.has_owner_group)
    photos = _photos_of([version for each in versions.values() for version in each])
    ordered = sorted(accounts.values(), key=lambda account: (account != main, account.pk))
    return [_state(account, versions.get(account.pk, []), needed, photos) for account in ordered]


def _photos_of(versions: Sequence[Disclosure]) -> dict[str, list[Posting]]:
    """The photos of each version by its public id, oldest first; one statement."""
    photos: dict[str, list[Posting]] = {}
    if versions:
        ids = [version.public_id for version in versions]
        for posting in Posting.objects.filter(subject__public_id__in=ids).order_by("id"):
            photos.setdefault(posting.subject.public_id, []).append(posting)
    return photos


def _state(
    account: LedgerAccount,
    versions: Sequence[Disclosure],
    needed: Sequence[Place],
    photos: Mapping[str, Sequence[Posting]],
) -> AccountState:
    told = []
    missing: list[Place] = []
    for version in versions:
        own = photos.get(version.public_id, ())
        firsts = {posting.place: posting.posted_at for posting in reversed(own)}
        missing = [place for place in needed if place.value not in firsts]
        moments = [firsts[place.value] for place in needed if place not in missing]
        hung_at = None if missing else max(moments, default=version.published_at)
        told.append(VersionState(version, tuple(own), hung_at))
    return AccountState(account, tuple(told), tuple(missing))


def whole_done_at(states: Sequence[AccountState]) -> datetime | None:
    """When the last of the accounts was disclosed and posted; None while one is not."""
    moments = [state.done_at for state in states]
    if not moments or None in moments:
        return None
    return max(moment for moment in moments if moment is not None)


def countersigned_done_at(signing: Obligation, states: Sequence[AccountState]) -> datetime | None:
    """When everything the other bearer's states hold was signed by this one, published and posted; None before."""
    signed = {
        sign.disclosure.account_id: sign
        for sign in signing.countersigns.select_related("disclosure").order_by("-signed_at", "-pk")
    }
    moments = []
    for state in states:
        sign = signed.get(state.account.pk)
        done_at = None if sign is None else state.done_since(sign.disclosure.version)
        if sign is None or done_at is None:
            return None
        moments.append(max(done_at, sign.signed_at))
    return max(moments, default=None)


def account_to_begin(obligation: Obligation) -> LedgerAccount | None:
    """The next account to draw up: the first that nothing was published of, else the main one."""
    states = states_of(obligation)
    return next((state.account for state in states if state.current is None), states[0].account if states else None)


def is_whole(obligation: Obligation) -> bool:
    """Whether something is published of every account; what is missing then is photos only."""
    return all(state.current is not None for state in states_of(obligation))
