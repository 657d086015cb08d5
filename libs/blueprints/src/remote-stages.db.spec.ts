import { flowVersion } from '@gatehouse/plan';
import { simulate } from '@gatehouse/simulation';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlueprintHarness, entries } from '../testing/blueprint-harness.js';
import { simulatedContracts } from './simulated-contracts.js';

let harness: BlueprintHarness;
beforeAll(async () => {
  harness = await BlueprintHarness.open();
});
afterAll(() => harness?.close());
beforeEach(() => harness.reset());

const KIND = 'x_acme_terms';
const object = { type: 'object' };
const descriptor = (overrides: object = {}) => ({
  ...{ v: 1, kind: KIND, component: 'x-acme-terms', challenge: object, response: object, state: object },
  config: {
    type: 'object',
    properties: { text: { type: 'string' }, tries: { type: 'integer', default: 3 } },
    required: ['text'],
  },
  ...overrides,
});

const flow = (slug: string) =>
  `{model: authentik_flows.flow, id: ${slug}, identifiers: {slug: ${slug}}, attrs: {name: N, title: T, designation: authentication}}`;
const terms = (name = 'terms', attrs = `kind: ${KIND}, config: {text: Agree?}`) =>
  `{model: gatehouse_stages.remotestage, id: ${name}, identifiers: {name: ${name}}, attrs: {${attrs}}}`;
const bind = (target: string, stage: string) =>
  `{model: authentik_flows.flowstagebinding, identifiers: {target: !KeyOf ${target}, stage: !KeyOf ${stage}, order: 1}}`;

