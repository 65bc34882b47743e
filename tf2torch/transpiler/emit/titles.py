"""What a model is called: its class, spelled as a person would."""

from __future__ import annotations

import re
from pathlib import PurePath

from tf2torch.transpiler.emit.names import snake

# Names of models, files and folders that say nothing of what is in them.
PLACES = re.compile(
    r"((saved_?)?model|functional|sequential|export(ed)?|keras|tf|pb|graph|weights|"
    r"call|tmp\w*)?(_?\d+)*"
)
# Words that end in net, though they name no network.
ENGLISH = frozenset(
    "planet magnet cabinet bonnet internet ethernet subnet garnet".split()
)
LETTERS = ("bilstm", "lstm", "gru", "vae", "gan", "gpt", "vgg", "fm")
NETWORK = re.compile(r"([a-z]+)net(?:(v|b)?(\d+))?")


def title_of(name: str, path: str | None) -> str:
    """``name``, or where Keras made that up, the name of the file or folder."""
    for word in (name, *_places(path)):
        known = snake(word)
        made_up = word.startswith("__") or word.isdigit()
        if known and not made_up and not PLACES.fullmatch(known):
            return word
    return "model"


def _places(path: str | None) -> tuple[str, ...]:
    if path is None:
        return ()
    place = PurePath(path)
    parent = place.parent.name if place.parent.name.isidentifier() else ""
    return (place.stem, parent)


def spelled(name: str) -> str:
    """``mobilenetv2_1.00_96`` → MobileNetV2: sizes and widths of a variant that
    follow the name as bare numbers are no part of it."""
    words = [w for w in re.split(r"[^0-9a-zA-Z]+", name) if w]
    while len(words) > 1 and words[-1].isdigit():
        words.pop()
    made = "".join(map(_word, words))
    return f"Model{made}" if not made or made[0].isdigit() else made


def _word(word: str) -> str:
    """ResNet50, EfficientNetB0, StackedBiLSTM, GPT2; capitals that are there stay."""
    if word != word.lower():
        return word[0].upper() + word[1:]
    match = NETWORK.fullmatch(word)
    if match and f"{match[1]}net" not in ENGLISH:
        version = f"{(match[2] or '').upper()}{match[3] or ''}"
        return f"{match[1].capitalize()}Net{version}"
    stem = word.rstrip("0123456789")
    for letters in LETTERS:
        if stem.endswith(letters):
            capital = "BiLSTM" if letters == "bilstm" else letters.upper()
            before = stem[: -len(letters)].capitalize()
            return f"{before}{capital}{word[len(stem) :]}"
    return re.sub(r"v(\d+)$", r"V\1", word[0].upper() + word[1:])
