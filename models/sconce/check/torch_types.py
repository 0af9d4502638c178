"""The data types that torch writes into pickles: name and bytes of one."""

# Storage classes, as `FloatStorage`.
STORAGES = {
    "DoubleStorage": ("FP64", 8),
    "FloatStorage": ("FP32", 4),
    "HalfStorage": ("FP16", 2),
    "BFloat16Storage": ("BF16", 2),
    "LongStorage": ("INT64", 8),
    "IntStorage": ("INT32", 4),
    "ShortStorage": ("INT16", 2),
    "CharStorage": ("INT8", 1),
    "ByteStorage": ("UINT8", 1),
    "BoolStorage": ("BOOL", 1),
    "ComplexFloatStorage": ("COMPLEX64", 8),
    "ComplexDoubleStorage": ("COMPLEX128", 16),
    "QInt8Storage": ("QINT8", 1),
    "QUInt8Storage": ("QUINT8", 1),
    "QInt32Storage": ("QINT32", 4),
    "UntypedStorage": ("UINT8", 1),
}

# Data types by their name in torch.
DTYPES = {
    "float64": ("FP64", 8),
    "float32": ("FP32", 4),
    "float16": ("FP16", 2),
    "bfloat16": ("BF16", 2),
    "int64": ("INT64", 8),
    "int32": ("INT32", 4),
    "int16": ("INT16", 2),
    "int8": ("INT8", 1),
    "uint64": ("UINT64", 8),
    "uint32": ("UINT32", 4),
    "uint16": ("UINT16", 2),
    "uint8": ("UINT8", 1),
    "bool": ("BOOL", 1),
    "complex64": ("COMPLEX64", 8),
    "complex128": ("COMPLEX128", 16),
    "float8_e4m3fn": ("FP8_E4M3FN", 1),
    "float8_e5m2": ("FP8_E5M2", 1),
}

# Numbers of torch's ScalarType as torch.export's JSON has them.
EXPORTED = {
    1: "uint8",
    2: "int8",
    3: "int16",
    4: "int32",
    5: "int64",
    6: "float16",
    7: "float32",
    8: "float64",
    10: "complex64",
    11: "complex128",
    12: "bool",
    13: "bfloat16",
    28: "uint16",
    29: "float8_e4m3fn",
    30: "float8_e5m2",
}
