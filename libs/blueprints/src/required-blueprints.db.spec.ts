import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlueprintHarness, entries } from '../testing/blueprint-harness.js';
import { formatReport } from './report.js';

let harness: BlueprintHarness;
beforeAll(async () => {
  harness = await BlueprintHarness.open();
});
afterAll(() => harness?.close());
beforeEach(() => harness.reset());

const group = (name: string) => `{model: authentik_core.group, identifiers: {name: ${name}}}`;
const requires = (identifiers: string, more = '') =>
  `{model: authentik_blueprints.MetaApplyBlueprint, attrs: {identifiers: ${identifiers}, ${more}}}`;
const named = (name: string, ...lines: string[]) => `metadata: {name: ${name}}\n${entries(...lines)}`;
const groups = async () =>
  (await harness.query<{ name: string }>('SELECT name FROM directory.groups ORDER BY created_at')).map(
    ({ name }) => name,
  );

describe('a blueprint that requires another one', () => {
  it.each(['{name: Base}', '{path: deep/base.yaml}', '{name: Base, path: deep/base.yaml}'])(
    'applies the required blueprint first, found by %s',
    async (identifiers) => {
      harness.libraryFiles.set('other.yaml', named('Other', group('other')));
      harness.libraryFiles.set('deep/base.yaml', named('Base', group('base')));
      await harness.apply(entries(group('before'), requires(identifiers), group('after')));
      expect(await groups()).toEqual(['before', 'base', 'after']);
    },
  );

  it('can refer to objects of the required blueprint', async () => {
    harness.libraryFiles.set('base.yaml', entries(group('base')));
    const child = `{model: authentik_core.group, identifiers: {name: child}, attrs: {parent: !Find [authentik_core.group, [name, base]]}}`;
    expect(await harness.outcomes(entries(requires('{path: base.yaml}'), child))).toEqual([
      'created base',
      'applied base.yaml',
      'created child',
    ]);
  });

  it('reports the required blueprint, which is applied once in a run', async () => {
    harness.libraryFiles.set('base.yaml', entries(group('base')));
    const report = await harness.apply(entries(requires('{path: base.yaml}')), entries(requires('{path: base.yaml}')));
    expect(formatReport(report).split('\n')).toEqual([
      'base.yaml: 1 created',
      '  created authentik_core.group base',
      '1.yaml: 1 applied',
      '  applied authentik_blueprints.metaapplyblueprint base.yaml',
      '2.yaml: 1 applied',
      '  applied authentik_blueprints.metaapplyblueprint base.yaml',
    ]);
  });

  it('does not apply a required file twice that is also a file of the run', async () => {
    const text = entries(group('base'));
    harness.libraryFiles.set('2.yaml', text);
    const entry = entries(requires('{path: 2.yaml}'));
    const { files } = await harness.apply(entry, text, entry);
    expect(files.map(({ file }) => file)).toEqual(['2.yaml', '1.yaml', '3.yaml']);
  });

  it('is refused when the required blueprint does not exist', async () => {
    await expect(harness.apply(entries(group('g'), requires('{name: Base}')))).rejects.toThrow(
      '1.yaml:3: entry 2 (authentik_blueprints.MetaApplyBlueprint): identifiers: Required blueprint does not exist',
    );
    expect(await groups()).toEqual([]);
  });

  it('continues without an optional blueprint, and reports it as missing', async () => {
    const report = await harness.apply(entries(requires('{path: base.yaml}', 'required: false'), group('g')));
    expect(formatReport(report).split('\n')).toEqual([
      '1.yaml: 1 created, 1 missing',
      '  missing authentik_blueprints.metaapplyblueprint base.yaml',
      '  created authentik_core.group g',
    ]);
  });

  it('changes nothing when the required blueprint is invalid', async () => {
    harness.libraryFiles.set('base.yaml', entries(group('base'), '{model: app.unknown, identifiers: {a: 1}}'));
    await expect(harness.apply(entries(group('g'), requires('{path: base.yaml}')))).rejects.toThrow(
      'base.yaml:3: entry 2 (app.unknown): app.unknown is not a supported model',
    );
    expect(await groups()).toEqual([]);
  });

  it('is refused when the requirement is circular', async () => {
    harness.libraryFiles.set('a.yaml', entries(requires('{path: b.yaml}')));
    harness.libraryFiles.set('b.yaml', entries(requires('{path: a.yaml}')));
    await expect(harness.apply(entries(requires('{path: a.yaml}')))).rejects.toThrow(
      'b.yaml:2: entry 1 (authentik_blueprints.MetaApplyBlueprint): blueprints require each other in a cycle: a.yaml → b.yaml → a.yaml',
    );
  });

  it('does not apply the required blueprint if the entry has the state absent or unmet conditions', async () => {
    const entry = requires('{name: Base}');
    const lines = ['state: absent', 'conditions: [no]'].map((more) => entry.replace('{', `{${more}, `));
    expect(await harness.outcomes(entries(...lines))).toEqual(['unchanged', 'skipped']);
  });

  it('has an entry without a pk, to which other entries cannot refer', async () => {
    harness.libraryFiles.set('base.yaml', entries(group('base')));
    const entry = requires('{path: base.yaml}').replace('{', '{id: meta, ');
    await expect(
      harness.apply(entries(entry, `{model: authentik_core.group, identifiers: {name: !KeyOf meta}}`)),
    ).rejects.toThrow('!KeyOf: entry 1, which has the id `meta`, has no object');
  });

  it.each(['{}', '{pk: 1}', 'base.yaml', '{name: Base, colour: red}'])(
    'refuses the identifiers %s',
    async (identifiers) => {
      await expect(harness.apply(entries(requires(identifiers)))).rejects.toThrow(
        'identifiers: Must be a map with a name, a path or both.',
      );
    },
  );

  it('is refused without identifiers', async () => {
    const entry = '{model: authentik_blueprints.metaapplyblueprint, attrs: {required: false}}';
    await expect(harness.apply(entries(entry))).rejects.toThrow('identifiers: This field is required.');
  });
});
