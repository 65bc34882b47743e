"""Why families of ops have no rule: pattern → reason. The first match counts.

A pattern is a name or a shell glob of TensorFlow's op types. The reason completes the
sentence "X is not ported: …" and says, where something can be done, what.
"""

from __future__ import annotations

# --- ops that reach outside of the process ---------------------------------------

REFUSED_FAMILIES: tuple[tuple[str, str], ...] = (
    (
        "it reads or writes files, and a model file is untrusted input",
        "ReadFile WriteFile MatchingFiles Save SaveSlices Restore RestoreSlice "
        "DTensorRestoreV2 DistributedSave ImmutableConst GenerateVocabRemapping "
        "LoadAndRemapMatrix RecordInput ImportEvent DumpTensor "
        "CalibrationStatisticsSaver CreateSummaryFileWriter CreateSummaryDbWriter "
        "FileSystemSetConfiguration DatasetToTFRecord ExperimentalDatasetToTFRecord",
    ),
    (
        "it reads records from files, and a model file is untrusted input; feed the "
        "records as an input",
        "*RecordReader *RecordReaderV2 TextLineReader* WholeFileReader* LMDBReader "
        "TFRecordDataset* TextLineDataset FixedLengthRecordDataset* *CSVDataset* "
        "*SqlDataset *LMDBDataset *MatchingFilesDataset LoadDataset SaveDataset* "
        "SnapshotDataset* SnapshotChunkDataset SnapshotNestedDatasetReader "
        "ListSnapshotChunksDataset",
    ),
    (
        "it runs Python functions of the process that saved the model",
        "PyFunc PyFuncStateless EagerPyFunc GeneratorDataset",
    ),
    ("it ends the process", "Abort"),
    (
        "it talks to other machines",
        "Rpc* DeleteRpcFutureResource DataServiceDataset* WorkerHeartbeat "
        "RegisterDataset*",
    ),
)

# --- ops that a port cannot have -------------------------------------------------

