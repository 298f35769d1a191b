"""What may be contacted: public addresses only, whatever an address looks like and whatever a name resolves to."""

from __future__ import annotations

import ipaddress
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnerships.links.addresses import Gate, NotPublicError, is_public, resolve
from partnerships.links.fetching import Outcome

from .strange_web import Names, visitor

PUBLIC = "203.0.114.7"  # beside a block for documentation, and in use

# IANA's special-purpose registries, and what clouds serve their secrets on.
NOT_PUBLIC = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "100.100.100.200/32",
    "127.0.0.0/8",
    "168.63.129.16/32",
    "169.254.0.0/16",
    "169.254.169.254/32",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "255.255.255.255/32",
    "::/128",
    "::1/128",
    "::/96",
    "::ffff:0:0/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/32",
    "2001:2::/48",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fd00:ec2::254/128",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
]
not_public = st.sampled_from(NOT_PUBLIC).flatmap(
    lambda text: (
        st.ip_addresses(network=text)
        if "/32" not in text[-3:] and "/128" not in text
        else st.just(ipaddress.ip_network(text)[0])
    )
)


@given(st.ip_addresses())
def test_nothing_that_is_not_global_is_ever_allowed(address):
    if is_public(address):
        assert address.is_global
        assert not (address.is_private or address.is_loopback or address.is_link_local or address.is_multicast)


@given(not_public)
def test_nothing_of_a_block_with_a_special_purpose_is_allowed(address):
    assert not is_public(address)


@given(not_public)
def test_no_such_address_is_allowed_beside_one_that_is_public(address):
    for answer in ([PUBLIC, str(address)], [str(address), PUBLIC]):
        with pytest.raises(NotPublicError):
            Gate(resolve=Names({"mixed.test": [answer]})).addresses("mixed.test", 80, 1.0)


@given(st.ip_addresses(v=4).filter(lambda address: not is_public(address)))
def test_no_such_address_is_allowed_inside_of_another_one(address):
    four = int(address)
    for carrier in (
        (0xFFFF << 32) + four,  # ::ffff:a.b.c.d
        four,  # ::a.b.c.d
        (0x2002 << 112) + (four << 80),  # 6to4
        (0x0064FF9B << 96) + four,  # NAT64
        (0x0064FF9B0001 << 80) + four,  # NAT64 of one's own network
        (0x20010000 << 96) + (four ^ 0xFFFFFFFF),  # Teredo
        (0x2400CB00 << 96) + (0x5EFE << 32) + four,  # ISATAP
        (0x2400CB00 << 96) + (0x02005EFE << 32) + four,
    ):
        assert not is_public(ipaddress.IPv6Address(carrier)), ipaddress.IPv6Address(carrier)


@pytest.mark.parametrize(
    "text", ["8.8.8.8", PUBLIC, "2400:cb00:2048:1::c629:d7a2", "2001:4860:4860::8888", "64:ff9b::808:808"]
)
def test_ordinary_addresses_are_allowed(text):
    assert is_public(ipaddress.ip_address(text))


def test_an_address_of_one_network_interface_is_refused():
    assert not is_public(ipaddress.ip_address("2400:cb00::1%eth0"))


