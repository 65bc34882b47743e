"""Front ends: from a path or a live object to a :class:`Source`.

``Source.kind`` and how ``VariableInfo.key`` finds a variable again in TensorFlow:

=================  ==================================================================
saved_model        checkpoint key of ``variables/variables``, as ``tf.train.
                   load_checkpoint`` takes it; walking the loaded object along the
                   key's path gives the variable
saved_model_v1     checkpoint key; ``name`` is the variable's node, so ``name:0`` is
meta_graph         its tensor (reference) or handle in the session's graph; a
                   partition has ``key[slice]``
graph_def          name of the constant's node: its tensor is ``key:0``
keras, tf_keras    index in ``model.weights``; of state that is no weight,
                   ``variables/<index in model.variables>``. The kind says which
                   library loads a file
live               index in ``ConcreteFunction.variables``
=================  ==================================================================

``InputSpec.tensor`` is the tensor in the main graph (SavedModels, graphs), or in the
traced function (Keras, live). ``Origin.tf`` of a node is its full name there, calls
that were inlined in front (``StatefulPartitionedCall/layer/MatMul``), as TensorFlow's
own inliner names it.
"""

from tf2torch.transpiler.frontends.describe import describe, protos_tell
from tf2torch.transpiler.frontends.detect import detect, load
from tf2torch.transpiler.frontends.source import (
    BatchNormInfo,
    DropoutInfo,
    InputSpec,
    Source,
    Training,
)

__all__ = [
    "BatchNormInfo",
    "DropoutInfo",
    "InputSpec",
    "Source",
    "Training",
    "describe",
    "detect",
    "load",
    "protos_tell",
]
