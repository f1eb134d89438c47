"""Classes of partners: few, by name, and everybody else is standard."""

import pytest

from pinbill.domain.partner_classes import MOST_CLASSES, NO_CLASSES, PartnerClasses
from pinbill.errors import PartnerInvalid


@pytest.mark.parametrize(("partner", "its_class"), [("acme", "large"), ("beta", "trial"), ("other", "standard")])
def test_a_partner_has_the_class_that_is_listed_or_is_standard(partner: str, its_class: str) -> None:
    assert PartnerClasses.parse("acme=large  beta=trial").of(partner) == its_class


@pytest.mark.parametrize("classes", [PartnerClasses.parse(""), PartnerClasses.parse("  "), NO_CLASSES])
def test_where_none_is_listed_everybody_is_standard(classes: PartnerClasses) -> None:
    assert classes.of("acme") == "standard"


@pytest.mark.parametrize(
    "wrong",
    [
        "acme",
        "acme=",
        "=large",
        "acme=Large",
        "acme=large=trial",
        "ACME=large",
        "a=large",
        f"acme={'x' * 21}",
        "acme=l1",
    ],
)
def test_what_is_no_class_of_a_partner_is_named(wrong: str) -> None:
    with pytest.raises(PartnerInvalid) as caught:
        PartnerClasses.parse(f"beta=trial {wrong}")

    assert wrong in caught.value.detail


def test_a_partner_that_is_listed_twice_is_named() -> None:
    with pytest.raises(PartnerInvalid, match="acme is listed twice"):
        PartnerClasses.parse("acme=large beta=trial acme=trial")


def test_there_are_few_classes_since_each_makes_metrics_of_its_own() -> None:
    most = [f"p{n}={'x' * (n + 1)}" for n in range(MOST_CLASSES)]

    assert PartnerClasses.parse(" ".join([*most, "same=x", "plain=standard"])).of("same") == "x"
    with pytest.raises(PartnerInvalid, match="5 classes"):
        PartnerClasses.parse(" ".join([*most, "more=another"]))
