"""One's own data: consent given and withdrawn, correction and deletion asked for and answered."""

from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import Consent, DataRequest, User
from accounts.rules import CONSENT_VERSION, ConsentField
from accounts.services.trail import record_action
from kernel.errors import ConflictError, DomainError, NotAllowedError
from kernel.fields import Reference
from kernel.text import tidy


@transaction.atomic
def give_consent(person: User, field: ConsentField, *, at: datetime) -> None:
    """Agree that one's own field is shown; agreeing twice changes nothing."""
    facts = {"version": CONSENT_VERSION, "given_at": at}
    _, is_new = Consent.objects.get_or_create(person=person, field=field, withdrawn_at=None, defaults=facts)
    if is_new:
        record_action(f"同意公示{field.label}", by=person, detail=f"告知文本 {CONSENT_VERSION}")


@transaction.atomic
def withdraw_consent(person: User, field: ConsentField, *, at: datetime) -> None:
    """Take one's consent back; from the next request on the field is not shown."""
    if Consent.objects.standing_for(person).filter(field=field).update(withdrawn_at=at):
        record_action(f"撤回公示{field.label}的同意", by=person)


@transaction.atomic
def ask_about_own_data(person: User, kind: DataRequest.Kind, *, text: str, at: datetime) -> DataRequest:
    """Ask for a correction, or for deletion; what needs no decision is deleted at once (see `rules.KEPT`).

    Raises DomainError without words, ConflictError while an earlier request of the kind waits.
    """
    words = tidy(text)
    if kind == DataRequest.Kind.CORRECT and len(words) < 4:
        raise DomainError("请写明哪一项不对、应该是什么。", field="text")
    try:
        with transaction.atomic():
            made = DataRequest.objects.create(person=person, kind=kind, text=words[:500], asked_at=at)
    except IntegrityError as error:
        raise ConflictError("您已有一份同样的申请在办理，请等答复。", field="text") from error
    if kind == DataRequest.Kind.DELETE:
        _delete_at_once(person, at=at)
    record_action(f"申请{made.get_kind_display()}个人信息", by=person, subject=reference_to(made))
    return made


def _delete_at_once(person: User, *, at: datetime) -> None:
    Consent.objects.standing_for(person).update(withdrawn_at=at)
    User.objects.filter(pk=person.pk).update(email="")


@transaction.atomic
def answer_data_request(
    asked: DataRequest, *, decision: DataRequest.Decision, answer: str, by: User, at: datetime
) -> None:
    """Say what was done, or why the law does not allow it. Raises ConflictError where a colleague answered first."""
    words = tidy(answer)
    if asked.person_id == by.pk:
        raise NotAllowedError("本人的申请由另一人办理。")
    if len(words) < 4:
        raise DomainError("请写明办了什么，或依据哪一条不能办、保存到何时。", field="answer")
    claimed = DataRequest.objects.filter(pk=asked.pk, decision="").update(
        decision=decision, answer=words[:500], decided_by=by, decided_at=at
    )
    if not claimed:
        raise ConflictError("这份申请刚刚已由他人答复。")
    record_action(
        f"答复{asked.get_kind_display()}个人信息申请",
        by=by,
        subject=reference_to(asked),
        detail=f"{decision.label}：{words}",
    )


def reference_to(asked: DataRequest) -> Reference:
    return Reference("accounts.datarequest", asked.public_id, str(asked))
