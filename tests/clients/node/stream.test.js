// ModelStreamInfer: order, errors, a sequence, and its end by either side.
'use strict';

const assert = require('node:assert');
const {once} = require('node:events');
const {test} = require('node:test');

const {
  aligned, ask, grpc, inSeconds, inferRequest, int32s, withClient,
} = require('./client.js');

function number(model, name, value) {
  return inferRequest(model, [
    {name, datatype: 'INT32', shape: [1, 1], contents: int32s([value])},
  ]);
}

function valueOf(answer) {
  const [bytes] = answer.infer_response.raw_output_contents;
  return new Int32Array(aligned(bytes))[0];
}

// The answers to `requests`, which are all sent before any of them is read.
async function exchange(client, requests) {
  const stream = client.ModelStreamInfer(inSeconds(60));
  const answers = [];
  stream.on('data', (answer) => answers.push(answer));
  const end = once(stream, 'end');
  for (const request of requests) stream.write(request);
  stream.end();
  await end;
  return answers;
}

test('answers come in the order of the requests', () => withClient(
    async (client) => {
      const values = [...Array(100).keys()];
      const answers = await exchange(client, values.map((value) => (
        {...number('identity', 'x', value), id: `${value}`})));
      assert.deepStrictEqual(answers.map(valueOf), values);
      assert.deepStrictEqual(
          answers.map((answer) => answer.infer_response.id),
          values.map(String));
    }));

test('an error does not end the stream', () => withClient(async (client) => {
  const answers = await exchange(client, [
    number('identity', 'x', 1),
    number('nobody', 'x', 2),
    number('identity', 'x', 3),
  ]);
  assert.deepStrictEqual([valueOf(answers[0]), valueOf(answers[2])], [1, 3]);
  assert.match(answers[1].error_message, /'nobody'/);
}));

test('with triton_grpc_error the first error is the status', () => withClient(
    async (client) => {
      const metadata = new grpc.Metadata();
      metadata.set('triton_grpc_error', 'true');
      const stream = client.ModelStreamInfer(metadata, inSeconds(60));
      stream.on('data', () => {});
      stream.write(number('nobody', 'x', 1));
      const [error] = await once(stream, 'error');
      assert.strictEqual(error.code, grpc.status.NOT_FOUND);
      assert.match(error.details, /'nobody'/);
    }));

test('three sequences on one stream', () => withClient(async (client) => {
  const ids = [
    {int64_param: '8101'}, {string_param: 'node'},
    {uint64_param: '18446744073709551615'},
  ];
  const place = (i) => ({
    sequence_start: {bool_param: i === 0},
    sequence_end: {bool_param: i === 3},
  });
  const requests = [1, 2, 3, 4].flatMap((value, i) => ids.map((id, k) => ({
    ...number('accumulate', 'INPUT', value * 10 ** k),
    parameters: {sequence_id: id, ...place(i)},
  })));
  const answers = await exchange(client, requests);
  assert.deepStrictEqual(answers.map((answer) => answer.error_message),
                         Array(12).fill(''));
  assert.deepStrictEqual(
      answers.map(valueOf),
      [1, 3, 6, 10].flatMap((sum) => [sum, sum * 10, sum * 100]));
}));

test('a stream that is cancelled', () => withClient(async (client) => {
  const stream = client.ModelStreamInfer(inSeconds(60));
  const first = once(stream, 'data');
  stream.write(number('identity', 'x', 5));
  assert.strictEqual(valueOf((await first)[0]), 5);
  const failed = once(stream, 'error');
  stream.cancel();
  assert.strictEqual((await failed)[0].code, grpc.status.CANCELLED);
  assert.deepStrictEqual(await ask(client, 'ServerLive', {}), {live: true});
}));
