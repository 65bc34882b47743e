"""A frozen GraphDef as found in the wild: switched BatchNorm, input queue, saver."""

from pathlib import Path


def build(folder: Path) -> Path:
    import tensorflow as tf

    v1 = tf.compat.v1
    v1.disable_control_flow_v2()
    try:
        with tf.Graph().as_default() as graph, v1.Session() as session:
            v1.set_random_seed(10)
            embed(queued_images())
            v1.train.Saver(name="save")
            session.run(v1.global_variables_initializer())
            definition = graph.as_graph_def(add_shapes=True)
            frozen = v1.graph_util.convert_variables_to_constants(
                session, definition, ["embeddings"]
            )
            keep_baggage(frozen, definition)
    finally:
        v1.enable_control_flow_v2()
    (folder / "frozen.pb").write_bytes(frozen.SerializeToString())
    return folder / "frozen.pb"


def queued_images():
    """`image_batch` from a queue, to be fed through the placeholder `image`."""
    import tensorflow as tf

    v1 = tf.compat.v1
    queue = v1.FIFOQueue(8, [tf.float32], shapes=[(24, 24, 3)], name="input_queue")
    batch = queue.dequeue_many(4, name="dequeue")
    return v1.placeholder_with_default(batch, (None, 24, 24, 3), name="image")


def embed(image):
    """Two convolutions with switched BatchNorm, then an embedding of unit length."""
    import tensorflow as tf

    v1 = tf.compat.v1
    training = v1.placeholder(tf.bool, (), name="phase_train")
    checked = tf.debugging.Assert(
        tf.shape(image)[1] > 0, [tf.shape(image)], name="seen"
    )
    with tf.control_dependencies([checked]):
        x = tf.identity(image, name="checked")
    for name, width, stride in (("conv1", 8, 2), ("conv2", 16, 2)):
        with v1.variable_scope(name):
            x = tf.nn.relu(switched_norm(convolve(x, width, stride), training))
            x = tf.nn.max_pool2d(x, 3, 1, "SAME", name="pool")
    x = tf.reshape(x, (-1, 6 * 6 * 16))
    weights = variable("bottleneck/weights", 6 * 6 * 16, 12, deviation=0.05)
    x = tf.matmul(x, weights) + variable("bottleneck/biases", 12)
    return tf.math.l2_normalize(x, 1, epsilon=1e-10, name="embeddings")


def convolve(x, width: int, stride: int):
    import tensorflow as tf

    weights = variable("weights", 3, 3, x.shape[-1], width)
    return tf.nn.conv2d(x, weights, stride, "SAME", name="conv")


def switched_norm(x, training):
    """Batch statistics under `phase_train`, moving ones otherwise (Switch, Merge)."""
    import tensorflow as tf

    v1 = tf.compat.v1
    width = x.shape[-1]
    gamma, beta = 1 + variable("gamma", width), variable("beta", width)
    mean, variance = variable("moving_mean", width), variable("moving_variance", width)
    batch_mean, batch_variance = tf.nn.moments(x, (0, 1, 2))
    mean, variance = v1.cond(
        training,
        lambda: (tf.identity(batch_mean), tf.identity(batch_variance)),
        lambda: (tf.identity(mean), tf.exp(variance)),
    )
    return tf.nn.batch_normalization(x, mean, variance, beta, gamma, 1e-3)


def variable(name: str, *shape: int, deviation: float = 0.2):
    import tensorflow as tf

    normal = tf.compat.v1.random_normal_initializer(stddev=deviation)
    return tf.compat.v1.get_variable(
        name, shape, initializer=normal, use_resource=False
    )


def keep_baggage(frozen, definition) -> None:
    """Add the saver's leftovers, which careless freezing keeps."""
    have = {node.name for node in frozen.node}
    for node in definition.node:
        leftover = node.name.startswith("save/") and node.op in ("Const", "Identity")
        if leftover and not node.input and node.name not in have:
            frozen.node.add().CopyFrom(node)
