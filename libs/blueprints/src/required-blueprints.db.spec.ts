import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlueprintHarness, entries } from '../testing/blueprint-harness.js';
import { formatReport } from './report.js';

let bed: BlueprintHarness;
beforeAll(async () => {
  bed = await BlueprintHarness.open();
});
afterAll(() => bed?.close());
beforeEach(() => bed.empty());

const group = (name: string) => `{model: authentik_core.group, identifiers: {name: ${name}}}`;
const requires = (identifiers: string, more = '') =>
  `{model: authentik_blueprints.MetaApplyBlueprint, attrs: {identifiers: ${identifiers}, ${more}}}`;
const named = (name: string, ...lines: string[]) => `metadata: {name: ${name}}\n${entries(...lines)}`;
const groups = async () =>
  (await bed.query<{ name: string }>('SELECT name FROM directory.groups ORDER BY created_at')).map(({ name }) => name);

describe('a blueprint that requires another', () => {
  it.each(['{name: Base}', '{path: deep/base.yaml}', '{name: Base, path: deep/base.yaml}'])(
    'has it applied first, found by %s',
    async (identifiers) => {
      bed.shelf.set('other.yaml', named('Other', group('other')));
      bed.shelf.set('deep/base.yaml', named('Base', group('base')));
      await bed.apply(entries(group('before'), requires(identifiers), group('after')));
      expect(await groups()).toEqual(['before', 'base', 'after']);
    },
  );

  it('can build on what the other one made', async () => {
    bed.shelf.set('base.yaml', entries(group('base')));
    const child = `{model: authentik_core.group, identifiers: {name: child}, attrs: {parent: !Find [authentik_core.group, [name, base]]}}`;
    expect(await bed.outcomes(entries(requires('{path: base.yaml}'), child))).toEqual([
      'created base',
      'applied base.yaml',
      'created child',
    ]);
  });

  it('says in the report what was applied for it, once in a run', async () => {
    bed.shelf.set('base.yaml', entries(group('base')));
    const report = await bed.apply(entries(requires('{path: base.yaml}')), entries(requires('{path: base.yaml}')));
    expect(formatReport(report).split('\n')).toEqual([
      'base.yaml: 1 created',
      '  created authentik_core.group base',
      '1.yaml: 1 applied',
      '  applied authentik_blueprints.metaapplyblueprint base.yaml',
      '2.yaml: 1 applied',
      '  applied authentik_blueprints.metaapplyblueprint base.yaml',
    ]);
  });

  it('does not have a file applied again that was given before or is given later', async () => {
    const text = entries(group('base'));
    bed.shelf.set('2.yaml', text);
    const asking = entries(requires('{path: 2.yaml}'));
    const { files } = await bed.apply(asking, text, asking);
    expect(files.map(({ file }) => file)).toEqual(['2.yaml', '1.yaml', '3.yaml']);
  });

  it('is refused when there is no such one', async () => {
    await expect(bed.apply(entries(group('g'), requires('{name: Base}')))).rejects.toThrow(
      '1.yaml:3: entry 2 (authentik_blueprints.MetaApplyBlueprint): identifiers: Required blueprint does not exist',
    );
    expect(await groups()).toEqual([]);
  });

  it('goes on without one that it does not insist on, and the report says so', async () => {
    const report = await bed.apply(entries(requires('{path: base.yaml}', 'required: false'), group('g')));
    expect(formatReport(report).split('\n')).toEqual([
      '1.yaml: 1 created, 1 missing',
      '  missing authentik_blueprints.metaapplyblueprint base.yaml',
      '  created authentik_core.group g',
    ]);
  });

  it('changes nothing when the other one is bad', async () => {
    bed.shelf.set('base.yaml', entries(group('base'), '{model: app.unknown, identifiers: {a: 1}}'));
    await expect(bed.apply(entries(group('g'), requires('{path: base.yaml}')))).rejects.toThrow(
      'base.yaml:3: entry 2 (app.unknown): app.unknown is not a model of this installation',
    );
    expect(await groups()).toEqual([]);
  });

  it('cannot be required by what it requires', async () => {
    bed.shelf.set('a.yaml', entries(requires('{path: b.yaml}')));
    bed.shelf.set('b.yaml', entries(requires('{path: a.yaml}')));
    await expect(bed.apply(entries(requires('{path: a.yaml}')))).rejects.toThrow(
      'b.yaml:2: entry 1 (authentik_blueprints.MetaApplyBlueprint): blueprints require each other: a.yaml → b.yaml → a.yaml',
    );
  });

  it('asks for nothing when it shall be absent, or its conditions are not met', async () => {
    const asking = requires('{name: Base}');
    const lines = ['state: absent', 'conditions: [no]'].map((more) => asking.replace('{', `{${more}, `));
    expect(await bed.outcomes(entries(...lines))).toEqual(['left', 'skipped']);
  });

  it('is no object that others could refer to', async () => {
    bed.shelf.set('base.yaml', entries(group('base')));
    const asking = requires('{path: base.yaml}').replace('{', '{id: meta, ');
    await expect(
      bed.apply(entries(asking, `{model: authentik_core.group, identifiers: {name: !KeyOf meta}}`)),
    ).rejects.toThrow('KeyOf: failed to find entry');
  });

  it.each(['{}', '{pk: 1}', 'base.yaml', '{name: Base, colour: red}'])(
    'must name it: not by %s',
    async (identifiers) => {
      await expect(bed.apply(entries(requires(identifiers)))).rejects.toThrow(
        'identifiers: Must be a map with a name, a path or both.',
      );
    },
  );

  it('must say which', async () => {
    const asking = '{model: authentik_blueprints.metaapplyblueprint, attrs: {required: false}}';
    await expect(bed.apply(entries(asking))).rejects.toThrow('identifiers: This field is required.');
  });
});
