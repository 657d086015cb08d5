import type { StageReply } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { executorHarness } from '../testing/executor-harness.js';
import { challengeReply, DEFAULT_REPLIES, type ScriptedReply } from '../testing/fake-stage-client.js';
import { flowOf } from '../testing/test-flow.js';
import type { FlowStartOptions } from './flow-starter.js';

const CONSENTED: StageReply = { type: 'passed', consented: true };
const SCRIPT: Record<string, ScriptedReply> = {
  ...DEFAULT_REPLIES,
  'asker.challenge': challengeReply(),
  'asker.respond': CONSENTED,
  'granter.challenge': challengeReply(),
  'granter.respond': { type: 'passed' },
};
const STARTED: FlowStartOptions = { visitor: undefined, context: {}, insert: undefined };
const flow = (...kinds: string[]) => flowOf(kinds.map((kind) => ({ kind })));
/**
 * Returns a harness, and a function that lists the values of `step.consented` in the requests to the stage `granter`.
 */
function harnessOf(version: ReturnType<typeof flowOf>, script = SCRIPT) {
  const harness = executorHarness(version, script);
  const { hops, requests } = harness.stages;
  const consents = () => requests.filter((_, i) => hops[i]?.startsWith('granter')).map(({ step }) => step.consented);
  return { ...harness, consents };
}

describe('a stage that needs consent', () => {
  it('gets `consented: true` only in the request that gave the consent', async () => {
    const { show, solve, consents, stages } = harnessOf(flow('asker', 'granter'));
    await show();
    await solve({ token: 'x' });
    await show();
    await solve({});
    expect(consents()).toEqual([true, false, false]);
    expect(
      stages.requests.every(({ step }, i) => stages.hops[i]?.startsWith('granter') || !('consented' in step)),
    ).toBe(true);
  });

  it.each<[string, string[], Record<string, ScriptedReply>]>([
    [
      'if the stage that asks for consent passes on a GET',
      ['asker', 'granter'],
      { 'asker.challenge': { type: 'passed' } },
    ],
    ['if the answer was no consent', ['asker', 'granter'], { 'asker.respond': { type: 'passed' } }],
    [
      'if another step came after the consent',
      ['asker', 'mailer', 'granter'],
      { 'mailer.challenge': { type: 'passed' } },
    ],
  ])('gets `consented: false` %s', async (_, kinds, replies) => {
    const { show, solve, consents } = harnessOf(flow(...kinds), { ...SCRIPT, ...replies });
    await show();
    await solve({ token: 'x' });
    expect(consents()[0]).toBe(false);
  });

  it('gets `consented: true` after the visitor has typed a device code, if its step is the first', async () => {
    const direct = harnessOf(flow('granter'));
    const { plan } = await direct.start(STARTED);
    await direct.show({ consentedPlan: plan.id });
    await direct.show();
    const later = harnessOf(flow('mailer', 'granter'), { ...SCRIPT, 'mailer.challenge': { type: 'passed' } });
    await later.show({ consentedPlan: (await later.start(STARTED)).plan.id });
    expect([direct.consents(), later.consents()]).toEqual([[true, false], [false]]);
  });

  it('gets `consented: false` if another device’s link has replaced the plan since the code was typed', async () => {
    const { start, show, consents } = harnessOf(flow('granter'));
    const typed = await start(STARTED);
    await start(STARTED);
    await show({ consentedPlan: typed.plan.id });
    expect(consents()).toEqual([false]);
  });
});

it('a consent is refused from a stage whose contract does not ask for one (accident 61)', async () => {
  const { show, solve, consents, violations } = harnessOf(flow('page', 'granter'), {
    ...SCRIPT,
    'page.respond': CONSENTED,
  });
  await show();
  expect((await solve({ word: 'x' })).result).toMatchObject({ type: 'problem', problem: { code: 'stage_fault' } });
  expect([violations, consents()]).toEqual([['reports a consent, which its contract does not ask for'], []]);
});