@pytest.fixture
def _no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that is begun ends the test."""

    def begin(*args: object, **options: object) -> None:
        pytest.fail(f"a connection was begun: {args}")

    monkeypatch.setattr(socket, "create_connection", begin)
    monkeypatch.setattr(socket.socket, "connect", begin)


# The resolver of the machine reads numbers in every base, so these ask the real one; it asks nobody for them.
NUMBERS = [
    "http://127.0.0.1/",
    "http://127.1/",
    "http://127.0.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://017700000001/",
    "http://127。0。0。1/",
    "http://0/",
    "http://0.0.0.0/",
    "http://169.254.169.254/latest/meta-data/",
    "http://0xa9fea9fe/",
    "http://2852039166/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[0:0:0:0:0:ffff:a9fe:a9fe]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[fd00:ec2::254]/",
    "http://[fe80::1]/",
    "https://10.0.0.1/",
    "https://192.168.1.1:8443/",
    "http://100.100.100.200/",
    "http://168.63.129.16/",
    "http://127.0.0.1:443/",
    "http://127.0.0.1#@example.org/",
    "http://127.0.0.1?@example.org/",
]


@pytest.mark.usefixtures("_no_connection")
@pytest.mark.parametrize("url", NUMBERS)
def test_no_way_to_write_a_number_leads_inside(url):
    assert visitor(names=resolve).visit(url).outcome == Outcome.BLOCKED


INSIDE = {
    "localhost": "127.0.0.1",
    "localhost.": "::1",
    "127.0.0.1.": "127.0.0.1",
    "127.0.0.1.nip.test": "127.0.0.1",
    "metadata.google.internal": "169.254.169.254",
    "intranet": "10.1.2.3",
    "router.test": "192.168.0.1",
    "six.test": "fd00:ec2::254",
    "mapped.test": "::ffff:10.0.0.1",
    "scoped.test": "fe80::1%eth0",
    "broken.test": "no address at all",
    "xn--r8jz45g.jp": "127.0.0.1",
}


@pytest.mark.usefixtures("_no_connection")
@pytest.mark.parametrize("host", [*INSIDE, "LocalHost", "例え.jp"])
def test_no_name_leads_inside(host):
    names = Names({name: [[address]] for name, address in INSIDE.items()})
    assert visitor(names=names).visit(f"http://{host}/").outcome == Outcome.BLOCKED


NOT_CONTACTED = {
    "file:///etc/passwd": Outcome.BAD_ADDRESS,
    "ftp://public.test/": Outcome.BAD_ADDRESS,
    "gopher://public.test/": Outcome.BAD_ADDRESS,
    "javascript:alert(1)": Outcome.BAD_ADDRESS,
    "data:text/html,x": Outcome.BAD_ADDRESS,
    "//public.test/": Outcome.BAD_ADDRESS,
    "public.test": Outcome.BAD_ADDRESS,
    "http:///path": Outcome.BAD_ADDRESS,
    "http:public.test": Outcome.BAD_ADDRESS,
    "https:\\\\public.test\\": Outcome.BAD_ADDRESS,
    "http://public.test:80:80/": Outcome.BAD_ADDRESS,
    "http://[::1": Outcome.BAD_ADDRESS,
    "http://pub\tlic.test/": Outcome.BAD_ADDRESS,
    "http://public.test/\r\nHost: inside": Outcome.BAD_ADDRESS,
    "http://pub lic.test/": Outcome.BAD_ADDRESS,
    "http://0177.0.0.1/": Outcome.BAD_ADDRESS,
    "http://%31%32%37.0.0.1/": Outcome.BAD_ADDRESS,
    "http://a..test/": Outcome.BAD_ADDRESS,
    "http://.test/": Outcome.BAD_ADDRESS,
    "http://-/": Outcome.BAD_ADDRESS,
    "http://①②⑦.0.0.1/": Outcome.BAD_ADDRESS,
    "http://ⓛocalhost/": Outcome.BAD_ADDRESS,
    f"http://{'a' * 300}.test/": Outcome.BAD_ADDRESS,
    f"http://public.test/{'a' * 3000}": Outcome.BAD_ADDRESS,
    "": Outcome.BAD_ADDRESS,
    "http://me@public.test/": Outcome.NOT_VISITED,
    "http://me:secret@public.test/": Outcome.NOT_VISITED,
    "http://public.test@127.0.0.1/": Outcome.NOT_VISITED,
    "http://127.0.0.1\\@public.test/": Outcome.NOT_VISITED,
    "http://public.test\\@127.0.0.1/": Outcome.NOT_VISITED,
    "http://public.test:80@127.0.0.1/": Outcome.NOT_VISITED,
    "http://public.test:22/": Outcome.NOT_VISITED,
    "http://public.test:6379/": Outcome.NOT_VISITED,
    "http://public.test:0/": Outcome.NOT_VISITED,
    "https://public.test:25/": Outcome.NOT_VISITED,
}


@pytest.mark.usefixtures("_no_connection")
@pytest.mark.parametrize(("url", "outcome"), NOT_CONTACTED.items())
def test_what_is_no_plain_address_of_the_web_is_left_alone(url, outcome):
    names = Names({"public.test": [[PUBLIC]], "127.0.0.1": [[PUBLIC]]})
    assert visitor(names=names).visit(url).outcome == outcome
    assert names.asked == []


@pytest.mark.usefixtures("_no_connection")
@given(st.text(max_size=40), st.sampled_from(["http://", "https://", "http://127.0.0.1", "http://[::1]", ""]))
def test_no_text_is_a_fault_or_leads_inside(text, start):
    names = Names()
    found = visitor(names=names).visit(start + text)
    assert found.outcome in {Outcome.BAD_ADDRESS, Outcome.NOT_VISITED, Outcome.BLOCKED, Outcome.NO_NAME}


def test_without_a_test_saying_so_this_machine_is_not_visited_at_any_port():
    gate = Gate()
    for port in (80, 443, 8080, 8443, 8000, 5432):
        with pytest.raises(NotPublicError):
            gate.addresses("127.0.0.1", port, 1.0)
