import { POLICY_SUBJECT, type PolicyRequest, policyRequest } from '@gatehouse/contracts';
import { connectNats, NatsRequester } from '@gatehouse/platform';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { describeWithNats, type RunningNats, startNats } from '../../../../test/support/nats.js';
import { NatsPolicyClient } from './nats-policy.client.js';

const request: PolicyRequest = {
  ...{ v: 1, id: 'plan.0.0', timeout_ms: 60_000, locale: 'en', user: null, context: {} },
  policies: [
    { id: 'p', kind: 'expression', name: 'is it warm', config: { expression: 'return True' }, timeout_ms: 1000 },
  ],
  client: { ip: '203.0.113.7', user_agent: 'vitest', outpost: false },
  site: {
    base_url: 'https://id.example.org',
    rp_id: 'id.example.org',
    brand: 'Example',
    flows: {},
    api_version: '2024.8',
  },
  flow_plan: { slug: 'login', context: { weather: 'warm' } },
};
const LIMITS = { request: 1024, reply: 1024 };
const policyAway = { code: 'policy_away', entry: { status: 503 }, retryAfterS: 1 };

describeWithNats('the policy client over NATS', () => {
  let nats: RunningNats;
  let service: NatsConnection;
  let requester: NatsRequester;
  let policies: NatsPolicyClient;

  beforeAll(async () => {
    nats = await startNats();
    service = await connectNats({ NATS_URL: nats.url }, 'service');
    requester = new NatsRequester(await connectNats({ NATS_URL: nats.url }, 'gateway'), '_INBOX_gateway', {
      sweepEveryMs: 5,
    });
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
    // Each flush waits until the server knows the changed subscription, before the next request is sent.
    stopServing = async () => {
      subscription.unsubscribe();
      await service.flush();
    };
    await service.flush();
  };

  it('sends the request of the protocol and returns the reply', async () => {
    const received: PolicyRequest[] = [];
    await serve((request) => {
      received.push(request);
      return { results: { p: { pass: false, messages: ['too cold'] } }, context: { set: { coat: true } } };
    });
    expect(await policies.evaluate(request)).toEqual({
      results: { p: { pass: false, messages: ['too cold'] } },
      context: { set: { coat: true }, unset: [] },
    });
    expect(received).toEqual([request]);
  });

  it('throws policy_away at once when no service is running', async () => {
    await expect(policies.evaluate(request)).rejects.toMatchObject(policyAway);
  });

  it('throws policy_away when the service does not answer in time', async () => {
    await serve(() => undefined);
    await expect(policies.evaluate({ ...request, timeout_ms: 1 })).rejects.toMatchObject(policyAway);
  });

  it.each([
    ['malformed JSON', '{'],
    ['an unknown format', { pass: true }],
    ['an invalid result', { results: { p: { pass: 'yes' } } }],
    ['no result of a requested policy', { results: { q: { pass: true } } }],
  ])('throws policy_away for a reply with %s', async (_what, reply) => {
    await serve(() => reply);
    await expect(policies.evaluate(request)).rejects.toMatchObject(policyAway);
  });

  it('throws policy_away with the Retry-After of a busy service', async () => {
    await serve(() => ({ problem: { code: 'stage_busy', retry_after_s: 7 } }));
    await expect(policies.evaluate(request)).rejects.toMatchObject({ ...policyAway, retryAfterS: 7 });
  });

  const textOf = (length: number) => 'x'.repeat(length);

  it('throws policy_away for a request above the size limit, and does not send it', async () => {
    const received: unknown[] = [];
    await serve((request) => {
      received.push(request);
      return { results: { p: { pass: true } } };
    });
    const requestWith = (text: string) => ({ ...request, flow_plan: { slug: 'login', context: { text } } });
    const maxTextLength = LIMITS.request - JSON.stringify(requestWith('')).length;
    await policies.evaluate(requestWith(textOf(maxTextLength)));
    await expect(policies.evaluate(requestWith(textOf(maxTextLength + 1)))).rejects.toMatchObject(policyAway);
    expect(received).toHaveLength(1);
  });

  it('throws policy_away for a reply above the size limit', async () => {
    const replyWith = (text: string) => ({ results: { p: { pass: true, messages: [text] } } });
    const maxTextLength = LIMITS.reply - JSON.stringify(replyWith('')).length;
    let length = maxTextLength;
    await serve(() => replyWith(textOf(length)));
    expect((await policies.evaluate(request)).results['p']?.pass).toBe(true);
    length = maxTextLength + 1;
    await expect(policies.evaluate(request)).rejects.toMatchObject(policyAway);
  });

  it('throws bus_down when the connection to the bus is closed', async () => {
    const connection = await connectNats({ NATS_URL: nats.url }, 'leaving');
    const leaving = new NatsRequester(connection, '_INBOX_leaving', { sweepEveryMs: 5 });
    await leaving.close();
    await expect(new NatsPolicyClient(leaving, LIMITS).evaluate(request)).rejects.toMatchObject({ code: 'bus_down' });
  });
});
