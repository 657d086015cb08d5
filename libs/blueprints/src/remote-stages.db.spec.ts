import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlueprintHarness, entries } from '../testing/blueprint-harness.js';

let bed: BlueprintHarness;
beforeAll(async () => {
  bed = await BlueprintHarness.open();
});
afterAll(() => bed?.close());
beforeEach(() => bed.empty());

const KIND = 'x_acme_terms';
const object = { type: 'object' };
const descriptor = (more: object = {}) => ({
  ...{ v: 1, kind: KIND, component: 'x-acme-terms', challenge: object, response: object, state: object },
  config: {
    type: 'object',
    properties: { text: { type: 'string' }, tries: { type: 'integer', default: 3 } },
    required: ['text'],
  },
  ...more,
});

const flow = (slug: string) =>
  `{model: authentik_flows.flow, id: ${slug}, identifiers: {slug: ${slug}}, attrs: {name: N, title: T, designation: authentication}}`;
const terms = (name = 'terms', attrs = `kind: ${KIND}, config: {text: Agree?}`) =>
  `{model: gatehouse_stages.remotestage, id: ${name}, identifiers: {name: ${name}}, attrs: {${attrs}}}`;
const bind = (target: string, stage: string) =>
  `{model: authentik_flows.flowstagebinding, identifiers: {target: !KeyOf ${target}, stage: !KeyOf ${stage}, order: 1}}`;

describe('a stage of somebody else', () => {
  it('is bound like any other, and what it promised stays with the version', async () => {
    bed.described.set(KIND, descriptor());
    await bed.apply(entries(flow('a'), terms(), bind('a', 'terms')));
    const version = await bed.current('a');
    expect(version?.document.steps[0]?.stage).toMatchObject({
      name: 'terms',
      kind: KIND,
      config: { text: 'Agree?', tries: 3 },
    });
    expect(version?.document.descriptors[KIND]).toMatchObject(descriptor());
  });

  it('stays with the version when only its flow is applied, and nobody is asked', async () => {
    bed.described.set(KIND, descriptor());
    await bed.apply(entries(flow('a'), terms(), bind('a', 'terms')));
    bed.described.clear();
    await bed.apply(entries(`{model: authentik_flows.flow, identifiers: {slug: a}, attrs: {title: Other}}`));
    expect(await bed.current('a')).toMatchObject({ number: 2, document: { descriptors: { [KIND]: { kind: KIND } } } });
  });

  it('can stand inside a stage of the house', async () => {
    bed.described.set(KIND, descriptor());
    const host = `{model: authentik_stages_identification.identificationstage, id: who, identifiers: {name: who}, attrs: {user_fields: [username], password_stage: !KeyOf terms}}`;
    await bed.apply(entries(flow('a'), terms(), host, bind('a', 'who')));
    expect(Object.keys((await bed.current('a'))?.document.descriptors ?? {})).toEqual([KIND]);
  });

  it('republishes every flow with a stage of its kind when it promises something else', async () => {
    bed.described.set(KIND, descriptor());
    await bed.apply(entries(flow('a'), flow('b'), terms(), terms('more'), bind('a', 'terms'), bind('b', 'more')));
    expect((await bed.apply(entries(terms()))).published).toEqual([]);
    bed.described.set(KIND, descriptor({ deadline_ms: 900 }));
    expect((await bed.apply(entries(terms()))).published.map(({ slug }) => slug)).toEqual(['a', 'b']);
  });

  it('may not promise what another stage of its kind cannot live with', async () => {
    bed.described.set(KIND, descriptor());
    await bed.apply(entries(terms(), terms('more')));
    bed.described.set(KIND, descriptor({ config: { type: 'object', properties: { other: { type: 'string' } } } }));
    await expect(bed.apply(entries(terms('terms', `kind: ${KIND}, config: {}`)))).rejects.toThrow(
      'kind: the config of more would not fit any more',
    );
  });

  it.each([
    ['nobody serves', terms(), 'kind: No service serves this stage.'],
    ['is one of the house', terms('terms', 'kind: password'), 'kind: password is not x_<vendor>_<name>.'],
    ['is no token', terms('terms', 'kind: "x_acme_>"'), 'is not x_<vendor>_<name>.'],
    ['has no kind', terms('terms', 'config: {}'), 'kind: This field is required.'],
  ])('is refused when it %s, and the file changes nothing', async (_what, entry, message) => {
    await expect(bed.apply(entries(flow('a'), entry))).rejects.toThrow(message);
    expect(await bed.current('a')).toBeUndefined();
  });

  it.each<[string, unknown, string]>([
    ['is no descriptor', { problem: { code: 'stage_fault' } }, 'is not understood'],
    [
      'is of another kind',
      descriptor({ kind: 'x_acme_other', component: 'x-acme-other' }),
      'it calls itself x_acme_other',
    ],
    ['takes a component of the house', descriptor({ component: 'ak-stage-dummy' }), 'its component is ak-stage-dummy'],
    ['reads a secret', descriptor({ reads: { prompt_data: 'optional' } }), 'it reads prompt_data, which is secret'],
    ['logs people in', descriptor({ effects: ['login'] }), 'it has the effect login (TRUSTED_STAGES)'],
    ['changes the user', descriptor({ writes: ['pending_user'] }), 'it writes pending_user (TRUSTED_STAGES)'],
  ])('is refused when what it says of itself %s', async (_what, said, message) => {
    bed.described.set(KIND, said);
    await expect(bed.apply(entries(terms()))).rejects.toThrow(message);
  });

  it('may do more when the operator trusts it, but never read a secret', async () => {
    bed.trusted.add(KIND);
    bed.described.set(KIND, descriptor({ effects: ['login'], writes: ['pending_user'] }));
    expect(await bed.outcomes(entries(terms()))).toEqual(['created terms']);
    bed.described.set(KIND, descriptor({ reads: { prompt_data: 'optional' } }));
    await expect(bed.apply(entries(terms()))).rejects.toThrow('it reads prompt_data');
  });

  it.each([
    ['of the wrong type', '{text: 7}', 'config: text: Invalid input: expected string, received number'],
    ['without a field that it needs', '{tries: 2}', 'config: text: Invalid input'],
    ['with a field that it does not know', '{text: x, colour: green}', 'config: Unrecognized key: "colour"'],
  ])('is refused with a config %s', async (_what, config, message) => {
    bed.described.set(KIND, descriptor());
    await expect(bed.apply(entries(terms('terms', `kind: ${KIND}, config: ${config}`)))).rejects.toThrow(message);
  });

  it('is not described by the file', async () => {
    bed.described.set(KIND, descriptor());
    const { files } = await bed.apply(entries(terms('terms', `kind: ${KIND}, config: {text: x}, descriptor: {v: 9}`)));
    expect(files[0]?.warnings).toEqual([expect.stringContaining('descriptor is ignored')]);
  });
});
