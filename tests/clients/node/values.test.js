// Values there and back, held against what eager PyTorch answers.
'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const {test} = require('node:test');

const {
  aligned, ask, floats, inferRequest, int64s, strings, withClient,
} = require('./client.js');

const answers = JSON.parse(fs.readFileSync(process.env.SCONCE_ANSWERS));
const RAW = {FP32: floats, INT64: int64s};
const TYPED = {
  FP32: (values) => ({fp32_contents: values}),
  INT64: (values) => ({int64_contents: values}),
};

function known(model) {
  return answers.find((answer) => answer.model === model);
}

async function assertAnswer({model, inputs, outputs}, packers) {
  const tensors = inputs.map((input) => (
    {...input, contents: packers[input.datatype](input.values)}));
  const request = inferRequest(model, tensors);
  const answer = await withClient(
      (client) => ask(client, 'ModelInfer', request));
  assert.strictEqual(answer.model_name, model);
  assert.strictEqual(answer.model_version, '1');
  assert.strictEqual(answer.outputs.length, outputs.length);
  outputs.forEach((expected, i) => {
    assert.strictEqual(answer.outputs[i].name, expected.name);
    assert.strictEqual(answer.outputs[i].datatype, 'FP32');
    assert.deepStrictEqual(answer.outputs[i].shape, expected.shape.map(String));
    const values = new Float32Array(aligned(answer.raw_output_contents[i]));
    assert.strictEqual(values.length, expected.values.length);
    expected.values.forEach((value, k) => {
      assert.ok(Math.abs(values[k] - value) <= 1e-5 + 1e-4 * Math.abs(value),
                `${expected.name}[${k}]: ${values[k]} is not ${value}`);
    });
  });
}

test('FP32 as raw bytes', () => assertAnswer(known('mlp'), RAW));
test('FP32 as typed contents', () => assertAnswer(known('mlp'), TYPED));
test('INT64 as raw bytes', () => assertAnswer(known('embed'), RAW));
test('INT64 as typed contents', () => assertAnswer(known('embed'), TYPED));

const TEXTS = ['he\0llo', '', 'häßlich', '\u{1f600}'].map((text) => (
  Buffer.from(text)));

async function assertTexts(contents) {
  const request = inferRequest('simple_identity', [
    {name: 'INPUT0', datatype: 'BYTES', shape: [1, TEXTS.length], contents},
  ]);
  const answer = await withClient(
      (client) => ask(client, 'ModelInfer', request));
  assert.strictEqual(answer.outputs[0].name, 'OUTPUT0');
  assert.strictEqual(answer.outputs[0].datatype, 'BYTES');
  assert.deepStrictEqual(answer.outputs[0].shape, ['1', `${TEXTS.length}`]);
  assert.deepStrictEqual(answer.raw_output_contents, [strings(TEXTS)]);
}

test('BYTES as raw bytes', () => assertTexts(strings(TEXTS)));
test('BYTES as typed contents', () => assertTexts({bytes_contents: TEXTS}));

test('INT64 beyond what a number of JavaScript holds', async () => {
  const values = [-(2n ** 63n), 2n ** 53n + 1n, 2n ** 63n - 1n];
  const request = inferRequest('identity', [{
    name: 'x', datatype: 'INT64', shape: [3],
    contents: {int64_contents: values.map(String)},
  }]);
  const answer = await withClient(
      (client) => ask(client, 'ModelInfer', request));
  const bytes = aligned(answer.raw_output_contents[0]);
  assert.deepStrictEqual([...new BigInt64Array(bytes)], values);
});

test('a message above 4 MB both ways', async () => {
  const sent = Buffer.alloc(8 << 20);
  for (let i = 0; i < sent.length; i += 4) sent.writeFloatLE(i % 65536, i);
  const request = inferRequest('identity', [
    {name: 'x', datatype: 'FP32', shape: [sent.length / 4], contents: sent},
  ]);
  const answer = await withClient(
      (client) => ask(client, 'ModelInfer', request));
  assert.ok(sent.equals(answer.raw_output_contents[0]));
});

test('the limit of 4 MB on answers is the client\'s own', async () => {
  const request = inferRequest('identity', [{
    name: 'x', datatype: 'UINT8', shape: [5 << 20],
    contents: Buffer.alloc(5 << 20),
  }]);
  const error = await withClient(
      (client) => assert.rejects(
          ask(client, 'ModelInfer', request),
          {code: 8, details: /Received message larger than max/}),
      {});
  assert.strictEqual(error, undefined);
});
