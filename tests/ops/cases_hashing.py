"""Hashes of strings of every length, to the bit."""

from __future__ import annotations

import tensorflow as tf

from tests.ops.cases import case, f32, i32
from tests.ops.words import byte_strings, words

raw = tf.raw_ops
EVERY_LENGTH = byte_strings(range(301))
LARGEST = 2**63 - 1
UNICODE = words(50, longest=90)

CASES = [
    case(op, make, operand, name=f"{name}_{label}")
    for label, operand in (("bytes", EVERY_LENGTH), ("unicode", UNICODE))
    for op, name, make in (
        (
            "StringToHashBucketFast",
            "whole",
            lambda x: tf.strings.to_hash_bucket_fast(x, LARGEST),
        ),
        (
            "StringToHashBucketFast",
            "thousand",
            lambda x: tf.strings.to_hash_bucket_fast(x, 1000),
        ),
        (
            "StringToHashBucketStrong",
            "whole",
            lambda x: tf.strings.to_hash_bucket_strong(x, LARGEST, [133, 137]),
        ),
        (
            "StringToHashBucketStrong",
            "negative_key",
            lambda x: tf.strings.to_hash_bucket_strong(x, 77, [-1, 2**62]),
        ),
        (
            "StringToHashBucket",
            "whole",
            lambda x: tf.strings.to_hash_bucket(x, LARGEST),
        ),
        ("Fingerprint", "farmhash64", lambda x: tf.fingerprint(x)),
    )
]
CASES += [
    case("Fingerprint", lambda x: tf.fingerprint(x), words(4, 3)),
    case("Fingerprint", lambda x: tf.fingerprint(x), f32(4, 3), grad=False),
    case("Fingerprint", lambda x: tf.fingerprint(x), i32(4)),
]
