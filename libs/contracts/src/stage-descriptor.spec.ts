import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { fromDescriptor, toDescriptor } from './descriptor-contract.js';
import { externalDescriptorErrors, privilegesClaimed } from './external-stage.js';
import { boolean, char, choice, integer, optionalNullable } from './fields.js';
import { secret, secretFields } from './secret.js';
import { defineStage } from './stage-contract.js';
import {
  MAX_DESCRIPTOR_DEPTH,
  MAX_DESCRIPTOR_LENGTH,
  type StageDescriptor,
  stageDescriptor,
} from './stage-descriptor.js';

const contract = defineStage({
  kind: 'x_acme_pin',
  component: 'x-acme-pin',
  model: 'samples.pin',
  service: 'pin',
  config: z.object({ length: integer({ min: 4 }).default(6), mode: choice(['soft', 'loud']), note: z.string() }),
  challenge: z.object({ length: z.int(), hints: z.array(z.object({ at: z.int(), is: z.string().nullable() })) }),
  response: z.object({ pin: secret(char({ maxLength: 12 })), loud: optionalNullable(boolean(), { optional: true }) }),
  state: z.object({ failures: z.int() }),
  reads: { pending_user: 'required' },
  writes: ['deny_message'],
  errors: { pin_wrong: { string: 'Wrong {what}.', code: 'invalid' } },
  effects: ['event'],
  deadline_ms: 900,
});
const descriptor = toDescriptor(contract);

describe('a descriptor', () => {
  it('says in JSON Schema what the contract says in code', () => {
    expect(descriptor).toMatchObject({
      ...{ v: 1, kind: 'x_acme_pin', component: 'x-acme-pin', deadline_ms: 900, acts: true, cookies: [] },
      acts_on_entry: true,
      reads: { pending_user: 'required' },
      errors: { pin_wrong: { string: 'Wrong {what}.', code: 'invalid' } },
      config: {
        type: 'object',
        properties: {
          length: { type: 'integer', minimum: 4, default: 6 },
          mode: { type: 'string', enum: ['soft', 'loud'] },
        },
        required: ['mode', 'note'],
      },
      response: {
        properties: { pin: { type: 'string', minLength: 1, 'x-secret': true }, loud: { type: 'boolean' } },
        required: ['pin'],
      },
    });
  });

  it('survives the bus', () => {
    expect(stageDescriptor.parse(JSON.parse(JSON.stringify(descriptor)))).toEqual(descriptor);
  });

  it('stands for the contract that it was made of', () => {
    const again = fromDescriptor(descriptor);
    expect(toDescriptor(again)).toEqual(descriptor);
    expect(secretFields(again.response)).toEqual(['pin']);
    expect(again.config.parse({ mode: 'soft', note: '' })).toEqual({ length: 6, mode: 'soft', note: '' });
    expect(again.config.safeParse({ mode: 'silent', note: '' }).success).toBe(false);
    const shown = { length: 4, hints: [{ at: 1, is: null }] };
    expect(again.challenge.parse({ ...shown, invented: 1 })).toEqual(shown);
    expect(again.challenge.safeParse({ length: 'four', hints: [] }).success).toBe(false);
  });

  it('leaves to its default what a stage does not say', () => {
    const empty = { type: 'object' };
    const schemas = { config: empty, challenge: empty, response: empty, state: empty };
    expect(stageDescriptor.parse({ v: 1, kind: 'x_a_b', component: null, ...schemas })).toMatchObject({
      ...{ reads: {}, writes: [], errors: {}, effects: [], inserts: [], attempts: [], acts: true, deadline_ms: 5000 },
    });
  });

  it.each([
    { acts: true, acts_on_entry: true, acting: true },
    { acts: true, acts_on_entry: false, acting: false },
    { acts: false, acts_on_entry: true, acting: false },
  ])('says whether the stage changes something before it has asked: %o', ({ acting, ...said }) => {
    expect(fromDescriptor({ ...descriptor, ...said }).acts_on_entry({})).toBe(acting);
  });

  const withField = (field: object) => ({ ...descriptor, config: { type: 'object', properties: { field } } });
  const nested = (levels: number): object => (levels === 0 ? {} : { type: 'array', items: nested(levels - 1) });
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['text', 'x'],
    ['another version of the protocol', { ...descriptor, v: 2 }],
    ['a kind that is more than one token', { ...descriptor, kind: 'x_acme_pin.>' }],
    ['a kind that is too long', { ...descriptor, kind: `x_acme_${'n'.repeat(48)}` }],
    ['a fact that nobody knows', { ...descriptor, reads: { shoe_size: 'optional' } }],
    ['an effect that nobody knows', { ...descriptor, effects: ['fireworks'] }],
    ['a deadline beyond every request', { ...descriptor, deadline_ms: 15_001 }],
    ['a config that is no object', { ...descriptor, config: { type: 'string' } }],
    ['a pattern', withField({ type: 'string', pattern: '(a+)+$' })],
    ['a reference', withField({ $ref: '#' })],
    ['a field that is no name', { ...descriptor, config: { type: 'object', properties: { 'two words': {} } } }],
    ['a schema without a bottom', withField(nested(MAX_DESCRIPTOR_DEPTH))],
    ['a schema without an end', withField({ description: 'x', default: 'x'.repeat(MAX_DESCRIPTOR_LENGTH) })],
  ])('is not %s', (_what, value) => {
    expect(stageDescriptor.safeParse(value).success).toBe(false);
  });
});

