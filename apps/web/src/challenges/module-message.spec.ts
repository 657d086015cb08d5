import { describe, expect, it } from 'vitest';
import { challengeMessage, readModuleMessage } from './module-message.js';

const form = { shows: [], fields: [{ name: 'place', type: 'text', label: 'Place', required: true }] } as const;
const read = (message: unknown) => readModuleMessage(message, form);

describe('a message of a page module', () => {
  it('may report that the module is ready, or its height within limits, or an answer', () => {
    expect(read({ type: 'ready', more: 1 })).toEqual({ type: 'ready' });
    expect([read({ type: 'height', height: 300.5 }), read({ type: 'height', height: 1e9 })]).toEqual([
      { type: 'height', height: 301 },
      { type: 'height', height: 2000 },
    ]);
    expect(read({ type: 'answer', fields: { place: '1,2' } })).toEqual({ type: 'answer', fields: { place: '1,2' } });
  });

  it.each([
    ...[undefined, null, 'ready', 7, {}, { type: 'navigate', to: '/' }, { type: 'height', height: Number.NaN }],
    ...[{ type: 'height', height: '300' }, { type: 'answer' }, { type: 'answer', fields: 'place' }],
    { type: 'answer', fields: { place: '1,2', component: 'ak-stage-password' } },
    { type: 'answer', fields: { place: { x: 1 } } },
    { type: 'answer', fields: { place: 'x'.repeat(128 * 1024) } },
    { type: 'answer', fields: JSON.parse('{"__proto__": "x"}') },
  ])('is ignored if it is %j', (message) => {
    expect(read(message)).toBeUndefined();
  });
});

describe('the message to a page module', () => {
  it('has the fields of its stage and the errors, and neither the user nor the flow', () => {
    const challenge = {
      ...{ component: 'x-acme-map', centre: '1,2', gatehouse_form: form, flow_info: { title: 'T' } },
      ...{ pending_user: 'alice', pending_user_avatar: 'data:', response_errors: { place: [] }, reason: 'x' },
    };
    expect(challengeMessage(challenge, { locale: 'de', theme: 'dark' })).toEqual({
      ...{ type: 'challenge', challenge: { centre: '1,2' }, errors: { place: [] }, locale: 'de', theme: 'dark' },
    });
  });
});
