"""Recommender of two towers with its preprocessing inside; Keras 3 `export()`."""

from pathlib import Path

import numpy as np

from golden_models.weights import randomise

USERS = [f"user_{i}" for i in range(30)]
WORDS = "red green blue small large wool cotton shirt coat shoes hat old new".split()
NUMBER = np.random.default_rng(80)


def build(folder: Path) -> Path:
    import keras
    from keras import layers

    keras.utils.set_random_seed(8)
    inputs = {
        "user_id": keras.Input((), dtype="string", name="user_id"),
        "country": keras.Input((), dtype="string", name="country"),
        "age": keras.Input((1,), name="age"),
        "query": keras.Input((), dtype="string", name="query"),
        "title": keras.Input((), dtype="string", name="title"),
        "price": keras.Input((1,), name="price"),
    }
    user, item = user_tower(inputs), item_tower(inputs)
    score = layers.Dot(axes=1, normalize=True, name="similarity")([user, item])
    outputs = {"score": score, "user": user, "item": item}
    model = keras.Model(inputs, outputs, name="two_tower")
    randomise(model)
    np.savez(folder / "sample.npz", **sample())
    model.export(folder / "two_tower", format="tf_saved_model", verbose=False)
    return folder / "two_tower"


def user_tower(inputs):
    """Looked-up id, hashed country, normalised age, words of the query."""
    from keras import layers

    lookup = layers.StringLookup(vocabulary=USERS, num_oov_indices=2, name="user_index")
    user = layers.Embedding(32, 8, name="user_embedding")(lookup(inputs["user_id"]))
    hashed = layers.Hashing(num_bins=16, name="country_hash")(inputs["country"])
    country = layers.Embedding(16, 4, name="country_embedding")(hashed)
    age = layers.Normalization(mean=38.0, variance=144.0, name="age_scale")
    query = words(inputs["query"], "query")
    x = layers.Concatenate()([user, country, age(inputs["age"]), query])
    x = layers.Dense(24, activation="relu", name="user_hidden")(x)
    return layers.Dense(12, name="user_tower")(x)


def item_tower(inputs):
    """Words of the title, and the price both normalised and in buckets."""
    from keras import layers

    price = layers.Normalization(mean=25.0, variance=400.0, name="price_scale")
    edges = [5.0, 10.0, 20.0, 50.0]
    bucket = layers.Discretization(bin_boundaries=edges, name="price_bucket")
    level = layers.Embedding(len(edges) + 1, 4, name="price_embedding")
    level = layers.Flatten()(level(bucket(inputs["price"])))
    title = words(inputs["title"], "title")
    x = layers.Concatenate()([title, price(inputs["price"]), level])
    x = layers.Dense(24, activation="relu", name="item_hidden")(x)
    return layers.Dense(12, name="item_tower")(x)


def words(text, name: str):
    """The mean embedding of a text's words, lower case, punctuation stripped."""
    from keras import layers

    tokens = layers.TextVectorization(
        vocabulary=WORDS, output_sequence_length=6, name=f"{name}_tokens"
    )
    table = layers.Embedding(len(WORDS) + 2, 8, name=f"{name}_embedding")
    return layers.GlobalAveragePooling1D(name=f"{name}_mean")(table(tokens(text)))


def sample() -> dict[str, np.ndarray]:
    """Known and unknown ids, empty and punctuated texts, every price bucket."""
    ages = NUMBER.uniform(18, 80, (6, 1))
    texts = {
        "user_id": ["user_3", "user_29", "nobody", "", "user_0", "user_7"],
        "country": ["DE", "FR", "", "\u00d8Z", "J", "BR"],
        "query": [
            "Red, wool HAT!",
            "shoes",
            "",
            "unknown word",
            "new  new",
            "old coat",
        ],
        "title": ["Small red hat", "Shoes (wool)", "coat", "", "large Blue hat", "x"],
    }
    encoded = {k: np.array([t.encode() for t in v]) for k, v in texts.items()}
    price = np.array([[1], [5], [12.5], [20], [49], [400]], "float32")
    return encoded | {"age": ages.astype("float32"), "price": price}
