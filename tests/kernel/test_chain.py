"""The hash chain: twenty vectors that may never change, and six ways of tampering that it shows."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.chain import GENESIS, Link, body_sha, canonical, link_hash, verify

VECTORS = json.loads((Path(__file__).parent / "chain_vectors.json").read_text())


def chain_of(*bodies: dict, name: str = "c") -> list[Link]:
    links, prev = [], GENESIS
    for seq, body in enumerate(bodies, 1):
        raw = canonical(body)
        digest = link_hash(name, seq, prev, body_sha(raw))
        links.append(Link(name, seq, prev, body_sha(raw), digest, body=raw))
        prev = digest
    return links


@pytest.mark.parametrize("vector", VECTORS["links"], ids=lambda vector: f"link-{vector['seq']}")
def test_version_1_never_changes(vector):
    raw = canonical(vector["body"])
    assert raw.hex() == vector["canonical_hex"]
    assert body_sha(raw) == vector["body_sha"]
    assert link_hash(VECTORS["chain"], vector["seq"], vector["prev"], vector["body_sha"], version=1) == vector["hash"]


def test_there_are_twenty_vectors_and_they_form_one_chain():
    assert len(VECTORS["links"]) == 20
    links = [
        Link(VECTORS["chain"], v["seq"], v["prev"], v["body_sha"], v["hash"], body=bytes.fromhex(v["canonical_hex"]))
        for v in VECTORS["links"]
    ]
    assert verify(links, anchors={20: VECTORS["links"][-1]["hash"][:16]}) == []


def test_a_stranger_can_recompute_a_link_with_sha256_alone():
    body = b'{"closing":23314887,"period":"2026Q3"}'
    sha = hashlib.sha256(body).hexdigest()
    assert canonical({"period": "2026Q3", "closing": 23314887}) == body
    assert link_hash("x", 1, GENESIS, sha) == hashlib.sha256(f"x|1|{'0' * 64}|{sha}".encode()).hexdigest()


@pytest.mark.parametrize("value", [1.0, None, True, b"x", {1: "x"}, [1.5], {"x": [None]}])
def test_only_strings_and_whole_numbers_have_a_canonical_form(value):
    with pytest.raises(TypeError):
        canonical({"x": value})
    assert canonical({"x": "1.0"}) == b'{"x":"1.0"}'


@pytest.mark.parametrize("value", [2**53, -(2**53), "\ud800"])
def test_what_other_languages_cannot_hold_is_refused(value):
    with pytest.raises(ValueError, match=r"too large|surrogates"):
        canonical({"x": value})


@pytest.mark.parametrize(("chain", "seq", "prev"), [("a|b", 1, GENESIS), ("a", 0, GENESIS), ("a", 1, "0")])
def test_a_link_with_ambiguous_parts_is_refused(chain, seq, prev):
    with pytest.raises(ValueError, match="a link needs"):
        link_hash(chain, seq, prev, GENESIS)


class TestTampering:
    links = chain_of({"fen": 1}, {"fen": 2}, {"fen": 3}, {"fen": 4})
    anchors = {4: links[-1].hash[:16]}

    def test_an_untouched_chain_holds(self):
        assert verify(self.links, anchors=self.anchors) == []
        assert verify([], anchors={}) == []

    def test_an_edited_amount_is_named(self):
        edited = [*self.links[:1], replace(self.links[1], body=canonical({"fen": 200})), *self.links[2:]]
        assert [(b.seq, b.message) for b in verify(edited)] == [(2, "第 2 号的内容被改动")]

    def test_an_edited_digest_is_named(self):
        edited = [*self.links[:1], replace(self.links[1], body_sha="f" * 64, body=None), *self.links[2:]]
        assert [b.seq for b in verify(edited)] == [2]

    def test_a_deleted_middle_is_named(self):
        assert {b.seq for b in verify([self.links[0], *self.links[2:]])} == {3}

    def test_a_deleted_tail_shows_by_its_anchor_only(self):
        assert verify(self.links[:3]) == []
        (broken,) = verify(self.links[:3], anchors=self.anchors)
        assert "尾部被删" in broken.message

    def test_an_inserted_link_is_named(self):
        assert verify([*self.links[:2], self.links[1], *self.links[2:]])

    def test_swapped_links_are_named(self):
        assert verify([self.links[0], self.links[2], self.links[1], self.links[3]])

    def test_a_chain_rewritten_correctly_shows_by_its_anchor_only(self):
        rewritten = chain_of({"fen": 9}, {"fen": 2}, {"fen": 3}, {"fen": 4})
        assert verify(rewritten) == []
        (broken,) = verify(rewritten, anchors=self.anchors)
        assert "链被重写" in broken.message

    def test_an_unknown_version_is_named(self):
        assert "版本 9" in verify([replace(self.links[0], version=9)])[0].message

    def test_an_erased_body_still_verifies(self):
        assert verify([replace(link, body=None) for link in self.links], anchors=self.anchors) == []


BODIES = st.recursive(
    st.text(st.characters(exclude_categories=["Cs"])) | st.integers(-(2**53) + 1, 2**53 - 1),
    lambda children: st.lists(children) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), children),
    max_leaves=12,
)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), BODIES))
def test_the_canonical_form_reads_back_and_ignores_the_order_of_keys(body):
    raw = canonical(body)
    assert json.loads(raw) == body
    assert canonical(dict(reversed(list(body.items())))) == raw
