import { describe, expect, it } from 'vitest';
import { executorHarness } from '../testing/executor-harness.js';
import { policySetOf } from '../testing/fake-policy-client.js';
import { DEFAULT_REPLIES } from '../testing/fake-stage-client.js';
import { flowOf } from '../testing/test-flow.js';

const flow = flowOf([{ kind: 'scorer' }, { kind: 'scored' }, { kind: 'page' }]);
const scoredPasses = { ...DEFAULT_REPLIES, 'scored.challenge': { type: 'passed' } } as const;

describe('a fact that a vendor’s stages define', () => {
  it('is sent only to stages whose contract reads it', async () => {
    const { show, stages } = executorHarness(flow, {
      ...{ ...scoredPasses, 'scorer.challenge': { type: 'passed', context: { x_acme_risk: 40 } } },
    });
    await show();

    expect(stages.hops).toEqual(['scorer.challenge', 'scored.challenge', 'page.challenge']);
    expect(stages.requests.map(({ context }) => context)).toEqual([{}, { x_acme_risk: 40 }, {}]);
  });

  it('denies the visitor, without a request to the stage that requires it, if no stage has written it', async () => {
    const { show, stages } = executorHarness(flow, { ...scoredPasses, 'scorer.challenge': { type: 'passed' } });

    expect((await show()).result).toMatchObject({ type: 'denied' });
    expect(stages.hops).toEqual(['scorer.challenge']);
  });

  it('may be set by a policy to a value that matches the schema of the stages', async () => {
    const { show, policies } = executorHarness(
      flowOf([{ kind: 'scored', policies: policySetOf({ policy: 'p' }) }, { kind: 'page' }]),
      scoredPasses,
    );
    const showWith = async (x_acme_risk: unknown) => {
      policies.replies['p'] = { context: { set: { x_acme_risk }, unset: [] } };
      return (await show()).result;
    };

    expect(await showWith('high')).toMatchObject({
      ...{
        type: 'problem',
        problem: { code: 'stage_fault', detail: { text: 'a policy sets a x_acme_risk of the wrong shape' } },
      },
    });
    expect(await showWith(40)).toMatchObject({ type: 'show' });
  });
});
