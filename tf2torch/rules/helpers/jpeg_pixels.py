"""Pixels of a JPEG image, number for number as libjpeg-turbo computes them."""

import numpy as np

from tf2torch.rules.helpers.jpeg import _ZIGZAG, JpegComponent, JpegImage, read_jpeg


def decode_jpeg(
    contents: bytes,
    channels: int,
    fancy: bool = True,
    accurate: bool = False,
    span: tuple[int, int] | None = None,
) -> np.ndarray:
    """[height, width, channels]; 0 keeps those of the file.

    ``fancy``: colours of a lower resolution are interpolated, else repeated;
    ``accurate`` and not fast is the inverse cosine transform; ``span`` are the columns
    wanted, of which the outer ones do not see the pixels beyond.
    """
    image = read_jpeg(contents)
    count = len(image.components)
    if count not in (1, 3):
        raise ValueError(f"JPEG images of {count} components are not read")
    channels, span = channels or count, span or (0, image.width)
    colored = count == 3 and _has_luminance(image)
    if channels == 1 and (count == 1 or colored):
        plane = _samples_of(image, image.components[0], accurate)
        return plane[:, slice(*span), None]
    planes = [_enlarged(image, c, fancy, accurate, span) for c in image.components]
    if channels == 1:
        red, green, blue = (p.astype(np.int64) for p in planes)
        grey = 19595 * red + 38470 * green + 7471 * blue + (1 << 15) >> 16
        return grey[..., None].astype(np.uint8)
    if count == 1:
        return planes[0][..., None].repeat(3, -1)
    return _rgb(*planes) if colored else np.stack(planes, -1)


def _has_luminance(image: JpegImage) -> bool:
    """Are the three components Y, Cb and Cr, not red, green and blue?"""
    if image.jfif:
        return True
    if image.adobe >= 0:
        return image.adobe != 0
    return [c.number for c in image.components] != [*b"RGB"]


def _samples_of(
    image: JpegImage, component: JpegComponent, accurate: bool
) -> np.ndarray:
    """The plane of a component in its own resolution."""
    squares = np.zeros_like(component.blocks)
    squares[..., _ZIGZAG] = component.blocks
    steps = np.zeros(64, np.int64)
    steps[list(_ZIGZAG)] = image.steps[component.table]
    rows, columns = squares.shape[:2]
    transform = inverse_dct if accurate else fast_inverse_dct
    values = transform(squares.reshape(rows, columns, 8, 8), steps.reshape(8, 8))
    plane = values.transpose(0, 2, 1, 3).reshape(8 * rows, 8 * columns)
    height, width = component.size
    return plane[:height, :width]


