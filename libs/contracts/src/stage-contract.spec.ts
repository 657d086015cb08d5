import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { fromDescriptor, toDescriptor } from './descriptor-contract.js';
import { defineStage } from './stage-contract.js';

const nothing = z.object({});
const stage = (more: object) =>
  defineStage({
    ...{ kind: 'sample', component: 'ak-stage-sample', model: 'samples.stage', service: 'samples' },
    ...{ config: nothing, challenge: nothing, response: nothing, state: nothing },
    ...more,
  });

describe('a stage', () => {
  it('grants nothing unless it says so', () => {
    expect([stage({}).grants, stage({ grants: true }).grants]).toEqual([false, true]);
  });

  it('changes credentials if its descriptor says so, and not otherwise', () => {
    const again = (contract: ReturnType<typeof stage>) => fromDescriptor(toDescriptor(contract)).changes_credentials;
    const change = { config: {}, context: {}, user: undefined };
    expect(again(stage({ changes_credentials: () => false }))?.(change)).toBe(true);
    expect(again(stage({}))).toBeUndefined();
  });

  it('that may log somebody in grants something, whatever it says, in this house or elsewhere', () => {
    const login = stage({ effects: ['login'], grants: false });
    expect(login.grants).toBe(true);
    expect(fromDescriptor({ ...toDescriptor(login), grants: false }).grants).toBe(true);
  });
});
