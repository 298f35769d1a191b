"""Sets of small numbers as bitmaps: Python integers with one bit for each slot."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import compress, count

Slots = list[int]

_BITS = [[bit for bit in range(8) if octet >> bit & 1] for octet in range(256)]
_ZEROS_AND_ONES = bytes.maketrans(b"01", b"\x00\x01")


def of(slots: Iterable[int]) -> int:
    """The bitmap of these slots."""
    listed = list(slots)
    if not listed:
        return 0
    octets = bytearray(max(listed) // 8 + 1)
    for slot in listed:
        octets[slot >> 3] |= 1 << (slot & 7)
    return int.from_bytes(octets, "little")


def flags(bitmap: int, length: int) -> bytes:
    """One byte for each slot, 0 or 1."""
    return format(bitmap, f"0{length}b").encode().translate(_ZEROS_AND_ONES)[::-1]


def slots(bitmap: int) -> Slots:
    """The slots of a bitmap, from the lowest."""
    octets = bitmap.to_bytes((bitmap.bit_length() + 7) // 8, "little")
    # Past the empty bytes at the speed of C, of which the bitmap of a search has thousands.
    return [8 * place + bit for place in compress(count(), octets) for bit in _BITS[octets[place]]]
