"""A town of any size for the benchmarks, laid by set-based SQL into the current database."""

from datetime import date, timedelta

from django.db import connection

from accounts.models import User
from communities.models import Appointment, Body, City, Compound, Owner, Ownership, Post, Town, Unit, Village
from files.models import StoredFile
from finance.models import LedgerAccount
from kernel.days import start_of
from notices.models import Message
from supervision.models import Policy
from supervision.services.board import Touched, refresh_cells
from supervision.services.sweep import sweep

_VILLAGES = 12
_PLACES = f"""
INSERT INTO communities_compound
    (public_id, village_id, name, kind, built_year, address, has_maintenance_fund, has_lift, has_owner_group)
SELECT 'c' || lpad(n::text, 15, '0'), (SELECT min(id) FROM communities_village) + n %% {_VILLAGES}, '小区' || n,
       'commercial', 2010, '', true, true, true
FROM generate_series(1, %(compounds)s) n;
INSERT INTO communities_building (compound_id, key, text) SELECT id, '1', '1幢' FROM communities_compound;
INSERT INTO communities_unit (public_id, building_id, room_key, room_text, area, certificate, remark)
SELECT 'u' || lpad(((row_number() OVER ()))::text, 15, '0'), b.id, room::text, room::text, 96.50, '', ''
FROM communities_building b CROSS JOIN generate_series(1, %(households)s) room;
"""  # noqa: S608 - a number of our own
# Nine compounds of ten have a firm, eight a committee, seven an account: every gap of the board occurs.
_BEARERS = """
INSERT INTO communities_propertyfirm (public_id, name, credit_code, contact, phone)
SELECT 'f' || lpad(n::text, 15, '0'), '企业' || n, 'X' || lpad(n::text, 17, '0'), '', ''
FROM generate_series(1, greatest(%(compounds)s / 10, 1)) n;
INSERT INTO communities_servicecontract (public_id, compound_id, firm_id, from_on, fee_per_m2)
SELECT 's' || lpad(c.id::text, 15, '0'), c.id, (SELECT min(id) FROM communities_propertyfirm) + c.id / 11 %%
       (SELECT count(*) FROM communities_propertyfirm), %(since)s, 1.20
FROM communities_compound c WHERE c.id %% 10 <> 0;
INSERT INTO communities_body (public_id, kind, name, town_id, village_id, compound_id, from_on)
SELECT 'b' || lpad(c.id::text, 15, '0'), 'committee', c.name || '业委会', v.town_id, v.id, c.id, %(since)s
FROM communities_compound c JOIN communities_village v ON v.id = c.village_id WHERE c.id %% 5 <> 0;
INSERT INTO finance_ledgeraccount
    (public_id, compound_id, holder_body_id, name, bank, number_tail, is_dedicated, opened_on, opening_balance,
     opening_proof_id, opened_by_id)
SELECT 'a' || lpad(b.id::text, 15, '0'), b.compound_id, b.id, '专户', '建设银行', lpad((b.id %% 10000)::text, 4, '0'),
       true, %(since)s, 0, %(proof)s, %(user)s
FROM communities_body b WHERE b.kind = 'committee' AND b.id %% 8 <> 0;
"""
_ENTRIES = """
INSERT INTO finance_entry
    (public_id, account_id, "on", direction, amount, category, counterparty, counterparty_is_person, text, reason,
     entered_at, entered_by_id, form_sha, line_part)
SELECT 'e' || lpad((row_number() OVER ())::text, 15, '0'), a.id, %(since)s + 30 + n %% 300,
       CASE WHEN n %% 3 = 0 THEN 'out' ELSE 'in' END, 10 + n, CASE WHEN n %% 3 = 0 THEN 'E03' ELSE 'I03' END,
       '停车管理公司', false, '停车费', '', now(), %(user)s, '', 1
FROM finance_ledgeraccount a CROSS JOIN generate_series(1, %(entries)s) n;
"""
# Of what has fallen due nine in ten are done, one of them late; the sweep's rollup is recounted afterwards.
_DONE = """
UPDATE supervision_obligation
SET fulfilled_at = (deadline_on - 3 + CASE WHEN id %% 10 = 1 THEN 9 ELSE 0 END)::timestamp AT TIME ZONE 'Asia/Shanghai',
    evidence = '{"kind": "files.storedfile", "public_id": "0", "title": "凭据"}'
WHERE deadline_on < %(on)s AND id %% 10 <> 0;
UPDATE supervision_proposal p SET decision = 'moot', decided_at = now()
FROM supervision_obligation o WHERE o.id = p.obligation_id AND o.fulfilled_at IS NOT NULL;
ANALYZE;
"""


