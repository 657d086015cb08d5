import { stageDescriptor } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { rejectDifferentFacts } from './own-fact-shapes.js';

const object = { type: 'object' };
const descriptorOf = (kind: string, schema: object) =>
  stageDescriptor.parse({
    ...{ v: 1, kind, component: null, config: object, challenge: object, response: object, state: object },
    facts: { x_acme_risk: { schema, reads: 'optional' } },
  });
const scores = { type: 'object', properties: { score: { type: 'integer' } }, required: ['score'] };

describe('the external stages of a flow', () => {
  it('may declare an own fact with the same schema, regardless of the order of its members', () => {
    const { type, ...rest } = scores;
    const stages = [descriptorOf('x_acme_scorer', scores), descriptorOf('x_acme_gate', { ...rest, type })];
    expect(() => rejectDifferentFacts('login', stages)).not.toThrow();
  });

  it('are refused with an error that names them if they declare different schemas for an own fact', () => {
    const stages = [descriptorOf('x_acme_scorer', scores), descriptorOf('x_acme_gate', { type: 'integer' })];
    expect(() => rejectDifferentFacts('login', stages)).toThrow(
      'the flow login has stages that disagree about the fact x_acme_risk: its schema in x_acme_scorer is not that in x_acme_gate.',
    );
  });
});
