// A client of the protocol as a Node user writes it: stubs from the .proto
// files at run time, promises around the unary calls. SCONCE_ADDRESS names the
// server, SCONCE_PROTO the folder of the .proto files.
'use strict';

const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

const definition = protoLoader.loadSync('inference/grpc_service.proto', {
  includeDirs: [process.env.SCONCE_PROTO],
  keepCase: true,
  longs: String,
  enums: String,
  defaults: true,
  oneofs: true,
});
const {GRPCInferenceService} =
    grpc.loadPackageDefinition(definition).inference;

const SECONDS = 60;

// A client without a limit of its own on the size of answers, unless told.
function connect(options = {'grpc.max_receive_message_length': -1}) {
  return new GRPCInferenceService(
      process.env.SCONCE_ADDRESS, grpc.credentials.createInsecure(), options);
}

// Runs `use` with a client and closes it.
async function withClient(use, options) {
  const client = connect(options);
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

function inSeconds(seconds) {
  return {deadline: new Date(Date.now() + 1000 * seconds)};
}

// The answer of a unary call; rejects with grpc-js's ServiceError.
function ask(client, method, request, options = inSeconds(SECONDS)) {
  return new Promise((resolve, reject) => {
    client[method](request, options, (error, answer) => {
      if (error) reject(error);
      else resolve(answer);
    });
  });
}

// One input: a Buffer travels raw, anything else as typed contents.
function inferRequest(model, tensors) {
  const inputs = [], raw_input_contents = [];
  for (const {name, datatype, shape, contents} of tensors) {
    const input = {name, datatype, shape};
    if (Buffer.isBuffer(contents)) raw_input_contents.push(contents);
    else input.contents = contents;
    inputs.push(input);
  }
  return {model_name: model, inputs, raw_input_contents};
}

function floats(values) {
  return Buffer.from(Float32Array.from(values).buffer);
}

function int32s(values) {
  return Buffer.from(Int32Array.from(values).buffer);
}

function int64s(values) {
  return Buffer.from(BigInt64Array.from(values.map(BigInt)).buffer);
}

// A BYTES tensor: each string behind its length, 4 bytes little-endian.
function strings(values) {
  return Buffer.concat(values.flatMap((value) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(value.length);
    return [length, value];
  }));
}

// A copy, because a part of a message may begin at any byte.
function aligned(bytes) {
  return Uint8Array.from(bytes).buffer;
}

module.exports = {
  grpc, connect, withClient, ask, inSeconds, inferRequest,
  floats, int32s, int64s, strings, aligned,
};
