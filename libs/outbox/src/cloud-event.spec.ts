import { AUDIT_ACTIONS, auditEvents, cloudEvent, fitsAction, MAX_EVENT_CONTEXT_BYTES } from '@gatehouse/contracts';
import { ALICE } from '@gatehouse/executor/testing';
import { uuidV7 } from '@gatehouse/platform';
import { describe, expect, it } from 'vitest';
import { cloudEventSettings, toCloudEvent } from './cloud-event.js';
import { type EventFacts, eventBody, eventMessage, requestedEventMessage } from './message.js';

const FACTS: EventFacts = {
  ...({ user: ALICE, actor: { type: 'anonymous' }, clientIp: '203.0.113.7', userAgent: 'vitest' } as const),
  location: { continent: 'EU', country: 'DE', city: 2950159, city_name: 'Berlin' },
  ...{ requestId: '0'.repeat(32), flow: 'login', plan: 'p' },
};
const recorded = (body: unknown) => ({ id: uuidV7(), madeAt: new Date(0), body: eventBody.parse(body) });
const published = (body: unknown) => cloudEvent.parse(toCloudEvent(recorded(body), 'urn:gatehouse'));

describe('an event', () => {
  it('has the action, the actor, the user, the client address, the request, the flow and the plan', () => {
    const { body } = eventMessage({ action: 'login', context: { auth_method: 'password' } }, FACTS);
    expect(published(body)).toEqual({
      ...{ specversion: '1.0', id: expect.any(String), source: 'urn:gatehouse', type: 'gatehouse.login' },
      ...{ subject: `users/${ALICE.uuid}`, time: '1970-01-01T00:00:00.000Z', datacontenttype: 'application/json' },
      dataschema: 'urn:gatehouse:audit-events:1#/$defs/login',
      data: {
        ...{ action: 'login', level: 'info', outcome: 'success', actor: { type: 'anonymous' }, user: ALICE },
        ...{ client_ip: '203.0.113.7', user_agent: 'vitest', location: { country: 'DE', city: 'Berlin' } },
        ...{ flow: 'login', plan: 'p', request_id: '0'.repeat(32), context: { auth_method: 'password' } },
      },
    });
  });

  it('of a gateway before 1.0 in the outbox is published, and its new members are null', () => {
    const old = { action: 'login_failed', context: {}, user: null, client_ip: '203.0.113.7', flow: null };
    const { subject, data } = published(old);
    expect(subject).toBeUndefined();
    expect(data).toMatchObject({ ...old, level: 'warning', outcome: 'failure', actor: null, plan: null });
  });

  it('has the members that couriers before 1.0 require', () => {
    const { body } = eventMessage({ action: 'password_set', context: {} }, { ...FACTS, user: undefined });
    expect(body).toMatchObject({ action: 'password_set', context: {}, user: null, client_ip: '203.0.113.7' });
    expect(body).toHaveProperty('flow', 'login');
  });

  it('of an expression or an external stage has any context, and the schema `other`', () => {
    const { topic, body } = requestedEventMessage({ action: 'custom_seen', context: { colour: 'red' } }, FACTS);
    expect(topic).toBe('events.custom_seen');
    expect(published(body)).toMatchObject({
      dataschema: 'urn:gatehouse:audit-events:1#/$defs/other',
      data: { level: 'info', outcome: 'success', context: { colour: 'red' } },
    });
  });

  it('has masked secrets and cut texts, and names the members that were left out for its size', () => {
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`text_${i}`, 'é'.repeat(10_000)]));
    const { body } = requestedEventMessage({ action: 'custom_big', context: { password: 'x', ...many } }, FACTS);
    const { context } = published(body).data;
    expect(context['password']).toBe('*'.repeat(20));
    expect(context['text_0']).toBe(`${'é'.repeat(8191)}…`);
    expect(context['left_out']).toEqual(Array.from({ length: 17 }, (_, i) => `text_${i + 3}`));
    expect(Buffer.byteLength(JSON.stringify(context))).toBeLessThanOrEqual(MAX_EVENT_CONTEXT_BYTES);
  });

  it('has no half surrogate pair at the end of a cut text', () => {
    const context = { cut: `${'x'.repeat(8190)}${'😀'.repeat(9)}`, kept: '😀'.repeat(4096) };
    const { body } = requestedEventMessage({ action: 'custom_long', context }, FACTS);
    expect(published(body).data.context).toEqual({ ...context, cut: `${'x'.repeat(8190)}…` });
  });

  it('has a user agent of at most 512 characters', () => {
    const { body } = eventMessage({ action: 'password_set', context: {} }, { ...FACTS, userAgent: 'x'.repeat(9999) });
    expect(published(body).data.user_agent).toHaveLength(512);
  });
});

it.each(AUDIT_ACTIONS)('the example of %s matches its schema and contains nothing that is masked', (action) => {
  const { example } = auditEvents[action];
  expect(fitsAction(action, example)).toBe(true);
  const { body } = requestedEventMessage({ action, context: example }, FACTS);
  expect(published(body).data.context).toEqual(example);
});

it('EVENTS_SOURCE must be an absolute URI', () => {
  expect(cloudEventSettings.parse({})).toEqual({ EVENTS_SOURCE: 'urn:gatehouse' });
  expect(cloudEventSettings.safeParse({ EVENTS_SOURCE: 'gatehouse' }).success).toBe(false);
});
