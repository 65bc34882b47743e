"""Text and byte formats, and Unicode."""

from __future__ import annotations

import gzip
import zlib
from typing import Any

import numpy as np
import tensorflow as tf

from tests.ops.cases import case, f32, i32
from tests.ops.words import byte_strings, strings, words

raw = tf.raw_ops
BYTES = byte_strings(range(40))
EIGHTS = np.array([bytes(range(i, i + 8)) for i in range(5)], object)
RECORDS = strings("1,2.5,x,-9", '3,,"a,""b",7', " 4 ,1e3,,0", 'NA,inf,"",1')
BROKEN = strings(
    b"abc",
    "é漢🎉".encode(),
    b"\xff\xfe",
    b"a\xc3",
    b"\xe6\xbc",
    b"\xe6\xbcx\xf0\x9f\x8ea",
    b"\x00\x1f\x7f\n",
    b"\xed\xa0\x80",
    b"\xc0\x80",
    b"\xf8\x88\x80\x80\x80",
    b"",
)
JSON = strings(
    '{"features":{"feature":{"a":{"int64List":{"value":["1",-2]}}}}}',
    '{"features":{"feature":{"a":{"int64_list":{"value":[5]}},'
    '"b":{"bytesList":{"value":["eHk="]}},"c":{"floatList":{"value":[1.5,"NaN"]}}}}}',
    "{}",
)


def csv(name: str, defaults: list[Any], records: Any = RECORDS, **attrs: Any) -> Any:
    def run(x: tf.Tensor) -> list[tf.Tensor]:
        return list(raw.DecodeCSV(records=x, record_defaults=defaults, **attrs))

    return case("DecodeCSV", run, records, grad=False, name=name)


def decoded(op: str, name: str, operand: Any = BROKEN, **attrs: Any) -> Any:
    def run(x: tf.Tensor) -> list[tf.Tensor]:
        return tf.nest.flatten(getattr(raw, op)(input=x, **attrs))

    return case(op, run, operand, name=name)


def raw_numbers(dtype: str, little: bool = True) -> Any:
    def run(x: tf.Tensor) -> tf.Tensor:
        return tf.io.decode_raw(x, dtype, little_endian=little)

    return case("DecodeRaw", run, EIGHTS, grad=False, name=f"{dtype}_{little}")


