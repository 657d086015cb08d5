import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatComparison } from '@gatehouse/blueprints';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { migratedDatabase } from '../../../test/support/postgres.js';
import { applyFiles, readFiles } from './apply-files.js';
import { applyBlueprintFolder } from './first-start.js';

let database: Awaited<ReturnType<typeof migratedDatabase>>;
let folder: string;
beforeEach(async () => {
  database = await migratedDatabase();
  folder = await mkdtemp(join(tmpdir(), 'blueprints-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
  await database.drop();
});

async function write(name: string, ...entries: string[]): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, `version: 1\nentries:\n${entries.map((entry) => `- ${entry}\n`).join('')}`);
  return file;
}
const stage = (name: string, attrs = '{}', state = 'present') =>
  `{model: authentik_stages_dummy.dummystage, state: ${state}, identifiers: {name: ${name}}, attrs: ${attrs}}`;

const start = () => applyBlueprintFolder(database.url, folder);
const apply = async (...files: string[]) => applyFiles(database.url, await readFiles(files), { folder });
const notApplied = (files: string) => ({
  notice: `Not applied again, because the stored objects differ: ${files}. Compare: npm run blueprint -- diff ${folder}`,
});

it('the first start applies the folder of blueprints, and the next start changes nothing', async () => {
  await write('a.yaml', stage('a'));
  expect(await start()).toMatchObject({ report: { isChanged: true } });
  expect(await start()).toEqual({ notice: undefined });
});

it('a later start does not restore deleted objects, even if no object is left', async () => {
  const file = await write('a.yaml', stage('a'));
  await start();
  await apply(await write('removal.yaml', stage('a', '{}', 'absent')));
  await rm(join(folder, 'removal.yaml'));
  for (const _ of ['a start', 'another start']) expect(await start()).toEqual(notApplied(file));
});

it('a later start applies no new file, and reports which files are new or have a new version', async () => {
  const first = await write('a.yaml', stage('a'));
  await start();
  await write('a.yaml', stage('a', '{throw_error: true}'));
  const second = await write('b.yaml', stage('b'));
  expect(await start()).toEqual(notApplied(`${first} (new version), ${second}`));
  await apply(first, second);
  expect(await start()).toEqual({ notice: undefined });
});

it('a start applies nothing if other blueprints were applied before', async () => {
  const file = await write('a.yaml', stage('a'));
  await applyFiles(database.url, [{ name: 'own.yaml', text: `entries: [${stage('own')}]` }], { folder });
  expect(await start()).toEqual(notApplied(file));
});

it('a later start does not fail because of an invalid file, which it does not apply', async () => {
  await write('a.yaml', stage('a'));
  await start();
  await write('b.yaml', '{model: nonsense, identifiers: {name: x}}');
  expect(await start()).toEqual({
    notice: expect.stringMatching(/^Not applied again, and cannot be compared: .*b\.yaml.* not a supported model/),
  });
});

it('the first start fails if a file is invalid, and applies all files once the file is valid', async () => {
  await write('a.yaml', stage('a'));
  await write('b.yaml', '{model: nonsense, identifiers: {name: x}}');
  await expect(start()).rejects.toThrow('not a supported model');
  await write('b.yaml', stage('b'));
  expect(await start()).toMatchObject({ report: { isChanged: true } });
});

it('blueprint diff changes nothing, shows names instead of ids, and hides secrets', async () => {
  const sealKeys = `test:${randomBytes(32).toString('base64')}`;
  const flow = (slug: string) =>
    `{model: authentik_flows.flow, id: ${slug}, identifiers: {slug: ${slug}}, attrs: {name: N, title: T, designation: enrollment}}`;
  const source = (secret: string, slug: string) =>
    '{model: authentik_sources_oauth.oauthsource, identifiers: {slug: hub}, attrs: {name: Hub, provider_type: github, ' +
    `consumer_key: id, consumer_secret: ${secret}, enrollment_flow: !KeyOf ${slug}}}`;
  const options = { folder, sealKeys };
  const file = await write('a.yaml', flow('one'), flow('two'), source('hushed', 'one'));
  await applyFiles(database.url, await readFiles([file]), options);
  await write('a.yaml', flow('one'), flow('two'), source('other', 'two'), stage('new'));
  const compare = async () =>
    formatComparison(await applyFiles(database.url, await readFiles([file]), { ...options, mode: 'compare' }));
  const expected = [
    `${file}: differs from the stored objects`,
    '  would change authentik_sources_oauth.oauthsource hub',
    '    consumer_secret: (hidden) → (hidden)',
    '    enrollment_flow: "one" → "two"',
    '  would create authentik_stages_dummy.dummystage new',
  ];
  expect((await compare()).split('\n')).toEqual(expected);
  expect((await compare()).split('\n')).toEqual(expected);
});
