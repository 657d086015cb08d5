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
  MAX_OWN_FACTS,
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
  facts: {
    x_acme_risk: { schema: z.object({ score: z.int() }), reads: 'optional', writes: true },
    x_other_posture: { schema: z.string(), reads: 'required' },
  },
  errors: { pin_wrong: { string: 'Wrong {what}.', code: 'invalid' } },
  effects: ['event'],
  deadline_ms: 900,
});
const descriptor = toDescriptor(contract);

describe('a stage descriptor', () => {
  it('expresses the contract in JSON Schema', () => {
    expect(descriptor).toMatchObject({
      ...{ v: 1, kind: 'x_acme_pin', component: 'x-acme-pin', deadline_ms: 900, acts: true, cookies: [] },
      acts_on_entry: true,
      reads: { pending_user: 'required' },
      facts: {
        x_acme_risk: {
          ...{ reads: 'optional', writes: true },
          schema: { type: 'object', properties: { score: { type: 'integer' } }, required: ['score'] },
        },
        x_other_posture: { schema: { type: 'string' }, reads: 'required', writes: false },
      },
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

  it('is the same after it is stored and parsed as JSON', () => {
    expect(stageDescriptor.parse(JSON.parse(JSON.stringify(descriptor)))).toEqual(descriptor);
  });

  it('converts back to the contract that it was made from', () => {
    const converted = fromDescriptor(descriptor);
    expect(toDescriptor(converted)).toEqual(descriptor);
    expect(secretFields(converted.response)).toEqual(['pin']);
    expect(converted.config.parse({ mode: 'soft', note: '' })).toEqual({ length: 6, mode: 'soft', note: '' });
    expect(converted.config.safeParse({ mode: 'silent', note: '' }).success).toBe(false);
    const shown = { length: 4, hints: [{ at: 1, is: null }] };
    expect(converted.challenge.parse({ ...shown, invented: 1 })).toEqual(shown);
    expect(converted.challenge.safeParse({ length: 'four', hints: [] }).success).toBe(false);
  });

  it('has defaults for absent members', () => {
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
  ])('derives acts_on_entry from acts and acts_on_entry: %o', ({ acting, ...members }) => {
    expect(fromDescriptor({ ...descriptor, ...members }).acts_on_entry({})).toBe(acting);
  });

  it('makes every answer a guess unless `guesses` is false, also a descriptor that was stored without `guesses`', () => {
    const { guesses: _unsaid, ...stored } = descriptor;
    expect([descriptor, stored, { ...stored, guesses: false }].map((d) => fromDescriptor(d).guesses)).toEqual([
      true,
      true,
      false,
    ]);
    expect(stageDescriptor.parse(stored)).not.toHaveProperty('guesses');
  });

  it('has with `proves` the same contract as without it, except for what it proves', () => {
    const proof = { factor: 'first', if_missing: 'refused' } as const;
    const [claimed, modest] = [{ ...descriptor, proves: proof }, descriptor].map(fromDescriptor);
    expect([claimed?.proves({}), modest?.proves({})]).toEqual([proof, undefined]);
    expect(JSON.stringify(claimed)).toBe(JSON.stringify(modest));
    expect(toDescriptor(claimed!)).toEqual({ ...descriptor, proves: proof });
  });

  const withField = (field: object) => ({ ...descriptor, config: { type: 'object', properties: { field } } });
  const factsUpTo = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`x_acme_f${i}`, { schema: {}, writes: true }]));
  const nested = (levels: number): object => (levels === 0 ? {} : { type: 'array', items: nested(levels - 1) });
  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['a string', 'x'],
    ['another version of the protocol', { ...descriptor, v: 2 }],
    ['a kind that is more than one token', { ...descriptor, kind: 'x_acme_pin.>' }],
    ['a kind that is too long', { ...descriptor, kind: `x_acme_${'n'.repeat(48)}` }],
    ['an unknown fact', { ...descriptor, reads: { shoe_size: 'optional' } }],
    ['an own fact without a vendor', { ...descriptor, facts: { risk: { schema: {}, writes: true } } }],
    ['an own fact without a schema', { ...descriptor, facts: { x_acme_risk: { writes: true } } }],
    ['more own facts than the limit', { ...descriptor, facts: factsUpTo(MAX_OWN_FACTS + 1) }],
    ['an unknown effect', { ...descriptor, effects: ['fireworks'] }],
    ['a deadline above the limit', { ...descriptor, deadline_ms: 15_001 }],
    ['a config that is not an object', { ...descriptor, config: { type: 'string' } }],
    ['a proof of an unknown factor', { ...descriptor, proves: { factor: 'best', if_missing: 'refused' } }],
    ['a proof that does not say what happens without it', { ...descriptor, proves: { factor: 'first' } }],
    ['a pattern', withField({ type: 'string', pattern: '(a+)+$' })],
    ['a reference', withField({ $ref: '#' })],
    ['a field name with a space', { ...descriptor, config: { type: 'object', properties: { 'two words': {} } } }],
    ['a schema that is nested too deeply', withField(nested(MAX_DESCRIPTOR_DEPTH))],
    ['a schema that is too large', withField({ description: 'x', default: 'x'.repeat(MAX_DESCRIPTOR_LENGTH) })],
  ])('is refused: %s', (_what, value) => {
    expect(stageDescriptor.safeParse(value).success).toBe(false);
  });

  it('may have as many own facts as the limit', () => {
    expect(stageDescriptor.safeParse({ ...descriptor, facts: factsUpTo(MAX_OWN_FACTS) }).success).toBe(true);
  });
});

