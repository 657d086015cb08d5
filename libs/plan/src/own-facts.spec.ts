import { defineStage, MAX_OWN_FACT_LENGTH, type StageContract } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { contractViolations } from './contract-violations.js';

const none = z.object({});
const drafted = {
  ...{ kind: 'x_acme_scorer', component: undefined, model: undefined, service: 'sample' },
  ...{ config: none, challenge: none, response: none, state: none },
} as const;
const modest = defineStage(drafted);

describe('a fact of a vendor', () => {
  const schema = z.object({ score: z.int(), notes: z.string().optional() });
  const scorer = defineStage({ ...drafted, facts: { x_acme_risk: { schema, writes: true } } });
  const reader = defineStage({ ...drafted, facts: { x_acme_risk: { schema, reads: 'optional' } } });
  const writing = (stage: StageContract, x_acme_risk: unknown) =>
    contractViolations(
      stage,
      { type: 'passed', context: { x_acme_risk } },
      { pendingUser: undefined, attached: [] },
    ).join();

  it('may be written and removed by the stages that declare to write it', () => {
    expect([writing(scorer, { score: 3 }), writing(scorer, null)]).toEqual(['', '']);
    for (const stage of [reader, modest]) expect(writing(stage, { score: 3 })).toContain('writes x_acme_risk');
  });

  it('must match the declared schema, and must not be longer than the limit', () => {
    const padding = MAX_OWN_FACT_LENGTH - JSON.stringify({ score: 3, notes: '' }).length;
    expect(writing(scorer, 'high')).toContain('a x_acme_risk of the wrong shape');
    expect(writing(scorer, { score: 3, notes: 'n'.repeat(padding) })).toBe('');
    expect(writing(scorer, { score: 3, notes: 'n'.repeat(padding + 1) })).toContain('wrong shape');
  });
});
