"""TensorFlow's stateless random numbers, bit for bit: Philox 4x32-10.

A generator is an int64 tensor of three 64-bit words: the key and the counter, low
word first. Each counter yields a block of four 32-bit words, held in int64.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

MASK = 0xFFFFFFFF
MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)


def philox_rounds(counter: list[Tensor], key: list[Tensor]) -> list[Tensor]:
    """Ten rounds of Philox on four 32-bit words with a key of two."""
    for _ in range(10):
        first = MULTIPLIERS[0] * counter[0]
        second = MULTIPLIERS[1] * counter[2]
        counter = [
            (second >> 32 & MASK) ^ counter[1] ^ key[0],
            second & MASK,
            (first >> 32 & MASK) ^ counter[3] ^ key[1],
            first & MASK,
        ]
        key = [(k + w) & MASK for k, w in zip(key, WEYL, strict=True)]
    return counter


def halves(words: Tensor) -> list[Tensor]:
    """The 32-bit halves of 64-bit words, low one first, in turn."""
    return [half for w in words.unbind() for half in (w & MASK, w >> 32 & MASK)]


def philox_generator(seed: Tensor) -> Tensor:
    """The generator that TensorFlow makes of a seed of two integers."""
    key = [torch.full_like(seed[0].long(), k) for k in (0x3EC8F720, 0x02461E29)]
    mixed = philox_rounds(halves(seed.long()), key)
    zero = torch.zeros_like(mixed[0])
    return torch.stack((mixed[0] | mixed[1] << 32, zero, mixed[2] | mixed[3] << 32))


def philox_words(generator: Tensor, blocks: Tensor) -> Tensor:
    """[*blocks, 4]: the words of the blocks that many counts after the generator's."""
    key, counter = halves(generator[:1]), halves(generator[1:])
    added = [blocks & MASK, blocks >> 32 & MASK]
    carry = torch.zeros_like(blocks)
    moved = []
    for i, word in enumerate(counter):
        total = word + carry + (added[i] if i < 2 else 0)
        moved.append(total & MASK)
        carry = total >> 32
    return torch.stack(philox_rounds(moved, key), -1)


def stateless_words(generator: Tensor, size: Sequence[int], per_value: int) -> Tensor:
    """[*size, per_value] words of 32 bits, in the order of the counter."""
    count = math.prod(size)
    blocks = torch.arange(-(-count * per_value // 4), device=generator.device)
    words = philox_words(generator, blocks).reshape(-1, per_value)
    return words[:count].reshape(*size, per_value)


# --- uniform -----------------------------------------------------------------------


def unit_floats(words: Tensor, dtype: torch.dtype) -> Tensor:
    """Floats in [0, 1) whose mantissa is the low bits of a word (or of two)."""
    if dtype == torch.float64:
        mantissa = (words[..., 0] & 0xFFFFF) << 32 | words[..., 1]
        return mantissa.to(dtype) * 2.0**-52
    bits = {torch.float16: 10, torch.bfloat16: 7, torch.float32: 23}[dtype]
    return ((words[..., 0] & (1 << bits) - 1).float() * 2.0**-bits).to(dtype)


def stateless_uniform(
    generator: Tensor, size: Sequence[int], dtype: torch.dtype = torch.float32
) -> Tensor:
    """Uniform in [0, 1)."""
    per_value = 2 if dtype == torch.float64 else 1
    return unit_floats(stateless_words(generator, size, per_value), dtype)


def stateless_integers(
    generator: Tensor, size: Sequence[int], dtype: torch.dtype
) -> Tensor:
    """Integers over the whole range of a dtype of 32 or 64 bits."""
    if dtype in (torch.int32, torch.uint32):
        return stateless_words(generator, size, 1)[..., 0].to(dtype)
    words = stateless_words(generator, size, 2)
    return (words[..., 0] | words[..., 1] << 32).view(dtype)


def unsigned_remainder(words: Tensor, span: int) -> Tensor:
    """``words % span`` of int64 words that stand for unsigned ones."""
    if span >= 2**63:
        signed = span - 2**64
        return torch.where((words < 0) & (words >= signed), words - signed, words)
    rest = words % span
    missing = span - 2**64 % span
    beyond = torch.where(rest < missing, rest + span - missing, rest - missing)
    return torch.where(words < 0, beyond, rest)


def stateless_randint(
    generator: Tensor, low: Tensor | int, high: Tensor | int, size: Sequence[int]
) -> Tensor:
    """int64 integers from ``low`` up to, not with, ``high``, made of 64 bits each."""
    words = stateless_integers(generator, size, torch.int64)
    return int(low) + unsigned_remainder(words, int(high) - int(low))


def stateless_randint32(
    generator: Tensor, low: Tensor | int, high: Tensor | int, size: Sequence[int]
) -> Tensor:
    """int32 integers from ``low`` up to, not with, ``high``, made of 32 bits each."""
    words = stateless_words(generator, size, 1)[..., 0]
    return (int(low) + words % (int(high) - int(low))).to(torch.int32)


# --- normal ------------------------------------------------------------------------


def box_muller(words: Tensor, dtype: torch.dtype) -> Tensor:
    """[..., 2] normal values from two words (four in double precision)."""
    dtype = torch.float64 if dtype == torch.float64 else torch.float32
    half = words.shape[-1] // 2
    radius = unit_floats(words[..., :half], dtype).clamp(min=1e-7)
    angle = 2 * math.pi * unit_floats(words[..., half:], dtype)
    radius = torch.sqrt(-2 * torch.log(radius))
    return torch.stack((torch.sin(angle) * radius, torch.cos(angle) * radius), -1)


def stateless_normal(
    generator: Tensor, size: Sequence[int], dtype: torch.dtype = torch.float32
) -> Tensor:
    """Standard normal."""
    count = math.prod(size)
    per_pair = 4 if dtype == torch.float64 else 2
    words = stateless_words(generator, (-(-count // 2),), per_pair)
    return box_muller(words, dtype).flatten()[:count].reshape(size).to(dtype)


def stateless_truncated_normal(
    generator: Tensor, size: Sequence[int], dtype: torch.dtype = torch.float32
) -> Tensor:
    """Standard normal within two deviations.

    Each group of values has 256 words per value for itself and takes the first normal
    values that are in range; sixteen blocks hold enough of them.
    """
    count = math.prod(size)
    group, per_pair = (2, 4) if dtype == torch.float64 else (4, 2)
    starts = torch.arange(-(-count // group), device=generator.device) * group * 64
    blocks = starts.unsqueeze(-1) + torch.arange(16, device=generator.device)
    words = philox_words(generator, blocks)
    words = words.reshape(len(starts), 64 // per_pair, per_pair)
    values = box_muller(words, dtype).flatten(1)
    order = (values.abs() >= 2).to(torch.uint8).sort(dim=1, stable=True).indices
    values = values.gather(1, order[:, :group])
    return values.flatten()[:count].reshape(size).to(dtype)


# --- choices -----------------------------------------------------------------------


def stateless_multinomial(generator: Tensor, logits: Tensor, count: int) -> Tensor:
    """``count`` classes for each row of logits, by the inverse of the distribution.

    TensorFlow cuts many rows into shards, each with its place in the random numbers;
    these are those of one shard.
    """
    logits = logits.double()
    finite = logits.isfinite()
    top = torch.where(finite, logits, -torch.inf).amax(-1, keepdim=True)
    shares = torch.where(finite, torch.exp(logits - top), 0).cumsum(-1)
    drawn = stateless_uniform(generator, (len(logits), count), torch.float64)
    return torch.searchsorted(shares, drawn * shares[:, -1:], right=True)
