"""The page for people: everything of the contract is on it, and nothing has to be loaded for it."""

from __future__ import annotations

import json
import re
from collections import Counter
from html.parser import HTMLParser
from typing import override

import pytest

from contract.breaking import operations
from contract.page import page
from contract.places import PAGE
from tests.unit.contract.kept import contract, responses

TEXT = PAGE.read_text()
VOID = {"meta", "br"}


class Reader(HTMLParser):
    """Notes tags, attributes and visible text; `open` are the tags that were not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    @override
    def handle_data(self, data: str) -> None:
        self.text += data


READER = Reader(TEXT)


def test_the_page_is_well_formed() -> None:
    assert TEXT.startswith("<!doctype html>")
    assert READER.open == []
    assert ("name", "viewport") in READER.attributes


def test_nothing_is_loaded_and_nothing_runs() -> None:
    assert not {"script", "link", "img", "iframe", "object", "form", "base"} & set(READER.tags)
    assert not [name for name, _ in READER.attributes if name.startswith("on") or name in ("src", "style", "srcset")]
    assert not re.search(r"https?:|url\(|@import|javascript:", TEXT)
    assert READER.tags.count("style") == 1


def test_every_link_leads_to_something_on_the_page_or_to_the_contract() -> None:
    ids = Counter(value for name, value in READER.attributes if name == "id")
    links = {value for name, value in READER.attributes if name == "href"}

    assert max(ids.values()) == 1
    assert {link for link in links if not link.startswith("#")} == {"openapi.json"}
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)


@pytest.mark.parametrize(("label", "operation"), list(operations(contract())), ids=lambda one: str(one)[:50])
def test_every_operation_is_on_it_with_its_examples(label: str, operation: dict[str, object]) -> None:
    assert f'<h2 id="{operation["operationId"]}"><code>{label}</code></h2>' in TEXT
    assert str(operation["summary"]).replace("`", "") in READER.text


def test_every_example_of_an_answer_is_on_it_as_it_is() -> None:
    for _, status, response in responses():
        for media in response["content"].values() if status < "400" else ():
            for example in media["examples"].values():
                assert json.dumps(example["value"], indent=2, ensure_ascii=False) in READER.text


def test_every_problem_code_is_explained_once() -> None:
    codes = {
        code
        for _, status, one in responses()
        if status >= "400"
        for media in one["content"].values()
        for code in media["examples"]
    }

    assert codes
    for code in codes:
        assert TEXT.count(f'<dt id="{code}">') == 1


def test_what_a_contract_says_is_text_on_the_page_and_never_markup() -> None:
    document = json.loads(json.dumps(contract()))
    document["info"]["title"] = "<script>alert(1)</script>"
    document["paths"]["/v1/plans"]["get"]["summary"] = "A <b>bold</b> & `<i>` plan."

    text = page(document)

    assert "script" not in Reader(text).tags
    assert "A &lt;b&gt;bold&lt;/b&gt; &amp; <code>&lt;i&gt;</code> plan." in text


def test_the_page_is_small() -> None:
    assert len(TEXT.encode()) < 150_000
