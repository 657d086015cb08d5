import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FLOW_SCHEMA } from '@gatehouse/blueprints';
import { openDataSource } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { blueprintCommand } from '../../../apps/cli/src/blueprint.command.js';
import { runCliOk } from '../../../test/support/commands.js';
import { migratedDatabase } from '../../../test/support/postgres.js';
import { applyFiles, readFiles } from './apply-files.js';
import { applyBlueprintFolder } from './first-start.js';

let database: Awaited<ReturnType<typeof migratedDatabase>>;
let source: DataSource;
let folder: string;
beforeEach(async () => {
  database = await migratedDatabase();
  source = await openDataSource({ url: database.url, schema: FLOW_SCHEMA, poolSize: 1 });
  folder = await mkdtemp(join(tmpdir(), 'blueprints-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
  await source.destroy();
  await database.drop();
});

/** Writes the blueprint that ships with the next version of Gatehouse. */
const ship = (...entries: string[]) => shipAs('shipped.yaml', ...entries);
async function shipAs(name: string, ...entries: string[]): Promise<void> {
  await writeFile(join(folder, name), `version: 1\nentries:\n${entries.map((entry) => `- ${entry}\n`).join('')}`);
}
const deny = (name: string, attrs = '', state = 'present') =>
  `{model: authentik_stages_deny.denystage, id: ${name}, state: ${state}, identifiers: {name: ${name}}, attrs: {${attrs}}}`;
const flow = (slug: string, attrs = '') =>
  `{model: authentik_flows.flow, id: ${slug}, identifiers: {slug: ${slug}}, attrs: {name: ${slug}, title: T, designation: authentication${attrs}}}`;
const bind = (slug: string, stage: string, order: number) =>
  `{model: authentik_flows.flowstagebinding, identifiers: {target: !KeyOf ${slug}, stage: !KeyOf ${stage}, order: ${order}}}`;

/** Applies entries as a blueprint of the administrator. */
const change = (...entries: string[]) =>
  applyFiles(database.url, [{ name: 'own.yaml', text: `entries: [${entries.join(', ')}]` }], { folder });
const start = () => applyBlueprintFolder(database.url, folder);
const update = async () => {
  const options = { folder, mode: 'update' } as const;
  const { files } = await applyFiles(database.url, await readFiles([folder]), options);
  return files.flatMap(({ changes }) =>
    changes.map(({ outcome, name, reason }) => [outcome, name, ...(reason === undefined ? [] : [reason])].join(' ')),
  );
};
const messages = async () => {
  const rows = await source.query<{ name: string; message: string }[]>(
    `SELECT identifiers->>'name' AS name, attrs->>'deny_message' AS message FROM flow.objects
     WHERE model = 'authentik_stages_deny.denystage' ORDER BY 1`,
  );
  return Object.fromEntries(rows.map(({ name, message }) => [name, message]));
};

describe('an update of a shipped blueprint', () => {
  it('changes objects that the administrator has not changed, creates new ones, and leaves all others', async () => {
    await ship(deny('a', 'deny_message: one'), deny('b', 'deny_message: one'), deny('c'));
    await start();
    await change(deny('b', 'deny_message: mine'), deny('c', '', 'absent'), deny('d', 'deny_message: mine'));
    const text = 'deny_message: two';
    await ship(deny('a', text), deny('b', text), deny('c', text), deny('d', text), deny('e', text));
    expect(await update()).toEqual([
      'changed a',
      'kept b it was changed here: deny_message',
      'skipped c it was removed here',
      'kept d it does not come from this blueprint',
      'created e',
    ]);
    expect(await messages()).toEqual({ a: 'two', b: 'mine', d: 'mine', e: 'two' });
  });

  it('changes nothing the second time, and keeps the objects that were changed here in the next version too', async () => {
    await ship(deny('a', 'deny_message: one'), deny('b', 'deny_message: one'));
    await start();
    await change(deny('b', 'deny_message: mine'));
    await ship(deny('a', 'deny_message: two'), deny('b', 'deny_message: two'));
    await update();
    expect(await update()).toEqual([]);
    await ship(deny('a', 'deny_message: three'), deny('b', 'deny_message: three'));
    expect(await update()).toEqual(['changed a', 'kept b it was changed here: deny_message']);
    expect(await messages()).toEqual({ a: 'three', b: 'mine' });
  });

  it('sets a field that is new in the blueprint only if the stored object does not have it', async () => {
    await ship(flow('x'), flow('y'));
    await start();
    await change(flow('y', ', denied_action: message'));
    await ship(flow('x', ', denied_action: continue'), flow('y', ', denied_action: continue'));
    expect(await update()).toEqual([
      'changed x',
      'kept y denied_action was not set by the blueprint, and may have been set here',
    ]);
  });

  it('does not restore a flow or a binding that the administrator has removed', async () => {
    await ship(flow('x'), flow('y'), deny('a'), bind('x', 'a', 10), bind('y', 'a', 10));
    await start();
    await change(
      `{model: authentik_flows.flow, state: absent, identifiers: {slug: y}}`,
      `{model: authentik_flows.flowstagebinding, state: absent, identifiers: {order: 10}}`,
    );
    await ship(flow('x', ', layout: content_left'), flow('y'), deny('a'), bind('x', 'a', 10), bind('y', 'a', 10));
    expect(await update()).toEqual([
      'changed x',
      'skipped y it was removed here',
      'unchanged a',
      'skipped  it was removed here',
      'skipped  it identifies its object by the skipped entry "y"',
    ]);
  });

  it('removes an object that the new version removes, unless it was changed here', async () => {
    await ship(deny('a'), deny('b'), deny('c', '', 'absent'));
    await start();
    await change(deny('b', 'deny_message: mine'), deny('c'));
    await ship(deny('a', '', 'absent'), deny('b', '', 'absent'), deny('c', 'deny_message: two', 'absent'));
    expect(await update()).toEqual([
      'removed a',
      'kept b deny_message was not set by the blueprint, and may have been set here',
      'kept c it was created here',
    ]);
  });

  it('does not apply a blueprint that was never applied, and reports it as different', async () => {
    await ship(deny('a'));
    await start();
    await shipAs('new.yaml', deny('b'));
    const output = await runCliOk('blueprint', ['update', folder], {
      env: { DATABASE_URL: database.url, BLUEPRINTS_DIR: folder, GATEHOUSE_DIR: folder },
    });
    expect(output).toBe(
      `nothing changed\n${folder}/new.yaml: differs from the stored objects\n  would create authentik_stages_deny.denystage b\n`,
    );
    expect(await messages()).toEqual({ a: '' });
  });

  it('checks all expressions with one syntax checker', async () => {
    const checked: string[] = [];
    const syntax = { check: async (source: string) => void checked.push(source) };
    const policy = (expression: string) =>
      `{model: authentik_policies_expression.expressionpolicy, identifiers: {name: a}, attrs: {expression: ${expression}}}`;
    await ship(policy('x'));
    await start();
    await ship(policy('y'));
    await shipAs('new.yaml', policy('z'));
    const [env, { stdin, stdout, stderr }] = [{ DATABASE_URL: database.url, GATEHOUSE_DIR: folder }, process];
    await blueprintCommand.run(['update', folder], { env, stdin, stdout, stderr, syntax });
    expect(checked.sort()).toEqual(['y', 'z']);
  });

  it('changes no object of a blueprint whose last applied content is not recorded', async () => {
    await ship(deny('a', 'deny_message: one'));
    await start();
    await source.query('UPDATE flow.applied_blueprints SET content = NULL');
    await ship(deny('a', 'deny_message: two'));
    expect(await update()).toEqual([]);
    expect(await messages()).toEqual({ a: 'one' });
  });

  it('changes objects if an older Gatehouse recorded another text and a start has recorded the current one', async () => {
    await ship(deny('a', 'deny_message: one'));
    await start();
    await source.query(`UPDATE flow.applied_blueprints SET content = 'of a still older version'`);
    await start();
    await ship(deny('a', 'deny_message: two'));
    expect(await update()).toEqual(['changed a']);
  });
});
