"""PNG, BMP and GIF images as arrays of pixels, [height, width, channels]."""

import struct
import zlib
from collections.abc import Callable, Iterator

import numpy as np

Predictor = Callable[[int, int, int], int]
# Channels of PNG's colour types; 3 is a palette.
_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# First column, first row and steps of the seven passes of an interlaced PNG.
_PASSES = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)


def decode_png(contents: bytes, channels: int, bits: int) -> np.ndarray:
    """``channels`` 0 keeps those of the file; ``bits`` of a sample are 8 or 16."""
    chunks = dict(_png_chunks(contents))
    width, height, depth, color, _, _, interlaced = struct.unpack(
        ">IIBBBBB", chunks[b"IHDR"][:13]
    )
    pixels = _png_pixels(
        zlib.decompress(chunks[b"IDAT"]), (height, width), depth, color, interlaced
    )
    transparency = chunks.get(b"tRNS")
    if not channels:
        channels = _PNG_CHANNELS[color]
        if color == 3:
            channels = 3 if transparency is None else 4
    if color == 3:
        pixels, depth = _from_palette(pixels, chunks[b"PLTE"], transparency), 8
    elif transparency is not None and channels % 2 == 0:
        keyed = np.frombuffer(transparency, ">u2")
        alpha = (pixels != keyed).any(-1, keepdims=True) * ((1 << depth) - 1)
        pixels = np.concatenate((pixels, alpha), -1)
    if depth < 8:
        pixels = pixels * (255 // ((1 << depth) - 1))
    if depth == 16 and bits == 8:
        pixels = pixels >> 8
    made = _with_channels(pixels, channels, 16 if depth == bits == 16 else 8)
    if bits == 16 and depth != 16:
        made = made * 257
    return made.astype(np.uint8 if bits == 8 else np.uint16)


def _png_chunks(contents: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(type, data); the data of all IDAT chunks are one."""
    if contents[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError("not a PNG image")
    at, packed = 8, b""
    while at < len(contents):
        (size,) = struct.unpack_from(">I", contents, at)
        kind, data = contents[at + 4 : at + 8], contents[at + 8 : at + 8 + size]
        at += size + 12
        if kind == b"IDAT":
            packed += data
        else:
            yield kind, data
    yield b"IDAT", packed


def _png_pixels(
    raw: bytes, size: tuple[int, int], depth: int, color: int, interlaced: int
) -> np.ndarray:
    """[height, width, channels] samples as int64."""
    channels = _PNG_CHANNELS[color]
    made = np.zeros((*size, channels), np.int64)
    at = 0
    for left, top, across, down in _PASSES if interlaced else ((0, 0, 1, 1),):
        part = made[top::down, left::across]
        rows, columns = part.shape[:2]
        if not rows or not columns:
            continue
        width = -(-columns * channels * depth // 8)
        data = np.frombuffer(raw, np.uint8, rows * (width + 1), at)
        at += rows * (width + 1)
        lines = _unfiltered(data.reshape(rows, -1), max(1, channels * depth // 8))
        samples = _samples(lines, depth)[:, : columns * channels]
        part[...] = samples.reshape(rows, columns, channels)
    return made


def _unfiltered(rows: np.ndarray, step: int) -> np.ndarray:
    """Rows of bytes behind their filter's number; ``step`` bytes are a pixel."""
    above = np.zeros(rows.shape[1] - 1, np.uint8)
    made = []
    for row in rows:
        line = row[1:].copy()
        if row[0] == 2:
            line += above
        elif row[0] == 1:
            whole = np.zeros((-(-len(line) // step), step), np.uint8)
            whole.reshape(-1)[: len(line)] = line
            line = whole.cumsum(0, dtype=np.uint8).reshape(-1)[: len(line)]
        elif row[0]:
            predict = _mean if row[0] == 3 else _paeth
            line = _predicted(line, above, step, predict)
        above = line
        made.append(line)
    return np.stack(made)


def _predicted(
    line: np.ndarray, above: np.ndarray, step: int, predict: Predictor
) -> np.ndarray:
    left = [0] * step
    corner = [0] * step
    made = []
    up = above.tolist()
    for i, value in enumerate(line.tolist()):
        k = i % step
        left[k] = value + predict(left[k], up[i], corner[k]) & 255
        corner[k] = up[i]
        made.append(left[k])
    return np.array(made, np.uint8)


def _mean(left: int, up: int, corner: int) -> int:
    return left + up >> 1


def _paeth(left: int, up: int, corner: int) -> int:
    """Whichever of the three is nearest to left + up − corner."""
    a, b = abs(up - corner), abs(left - corner)
    c = abs(left + up - 2 * corner)
    if a <= b and a <= c:
        return left
    return up if b <= c else corner


def _samples(lines: np.ndarray, depth: int) -> np.ndarray:
    """[rows, samples] of ``depth`` bits each."""
    if depth == 16:
        return lines.reshape(len(lines), -1).copy().view(">u2").astype(np.int64)
    if depth == 8:
        return lines.astype(np.int64)
    bits = np.unpackbits(lines, axis=1).reshape(len(lines), -1, depth)
    return bits.astype(np.int64) @ (1 << np.arange(depth)[::-1])


def _from_palette(
    pixels: np.ndarray, palette: bytes, transparency: bytes | None
) -> np.ndarray:
    colors = np.frombuffer(palette, np.uint8).reshape(-1, 3)
    if transparency is not None:
        alpha = np.full((len(colors), 1), 255)
        alpha[: len(transparency), 0] = list(transparency)
        colors = np.concatenate((colors, alpha), 1)
    return colors[pixels[..., 0]].astype(np.int64)


def _with_channels(pixels: np.ndarray, channels: int, bits: int) -> np.ndarray:
    """1 grey, 2 grey and alpha, 3 red, green and blue, 4 with alpha."""
    alpha = pixels[..., -1:] if pixels.shape[-1] % 2 == 0 else None
    color = pixels if alpha is None else pixels[..., :-1]
    if channels < 3 and color.shape[-1] == 3:
        color = _grey(color)
    elif channels > 2 and color.shape[-1] == 1:
        color = color.repeat(3, -1)
    if channels % 2:
        return color
    if alpha is None:
        alpha = np.full_like(color[..., :1], (1 << bits) - 1)
    return np.concatenate((color, alpha), -1)


def _grey(color: np.ndarray) -> np.ndarray:
    """libpng's luminance, in fixed point of 15 bits."""
    weights = np.array([9798, 19234, 3736])
    made = (color @ weights >> 15)[..., None]
    even = (color == color[..., :1]).all(-1, keepdims=True)
    return np.where(even, color[..., :1], made)


def decode_bmp(contents: bytes, channels: int) -> np.ndarray:
    """An uncompressed bitmap of 8, 24 or 32 bits to a pixel."""
    (start,) = struct.unpack_from("<I", contents, 10)
    width, height = struct.unpack_from("<ii", contents, 18)
    (depth,) = struct.unpack_from("<H", contents, 28)
    stored = depth // 8
    if contents[:2] != b"BM" or stored not in (1, 3, 4):
        raise ValueError("not a bitmap of 8, 24 or 32 bits to a pixel")
    if channels not in (0, stored):
        raise ValueError(f"the bitmap has {stored} channels, not {channels}")
    stride = -(-stored * width // 4) * 4
    rows = np.frombuffer(contents, np.uint8, abs(height) * stride, start)
    pixels = rows.reshape(-1, stride)[:, : stored * width]
    pixels = pixels.reshape(-1, width, stored)[:: 1 if height < 0 else -1]
    order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[stored]
    return pixels[..., order]


def decode_gif(contents: bytes) -> np.ndarray:
    """[frames, height, width, 3]; each frame is drawn over the one before."""
    frames = list(_gif_frames(contents))
    if not frames:
        raise ValueError("not a GIF image, or one without frames")
    height = max(indices.shape[0] for _, indices, _, _ in frames)
    width = max(indices.shape[1] for _, indices, _, _ in frames)
    canvas = np.zeros((height, width, 3), np.uint8)
    made = []
    for (left, top), indices, palette, transparent in frames:
        canvas = canvas.copy()
        place = canvas[top : top + indices.shape[0], left : left + indices.shape[1]]
        indices = indices[: place.shape[0], : place.shape[1]]
        drawn = indices != transparent
        place[drawn] = palette[indices[drawn]]
        made.append(canvas)
    return np.stack(made)


def _gif_frames(
    contents: bytes,
) -> Iterator[tuple[tuple[int, int], np.ndarray, np.ndarray, int]]:
    """(left and top, indices, palette, transparent index or -1) of each frame."""
    if contents[:4] != b"GIF8":
        raise ValueError("not a GIF image")
    shared, at = _gif_palette(contents, 13, contents[10])
    transparent = -1
    while at < len(contents) and contents[at] != 0x3B:
        if contents[at] == 0x21:
            block, after = _gif_blocks(contents, at + 2)
            if contents[at + 1] == 0xF9:
                transparent = block[3] if block[0] & 1 else -1
            at = after
            continue
        left, top, width, height, flags = struct.unpack_from("<4HB", contents, at + 1)
        palette, at = _gif_palette(contents, at + 10, flags)
        packed, after = _gif_blocks(contents, at + 1)
        indices = np.array(_unpacked_codes(packed, contents[at], width * height))
        rows = indices.reshape(height, width)
        if flags & 0x40:
            passes = ((0, 8), (4, 8), (2, 4), (1, 2))
            order = [row for a, b in passes for row in range(a, height, b)]
            rows = rows[np.argsort(order)]
        yield (left, top), rows, palette if flags & 0x80 else shared, transparent
        transparent, at = -1, after


def _gif_palette(contents: bytes, at: int, flags: int) -> tuple[np.ndarray, int]:
    size = 3 << (flags & 7) + 1 if flags & 0x80 else 0
    colors = np.frombuffer(contents, np.uint8, size, at).reshape(-1, 3)
    return colors, at + size


def _gif_blocks(contents: bytes, at: int) -> tuple[bytes, int]:
    """The data of the blocks from ``at``, and what follows them."""
    data = b""
    while contents[at]:
        data += contents[at + 1 : at + 1 + contents[at]]
        at += contents[at] + 1
    return data, at + 1


def _unpacked_codes(packed: bytes, depth: int, count: int) -> list[int]:
    """``count`` numbers of ``depth`` bits from GIF's form of LZW."""
    clear = 1 << depth
    table: list[bytes] = []
    made = bytearray()
    bits = have = 0
    size, last = depth + 1, b""
    for byte in packed:
        bits |= byte << have
        have += 8
        while have >= size:
            code, bits, have = bits & (1 << size) - 1, bits >> size, have - size
            if code == clear:
                table, size, last = _first_codes(clear), depth + 1, b""
                continue
            if code == clear + 1 or len(made) >= count:
                return list(made[:count])
            entry = table[code] if code < len(table) else last + last[:1]
            made += entry
            if last and len(table) < 4096:
                table.append(last + entry[:1])
                if len(table) == 1 << size and size < 12:
                    size += 1
            last = entry
    return list(made[:count].ljust(count, b"\0"))


def _first_codes(clear: int) -> list[bytes]:
    return [bytes([i]) for i in range(clear)] + [b"", b""]