LIMIT_FAMILIES: tuple[tuple[str, str], ...] = (
    (
        "it is registered for TensorFlow's own tests and has no meaning in a model",
        "A Attr Attr[A-Z]* B Binary ComplexStruct ConstructionFails CopyOp "
        "DefaultAttrs DevicePlacementOp DtypeWithDefaultOp FiveFloatOutputs FloatInput "
        "FloatOutput FloatOutputStringOutput Foo[123] FuncAttr FuncListAttr "
        "GraphDefVersion InPolymorphicTwice Int64Output IntAttr IntInput "
        "IntInputFloatInput IntInputIntOutput IntOutput IntOutputFloatOutput "
        "KernelLabel KernelLabelRequired ListInput ListOutput MixedStruct "
        "NInPolymorphicTwice NInTwice NInTwoTypeVariables NIntsIn NIntsOut "
        "NIntsOutDefault NPolymorphic* Namespace>TestStringOutput None Old "
        "OpWith*DefaultAttr OutT OutTypeList* Polymorphic* RefIn RefOut RefInput* "
        "RefOutput* RequiresOlderGraphVersion ReservedAttr ReservedInput "
        "ResourceCreateOp ResourceInitializedOp ResourceUsingOp Restrict Simple "
        "SimpleStruct SleepOp SleepIdentityOp StringListAttr StubResourceHandleOp "
        "TestAttr TestStringOutput TwoFloat* TwoInt* TwoRefsIn TypeList* Unary",
    ),
    (
        "TensorFlow removed its kernels and cannot run it either; export the trees "
        "from the program that trained them",
        "*BoostedTrees*",
    ),
    (
        "it drives a TPU or its embedding hardware; convert the graph that the model "
        "serves on CPUs (signature or tag `serve`)",
        "*TPU* *Tpu* Infeed* Outfeed* Prelinearize* CollateTPU* *DedupData* "
        "GetMinibatch*PhysicalReplica StoreMinibatchStatisticsInFdo "
        "*SparseCoreCooTensors ConvertToCooTensor ConvertToSparseCoreCsr* "
        "XlaSparse* CrossReplicaSum AllToAll CollectivePermute GlobalIterId "
        "UpdateTaskIdAndGlobalCoreArray",
    ),
    (
        "it splits a tensor over the chips of one program; convert the "
        "unpartitioned model",
        "ReadVariableXlaSplitND AssignVariableXlaConcatND XlaSplitND XlaConcatND "
        "XlaSpmd*",
    ),
    (
        "it exchanges tensors with other replicas; convert the model of one replica",
        "Collective* Nccl* _Nccl* DTensor* CopyToMesh* Relayout* XlaAllReduce "
        "XlaReduceScatter",
    ),
    (
        "its body is compiled code or a program for the XLA compiler (StableHLO, "
        "custom calls), not TensorFlow ops; in JAX, convert with "
        "native_serialization=False",
        "XlaCallModule XlaCustomCall* XlaLaunch* _XlaCompile* _XlaRun _XlaMerge "
        "XlaClusterOutput _XlaAotOnlyVarHandleOp XlaHostCompute _XlaHostCompute* "
        "XlaRngBitGenerator MlirPassthroughOp",
    ),
    (
        "it passes tensors between a program compiled by XLA and its host",
        "XlaSend* XlaRecv* _XlaSend* _XlaRecv*",
    ),
    (
        "its shapes have bounds that only the XLA compiler knows",
        "XlaSetBound XlaSetDynamicDimensionSize XlaRemoveDynamicDimensionSize",
    ),
    (
        "it is a name of the RISC experiment; TensorFlow has no kernel for it",
        "Risc*",
    ),
    (
        "it passes tensors between devices or sessions; TensorFlow's runtime adds it "
        "when it splits a graph, a saved model holds it only by accident",
        "Send Recv _Send _Recv _HostSend _HostRecv _HostCast HostConst "
        "_CopyFromGpuToHost _CopyFromHostToGpu _DeviceRetval _EagerConst SyncDevice "
        "_ScopedAllocator* _ListToArray _ArrayToList _SwitchN _VarHandlesOp "
        "_ReadVariablesOp _ParallelConcat* GetSession* DeleteSessionTensor "
        "RemoteCall GetDeadline CheckPinned",
    ),
    (
        "oneDNN writes it when TensorFlow optimises a graph at run time; freeze or "
        "save the model without that rewrite (TF_ENABLE_ONEDNN_OPTS=0)",
        "_Mkl* __Mkl* _FusedQuantized* _QuantizedMatMul _QuantizedMaxPool3D "
        "_UnaryOpsComposition _FusedBatchNormGradEx _FusedConv3D "
        "_TensorToHashBucketFast",
    ),
    (
        "it belongs to an input pipeline (tf.data), not to the model; feed the "
        "tensors that its iterator gives as inputs",
        "*Dataset *DatasetV[234] *Iterator* DatasetCardinality DatasetFingerprint "
        "ExperimentalDatasetCardinality DatasetFromGraph DatasetToGraph* "
        "DatasetToSingleElement *DatasetVariant *MemoryCache *SeedGenerator "
        "*StatsAggregator* *ThreadPoolHandle CompressElement UncompressElement "
        "ComputeBatchSize GetElementAtIndex GetOptions WindowOp MapDefun "
        "DummyIterationCounter InitializeTableFromDataset "
        "LegacyParallelInterleaveDatasetV2",
    ),
    (
        "it belongs to a queue that other threads fill; feed the tensors that the "
        "queue gives as inputs",
        "*Queue *QueueV2 Queue[A-Z]* Barrier* Stage StageClear StagePeek StageSize "
        "Unstage MapStage MapUnstage* MapPeek MapSize MapClear MapIncompleteSize "
        "OrderedMap*",
    ),
    (
        "it reads from a queue of file names; feed the records as an input",
        "Reader[A-Z]* IdentityReader*",
    ),
    (
        "it forms batches of the requests of several server threads; convert the "
        "function that it feeds, whose inputs are those batches",
        "Batch Unbatch UnbatchGrad",
    ),
    (
        "it gathers the gradients of several workers in a shared place; a port "
        "trains with torch's own data parallelism",
        "*Accumulator* Mutex* ConsumeMutexLock",
    ),
    (
        "it keeps sparse tensors in a table of the running process under a handle; "
        "serialise them (SerializeSparse) instead",
        "AddSparseToTensorsMap AddManySparseToTensorsMap TakeManySparseFromTensorsMap",
    ),
    (
        "it makes an event for TensorBoard, which no result of a model needs; name "
        "the outputs (--output) without it",
        "ScalarSummary HistogramSummary ImageSummary AudioSummary* TensorSummary* "
        "MergeSummary",
    ),
    (
        "it trains a linear model with a solver that keeps its state in the kernel; "
        "convert the serving graph",
        "Sdca*",
    ),
    (
        "it trains word vectors by a kernel that TensorFlow 1 had for a tutorial",
        "Skipgram NegTrain",
    ),
    (
        "it differentiates a function by name; TensorFlow 1's function gradients have "
        "no graph of their own",
        "SymbolicGradient",
    ),
    (
        "it records the ranges of a model while it is being quantised; convert the "
        "model before or after that step",
        "CustomAggregator",
    ),
    (
        "its codec (WebP, JPEG XL) is in no Python library that a port may import; "
        "decode the image before the model",
        "DecodeWebP DecodeJxl",
    ),
    (
        "it holds a reference to an object of the running process",
        "MakeWeakResourceHandle IsResourceHandleRefCounting",
    ),
    (
        "its choice is a setting of the running process",
        "IsTensorFloat32Enabled",
    ),
    (
        "the shares of its classes are learnt from its calls and kept in the kernel; "
        "sample with fixed shares instead",
        "LearnedUnigramCandidateSampler ThreadUnsafeUnigramCandidateSampler",
    ),
    (
        "TensorFlow's debugger adds it while it watches a run",
        "DebugNanCount DebugNumericSummary*",
    ),
    (
        "it keeps what a TF1 loop needs for its gradient; name the outputs without "
        "the gradient, which a port has from autograd",
        "Stack StackV2 StackPush* StackPop* StackClose* TensorArrayGrad "
        "TensorArrayGradV2 TensorArrayGradV3 TensorArrayGradWithShape",
    ),
    (
        "TensorFlow before 1.0 wrote it; load the model with TensorFlow 1 and save it "
        "again",
        "TensorArray TensorArrayV2 TensorArrayPack TensorArrayUnpack "
        "TensorArrayConcat TensorArrayConcatV2 TensorArrayGather TensorArrayGatherV2 "
        "TensorArrayRead TensorArrayReadV2 TensorArrayScatter TensorArrayScatterV2 "
        "TensorArraySize TensorArraySizeV2 TensorArraySplit TensorArraySplitV2 "
        "TensorArrayWrite TensorArrayWriteV2 AdjustContrast TileGrad "
        "BatchNormWithGlobalNormalizationGrad",
    ),
    (
        "it changes a lookup table while the model runs; a port's tables have the "
        "content that was saved",
        "LookupTableInsert LookupTableInsertV2 LookupTableRemoveV2",
    ),
    (
        "it adds to a batch of lists at once, which only the vectoriser of loops "
        "(pfor) does; save the model without vectorized_map",
        "TensorListPushBackBatch",
    ),
    (
        "no API of TensorFlow writes it into a model (loops are While, branches If)",
        "For _If _While",
    ),
    (
        "it is what tf.data gives at the end of its data; feed the tensors as inputs",
        "OptionalFromValue OptionalGetValue OptionalHasValue OptionalNone",
    ),
    (
        "its fixed-point filters are for microcontrollers; compute the features "
        "before the model",
        "AudioMicrofrontend",
    ),
    (
        "the bytes of the file are those of the encoder that TensorFlow was built "
        "with; return the pixels and encode them after the model",
        "EncodePng EncodeJpeg EncodeJpegVariableQuality",
    ),
    (
        "its messages follow a descriptor that is linked into the program that saved "
        "the model; decode them before it",
        "DecodeProtoV2 EncodeProto",
    ),
    (
        "TensorFlow has a kernel for it only on TPUs",
        "MakeUnique TopKUnique TopKWithUnique KthOrderStatistic",
    ),
    (
        "compressed sparse rows in variants are an experiment that no public function "
        "of TensorFlow writes; use SparseTensor",
        "*CSRSparseMatrix* SparseMatrix*",
    ),
    (
        "TensorFlow chooses among four samplers for each of its parameters, of which "
        "each uses up the random numbers in its own way; scale the draws of "
        "stateless_truncated_normal",
        "StatelessParameterizedTruncatedNormal",
    ),
    (
        "torch has no tensors of TensorFlow's quantised dtypes (qint8, quint8, qint32, "
        "…); convert the float model, or the one with FakeQuant ops",
        "Quantized* QuantizeV2 Dequantize QuantizeDownAndShrinkRange Requantiz* "
        "UniformQuantize UniformDequantize UniformRequantize UniformQuantized* "
        "XlaDequantize",
    ),
    (
        "it chooses the first centres of a clustering while that is trained; convert "
        "the graph that serves",
        "KMC2ChainInitialization KmeansPlusPlusInitialization",
    ),
    (
        "TensorFlow has a kernel for it only on GPUs, so that no run on a CPU could "
        "prove a port",
        "GenerateBoundingBoxProposals",
    ),
    (
        "it permutes the numbers of examples by a cipher, for input pipelines; "
        "shuffle before the model",
        "RandomIndexShuffle",
    ),
    (
        "it rounds at random for training on quantised hardware, and no public "
        "function of TensorFlow writes it",
        "StochasticCastToInt",
    ),
    (
        "it is a scratch buffer that several ops of a TF1 graph write; write the sum "
        "with add_n instead",
        "TemporaryVariable DestroyTemporaryVariable",
    ),
)
