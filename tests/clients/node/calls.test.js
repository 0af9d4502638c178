// Descriptions, errors, deadlines and cancellation.
'use strict';

const assert = require('node:assert');
const {test} = require('node:test');

const {
  ask, floats, grpc, inSeconds, inferRequest, int64s, withClient,
} = require('./client.js');

const {status} = grpc;

// A run of the model `endless` that no test waits for.
function endless(steps) {
  return inferRequest('endless', [
    {name: 'x', datatype: 'FP32', shape: [1], contents: floats([0])},
    {name: 'steps', datatype: 'INT64', shape: [1], contents: int64s([steps])},
  ]);
}

test('the server tells what it is', () => withClient(async (client) => {
  assert.deepStrictEqual(await ask(client, 'ServerLive', {}), {live: true});
  assert.deepStrictEqual(await ask(client, 'ServerReady', {}), {ready: true});
  const metadata = await ask(client, 'ServerMetadata', {});
  assert.strictEqual(metadata.name, 'triton');
  assert.ok(metadata.extensions.includes('model_repository'));
}));

test('a model tells what it takes', () => withClient(async (client) => {
  const metadata = await ask(client, 'ModelMetadata', {name: 'simple'});
  assert.deepStrictEqual(metadata.versions, ['1']);
  assert.deepStrictEqual(metadata.inputs, [
    {name: 'INPUT0', datatype: 'INT32', shape: ['-1', '16']},
    {name: 'INPUT1', datatype: 'INT32', shape: ['-1', '16']},
  ]);
  const {config} = await ask(client, 'ModelConfig', {name: 'simple'});
  assert.strictEqual(config.max_batch_size, 8);
  assert.strictEqual(config.input[0].data_type, 'TYPE_INT32');
}));

test('a wrong shape', () => withClient((client) => {
  const tensor = {
    datatype: 'INT32', shape: [1, 3], contents: {int_contents: [1, 2, 3]},
  };
  const request = inferRequest('simple', [
    {...tensor, name: 'INPUT0'}, {...tensor, name: 'INPUT1'},
  ]);
  return assert.rejects(ask(client, 'ModelInfer', request), {
    code: status.INVALID_ARGUMENT,
    details: "unexpected shape for input 'INPUT0' for model 'simple'. " +
        'Expected [-1,16], got [1,3]',
  });
}));

test('an unknown model', () => withClient((client) => (
  assert.rejects(ask(client, 'ModelInfer', inferRequest('nobody', [])),
                 {code: status.NOT_FOUND, details: /'nobody'/}))));

test('an RPC that is not offered', () => withClient((client) => (
  assert.rejects(ask(client, 'TraceSetting', {}),
                 {code: status.UNIMPLEMENTED}))));

test('a deadline ends a run', () => withClient(async (client) => {
  await assert.rejects(ask(client, 'ModelInfer', endless(1e12), inSeconds(0.5)),
                       {code: status.DEADLINE_EXCEEDED});
  // The lane is free again: the server has not gone on with it.
  const answer = await ask(client, 'ModelInfer', endless(3));
  assert.strictEqual(answer.raw_output_contents[0].readFloatLE(), 3);
}));

test('a call that is cancelled', () => withClient(async (client) => {
  const error = await new Promise((resolve) => {
    const call = client.ModelInfer(endless(1e12), inSeconds(30), resolve);
    call.cancel();
  });
  assert.strictEqual(error.code, status.CANCELLED);
  const answer = await ask(client, 'ModelInfer', endless(4));
  assert.strictEqual(answer.raw_output_contents[0].readFloatLE(), 4);
}));

test('metadata of the client changes nothing', () => withClient(
    async (client) => {
      const metadata = new grpc.Metadata();
      metadata.set('x-request-id', 'seventeen');
      metadata.set('trace-bin', Buffer.from([0, 255]));
      const answer = await new Promise((resolve, reject) => {
        client.ModelInfer(
            {...endless(2), id: 'seventeen'}, metadata, inSeconds(30),
            (error, value) => error ? reject(error) : resolve(value));
      });
      assert.strictEqual(answer.id, 'seventeen');
    }));