describe('an external stage', () => {
  it('is bound like any other stage, and the flow version contains its descriptor', async () => {
    harness.descriptors.set(KIND, descriptor());
    await harness.apply(entries(flow('a'), terms(), bind('a', 'terms')));
    const version = await harness.currentVersion('a');
    expect(version?.document.steps[0]?.stage).toMatchObject({
      name: 'terms',
      kind: KIND,
      config: { text: 'Agree?', tries: 3 },
    });
    expect(version?.document.descriptors[KIND]).toMatchObject(descriptor());
  });

  it('keeps the order of its fields, in which pages draw them', async () => {
    const text = { type: 'string' };
    const response = { type: 'object', properties: { zip: text, city: text, a: text } };
    harness.descriptors.set(KIND, descriptor({ challenge: { ...response }, response, page: { shows: ['city'] } }));
    await harness.apply(entries(flow('a'), terms(), bind('a', 'terms')));
    expect((await harness.currentVersion('a'))?.document.descriptors[KIND]?.page).toEqual({
      ...{ shows: ['city'], asks: ['zip', 'city', 'a'] },
    });
  });

  it('is bound without the order of its fields if it has more fields than a page may list', async () => {
    const names = Array.from({ length: 65 }, (_, i) => `field_${i}`);
    const response = {
      type: 'object',
      properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
    };
    harness.descriptors.set(KIND, descriptor({ response }));
    await harness.apply(entries(flow('a'), terms(), bind('a', 'terms')));
    const stored = (await harness.currentVersion('a'))?.document.descriptors[KIND];
    expect(stored).not.toHaveProperty('page');
    expect(Object.keys(stored?.response.properties ?? {})).toHaveLength(65);
  });

  it('is not queried when only its flow is applied, and its descriptor stays stored', async () => {
    harness.descriptors.set(KIND, descriptor());
    await harness.apply(entries(flow('a'), terms(), bind('a', 'terms')));
    harness.descriptors.clear();
    await harness.apply(entries(`{model: authentik_flows.flow, identifiers: {slug: a}, attrs: {title: Other}}`));
    expect(await harness.currentVersion('a')).toMatchObject({
      number: 2,
      document: { descriptors: { [KIND]: { kind: KIND } } },
    });
  });

  it('can be embedded in a built-in stage', async () => {
    harness.descriptors.set(KIND, descriptor());
    const host = `{model: authentik_stages_identification.identificationstage, id: who, identifiers: {name: who}, attrs: {user_fields: [username], password_stage: !KeyOf terms}}`;
    await harness.apply(entries(flow('a'), terms(), host, bind('a', 'who')));
    expect(Object.keys((await harness.currentVersion('a'))?.document.descriptors ?? {})).toEqual([KIND]);
  });

  it('republishes every flow with a stage of its kind when its descriptor changes', async () => {
    harness.descriptors.set(KIND, descriptor());
    await harness.apply(entries(flow('a'), flow('b'), terms(), terms('more'), bind('a', 'terms'), bind('b', 'more')));
    expect((await harness.apply(entries(terms()))).published).toEqual([]);
    harness.descriptors.set(KIND, descriptor({ deadline_ms: 900 }));
    expect((await harness.apply(entries(terms()))).published.map(({ slug }) => slug)).toEqual(['a', 'b']);
  });

  it('is refused when its new descriptor does not allow the config of another stage of its kind', async () => {
    harness.descriptors.set(KIND, descriptor());
    await harness.apply(entries(terms(), terms('more')));
    harness.descriptors.set(
      KIND,
      descriptor({ config: { type: 'object', properties: { other: { type: 'string' } } } }),
    );
    await expect(harness.apply(entries(terms('terms', `kind: ${KIND}, config: {}`)))).rejects.toThrow(
      'kind: the new descriptor does not allow the config of the stage more',
    );
  });

  it.each([
    ['has no service', terms(), 'kind: No service serves this stage.'],
    [
      'has the kind of a built-in stage',
      terms('terms', 'kind: password'),
      'kind: password is not of the form x_<vendor>_<name>.',
    ],
    ['has a malformed kind', terms('terms', 'kind: "x_acme_>"'), 'is not of the form x_<vendor>_<name>.'],
    ['has no kind', terms('terms', 'config: {}'), 'kind: This field is required.'],
  ])('is refused when it %s, and the file changes nothing', async (_what, entry, message) => {
    await expect(harness.apply(entries(flow('a'), entry))).rejects.toThrow(message);
    expect(await harness.currentVersion('a')).toBeUndefined();
  });

  it.each<[string, unknown, string]>([
    ['is not a descriptor', { problem: { code: 'stage_fault' } }, 'The descriptor of x_acme_terms is invalid'],
    [
      'describes another kind',
      descriptor({ kind: 'x_acme_other', component: 'x-acme-other' }),
      'it describes the kind x_acme_other',
    ],
    ['uses a built-in component', descriptor({ component: 'ak-stage-dummy' }), 'its component is ak-stage-dummy'],
    ['reads a secret', descriptor({ reads: { prompt_data: 'optional' } }), 'it reads prompt_data, which is secret'],
    ['logs users in', descriptor({ effects: ['login'] }), 'it has the effect login (list the kind in TRUSTED_STAGES'],
    [
      'changes the user',
      descriptor({ writes: ['pending_user'] }),
      'it writes pending_user (list the kind in TRUSTED_STAGES',
    ],
  ])('is refused when its reply %s', async (_what, reply, message) => {
    harness.descriptors.set(KIND, reply);
    await expect(harness.apply(entries(terms()))).rejects.toThrow(message);
  });

  it('may have privileges when the operator trusts it, but may never read a secret', async () => {
    harness.trusted.add(KIND);
    harness.descriptors.set(KIND, descriptor({ effects: ['login'], writes: ['pending_user'] }));
    expect(await harness.outcomes(entries(terms()))).toEqual(['created terms']);
    harness.descriptors.set(KIND, descriptor({ reads: { prompt_data: 'optional' } }));
    await expect(harness.apply(entries(terms()))).rejects.toThrow('it reads prompt_data');
  });

  it.each([
    ['of the wrong type', '{text: 7}', 'config: text: Invalid input: expected string, received number'],
    ['without a required field', '{tries: 2}', 'config: text: Invalid input'],
    ['with an unknown field', '{text: x, colour: green}', 'config: Unrecognized key: "colour"'],
  ])('is refused with a config %s', async (_what, config, message) => {
    harness.descriptors.set(KIND, descriptor());
    await expect(harness.apply(entries(terms('terms', `kind: ${KIND}, config: ${config}`)))).rejects.toThrow(message);
  });

  describe('whose descriptor claims a proof', () => {
    const PROOF = { factor: 'first', if_missing: 'refused' };
    const TRUSTED = `kind: ${KIND}, config: {text: Agree?}, trusts_proof: true`;
    const stage = (model: string, attrs = '') =>
      `{model: authentik_stages_${model}.${model.replaceAll('_', '')}stage, id: ${model}, identifiers: {name: ${model}}, attrs: {${attrs}}}`;
    const at = (order: number, id: string) => bind('a', id).replace('order: 1', `order: ${order}`);
    const steps = (...stages: string[]) => [
      ...[flow('a'), stage('identification', 'user_fields: [username]'), stage('user_login')],
      ...['identification', ...stages, 'user_login'].map((id, i) => at(i, id)),
    ];
    const proofOf = async () => (await harness.currentVersion('a'))?.document.descriptors[KIND]?.proves;
    const openLogins = async () => {
      const { document: version } = (await harness.currentVersion('a'))!;
      return simulate({ version: flowVersion.parse(version), contracts: simulatedContracts }).loginsWithoutFactor
        .length;
    };
    const publish = (attrs: string) => harness.apply(entries(terms('terms', attrs), ...steps('terms')));

    it('has that proof in simulations only if the blueprint trusts it', async () => {
      harness.descriptors.set(KIND, descriptor({ proves: PROOF, reads: { pending_user: 'required' } }));
      await publish(`kind: ${KIND}, config: {text: Agree?}`);
      expect([await proofOf(), await openLogins()]).toEqual([undefined, 1]);
      await publish(TRUSTED);
      expect([await proofOf(), await openLogins()]).toEqual([PROOF, 0]);
    });

    it('has no proof in a flow with another stage of its kind whose proof is not trusted', async () => {
      harness.descriptors.set(KIND, descriptor({ proves: PROOF }));
      await harness.apply(entries(terms('terms', TRUSTED), terms('more'), ...steps('more', 'terms')));
      expect(await proofOf()).toBeUndefined();
    });

    it('cannot drop a proof from its descriptor while a blueprint trusts it', async () => {
      harness.descriptors.set(KIND, descriptor({ proves: PROOF }));
      await harness.apply(entries(terms('terms', TRUSTED), terms('more')));
      harness.descriptors.set(KIND, descriptor());
      const nothing = `The descriptor of ${KIND} has no proves, so there is no proof to trust.`;
      await expect(harness.apply(entries(terms('terms')))).rejects.toThrow(`trusts_proof: ${nothing}`);
      await expect(harness.apply(entries(terms('more')))).rejects.toThrow(
        `kind: the new descriptor does not allow the trusts_proof of the stage terms: ${nothing}`,
      );
    });

    it('cannot be removed while a flow contains it and the blueprint trusts its proof', async () => {
      harness.descriptors.set(KIND, descriptor({ proves: PROOF }));
      await publish(TRUSTED);
      const absent = `{model: gatehouse_stages.remotestage, state: absent, identifiers: {name: terms}}`;
      await expect(harness.apply(entries(absent))).rejects.toThrow('cannot remove');
      await publish(`kind: ${KIND}, config: {text: Agree?}, trusts_proof: false`);
      expect(await harness.outcomes(entries(absent))).toEqual(['removed terms']);
    });
  });

  it('is refused if the blueprint contains a descriptor', async () => {
    harness.descriptors.set(KIND, descriptor());
    const entry = terms('terms', `kind: ${KIND}, config: {text: x}, descriptor: {v: 9}`);
    await expect(harness.apply(entries(entry))).rejects.toThrow('the model has no field descriptor');
  });
});
