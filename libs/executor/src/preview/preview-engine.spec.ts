import type { FlowVersion } from '@gatehouse/plan';
import { describe, expect, it } from 'vitest';
import { executorHarness } from '../../testing/executor-harness.js';
import { DEFAULT_REPLIES, LOGIN_REPLY } from '../../testing/fake-stage-client.js';
import { ALICE, flowOf } from '../../testing/test-flow.js';

const BOB = { ...ALICE, uuid: '41c0a6de-1d6b-4a8e-9d0f-5d2a4a3f0099', username: 'bob' };
const login = flowOf([{ kind: 'ident' }, { kind: 'secret' }, { kind: 'login' }]);
const script = { ...DEFAULT_REPLIES, 'login.challenge': LOGIN_REPLY };
const previewable = (version: FlowVersion, replies: Parameters<typeof executorHarness>[1] = script) =>
  executorHarness(version, replies, { previewed: ['ident', 'secret', 'login'] });

describe('a preview', () => {
  it('lists a login in its notes, and saves no plan, event, metric or permit', async () => {
    const { preview, plans, events, observer, permits } = previewable(login);
    const shown = await preview(undefined);
    const named = await preview(shown.state, { uid: 'alice' });
    const done = await preview(named.state, { password: 'x' }); // not-a-secret
    expect(done.response.result).toEqual({ type: 'done', to: '/' });
    expect(done.notes).toMatchObject([{ what: 'login', details: { user: ALICE.uuid } }]);
    expect(done.state).toMatchObject({ logged_in: true });
    expect([plans.loads, plans.saves, plans.savedEffects, events.recorded, observer.seen]).toEqual([0, 0, [], [], []]);
    expect(permits.granted).toEqual([]);
  });

  it('does not send the operator’s user, cookies or outpost to stages', async () => {
    const { preview, stages } = previewable(login);
    await preview(undefined, undefined, {
      client: { ip: '203.0.113.7', user_agent: 'x', outpost: true, cookies: { a: 'b' } },
    });
    expect(stages.requests[0]).toMatchObject({
      ...{ session: { user: null }, preview: { user: ALICE.uuid } },
      client: { outpost: false, cookies: {} },
    });
  });

  it('fails with stage_fault if a stage names another user than the test user', async () => {
    const { preview } = previewable(login, {
      ...script,
      'ident.respond': { type: 'passed', context: { pending_user: BOB } },
    });
    const shown = await preview(undefined);
    const { response, state } = await preview(shown.state, { uid: 'bob' });
    expect(response.result).toMatchObject({ type: 'problem', problem: { code: 'stage_fault' } });
    expect(JSON.stringify(state)).not.toContain(BOB.uuid);
  });

  it('shows a stand-in for a stage whose contract declares no `preview`, and this step proves nothing', async () => {
    const { preview, stages } = previewable(flowOf([{ kind: 'page' }, { kind: 'needy' }, { kind: 'secret' }]));
    const shown = await preview(undefined);
    expect(shown.response.result).toMatchObject({ type: 'show', challenge: { name: 'the page-0 stage' } });
    expect(shown.notes).toEqual([{ what: 'left_out', details: { step: 'the page-0 stage', kind: 'page' } }]);
    const next = await preview(shown.state, {});
    expect((await preview(next.state, {})).response.result).toMatchObject({ challenge: { secret: true } });
    expect(stages.hops).toEqual(['secret.challenge']);
  });

  it('accepts only the newest mailed link of a step, like a login', async () => {
    const mail = {
      ...{ type: 'mail' as const, to: { address: 'alice@example.org', name: 'Alice' }, subject: 'x', locale: 'en' },
      ...{ template: 'email/password_reset.html' as const, variables: {}, link_ttl_s: 60 },
    };
    const { preview } = executorHarness(
      flowOf([{ kind: 'mailer' }]),
      {
        'mailer.challenge': { type: 'challenge', challenge: {}, effects: [mail] },
        'mailer.respond': {
          ...{ type: 'rejected', challenge: {}, effects: [mail] },
          errors: { non_field_errors: [{ text: 'sent' }] },
        },
      },
      { previewed: ['mailer'] },
    );
    const mailed = await preview(undefined);
    const again = await preview(mailed.state, {});
    expect([mailed, again].map(({ state }) => state?.links.length)).toEqual([1, 1]);
    expect(again.state?.links).not.toEqual(mailed.state?.links);
  });

  it('refuses a state whose plan has another user than the test user', async () => {
    const { preview } = previewable(login);
    const named = await preview((await preview(undefined)).state, { uid: 'alice' });
    const forged = structuredClone(named.state)!;
    forged.plan.context.pending_user = BOB;
    await expect(preview(forged, { password: 'x' })).rejects.toThrow('another user than its test user'); // not-a-secret
  });

  it('tells policies that it is a preview, in which they must not write or send anything', async () => {
    const set = {
      mode: 'any' as const,
      bindings: [{ id: 'b', order: 0, enabled: true, negate: false, timeout_s: 1, failure_result: false, policy: 'p' }],
    };
    const { preview, policies } = previewable(flowOf([{ kind: 'secret', policies: set }]));
    await preview(undefined);
    expect(policies.requests).toMatchObject([{ dry_run: 'preview' }]);
  });
});