describe('a stranger', () => {
  const described = (more: Partial<StageDescriptor>) => ({ ...descriptor, ...more });
  const rule = { when: 'pin', free: 3, hard: 9, refuse: { field: 'pin', code: 'pin_wrong' } };

  it('may ask, refuse, note events and write what decides nothing', () => {
    expect(externalDescriptorErrors(descriptor)).toEqual([]);
    expect(privilegesClaimed(descriptor)).toEqual([]);
    expect(privilegesClaimed(described({ attempts: [{ ...rule, credential: 'x_acme_pin' }] }))).toEqual([]);
  });

  it.each<[string, Partial<StageDescriptor>]>([
    ['a kind of the house', { kind: 'password', component: 'password' }],
    ['a kind without a vendor', { kind: 'x_pin', component: 'x-pin' }],
    ['a component of the house', { component: 'ak-stage-password' }],
    ['a secret fact', { reads: { prompt_data: 'optional' } }],
    ['the session cookie', { cookies: ['Authentik_session'] }],
    ['what the gateway adds to a challenge', { challenge: { ...descriptor.challenge, properties: { flow_info: {} } } }],
    ['attempts at what is not answered', { attempts: [{ ...rule, credential: 'x_acme_pin', when: 'puk' }] }],
    [
      'attempts at what is not said',
      { attempts: [{ ...rule, credential: 'x_acme_pin', refuse: { field: 'pin', code: 'x' } }] },
    ],
    ['attempts that lock at once', { attempts: [{ ...rule, credential: 'x_acme_pin', free: 9 }] }],
    ['a stage inside of it', { embeds: { inner: { field: 'pin', error: 'pin_wrong' } } }],
  ])('never has %s', (_what, more) => {
    expect(externalDescriptorErrors(described(more))).toHaveLength(1);
  });

  it.each<[string, Partial<StageDescriptor>]>([
    ['who the flow is about', { writes: ['pending_user'] }],
    ['how somebody proved who they are', { writes: ['auth_method'] }],
    ['where the flow ends', { writes: ['redirect'] }],
    ['where a link is mailed to', { writes: ['email'] }],
    ['that a mailed link was followed', { writes: ['is_restored'] }],
    ['which groups a new user is in', { writes: ['groups'] }],
    ['who is logged in', { effects: ['login'] }],
    ['what comes next', { inserts: ['user_login'] }],
    ['how many passwords were wrong', { attempts: [{ ...rule, credential: 'password' }] }],
  ])('decides only with the operator’s trust %s', (_what, more) => {
    expect(externalDescriptorErrors(described(more))).toEqual([]);
    expect(privilegesClaimed(described(more))).toHaveLength(1);
  });
});