describe('the descriptor of an external stage', () => {
  const described = (more: Partial<StageDescriptor>) => ({ ...descriptor, ...more });
  const rule = { when: 'pin', free: 3, hard: 9, refuse: { field: 'pin', code: 'pin_wrong' } };

  it('may declare challenges, errors, events and unprivileged facts without privileges', () => {
    expect(externalDescriptorErrors(descriptor)).toEqual([]);
    expect(privilegesClaimed(descriptor)).toEqual([]);
    expect(privilegesClaimed(described({ attempts: [{ ...rule, credential: 'x_acme_pin' }] }))).toEqual([]);
  });

  it.each<[string, Partial<StageDescriptor>]>([
    ['a built-in kind', { kind: 'password', component: 'password' }],
    ['a kind without a vendor', { kind: 'x_pin', component: 'x-pin' }],
    ['a built-in component', { component: 'ak-stage-password' }],
    ['a secret fact', { reads: { prompt_data: 'optional' } }],
    ["another vendor's fact to write", { facts: { x_other_risk: { schema: {}, writes: true } } }],
    ['an own fact that it neither reads nor writes', { facts: { x_acme_risk: { schema: {}, writes: false } } }],
    [
      'an answer of which only a part is secret',
      {
        response: {
          type: 'object',
          properties: { pin: { anyOf: [{ type: 'string', 'x-secret': true }] } },
          required: [],
        },
      },
    ],
    [
      'a setting of which only a part is secret',
      {
        config: {
          type: 'object',
          properties: { api: { type: 'object', properties: { key: { type: 'string', 'x-secret': true } } } },
          required: [],
        },
      },
    ],
    [
      'a secret in an own fact',
      { facts: { x_acme_risk: { schema: { type: 'array', items: { anyOf: [{ 'x-secret': true }] } }, writes: true } } },
    ],
    [
      'a challenge field with the name of an inherited property',
      { challenge: { ...descriptor.challenge, properties: Object.fromEntries([['valueOf', {}]]) } },
    ],
    [
      'an answer field with the name of an inherited property',
      { response: { type: 'object', properties: Object.fromEntries([['constructor', {}]]), required: [] } },
    ],
    ['the session cookie', { cookies: ['Authentik_session'] }],
    [
      'a challenge field that the gateway adds',
      { challenge: { ...descriptor.challenge, properties: { flow_info: {} } } },
    ],
    ['attempts by an unknown response field', { attempts: [{ ...rule, credential: 'x_acme_pin', when: 'puk' }] }],
    [
      'attempts with an unknown error code',
      { attempts: [{ ...rule, credential: 'x_acme_pin', refuse: { field: 'pin', code: 'x' } }] },
    ],
    [
      'attempts that lock before the free ones are used',
      { attempts: [{ ...rule, credential: 'x_acme_pin', free: 9 }] },
    ],
    ['attempts although no answer is a guess', { attempts: [{ ...rule, credential: 'x_acme_pin' }], guesses: false }],
    ['an embedded stage', { embeds: { inner: { field: 'pin', error: 'pin_wrong' } } }],
  ])('is refused with %s', (_what, more) => {
    expect(externalDescriptorErrors(described(more))).toHaveLength(1);
  });

  it.each<[string, Partial<StageDescriptor>]>([
    ['the pending user', { writes: ['pending_user'] }],
    ['the proof of identity', { writes: ['auth_method'] }],
    ['the redirect at the end', { writes: ['redirect'] }],
    ['the address of a mailed link', { writes: ['email'] }],
    ['that a mailed link was followed', { writes: ['is_restored'] }],
    ['the groups of a new user', { writes: ['groups'] }],
    ['the login', { effects: ['login'] }],
    ['the next steps', { inserts: ['user_login'] }],
    ['the counter of password attempts', { attempts: [{ ...rule, credential: 'password' }] }],
  ])('claims a privilege, which needs TRUSTED_STAGES, with %s', (_what, more) => {
    expect(externalDescriptorErrors(described(more))).toEqual([]);
    expect(privilegesClaimed(described(more))).toHaveLength(1);
  });
});
