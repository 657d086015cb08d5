import { policyReply, stageProblem } from '@gatehouse/contracts';
import { expect, it } from 'vitest';
import { encodePolicyReply } from './written.js';

const reply = policyReply.parse({ results: { p: { pass: true, messages: ['ü'] } } });
const size = Buffer.byteLength(JSON.stringify(reply));

it('a reply is written as it is, as long as it may be', () => {
  expect(policyReply.parse(JSON.parse(encodePolicyReply(reply, size).toString()))).toEqual(reply);
});

it('a reply of a byte more decides nothing, and says so', () => {
  const { problem } = stageProblem.parse(JSON.parse(encodePolicyReply(reply, size - 1).toString()));
  expect(problem).toEqual({
    code: 'stage_fault',
    detail: `the policies answer with ${size} bytes, more than ${size - 1}`,
  });
});
