"""Publication: the frozen, hashed and chained copy, and the proof that it hangs where it must (clause 4.3.1)."""

from datetime import UTC, datetime

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.urls import reverse

from accounts.models import User
from accounts.services import record_action
from communities.models import Compound
from communities.permissions import HEADS, Holding
from finance.models import ChainHead, Disclosure, DisclosureDraft, LedgerAccount
from finance.permissions import acts_for_bearer, may_post, people_of_bearer, reviews_as
from finance.services.checks import refuse_problems
from finance.services.coverage import countersigned_done_at, is_whole, states_of, whole_done_at
from finance.services.drafts import Stage, advance, lock, refuse_unless, standing_at
from finance.services.figures import Figures, Masker, figures_of, figures_sha
from finance.services.quarter import Quarter, account_for, read_quarter
from kernel.chain import CURRENT_VERSION, GENESIS, body_sha, canonical, link_hash
from kernel.days import local_day
from kernel.errors import ConflictError, NotAllowedError
from kernel.fields import Reference
from kernel.masking import mask_name
from kernel.money import from_fen
from notices.models import Message, Posting
from notices.rules import Place, required_places
from notices.services import announce_to_group, record_posting, send_message
from supervision.models import Obligation
from supervision.rules import Duty, clause_of
from supervision.services import fulfil, mark_corrected_late, note_progress
from supervision.services.obligations import reference_to as reference_to_obligation


def reference_to(disclosure: Disclosure) -> Reference:
    """A frozen pointer for postings, messages, evidence and the action trail."""
    period = disclosure.obligation.period_value.label
    account = f"（尾号{disclosure.figures['account']['tail']}）" if disclosure.figures["others"] else ""
    version = f"（第{disclosure.version}版）" if disclosure.version > 1 else ""
    title = f"{disclosure.compound}{period}公共收益公示{account}{version}"
    return Reference("finance.disclosure", disclosure.public_id, title)


# -- Publishing --------------------------------------------------------------------------------------------------------


@transaction.atomic
def publish_disclosure(draft: DisclosureDraft, *, by: User, at: datetime) -> Disclosure:
    """Freeze the reviewed figures as the account's next version for the quarter and append it to the compound's chain.

    `at` is the server's moment. Raises NotAllowedError for anybody but the bearer's head, ConflictError where it is
    published already, not reviewed, or the books changed since the review, DomainError naming what is missing.
    """
    draft = lock(draft)
    obligation = draft.obligation
    signs_as = acts_for_bearer(standing_at(by, at), obligation, HEADS)
    if signs_as is None:
        raise NotAllowedError("公示由业委会主任或物业负责人发布。")
    if draft.stage == Stage.PUBLISHED:
        raise ConflictError("本期公示已经发布，无需重复发布。")
    if draft.stage != Stage.REVIEWED:
        raise ConflictError("公示须先由另一人审核，才能发布。")
    # From here no entry can be added to the account until the figures are frozen: its row is referred to by each.
    LedgerAccount.objects.select_for_update().get(pk=draft.account_id)
    quarter = read_quarter(draft)
    figures = figures_of(quarter)
    if figures_sha(figures) != draft.reviewed_sha:
        raise ConflictError("审核后账目有变动，请重新送审。")
    refuse_problems(quarter, figures)
    disclosure = _append(draft, _sealed(quarter, figures, signs_as, by=by, at=at), by=by, at=at)
    advance(draft, Stage.PUBLISHED)
    _tell_supervision(disclosure, at=at)
    record_action("发布公示", by=by, subject=reference_to(disclosure), detail=disclosure.reason)
    _announce(disclosure, at=at)
    _ask_to_countersign(disclosure, at=at)
    return disclosure


def _last_version(obligation: Obligation, account_id: int) -> int:
    last = obligation.disclosures.filter(account=account_id).order_by("-version").first()
    return last.version if last else 0


def _sealed(quarter: Quarter, figures: Figures, head: Holding, *, by: User, at: datetime) -> Figures:
    """The figures with who signed them and where they must hang. Only the head is named in full, as on paper."""
    draft = quarter.draft
    compound = draft.account.compound
    places = required_places(has_lift=compound.has_lift, has_owner_group=compound.has_owner_group)
    return figures | {
        "version": _last_version(draft.obligation, draft.account_id) + 1,
        "reason": Masker(quarter.owner_names).text(draft.correction_reason),
        "prepared": _signature(draft, draft.prepared_by, draft.prepared_at),
        "reviewed": _signature(draft, draft.reviewed_by, draft.reviewed_at),
        "published": {"post": head.title, "name": by.name, "on": local_day(at).isoformat()},
        "published_at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "places": [place.value for place in places],
    }


def _signature(draft: DisclosureDraft, user: User | None, at: datetime | None) -> Figures:
    """Post, masked name and day of a preparer or reviewer, as they stood on that day."""
    if user is None or at is None:
        raise ConflictError("公示须先编制、审核，才能发布。")
    standing = standing_at(user, at)
    holding = acts_for_bearer(standing, draft.obligation) or reviews_as(standing, draft.obligation)
    post = "" if holding is None else holding.title
    outside = holding is not None and holding.body_id not in (None, draft.obligation.bearer_body_id)
    return {
        "post": f"{holding.place}{post}" if outside and holding else post,
        "name": mask_name(user.name),
        "on": local_day(at).isoformat(),
    }


