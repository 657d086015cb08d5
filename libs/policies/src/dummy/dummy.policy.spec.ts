import { expect, it } from 'vitest';
import { policyInput } from '../../testing/index.js';
import { dummyContract } from './dummy.contract.js';
import { DummyPolicy } from './dummy.policy.js';

const ask = (config: object) => new DummyPolicy().evaluate(policyInput(dummyContract, { config: { ...config } }));

it.each([true, false])('the dummy policy returns the configured result: %s', async (result) => {
  expect(await ask({ result, wait_min: 0, wait_max: 1 })).toEqual({ pass: result, messages: ['dummy'] });
});

it('the dummy policy throws if wait_min is not less than wait_max', async () => {
  await expect(ask({ wait_min: 1, wait_max: 1 })).rejects.toThrow(/must be less than wait_max/);
});
