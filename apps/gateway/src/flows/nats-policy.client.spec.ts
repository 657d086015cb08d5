import { POLICY_SUBJECT, type PolicyRequest, policyRequest } from '@gatehouse/contracts';
import { connectNats, NatsRequester } from '@gatehouse/platform';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { describeWithNats, type RunningNats, startNats } from '../../../../test/support/nats.js';
import { NatsPolicyClient } from './nats-policy.client.js';

const question: PolicyRequest = {
  ...{ v: 1, id: 'plan.0.0', timeout_ms: 60_000, locale: 'en', user: null, context: {} },
  policies: [
    { id: 'p', kind: 'expression', name: 'is it warm', config: { expression: 'return True' }, timeout_ms: 1000 },
  ],
  client: { ip: '203.0.113.7', user_agent: 'vitest', outpost: false },
  site: { base_url: 'https://id.example.org', rp_id: 'id.example.org', brand: 'Example', flows: {} },
  flow_plan: { slug: 'login', context: { weather: 'warm' } },
};
const LIMITS = { request: 1024, reply: 1024 };
const away = { code: 'policy_away', entry: { status: 503 }, retryAfterS: 1 };

describeWithNats('policies over NATS', () => {
  let nats: RunningNats;
  let service: NatsConnection;
  let requester: NatsRequester;
  let policies: NatsPolicyClient;

  beforeAll(async () => {
    nats = await startNats();
    service = await connectNats({ NATS_URL: nats.url }, 'service');
    requester = new NatsRequester(await connectNats({ NATS_URL: nats.url }, 'gateway'), '_INBOX_gateway', 5);
    policies = new NatsPolicyClient(requester, LIMITS);
  });
  afterAll(async () => {
    await requester?.close();
    await service?.close();
    await nats?.stop();
  });

  let stopServing = async () => undefined as unknown;
  afterEach(() => stopServing());
  const serve = async (answer: (request: PolicyRequest) => unknown) => {
    const subscription = service.subscribe(POLICY_SUBJECT, {
      queue: 'policy',
      callback: (_error, message) => {
        const reply = answer(policyRequest.parse(message.json()));
        if (reply !== undefined) message.respond(typeof reply === 'string' ? reply : JSON.stringify(reply));
      },
    });
    // The server has heard of it before the next question is asked.
    stopServing = async () => {
      subscription.unsubscribe();
      await service.flush();
    };
    await service.flush();
  };

  it('are asked as the protocol says, and what they say is told', async () => {
    const heard: PolicyRequest[] = [];
    await serve((request) => {
      heard.push(request);
      return { results: { p: { pass: false, messages: ['too cold'] } }, context: { set: { coat: true } } };
    });
    expect(await policies.evaluate(question)).toEqual({
      results: { p: { pass: false, messages: ['too cold'] } },
      context: { set: { coat: true }, unset: [] },
    });
    expect(heard).toEqual([question]);
  });

  it('are away at once when nobody serves them', async () => {
    await expect(policies.evaluate(question)).rejects.toMatchObject(away);
  });

  it('are away when they do not answer in time', async () => {
    await serve(() => undefined);
    await expect(policies.evaluate({ ...question, timeout_ms: 1 })).rejects.toMatchObject(away);
  });

  it.each([
    ['no JSON', '{'],
    ['nothing that is understood', { pass: true }],
    ['a result of no kind', { results: { p: { pass: 'yes' } } }],
    ['nothing of a policy that it was asked for', { results: { q: { pass: true } } }],
  ])('are away when the service says %s', async (_what, reply) => {
    await serve(() => reply);
    await expect(policies.evaluate(question)).rejects.toMatchObject(away);
  });

  it('are away for as long as a busy service says', async () => {
    await serve(() => ({ problem: { code: 'stage_busy', retry_after_s: 7 } }));
    await expect(policies.evaluate(question)).rejects.toMatchObject({ ...away, retryAfterS: 7 });
  });

  const filled = (length: number) => 'x'.repeat(length);

  it('are asked as much as is allowed, and not a byte more', async () => {
    const heard: unknown[] = [];
    await serve((request) => {
      heard.push(request);
      return { results: { p: { pass: true } } };
    });
    const about = (text: string) => ({ ...question, flow_plan: { slug: 'login', context: { text } } });
    const room = LIMITS.request - JSON.stringify(about('')).length;
    await policies.evaluate(about(filled(room)));
    await expect(policies.evaluate(about(filled(room + 1)))).rejects.toMatchObject(away);
    expect(heard).toHaveLength(1);
  });

  it('decide nothing when they say more than is allowed', async () => {
    const saying = (text: string) => ({ results: { p: { pass: true, messages: [text] } } });
    const room = LIMITS.reply - JSON.stringify(saying('')).length;
    let length = room;
    await serve(() => saying(filled(length)));
    expect((await policies.evaluate(question)).results['p']?.pass).toBe(true);
    length = room + 1;
    await expect(policies.evaluate(question)).rejects.toMatchObject(away);
  });

  it('are out of reach with the bus', async () => {
    const connection = await connectNats({ NATS_URL: nats.url }, 'leaving');
    const leaving = new NatsRequester(connection, '_INBOX_leaving', 5);
    await leaving.close();
    await expect(new NatsPolicyClient(leaving, LIMITS).evaluate(question)).rejects.toMatchObject({ code: 'bus_down' });
  });
});