NUMBERS = [[0], [7.0], ["d"], tf.constant([], tf.int64)]
CASES = [
    case("EncodeBase64", lambda x: tf.io.encode_base64(x), BYTES),
    case("EncodeBase64", lambda x: tf.io.encode_base64(x, pad=True), BYTES),
    case(
        "DecodeBase64",
        lambda x: tf.io.decode_base64(x),
        strings("YQ", "YQ==", "", "_-4", "YR"),
    ),
    *(raw_numbers(d) for d in ("int16", "float32", "float64", "uint8", "complex64")),
    *(raw_numbers(d, False) for d in ("int16", "float32", "int64", "float16", "uint8")),
    case("DecodeRaw", lambda x: tf.io.decode_raw(x, "int32"), np.zeros((0, 2), object)),
    case(
        "DecodePaddedRaw",
        lambda x: tf.io.decode_raw(x, "int16", fixed_length=4),
        strings(b"\1\0\2\0\5", b"\3", b""),
    ),
    case(
        "DecodePaddedRaw",
        lambda x: tf.io.decode_raw(x, "int16", little_endian=False, fixed_length=6),
        strings(b"\1\0\2\0\5", b"\3", b""),
    ),
    csv("plain", NUMBERS, RECORDS[:3]),
    csv("na", NUMBERS, na_value="NA"),
    csv("columns", [["d"], [5]], select_cols=[2, 3]),
    csv(
        "bar",
        [[1], ["d"]],
        strings('1|"q"', "2|a,b"),
        field_delim="|",
        use_quote_delim=False,
    ),
    csv("latin", [["d"], ["e"]], strings(b"\xff,\xc3\xa9", '"x,\n",')),
    case(
        "DecodeJSONExample",
        lambda x: tf.nest.flatten(
            tf.io.parse_example(
                raw.DecodeJSONExample(json_examples=x),
                {
                    "a": tf.io.VarLenFeature(tf.int64),
                    "b": tf.io.FixedLenFeature([], tf.string, "z"),
                    "c": tf.io.FixedLenFeature([2], tf.float32, [0.0, 1.0]),
                },
            ),
            expand_composites=True,
        ),
        JSON,
        grad=False,
    ),
    case(
        "DecodeCompressed",
        lambda x: tf.io.decode_compressed(x, "ZLIB"),
        strings(*map(zlib.compress, (b"hi", b""))),
    ),
    case(
        "DecodeCompressed",
        lambda x: tf.io.decode_compressed(x, "GZIP"),
        strings(gzip.compress(b"hi" * 50), gzip.compress(b"a")),
    ),
    case(
        "UnicodeScript",
        lambda x: tf.strings.unicode_script(x),
        np.array(
            [[65, 0x3B1, 0x6F22, -1], [0x1F600, 0x10FFFF, 0x110000, 0x430]], np.int32
        ),
    ),
    case(
        "UnicodeEncode",
        lambda x: tf.strings.unicode_encode(
            tf.RaggedTensor.from_row_splits(x, [0, 3, 3, 6]), "UTF-8"
        ),
        np.array([97, 0x6F22, 0x1F600, 0xD800, 0x110000, -1], np.int32),
        dynamic=False,
    ),
    case(
        "UnicodeEncode",
        lambda x: raw.UnicodeEncode(
            input_values=x,
            input_splits=tf.constant([0, 6]),
            output_encoding="UTF-16-BE",
            errors="ignore",
        ),
        np.array([97, 0x6F22, 0x1F600, 0xD800, 0x110000, -1], np.int32),
        dynamic=False,
    ),
]
for errors in ("replace", "ignore"):
    attrs = {"errors": errors, "replacement_char": 0x3F}
    for controls in (False, True):
        given = {**attrs, "replace_control_characters": controls}
        CASES += [
            decoded(
                "UnicodeDecode", f"{errors}_{controls}", input_encoding="UTF-8", **given
            ),
            decoded(
                "UnicodeDecodeWithOffsets",
                f"{errors}_{controls}",
                input_encoding="UTF-8",
                **given,
            ),
            decoded(
                "UnicodeTranscode",
                f"{errors}_{controls}",
                input_encoding="UTF-8",
                output_encoding="UTF-16-BE",
                **given,
            ),
        ]
TEXT = words(30, longest=20)
CASES += [
    decoded("UnicodeDecodeWithOffsets", "text", TEXT, input_encoding="UTF-8"),
    decoded(
        "UnicodeTranscode",
        "text",
        TEXT,
        input_encoding="UTF-8",
        output_encoding="UTF-32-BE",
    ),
    decoded(
        "UnicodeTranscode",
        "latin",
        BYTES,
        input_encoding="ISO-8859-1",
        output_encoding="UTF-8",
    ),
    decoded(
        "UnicodeTranscode",
        "same",
        BROKEN,
        input_encoding="UTF-8",
        output_encoding="UTF-8",
    ),
    case(
        "UnicodeDecode",
        lambda x: tf.strings.unicode_split(x, "UTF-8").to_tensor(),
        TEXT,
        name="split",
    ),
    case(
        "StringFormat",
        lambda x, y, z: tf.strings.format("{} and {}, {}", (x, y, z), summarize=2),
        f32(3, 9),
        words(5, 2),
        i32(4),
        grad=False,
    ),
    case(
        "StringFormat",
        lambda x: tf.strings.format("<#>", x, placeholder="#"),
        np.array([0.1, 1 / 3, np.nan, -np.inf, 1e300, 2.0, -0.0]),
        grad=False,
    ),
    case(
        "StringFormat", lambda x: tf.strings.format("{}", x > 0), i32(), dynamic=False
    ),
    case(
        "ParseTensor",
        lambda x: tf.io.parse_tensor(x, tf.int64),
        np.array(
            tf.io.serialize_tensor(tf.constant([[1, -2]], tf.int64)).numpy(), object
        ),
    ),
    case(
        "ParseTensor",
        lambda x: tf.io.parse_tensor(x, tf.string),
        np.array(tf.make_tensor_proto(["a", "\u00e9"]).SerializeToString(), object),
    ),
    case(
        "ParseTensor",
        lambda x: tf.io.parse_tensor(x, tf.float16),
        np.array(
            tf.make_tensor_proto(1.5, tf.float16, [2, 2]).SerializeToString(), object
        ),
    ),
]
