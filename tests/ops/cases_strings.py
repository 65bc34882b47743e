"""String ops element by element, regular expressions and numbers."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tests.ops.cases import bools, c64, case, f16, f32, f64, i32, i64
from tests.ops.words import strings, words

raw = tf.raw_ops
ODD_BYTES = strings("", "abc", b"a\xffb", b"\xc3", "é", b"\x80\x80", "  x\t", "İIıß")
NUMBERS = strings("1.5", " -2 ", "1e3", "inf", "-INF", "0x10", "+.5", "1e-50", "7.")
TEXT = words(40, longest=30)
SPECIAL = np.array([1.5, -2.25, np.inf, -np.inf, np.nan, 1e20, 1e-7, 0.0, -0.0])
LOOKS = "[!\"#$%&()\\*\\+,-\\./:;<=>?@\\[\\\\\\]^_`{|}~\\']"

PATTERNS = {
    "space": r"\s+",
    "punctuation": LOOKS,
    "negated": r"[^a-z0-9]",
    "dot": r".",
    "dot_all": r"(?s)a.",
    "word": r"\w\W",
    "boundary": r"\b",
    "nothing": r"x*",
    "end": r"[ab]$",
    "lines": r"(?m)^.|b$",
    "nocase": r"(?i)[b-é]",
    "nocase_inside": r"a(?i:B)|É(?i)é|b",
    "posix": r"[[:punct:][:^ascii:]]",
    "script": r"\p{Greek}|\p{Han}",
    "category": r"\PL",
    "quoted": r"\Qb,\E|\x{e9}|\xe9",
    "lazy": r"(?U)a.*b",
    "alternatives": r"(a|b)*?,|<",
    "group": r"(?P<first>.)(\d)?",
}


def _as_string(name: str, operand: object, **attrs: object) -> object:
    return case(
        "AsString",
        lambda x: tf.strings.as_string(x, **attrs),
        operand,
        name=name,
    )


CASES = [
    case("StringLower", lambda x: tf.strings.lower(x), TEXT),
    case("StringLower", lambda x: tf.strings.lower(x, encoding="utf-8"), TEXT),
    case("StringLower", lambda x: tf.strings.lower(x, encoding="utf-8"), ODD_BYTES),
    case("StringUpper", lambda x: tf.strings.upper(x), ODD_BYTES),
    case("StringUpper", lambda x: tf.strings.upper(x, encoding="utf-8"), TEXT),
    case("StringStrip", lambda x: tf.strings.strip(x), words(3, 4)),
    case("StringLength", lambda x: tf.strings.length(x), ODD_BYTES),
    case("StringLength", lambda x: tf.strings.length(x, "UTF8_CHAR"), ODD_BYTES),
    case("StringLength", lambda x: tf.strings.length(x, "UTF8_CHAR"), words(3, 2)),
    case("StringJoin", lambda x, y: tf.strings.join([x, y]), words(4), words(4)),
    case("StringJoin", lambda x: tf.strings.join([x, "-", x], "é"), words(2, 3)),
    case("ReduceJoin", lambda x: tf.strings.reduce_join(x, [0, 1]), words(3, 4, 2)),
    case(
        "ReduceJoin",
        lambda x: tf.strings.reduce_join(x, [2, 0], keepdims=True, separator="|"),
        words(3, 4, 2),
    ),
    case("ReduceJoin", lambda x: tf.strings.reduce_join(x, -1), words(0, 4)),
    case("ReduceJoin", lambda x: tf.strings.reduce_join(x, 0), words(0, 4)),
    case("ReduceJoin", lambda x: tf.strings.reduce_join(x), words(5)),
    case(
        "UnsortedSegmentJoin",
        lambda x, i: tf.strings.unsorted_segment_join(x, i, 4, "+"),
        words(5, 2),
        i32(5, low=0, high=3),
        batch=(0, 1),
    ),
    case(
        "UnsortedSegmentJoin",
        lambda x, i: tf.strings.unsorted_segment_join(x, i, 3),
        words(2, 3),
        i32(2, 3, low=0, high=2),
    ),
    case("Substr", lambda x: tf.strings.substr(x, 1, 2), strings("abc", "é", "xyzéd")),
    case("Substr", lambda x: tf.strings.substr(x, -2, 9), strings("abc", "é", "xyd")),
    case("Substr", lambda x: tf.strings.substr(x, 0, -1), words(5)),
    case(
        "Substr",
        lambda x: tf.strings.substr(x, 0, 3, "UTF8_CHAR"),
        strings("", "é漢ß🎉", b"\x80\x80abc", b"a\x80\x80", "ab"),
    ),
    case(
        "Substr",
        lambda x: tf.strings.substr(x, -1, 3, "UTF8_CHAR"),
        strings("é漢ß🎉", b"\x80\x80abc", b"a\x80\x80", "ab"),
    ),
    case(
        "Substr",
        lambda x, i, n: tf.strings.substr(x, i, n),
        strings("abcdef", "ghijkl"),
        np.array([1, -3], np.int32),
        np.array([4, 2], np.int32),
    ),
    case(
        "Substr",
        lambda x: tf.strings.substr(x, [[1, 2]], [[1, 2]]),
        np.array([[b"abcd"], [b"efgh"]], object),
    ),
    case("StringToNumber", lambda x: tf.strings.to_number(x), NUMBERS),
    case("StringToNumber", lambda x: tf.strings.to_number(x, tf.float64), NUMBERS),
    case(
        "StringToNumber",
        lambda x: tf.strings.to_number(x, tf.int32),
        strings("1", "-2", " 007 ", "2147483647", "+3", "-2147483648"),
    ),
    case(
        "StringToNumber",
        lambda x: tf.strings.to_number(x, tf.int64),
        strings("9223372036854775807", "-9223372036854775808"),
    ),
    _as_string("int", i64(3, 2)),
    _as_string("int_wide", i32(4, low=-9999, high=9999), width=6),
    _as_string("int_zeros", i32(4), width=6, fill="0"),
    _as_string("int_left", i32(4), width=6, fill="-"),
    _as_string("int_sign", i32(4), width=6, fill="+"),
    _as_string("float", SPECIAL),
    _as_string("float32", f32(5)),
    _as_string("float16", f16(5)),
    _as_string("precision", SPECIAL, precision=2),
    _as_string("scientific", SPECIAL, scientific=True, precision=3),
    _as_string("shortest", SPECIAL, shortest=True),
    _as_string("zeros", SPECIAL, width=12, fill="0"),
    _as_string("spaces", SPECIAL, width=12, fill=" "),
    _as_string("plus", f64(6), width=12, fill="+"),
    _as_string("left", SPECIAL, width=12, fill="-"),
    _as_string("complex", c64(4)),
    _as_string("bool", bools(4)),
    _as_string("string", words(4), width=7),
    _as_string("string_left", words(4), width=7, fill="-"),
    case("Equal", lambda x: tf.equal(x, ""), words(9, longest=1)),
    case("Equal", lambda x, y: tf.equal(x, y), words(3, 1, longest=1), words(2)),
    case("NotEqual", lambda x: tf.not_equal(x, "a"), words(9, longest=1)),
    case(
        "RegexReplace",
        lambda x: tf.strings.regex_replace(x, tf.constant("a|é"), tf.constant(r"\0-")),
        TEXT,
    ),
    case(
        "RegexFullMatch",
        lambda x: raw.RegexFullMatch(input=x, pattern=tf.constant("a|b+")),
        words(20, longest=2),
    ),
    case(
        "RegexReplace",
        lambda x: tf.strings.regex_replace(x, r"\C", ""),
        TEXT,
        name="bytes",
        declines="unknown escape",
    ),
    case(
        "StaticRegexReplace",
        lambda x: raw.StaticRegexReplace(input=x, pattern="(b|,)(.)", rewrite=r"\2\1"),
        ODD_BYTES,
        name="swap",
    ),
]
for name, text in PATTERNS.items():
    for everywhere in (True, False):
        CASES.append(
            case(
                "StaticRegexReplace",
                lambda x, text=text, everywhere=everywhere: raw.StaticRegexReplace(
                    input=x, pattern=text, rewrite=r"<\0>", replace_global=everywhere
                ),
                np.concatenate([TEXT.value(0), ODD_BYTES]),
                name=f"{name}_{'all' if everywhere else 'first'}",
                static=False,
            )
        )
    CASES.append(
        case(
            "StaticRegexFullMatch",
            lambda x, text=text: raw.StaticRegexFullMatch(input=x, pattern=text),
            words(60, longest=2),
            name=name,
            static=False,
        )
    )
