import { stageDescriptor } from '@gatehouse/contracts';
import { flowVersionOf } from '@gatehouse/plan/testing';
import { describe, expect, it } from 'vitest';
import { contextSeed, NO_FACTS } from './given-facts.js';

const object = { type: 'object' };
const version = {
  ...flowVersionOf([{ id: 'a', kind: 'x_acme_gate' }]),
  descriptors: {
    x_acme_gate: stageDescriptor.parse({
      ...{
        v: 1,
        kind: 'x_acme_gate',
        component: null,
        config: object,
        challenge: object,
        response: object,
        state: object,
      },
      facts: { x_acme_risk: { schema: { type: 'integer' }, reads: 'optional' } },
    }),
  },
};
const seedOf = (context: Record<string, unknown>) => contextSeed({ ...NO_FACTS, context }, version);

describe('the given facts of a simulation', () => {
  it('may be own facts that an external stage of the flow declares', () => {
    expect(seedOf({ x_acme_risk: 40, title: 'x' })).toEqual({ context: { x_acme_risk: 40, title: 'x' } });
    expect(seedOf({})).toBeUndefined();
  });

  it('are refused if they are other facts, or have values of another type', () => {
    expect(() => seedOf({ x_acme_rsk: 40 })).toThrow('There is no fact x_acme_rsk. Did you mean x_acme_risk?');
    expect(() => seedOf({ x_acme_risk: 'high' })).toThrow('context: x_acme_risk: ');
  });
});
