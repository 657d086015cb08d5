import { stageRequestFixture } from '@gatehouse/stage-kit/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithNats } from '../support/nats.js';
import { followsTheProtocol } from './protocol-conformance.js';
import { CLEAN_EXIT, ServiceHarness } from './service-harness.js';

const alice = {
  ...{ kind: 'saved', uuid: '41c0a6b8-6a0e-4c55-9d3b-2f7a5b1f8a01', pk: 7, username: 'alice', name: 'Alice' },
  ...{ email: 'a@example.org', is_active: true, epoch: 1, locale: '' },
};

describeWithNats('the session service', () => {
  let bench: ServiceHarness;

  beforeAll(async () => {
    bench = await ServiceHarness.open();
    await bench.start('session');
  });
  afterAll(() => bench?.close());

  followsTheProtocol(() => bench, {
    kinds: ['user_login', 'user_logout', 'deny', 'dummy', 'redirect'],
    others: ['identification', 'password'],
  });

  it('logs a pending user in without asking', async () => {
    const reply = await bench.ask(
      'stage.user_login.challenge',
      stageRequestFixture({ context: { pending_user: alice } }),
    );
    expect(reply).toMatchObject({ type: 'passed', effects: [{ type: 'login', user: alice.uuid }, {}, {}, {}] });
  });

  it('asks whether to remember the browser, and insists on an answer', async () => {
    const given = { context: { pending_user: alice }, config: { remember_me_offset: 'days=30' } };
    expect(await bench.ask('stage.user_login.challenge', stageRequestFixture(given))).toEqual({
      type: 'challenge',
      challenge: {},
    });
    const silent = await bench.ask('stage.user_login.respond', stageRequestFixture({ ...given, response: {} }));
    expect(silent).toMatchObject({ type: 'rejected', errors: { remember_me: [{ code: 'required' }] } });
    const yes = await bench.ask(
      'stage.user_login.respond',
      stageRequestFixture({ ...given, response: { remember_me: true } }),
    );
    expect(yes).toMatchObject({ type: 'passed', effects: [{ duration_s: 2_592_000 }, {}, {}, {}] });
  });

  it('denies, and says why where it is told to', async () => {
    const reply = await bench.ask(
      'stage.deny.challenge',
      stageRequestFixture({ config: { deny_message: 'not here' } }),
    );
    expect(reply).toEqual({ type: 'denied', message: { text: 'not here' } });
  });

  it('reports a fault of a stage as a fault, and goes on', async () => {
    const reply = await bench.ask('stage.dummy.challenge', stageRequestFixture({ config: { throw_error: true } }));
    expect(reply).toMatchObject({ problem: { code: 'stage_fault', detail: 'Test error' } });
    expect(await bench.ask('stage.dummy.respond', stageRequestFixture({ response: {} }))).toEqual({ type: 'passed' });
  });

  it('answers each request once when two replicas share the work, and leaves without losing one', async () => {
    await bench.start('session');
    const requests = Array.from({ length: 50 }, (_, i) =>
      stageRequestFixture({ step: { id: 's', name: `dummy ${i}`, confirmed: true } }),
    );
    const heard = await bench.flood('stage.dummy.challenge', requests, async () => {
      expect(await bench.stopAll()).toEqual([CLEAN_EXIT, CLEAN_EXIT]);
    });
    const names = heard.map((reply) => ('challenge' in reply ? reply.challenge['name'] : undefined));
    expect(new Set(names)).toEqual(new Set(requests.map(({ step }) => step.name)));
    expect(names).toHaveLength(requests.length);
  });
});
