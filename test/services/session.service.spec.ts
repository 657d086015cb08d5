import { stageRequestFixture } from '@gatehouse/stage-kit/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithNats } from '../support/nats.js';
import { describeStageProtocol } from './protocol-conformance.js';
import { CLEAN_EXIT, ServiceHarness } from './service-harness.js';

const alice = {
  ...{ kind: 'saved', uuid: '41c0a6b8-6a0e-4c55-9d3b-2f7a5b1f8a01', pk: 7, username: 'alice', name: 'Alice' },
  ...{ email: 'a@example.org', is_active: true, epoch: 1, locale: '' },
};

describeWithNats('the session service', () => {
  let harness: ServiceHarness;

  beforeAll(async () => {
    harness = await ServiceHarness.open();
    await harness.start('session');
  });
  afterAll(() => harness?.close());

  describeStageProtocol(() => harness, {
    kinds: ['user_login', 'user_logout', 'deny', 'dummy', 'redirect'],
    others: ['identification', 'password'],
  });

  it('logs the pending user in without a challenge', async () => {
    const reply = await harness.request(
      'stage.user_login.challenge',
      stageRequestFixture({ context: { pending_user: alice } }),
    );
    expect(reply).toMatchObject({ type: 'passed', effects: [{ type: 'login', user: alice.uuid }, {}, {}, {}] });
  });

  it('asks whether to remember the browser, and requires a response', async () => {
    const given = { context: { pending_user: alice }, config: { remember_me_offset: 'days=30' } };
    expect(await harness.request('stage.user_login.challenge', stageRequestFixture(given))).toEqual({
      type: 'challenge',
      challenge: {},
    });
    const unanswered = await harness.request(
      'stage.user_login.respond',
      stageRequestFixture({ ...given, response: {} }),
    );
    expect(unanswered).toMatchObject({ type: 'rejected', errors: { remember_me: [{ code: 'required' }] } });
    const yes = await harness.request(
      'stage.user_login.respond',
      stageRequestFixture({ ...given, response: { remember_me: true } }),
    );
    expect(yes).toMatchObject({ type: 'passed', effects: [{ duration_s: 2_592_000 }, {}, {}, {}] });
  });

  it('denies with the configured message', async () => {
    const reply = await harness.request(
      'stage.deny.challenge',
      stageRequestFixture({ config: { deny_message: 'not here' } }),
    );
    expect(reply).toEqual({ type: 'denied', message: { text: 'not here' } });
  });

  it('answers stage_fault when a stage throws, and answers later requests', async () => {
    const reply = await harness.request(
      'stage.dummy.challenge',
      stageRequestFixture({ config: { throw_error: true } }),
    );
    expect(reply).toMatchObject({ problem: { code: 'stage_fault', detail: 'Test error' } });
    expect(await harness.request('stage.dummy.respond', stageRequestFixture({ response: {} }))).toEqual({
      type: 'passed',
    });
  });

  it('answers each request once with two replicas, and loses none while they stop', async () => {
    await harness.start('session');
    const requests = Array.from({ length: 50 }, (_, i) =>
      stageRequestFixture({ step: { id: 's', name: `dummy ${i}`, confirmed: true } }),
    );
    const replies = await harness.flood('stage.dummy.challenge', requests, async () => {
      expect(await harness.stopAll()).toEqual([CLEAN_EXIT, CLEAN_EXIT]);
    });
    const names = replies.map((reply) => ('challenge' in reply ? reply.challenge['name'] : undefined));
    expect(new Set(names)).toEqual(new Set(requests.map(({ step }) => step.name)));
    expect(names).toHaveLength(requests.length);
  });
});
