import { defineStage, type StageContract } from '@gatehouse/contracts';
import { z } from 'zod';
import { StageContractRegistry } from '../src/ports/clients.js';

const anyObject = z.looseObject({});
const contract = (kind: string, more: Partial<StageContract> = {}): StageContract => ({
  ...defineStage({
    kind,
    component: `ak-stage-${kind}`,
    model: `test.${kind}`,
    service: 'test',
    config: anyObject,
    challenge: anyObject,
    response: anyObject,
    state: anyObject,
    reads: { pending_user: 'optional' },
    writes: ['pending_user', 'user_backend'],
    identifies: 'by_name',
    effects: ['login', 'event', 'reputation'],
    errors: { wrong: { string: 'Wrong.', code: 'invalid' } },
  }),
  ...more,
});

const guess = {
  when: 'password',
  credential: 'password',
  free: 5,
  hard: 50,
  refuse: { field: 'password', code: 'wrong' },
};
const chosen = {
  ...guess,
  when: 'code',
  credential: '{sort}:{uid}',
  pick: { field: 'chosen', among: 'offers', where: { member: 'sort', values: ['totp'] } },
};
/** The schema of `x_acme_risk`, a fact that an external stage declares. */
const RISK = z.int();
const touched = { ...chosen, when: 'touch', refuse: { field: 'touch', code: 'wrong' } };
const answer = (...fields: string[]) => z.object(Object.fromEntries(fields.map((name) => [name, z.unknown()])));

/**
 * The test contracts. `ident` embeds the stage in its config field `inner`. `hall` does too, and shows the challenge of
 * that stage. `lobby` embeds two stages and shows the challenge of the first. `porch` embeds a stage that judges
 * `password`, and as an alternative one that judges `key`, such as `prover`, which identifies the user. `secret` counts
 * attempts, `choice` counts attempts at the chosen device. `needy` requires a user. `scorer` writes the vendor's fact
 * `x_acme_risk`, and `scored` requires it. `page` grants nothing. `puzzle` and `robot` have no side effects on entry. A
 * script may answer `robot`: only an answer with `code` shows that a person acted. `scribe` and `diary` write data;
 * `scribe` writes passwords. `verifier` mails a link and a code, and writes data. `asker` asks for consent, and
 * `granter` needs it. `x_acme_pin` and `x_acme_terms` are external stages whose contracts declare no attempts; answers
 * to `x_acme_terms` are no guesses. `x_acme_proof` is an external stage whose contract claims that it proves a first
 * factor.
 */
const KINDS = new Map(
  [
    contract('ident', {
      writes: ['pending_user', 'user_backend', 'auth_method', 'auth_method_args'],
      response: answer('uid', 'password'),
      embeds: { inner: { field: 'password', error: 'wrong' } },
    }),
    contract('hall', {
      response: answer('uid', 'token'),
      embeds: { inner: { field: 'token', error: 'wrong', asks: 'puzzle' } },
    }),
    contract('lobby', {
      response: answer('uid', 'pin', 'word'),
      embeds: {
        first: { field: 'pin', as: 'password', error: 'wrong', asks: 'lock' },
        last: { field: 'word', error: 'wrong' },
      },
    }),
    contract('porch', {
      response: answer('uid', 'password', 'key'),
      reads: { pending_user: 'optional', verified_user: 'optional' },
      writes: ['pending_user', 'pending_user_identifier'],
      errors: { wrong: { string: 'Wrong.', code: 'invalid' }, bad_key: { string: 'Bad key.', code: 'invalid' } },
      embeds: {
        inner: { field: 'password', error: 'wrong' },
        keys: {
          ...{ field: 'key', as: 'proof', error: 'wrong', asks: 'keys' },
          alternative: { shown: ({ list }) => list, errors: { unknown_key: 'bad_key' } },
        },
      },
    }),
    contract('prover', {
      response: answer('proof'),
      reads: {
        pending_user: 'optional',
        auth_method: 'optional',
        auth_method_args: 'optional',
        verified_user: 'optional',
      },
      writes: ['pending_user', 'verified_user', 'auth_method'],
      effects: ['reputation'],
      identifies: 'by_proof',
      attempts: [{ ...guess, when: 'proof', credential: 'key', refuse: { field: 'proof', code: 'unknown_key' } }],
      errors: { unknown_key: { string: 'Unknown.', code: 'invalid' }, other: { string: 'Other.', code: 'invalid' } },
    }),
    contract('puzzle', { response: answer('token'), acts: false, acts_on_entry: () => false }),
    contract('robot', { response: answer('token', 'code'), acts_on_entry: () => false, personal_fields: ['code'] }),
    contract('scribe', {
      component: undefined,
      writes_data: true,
      identifies: 'by_writing',
      renews: ['password'],
    }),
    contract('mailer', { response: answer('word'), effects: ['mail', 'toast'] }),
    contract('verifier', {
      response: answer('code'),
      effects: ['mail', 'link_used'],
      attempts: [{ ...guess, when: 'code', credential: 'mailed_code', refuse: { field: 'code', code: 'wrong' } }],
      writes_data: true,
    }),
    contract('diary', { response: answer('word'), writes_data: true }),
    contract('secret', { response: answer('password'), attempts: [guess] }),
    contract('choice', { response: answer('code', 'touch', 'chosen'), attempts: [chosen, touched] }),
    contract('page', { response: answer('word'), grants: false, effects: ['event', 'reputation'] }),
    contract('needy', { reads: { pending_user: 'required' } }),
    contract('scorer', { facts: { x_acme_risk: { schema: RISK, writes: true } } }),
    contract('scored', { reads: {}, facts: { x_acme_risk: { schema: RISK, reads: 'required' } } }),
    contract('asker', { response: answer('token'), consent: 'asked' }),
    contract('granter', { response: answer('token'), consent: 'needed', effects: ['event', 'sign_in'] }),
    contract('x_acme_pin', { response: answer('component', 'pin', 'hint') }),
    contract('x_acme_proof', { response: answer('pin'), proves: () => ({ factor: 'first', if_missing: 'refused' }) }),
    contract('x_acme_terms', { response: answer('accept'), guesses: false }),
    contract('login', { component: undefined }),
    contract('logout', { component: undefined, effects: ['logout'] }),
    // A stage that changes the plan's user.
    contract('editor', { component: undefined, effects: [], writes_data: true, alters_user: true }),
    // A stage of another service (`keys`) that sets up a credential of the user.
    contract('set_up', { component: undefined, service: 'keys', changes_credentials: () => true }),
    contract('redirect', { config: z.object({ to: z.string() }) }),
  ].map((c) => [c.kind, c]),
);

/** The contracts of the test stages. */
export class TestContractRegistry extends StageContractRegistry {
  /** `previewed`: the kinds of stages that previews run. */
  constructor(private readonly previewed: readonly string[] = []) {
    super();
  }

  find(kind: string) {
    const found = KINDS.get(kind);
    return found && this.previewed.includes(kind) ? { ...found, preview: {} } : found;
  }
  hasComponent(component: string) {
    return [...KINDS.values()].some((c) => c.component === component);
  }
  ownFact(name: string) {
    return [...KINDS.values()].find(({ facts }) => facts[name])?.facts[name]?.schema;
  }
  proofSteps() {
    return [];
  }
  isSecretField(field: string) {
    return field === 'password';
  }
}
