"""Ops that need no rule: the front end or an early pass takes them away.

LIFTED ops have a run-time meaning that a structure of the IR carries (a call is
inlined, a loop is a region, a TensorArray is a list). ERASED ops have none: they are
bookkeeping around the model.
"""

from __future__ import annotations

# where → ops
LIFTED_FAMILIES: tuple[tuple[str, str], ...] = (
    (
        "frontends/build: an input, a constant or a result of a graph",
        "Const Placeholder PlaceholderV2 _Arg _DeviceArg _Retval",
    ),
    (
        "frontends/graph_variables: a parameter or buffer of a module",
        "VarHandleOp Variable VariableV2 ReadVariableOp",
    ),
    (
        "frontends/tables: a lookup table with its content",
        "HashTable HashTableV2 MutableHashTable MutableHashTableV2 "
        "MutableDenseHashTable MutableDenseHashTableV2 MutableHashTableOfTensors "
        "MutableHashTableOfTensorsV2 AnonymousHashTable AnonymousMutableHashTable "
        "AnonymousMutableDenseHashTable AnonymousMutableHashTableOfTensors "
        "LookupTableImport LookupTableImportV2 InitializeTable InitializeTableV2 "
        "InitializeTableFromTextFile InitializeTableFromTextFileV2",
    ),
    (
        "frontends/build: calls are inlined",
        "PartitionedCall StatefulPartitionedCall BatchFunction",
    ),
    (
        "frontends/regions: branches and loops are regions",
        "If StatelessIf Case StatelessCase While StatelessWhile XlaIf XlaWhile",
    ),
    (
        "frontends/raise_conds and raise_loops: branches and loops are regions",
        "Switch Merge Enter Exit NextIteration LoopCond RefEnter RefExit RefSwitch "
        "RefMerge RefNextIteration",
    ),
    (
        "passes/raise_tensor_arrays: a list",
        "TensorArrayV3 TensorArrayWriteV3 TensorArrayReadV3 TensorArrayGatherV3 "
        "TensorArrayScatterV3 TensorArraySizeV3 TensorArrayConcatV3 "
        "TensorArraySplitV3",
    ),
    ("passes/size_values: the branch for CPUs is taken", "DeviceIndex"),
)

# why it has no meaning → ops
ERASED_FAMILIES: tuple[tuple[str, str], ...] = (
    (
        "checkpoint bookkeeping around the model; the weights are read at conversion",
        "SaveV2 RestoreV2 MergeV2Checkpoints ShardedFilename ShardedFilespec",
    ),
    (
        "logging, which changes no result",
        "WriteAudioSummary WriteGraphSummary WriteHistogramSummary WriteImageSummary "
        "WriteRawProtoSummary WriteScalarSummary WriteSummary SummaryWriter "
        "FlushSummaryWriter CloseSummaryWriter",
    ),
    (
        "the end of a resource's life, which Python sees to",
        "DestroyResourceOp TensorArrayCloseV3 TensorArrayClose TensorArrayCloseV2",
    ),
)