def _append(draft: DisclosureDraft, figures: Figures, *, by: User, at: datetime) -> Disclosure:
    """The next link of the compound's chain; the head's row is held, so that links follow each other one by one."""
    compound = draft.account.compound
    head = _hold_head(compound)
    body = canonical(figures)
    sha, seq, prev = body_sha(body), head.seq + 1, head.hash or GENESIS
    digest = link_hash(compound.public_id, seq, prev, sha)
    disclosure = Disclosure.objects.create(
        obligation=draft.obligation,
        compound=compound,
        account=draft.account,
        draft=draft,
        period=figures["period"]["code"],
        version=figures["version"],
        opening_basis=figures["opening_basis"],
        opening=from_fen(figures["opening"]),
        income=from_fen(figures["income"]),
        expense=from_fen(figures["expense"]),
        closing=from_fen(figures["closing"]),
        figures=figures,
        reason=figures["reason"],
        seq=seq,
        prev=prev,
        body_sha=sha,
        hash=digest,
        hash_version=CURRENT_VERSION,
        published_by=by,
        published_at=at,
    )
    head.seq, head.hash = seq, digest
    head.save(update_fields=["seq", "hash"])
    return disclosure


def _hold_head(compound: Compound) -> ChainHead:
    ChainHead.objects.bulk_create([ChainHead(compound=compound)], ignore_conflicts=True)
    return ChainHead.objects.select_for_update().get(compound=compound)


def _tell_supervision(disclosure: Disclosure, *, at: datetime) -> None:
    obligation = disclosure.obligation
    if disclosure.version > 1:
        mark_corrected_late(obligation, at=at)
    if obligation.is_open:
        progress = Obligation.Progress.UNPOSTED if is_whole(obligation) else Obligation.Progress.PREPARING
        note_progress(obligation, progress=progress)


def _announce(disclosure: Disclosure, *, at: datetime) -> None:
    """Owners with an account, and the compound's group where it has a robot, learn that the disclosure is out."""
    corrected = f"（更正：{disclosure.reason}）" if disclosure.version > 1 else ""
    send_message(
        User.objects.filter(
            is_active=True, owners__compound=disclosure.compound_id, owners__ownerships__until_on__isnull=True
        ).distinct(),
        kind=Message.Kind.NEWS,
        title=f"{reference_to(disclosure).title}已发布{corrected}",
        clause=clause_of(Duty.DISCLOSURE),
        subject=reference_to(disclosure),
        dedupe_key=f"published:{disclosure.public_id}",
    )
    announce_to_group(
        disclosure.compound,
        title=f"{reference_to(disclosure).title}已发布{corrected}",
        path=reverse("finance:disclosure", args=[disclosure.public_id]),
        dedupe_key=f"published:{disclosure.public_id}",
        at=at,
    )


def _ask_to_countersign(disclosure: Disclosure, *, at: datetime) -> None:
    """The head of a bearer that shares this account and owes the same quarter."""
    others = Obligation.objects.open().filter(
        duty=Duty.DISCLOSURE, compound=disclosure.compound_id, period=disclosure.period
    )
    signed = Obligation.objects.filter(countersigns__disclosure__account=disclosure.account_id)
    for owed in others.exclude(pk=disclosure.obligation_id).exclude(pk__in=signed):
        if account_for(owed) is None:
            send_message(
                people_of_bearer(owed, local_day(at), HEADS),
                kind=Message.Kind.TASK,
                title=f"{reference_to(disclosure).title}：请会签",
                body="共用账户的另一方已经公示，请核对后会签；会签并张贴齐后，本单位的义务即完成。",
                clause=clause_of(Duty.DISCLOSURE),
                subject=reference_to_obligation(owed),
                dedupe_key=f"countersign:{disclosure.public_id}",
            )


# -- Posting -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def prove_posting(
    disclosure: Disclosure, *, place: Place, photo: UploadedFile, note: str = "", by: User, at: datetime
) -> Posting:
    """Keep a photo of the posted paper; with the last required place the duty is fulfilled at `at`.

    Raises NotAllowedError for whoever acts for neither bearer, ConflictError where a newer version hangs instead,
    DomainError for a picture that proved another place or paper.
    """
    # Two phones at once: the second waits here and then sees the first one's photo.
    obligation = Obligation.objects.select_for_update().get(pk=disclosure.obligation_id)
    refuse_unless(may_post(standing_at(by, at), disclosure), "只有公示单位和会签单位的人员可以上传张贴照片。")
    if disclosure.version != _last_version(obligation, disclosure.account_id):
        raise ConflictError("本期公示已有更正版，请张贴现行版本并上传它的照片。")
    posting = record_posting(
        reference_to(disclosure),
        compound=disclosure.compound,
        place=place,
        photo=photo,
        note=Masker.of(disclosure.compound).text(note) if note else "",
        by=by,
        at=at,
    )
    settle(disclosure, by=by)
    return posting


def settle(disclosure: Disclosure, *, by: User | None) -> None:
    """Fulfil the obligation, and those that countersigned it, once every account of the bearer is disclosed and posted.

    The moment is the latest of them, for a countersigned one also of the countersign; a first moment stays.
    """
    obligation, evidence = disclosure.obligation, reference_to(disclosure)
    states = states_of(obligation)
    done_at = whole_done_at(states)
    if done_at is None:
        return
    if obligation.released_on is None:
        fulfil(obligation, at=done_at, evidence=evidence, by=by)
    for signing in Obligation.objects.filter(countersigns__disclosure__obligation=obligation).distinct():
        signed_at = countersigned_done_at(signing, states)
        if signed_at is not None:
            fulfil(signing, at=signed_at, evidence=evidence, by=by)
