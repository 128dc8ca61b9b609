"""The register of orders: each step is noted once, by an administrator, and stands in the log without the authority."""

from datetime import timedelta

import httpx
import pytest
from friends import Site, form

from agora.store import ledger, orders
from agora.store.measures import Order
from web.looking import ON_SQLITE, complaint, words_of

ORDERS = "/admin/orders"


def enter(client: httpx.Client, **fields: str) -> httpx.Response:
    sent = form(client.get(ORDERS), "order-form") | {"authority": "Tribunal de Lyon", "subject": "A comment", **fields}
    return client.post(ORDERS, data=sent | {"action": "register"})


def step(client: httpx.Client, page: httpx.Response, action: str, **fields: str) -> httpx.Response:
    return client.post(ORDERS, data=form(page, "answer-1") | {"action": action, **fields})


def entered(site: Site) -> Order:
    with site.database.read() as session:
        order = orders.register(session, before=None, size=1)[0]
        session.expunge_all()
        return order


def test_order_goes_its_way(site: Site) -> None:
    ada = site.client_of(site.ada())
    assert enter(ada, country="BE").status_code == 303
    page = ada.get(ORDERS)
    site.clock.forward(hours=1)
    assert step(ada, page, "confirm").status_code == 303
    site.clock.forward(hours=1)
    assert step(ada, page, "answer", outcome="The comment is hidden.").status_code == 303

    order = entered(site)
    assert order.confirmed_at and order.carried_out_at  # noqa: PT018
    assert order.carried_out_at - order.confirmed_at == timedelta(hours=1)
    with site.database.read() as session:
        entries = ledger.page(session, (), before=None, size=9)
        assert [entry.kind for entry in entries] == ["order.carried-out", "order.confirmed", "order.received"]
    log = words_of(site.client().get("/moderation/log?kind=orders"))
    assert order.reference in log
    assert not [word for word in ("Lyon", "A comment", "hidden", "Ada") if word in log]


def test_step_is_noted_once(site: Site) -> None:
    ada = site.client_of(site.ada())
    enter(ada)
    page = ada.get(ORDERS)
    for action in ("confirm", "answer"):
        first = step(ada, page, action, outcome="Done.")
        assert (first.status_code, step(ada, page, action, outcome="Done twice.").status_code) == (303, 409)
    assert entered(site).outcome == "Done."


WRONG = {
    "authority": ["", "x" * 201],
    "subject": [" ", "x" * 5001],
    "kind": ["nothing"],
    "country": ["US", ""],
    "received": ["", "yesterday", "2999-01-01T00:00", "0001-01-01T00:00"],
}


@ON_SQLITE
@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in WRONG.items() for value in values])
def test_wrong_order_comes_back(site: Site, field: str, value: str) -> None:
    answer = enter(site.client_of(site.ada()), **{field: value})
    assert answer.status_code == 422
    assert complaint(answer, field)
    if field != "authority":
        assert "Tribunal de Lyon" in answer.text


@ON_SQLITE
def test_answer_needs_words(site: Site) -> None:
    ada = site.client_of(site.ada())
    enter(ada)
    answer = step(ada, ada.get(ORDERS), "answer", outcome=" ")
    assert answer.status_code == 422
    assert "Say what was done" in answer.text


@ON_SQLITE
def test_register_is_for_administrators(site: Site) -> None:
    assert site.client_of(site.maud()).get(ORDERS).status_code == 404
    assert site.client().get(ORDERS).status_code != 200


@ON_SQLITE
def test_received_is_by_the_clock_of_the_site(site: Site) -> None:
    enter(site.client_of(site.ada()), received="2026-01-15T09:30")
    assert entered(site).received_at.isoformat() == "2026-01-15T08:30:00+00:00"