def lay(compounds: int, *, households: int, on: date, entries: int = 0) -> None:
    """Fill the current database: places, bearers, accounts with entries, a year of obligations, and people.

    `officer`, `auditor`, `cadre`, `chair`, `manager` and `owner` are the people; the last three of one compound.
    """
    since = on - timedelta(days=400)
    city = City.objects.create(code="350581", name="石狮市")
    town = Town.objects.create(city=city, code="350581101", name="宝盖镇", supervised_from_on=since)
    Village.objects.bulk_create(Village(town=town, name=f"第{n + 1}村") for n in range(_VILLAGES))
    user = User.objects.create(username="officer", name="林小琴")
    office = Body.objects.create(kind="office", name="小区服务岗", town=town, from_on=since)
    Body.objects.create(kind="leading_group", name="领导小组", town=town, from_on=since)
    post = Post.objects.create(body=office, title="办公室成员", role="town_officer")
    Appointment.objects.create(post=post, user=user, from_on=since)
    proof = StoredFile.objects.create(
        door="voucher",
        name="凭据.pdf",
        content_type="application/pdf",
        size=1,
        sha256="0" * 64,
        path="p",
        uploaded_by=user,
    )
    moment = start_of(since)
    Policy.objects.create(
        town=town,
        number="压测〔2025〕1号",
        title="压测",
        kind="original",
        from_on=since,
        entered_at=moment,
        confirmed_at=moment,
    )
    facts = {
        "entries": entries,
        "compounds": compounds,
        "households": households,
        "since": since,
        "proof": proof.pk,
        "user": user.pk,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, facts)
        cursor.execute(_BEARERS, facts)
        cursor.execute(_ENTRIES, facts)
    _people(town, since)
    sweep(on, at=start_of(on))
    with connection.cursor() as cursor:
        cursor.execute(_DONE, {"on": on})
    refresh_cells(Touched(after=0))
    _messages()


def _people(town: Town, since: date) -> None:
    """One of each, beside the officer: their posts hang in the first compound that has firm, committee and account."""
    account = (
        LedgerAccount.objects.filter(compound__contracts__isnull=False).select_related("compound").order_by("pk")[0]
    )
    compound, firm = account.compound, account.compound.contracts.get().firm
    village = {"kind": "village_office", "name": "村委会", "village": compound.village}
    posts = {
        "auditor": Post(body=_body(town, since, kind="audit", name="审计"), title="审计员", role="auditor"),
        "cadre": Post(body=_body(town, since, **village), title="主任", role="village_cadre"),
        "chair": Post(body=account.holder_body, title="主任", role="committee_chair"),
        "manager": Post(firm=firm, title="项目负责人", role="firm_manager"),
    }
    for username, post in posts.items():
        post.save()
        Appointment.objects.create(post=post, user=User.objects.create(username=username, name=username), from_on=since)
    user = User.objects.create(username="owner", name="owner")
    owner = Owner.objects.create(compound=compound, name="施雅琴", user=user)
    Ownership.objects.create(owner=owner, unit=Unit.objects.filter(building__compound=compound)[0], from_on=since)


def _body(town: Town, since: date, **facts: object) -> Body:
    return Body.objects.create(town=town, from_on=since, **facts)


def _messages() -> None:
    """As many messages for everybody as there are compounds, up to a thousand."""
    number = min(Compound.objects.count(), 1000)
    people = User.objects.order_by("pk")
    Message.objects.bulk_create(
        Message(recipient=user, kind="news", title=f"通知 {n}", dedupe_key=f"bench:{user.pk}:{n}")
        for user in people
        for n in range(number)
    )
