import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import type { ErrorCode } from './contract-types.js';
import { fromDescriptor, toDescriptor } from './descriptor-contract.js';
import { defineStage } from './stage-contract.js';
import type { StageMessage } from './stage-outcome.js';

const nothing = z.object({});
const stage = (more: object) =>
  defineStage({
    ...{ kind: 'sample', component: 'ak-stage-sample', model: 'samples.stage', service: 'samples' },
    ...{ config: nothing, challenge: nothing, response: nothing, state: nothing },
    ...more,
  });

describe('a stage contract', () => {
  it('has grants false by default', () => {
    expect([stage({}).grants, stage({ grants: true }).grants]).toEqual([false, true]);
  });

  it('with a rule about changed credentials always changes them once it was converted to a descriptor', () => {
    const roundTrip = (contract: ReturnType<typeof stage>) =>
      fromDescriptor(toDescriptor(contract)).changes_credentials;
    const change = { config: {}, context: {}, user: undefined };
    expect(roundTrip(stage({ changes_credentials: () => false }))?.(change)).toBe(true);
    expect(roundTrip(stage({}))).toBeUndefined();
  });

  it('with the effect login always has grants true, also from a descriptor', () => {
    const login = stage({ effects: ['login'], grants: false });
    expect(login.grants).toBe(true);
    expect(fromDescriptor({ ...toDescriptor(login), grants: false }).grants).toBe(true);
  });

  it('has a type with which the compiler refuses an error code that the contract does not declare', () => {
    const contract = defineStage({
      ...{ kind: 'sample', component: 'ak-stage-sample', model: 'samples.stage', service: 'samples' },
      ...{ config: nothing, challenge: nothing, response: z.object({ word: z.string() }), state: nothing },
      errors: { sample_wrong: { string: 'Wrong.', code: 'invalid' } },
    });
    expect(Object.keys(contract.errors)).toEqual(['sample_wrong']);
    expectTypeOf<ErrorCode<typeof contract>>().toEqualTypeOf<'sample_wrong'>();
    expectTypeOf<{ code: 'sample_wrogn' }>().not.toExtend<StageMessage<typeof contract>>();
  });
});
