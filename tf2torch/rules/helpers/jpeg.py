"""JPEG files: markers, Huffman codes and the coefficients that they hold.

Baseline and progressive files of 8 bits are read, with one or three components.
"""

from collections.abc import Iterator

import numpy as np

_ZIGZAG = tuple(
    sorted(
        range(64),
        key=lambda n: (n // 8 + n % 8, n // 8 if (n // 8 + n % 8) % 2 else n % 8),
    )
)


class JpegComponent:
    """``blocks`` are [rows, columns, 64] coefficients in zigzag order."""

    def __init__(self, number: int, sampling: int, table: int):
        self.number, self.table = number, table
        self.across, self.down = sampling >> 4, sampling & 15
        self.size = (0, 0)
        self.blocks = np.zeros((0, 0, 64), np.int64)
        self.last = 0


class JpegImage:
    """What the markers of a file say."""

    def __init__(self) -> None:
        self.height = self.width = self.restart = 0
        self.progressive = self.jfif = False
        self.adobe = -1
        self.components: list[JpegComponent] = []
        self.steps: dict[int, np.ndarray] = {}
        self.codes: dict[int, JpegCodes] = {}


class JpegCodes:
    """A Huffman table: symbol and length for each 16 bits that may come."""

    def __init__(self, counts: bytes, symbols: bytes):
        lengths = np.repeat(np.arange(1, 17), list(counts))
        spans = 1 << 16 - lengths
        missing = max((1 << 16) - int(spans.sum()), 0)
        self.symbols: list[int] = np.repeat(list(symbols), spans).tolist()
        self.lengths: list[int] = np.repeat(lengths, spans).tolist()
        self.symbols += [0] * missing
        self.lengths += [16] * missing


class JpegBits:
    """The bits of one stretch of entropy-coded data; zeros follow its end."""

    def __init__(self, data: bytes):
        self.data = data.replace(b"\xff\x00", b"\xff")
        self.at = self.bits = self.have = 0

    def fill(self) -> None:
        more = self.data[self.at : self.at + 8].ljust(8, b"\0")
        self.bits = (self.bits & (1 << self.have) - 1) << 64 | int.from_bytes(more)
        self.at += 8
        self.have += 64

    def take(self, count: int) -> int:
        if self.have < count:
            self.fill()
        self.have -= count
        return self.bits >> self.have & (1 << count) - 1

    def symbol(self, codes: JpegCodes) -> int:
        if self.have < 16:
            self.fill()
        ahead = self.bits >> self.have - 16 & 0xFFFF
        self.have -= codes.lengths[ahead]
        return codes.symbols[ahead]

    def number(self, size: int) -> int:
        """A signed number of ``size`` bits."""
        if not size:
            return 0
        value = self.take(size)
        return value if value >> size - 1 else value - (1 << size) + 1


# --- markers ---------------------------------------------------------------------


def read_jpeg(contents: bytes, shape_only: bool = False) -> JpegImage:
    """The image with its coefficients; only its markers with ``shape_only``."""
    if contents[:2] != b"\xff\xd8":
        raise ValueError("not a JPEG image")
    image, at = JpegImage(), 2
    while at + 4 <= len(contents):
        if contents[at] != 0xFF or contents[at + 1] in (0, 0xFF):
            at += 1
            continue
        marker = contents[at + 1]
        if marker == 0xD9:
            break
        if marker == 1 or 0xD0 <= marker <= 0xD8:
            at += 2
            continue
        size = int.from_bytes(contents[at + 2 : at + 4])
        body = contents[at + 4 : at + 2 + size]
        at += 2 + size
        if marker == 0xDA:
            if shape_only:
                break
            end = _scan_end(contents, at)
            _read_scan(image, body, contents[at:end])
            at = end
        else:
            _read_marker(image, marker, body)
    if not image.components:
        raise ValueError("the JPEG image has no frame")
    return image


def _read_marker(image: JpegImage, marker: int, body: bytes) -> None:
    match marker:
        case 0xC0 | 0xC1 | 0xC2:
            _read_frame(image, body, marker == 0xC2)
        case 0xC4:
            _read_codes(image, body)
        case 0xDB:
            _read_steps(image, body)
        case 0xDD:
            image.restart = int.from_bytes(body[:2])
        case 0xE0:
            image.jfif = image.jfif or body[:5] == b"JFIF\0"
        case 0xEE if body[:5] == b"Adobe" and len(body) > 11:
            image.adobe = body[11]
        case _ if 0xC0 <= marker <= 0xCF and marker != 0xCC:
            raise ValueError(f"JPEG images of kind {marker - 0xC0} are not read")


def _read_frame(image: JpegImage, body: bytes, progressive: bool) -> None:
    if body[0] != 8:
        raise ValueError(f"JPEG images of {body[0]} bits are not read")
    image.height, image.width = int.from_bytes(body[1:3]), int.from_bytes(body[3:5])
    image.progressive = progressive
    image.components = [
        JpegComponent(body[i], body[i + 1], body[i + 2])
        for i in range(6, 6 + 3 * body[5], 3)
    ]
    most = [max(c.across for c in image.components)]
    most.append(max(c.down for c in image.components))
    rows = -(-image.height // (8 * most[1]))
    columns = -(-image.width // (8 * most[0]))
    for c in image.components:
        height = -(-image.height * c.down // most[1])
        c.size = height, -(-image.width * c.across // most[0])
        c.blocks = np.zeros((rows * c.down, columns * c.across, 64), np.int64)


def _read_codes(image: JpegImage, body: bytes) -> None:
    while body:
        count = sum(body[1:17])
        image.codes[body[0]] = JpegCodes(body[1:17], body[17 : 17 + count])
        body = body[17 + count :]


def _read_steps(image: JpegImage, body: bytes) -> None:
    while body:
        wide = body[0] >> 4
        dtype = np.dtype(">u2" if wide else "u1")
        found = np.frombuffer(body, dtype, 64, 1).astype(np.int64)
        image.steps[body[0] & 15] = found
        body = body[1 + 64 * dtype.itemsize :]


def _scan_end(contents: bytes, at: int) -> int:
    """Where the next marker stands that is no restart."""
    while True:
        at = contents.find(b"\xff", at)
        if at < 0 or at + 1 >= len(contents):
            return len(contents)
        if contents[at + 1] and not 0xD0 <= contents[at + 1] <= 0xD7:
            return at
        at += 2


# --- scans -----------------------------------------------------------------------


class JpegScan:
    """Coefficients ``first`` to ``final`` of some components, from bit ``low``."""

    def __init__(self, first: int, final: int, bits: int):
        self.first, self.final = first, final
        self.high, self.low = bits >> 4, bits & 15
        self.run = 0


def _read_scan(image: JpegImage, body: bytes, data: bytes) -> None:
    by_number = {c.number: c for c in image.components}
    chosen = []
    for i in range(1, 1 + 2 * body[0], 2):
        tables = (
            image.codes.get(body[i + 1] >> 4),
            image.codes.get(16 | body[i + 1] & 15),
        )
        chosen.append((by_number[body[i]], *tables))
    first, final, bits = body[1 + 2 * body[0] :][:3]
    scan = JpegScan(first, final, bits)
    units = list(_units(image, [c for c, _, _ in chosen]))
    stretches = _stretches(data) if image.restart else [data]
    step = image.restart or len(units)
    for k, start in enumerate(range(0, len(units), max(step, 1))):
        if k >= len(stretches):
            break
        source, scan.run = JpegBits(stretches[k]), 0
        for component in image.components:
            component.last = 0
        for unit in units[start : start + step]:
            for which, row, column in unit:
                component, dc, ac = chosen[which]
                _read_block(source, scan, component, row, column, dc, ac)


def _stretches(data: bytes) -> list[bytes]:
    """The data between restart markers."""
    found, at = [], 0
    start = 0
    while (at := data.find(b"\xff", at)) >= 0 and at + 1 < len(data):
        if 0xD0 <= data[at + 1] <= 0xD7:
            found.append(data[start:at])
            start = at + 2
        at += 2
    return [*found, data[start:]]


def _units(
    image: JpegImage, components: list[JpegComponent]
) -> Iterator[list[tuple[int, int, int]]]:
    """(component, row, column) of the blocks that stand together, in order."""
    if len(components) == 1:
        height, width = components[0].size
        for row in range(-(-height // 8)):
            for column in range(-(-width // 8)):
                yield [(0, row, column)]
        return
    rows = len(components[0].blocks) // components[0].down
    columns = components[0].blocks.shape[1] // components[0].across
    for row in range(rows):
        for column in range(columns):
            yield [
                (which, row * c.down + i, column * c.across + j)
                for which, c in enumerate(components)
                for i in range(c.down)
                for j in range(c.across)
            ]


def _read_block(
    source: JpegBits,
    scan: JpegScan,
    component: JpegComponent,
    row: int,
    column: int,
    dc: JpegCodes | None,
    ac: JpegCodes | None,
) -> None:
    block = component.blocks[row, column]
    first = scan.first
    if first == 0:
        if scan.high:
            block[0] |= source.take(1) << scan.low
        else:
            assert dc is not None
            component.last += source.number(source.symbol(dc))
            block[0] = component.last << scan.low
        first = 1
    if scan.final < first:
        return
    assert ac is not None
    if scan.high:
        _refine(source, scan, block, first, ac)
    else:
        _first_bits(source, scan, block, first, ac)


def _first_bits(
    source: JpegBits, scan: JpegScan, block: np.ndarray, at: int, ac: JpegCodes
) -> None:
    if scan.run:
        scan.run -= 1
        return
    while at <= scan.final:
        zeros, size = divmod(source.symbol(ac), 16)
        if size:
            at += zeros
            if at > 63:
                raise ValueError("the JPEG image is damaged")
            block[at] = source.number(size) << scan.low
            at += 1
        elif zeros == 15:
            at += 16
        else:
            scan.run = (1 << zeros) - 1 + (source.take(zeros) if zeros else 0)
            return


def _refine(
    source: JpegBits, scan: JpegScan, block: np.ndarray, at: int, ac: JpegCodes
) -> None:
    """One more bit of the coefficients that are set, and new ones between them."""
    bit = 1 << scan.low
    if not scan.run:
        while at <= scan.final:
            zeros, size = divmod(source.symbol(ac), 16)
            if not size and zeros < 15:
                scan.run = (1 << zeros) + (source.take(zeros) if zeros else 0)
                break
            new = (bit if source.take(1) else -bit) if size else 0
            while at <= scan.final:
                if block[at]:
                    _refine_one(source, block, at, bit)
                elif zeros == 0:
                    break
                else:
                    zeros -= 1
                at += 1
            if new and at <= 63:
                block[at] = new
            at += 1
    if scan.run:
        for k in range(at, scan.final + 1):
            if block[k]:
                _refine_one(source, block, k, bit)
        scan.run -= 1


def _refine_one(source: JpegBits, block: np.ndarray, at: int, bit: int) -> None:
    if source.take(1) and not abs(int(block[at])) & bit:
        block[at] += bit if block[at] > 0 else -bit