def inverse_dct(blocks: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """[..., 8, 8] samples of coefficients, in 13-bit fixed point."""
    columns = _dct_pass(np.moveaxis(blocks * steps, -2, 0), 11)
    rows = _dct_pass(np.moveaxis(np.moveaxis(columns, 0, -2), -1, 0), 18)
    return np.clip(np.moveaxis(rows, 0, -1) + 128, 0, 255).astype(np.uint8)


def fast_inverse_dct(blocks: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """The same in 8-bit fixed point, which loses some accuracy."""
    angles = np.arange(8) * np.pi / 16
    scales = np.where(angles == 0, 1.0, np.sqrt(2) * np.cos(angles))
    wide = np.rint(np.outer(scales, scales) * (1 << 14)).astype(np.int64)
    scaled = steps * wide + (1 << 11) >> 12
    columns = _fast_pass(np.moveaxis(blocks * scaled, -2, 0))
    rows = _fast_pass(np.moveaxis(np.moveaxis(columns, 0, -2), -1, 0))
    return np.clip((np.moveaxis(rows, 0, -1) >> 5) + 128, 0, 255).astype(np.uint8)


def _fast_pass(x: np.ndarray) -> np.ndarray:
    """Arai, Agui and Nakajima's transform along the first axis."""
    total, rest, pair = x[0] + x[4], x[0] - x[4], x[2] + x[6]
    turned = ((x[2] - x[6]) * 362 >> 8) - pair
    even = total + pair, rest + turned, rest - turned, total - pair
    a, b, c, d = x[5] + x[3], x[5] - x[3], x[1] + x[7], x[1] - x[7]
    z = (b + d) * 473 >> 8
    p = c + a
    q = (b * -669 >> 8) + z - p
    r = ((c - a) * 362 >> 8) - q
    odd = p, q, r, z - (d * 277 >> 8) - r
    first = [e + o for e, o in zip(even, odd, strict=True)]
    second = [e - o for e, o in zip(even, odd, strict=True)]
    return np.stack(first + second[::-1])


def _dct_pass(x: np.ndarray, shift: int) -> np.ndarray:
    """Loeffler, Ligtenberg and Moschytz's transform along the first axis."""
    z = (x[2] + x[6]) * 4433
    even = z + x[2] * 6270, z - x[6] * 15137
    total, rest = (x[0] + x[4]) << 13, (x[0] - x[4]) << 13
    halves = total + even[0], rest + even[1], rest - even[1], total - even[0]
    a, b, c, d = x[7], x[5], x[3], x[1]
    z5 = (a + c + b + d) * 9633
    z3, z4 = z5 - (a + c) * 16069, z5 - (b + d) * 3196
    z1, z2 = (a + d) * -7373, (b + c) * -20995
    odd = (
        d * 12299 + z1 + z4,
        c * 25172 + z2 + z3,
        b * 16819 + z2 + z4,
        a * 2446 + z1 + z3,
    )
    half = 1 << shift - 1
    first = [h + o + half >> shift for h, o in zip(halves, odd, strict=True)]
    second = [h - o + half >> shift for h, o in zip(halves, odd, strict=True)]
    return np.stack(first + second[::-1])


def _enlarged(
    image: JpegImage,
    component: JpegComponent,
    fancy: bool,
    accurate: bool,
    span: tuple[int, int],
) -> np.ndarray:
    """Those columns of a component in the resolution of the image."""
    plane = _samples_of(image, component, accurate)
    most = max(c.across for c in image.components)
    across = most // component.across
    down = max(c.down for c in image.components) // component.down
    smooth = fancy and (across, down) in ((2, 1), (2, 2), (1, 2))
    smooth = smooth and (across == 1 or plane.shape[1] > 2)
    start = span[0] // (8 * most) * 8 * most  # whole blocks are decoded
    plane = plane[:, start // across : -(-span[1] // across)]
    if smooth:
        plane = _interpolated(plane, across, down)
    else:
        plane = plane.repeat(down, 0).repeat(across, 1)
    return plane[: image.height, span[0] - start : span[1] - start]


def _interpolated(plane: np.ndarray, across: int, down: int) -> np.ndarray:
    """Three quarters of the nearest sample and one of the next, per axis."""
    x = plane.astype(np.int64)
    if down == 2:
        above, below = np.concatenate((x[:1], x[:-1])), np.concatenate((x[1:], x[-1:]))
        x = np.stack((3 * x + above, 3 * x + below), 1).reshape(-1, x.shape[1])
    if across == 1:
        bias = np.tile([1, 2], len(x) // 2)[:, None]
        return (x + bias >> 2).astype(np.uint8)
    left = np.concatenate((x[:, :1], x[:, :-1]), 1)
    right = np.concatenate((x[:, 1:], x[:, -1:]), 1)
    shift, low, high = (4, 8, 7) if down == 2 else (2, 1, 2)
    made = np.stack((3 * x + left + low >> shift, 3 * x + right + high >> shift), -1)
    return made.reshape(len(x), -1).astype(np.uint8)


def _rgb(y: np.ndarray, cb: np.ndarray, cr: np.ndarray) -> np.ndarray:
    """The colours of JFIF, in 16-bit fixed point."""
    y, b, r = y.astype(np.int64), cb.astype(np.int64) - 128, cr.astype(np.int64) - 128
    half = 1 << 15
    planes = (
        y + (91881 * r + half >> 16),
        y + (-22554 * b - 46802 * r + half >> 16),
        y + (116130 * b + half >> 16),
    )
    return np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)


def jpeg_shape(contents: bytes) -> tuple[int, int, int]:
    """Height, width and components, from the markers alone."""
    image = read_jpeg(contents, shape_only=True)
    return image.height, image.width, len(image.components)
