import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { openDataSource } from '@gatehouse/platform';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { migratedDatabase } from '../../../test/support/postgres.js';
import { applyFiles, readFiles } from './apply-files.js';
import { applyBlueprintFolder, ensureAdmin } from './first-start.js';

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

async function write(path: string, text: string): Promise<string> {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}
const group = (name: string, metadata = `{name: ${name}}`, first = '') =>
  `metadata: ${metadata}\nentries:\n${first}- {model: authentik_core.group, identifiers: {name: ${name}}}\n`;
const example = (name: string) =>
  group(name, `{name: ${name}, labels: {blueprints.goauthentik.io/instantiate: "false"}}`);
const requiring = (identifiers: string) =>
  `- {model: authentik_blueprints.metaapplyblueprint, attrs: {identifiers: ${identifiers}}}\n`;

const applied = (report: Awaited<ReturnType<typeof applyFiles>>) =>
  report.files.flatMap(({ changes }) => changes.filter(({ outcome }) => outcome === 'created').map(({ name }) => name));

async function createdAdmins(sealKeys: string, env: NodeJS.ProcessEnv = { ADMIN_USERNAME: 'root' }) {
  const admins: object[] = [];
  const announce = (admin: object) => void admins.push(admin);
  await ensureAdmin({ url: database.url, sealKeys, env, announce });
  return admins;
}

it('applyBlueprintFolder applies a folder and its subfolders in path order, without hidden files and examples', async () => {
  await write('b.yaml', group('b'));
  await write('a/z.yaml', group('a'));
  await write('.git/x.yaml', group('hidden'));
  await write('notes.txt', 'entries: [broken');
  await write('example.yaml', example('example'));
  const result = await applyBlueprintFolder(database.url, folder);
  expect('report' in result && applied(result.report)).toEqual(['a', 'b']);
});

it('applyFiles applies an example if it is named, or if a named file requires it', async () => {
  const named = await write('example.yaml', example('example'));
  await write('more/other.yaml', example('other'));
  const asking = await write('asking.yaml', group('asking', '{name: x}', requiring('{path: more/other.yaml}')));
  const apply = async (file: string) => applied(await applyFiles(database.url, await readFiles([file]), { folder }));
  expect(await apply(named)).toEqual(['example']);
  expect(await apply(asking)).toEqual(['other', 'asking']);
});

it('applyFiles applies a file once, even if another file requires it by a different spelling of its path', async () => {
  const first = await write('first.yaml', group('first', '{name: x}', requiring('{name: last}')));
  await write('last.yaml', group('last'));
  const files = await readFiles([first, `${folder}/./last.yaml`]);
  const report = await applyFiles(database.url, files, { folder });
  expect(report.files.map(({ file }) => file)).toEqual([join(folder, 'last.yaml'), first]);
});

it('applyFiles applies a file once, even if it has a relative name and is required by an absolute path', async () => {
  const asking = await write('asking.yaml', group('asking', '{name: x}', requiring('{path: last.yaml}')));
  const last = await write('last.yaml', group('last'));
  const files = await readFiles([relative(process.cwd(), asking), relative(process.cwd(), last), last]);
  const report = await applyFiles(database.url, files, { folder });
  expect(report.files.map(({ file }) => basename(file))).toEqual(['last.yaml', 'asking.yaml']);
});

it('!File reads files of the folder in BLUEPRINT_FILES, and is refused without that setting', async () => {
  await write('secrets/name.txt', 'from a file\n');
  const files = await readFiles([await write('named.yaml', group('!File name.txt', '{name: x}'))]);
  const apply = (env: NodeJS.ProcessEnv) => applyFiles(database.url, files, { folder, env });
  await expect(apply({})).rejects.toThrow('!File is refused');
  expect(applied(await apply({ BLUEPRINT_FILES: join(folder, 'secrets') }))).toEqual(['from a file']);
});

it('a required blueprint does not exist if the folder of blueprints is missing', async () => {
  const file = await write('asking.yaml', group('asking', '{name: y}', requiring('{name: x}')));
  const apply = applyFiles(database.url, await readFiles([file]), { folder: join(folder, 'nowhere') });
  await expect(apply).rejects.toThrow('identifiers: Required blueprint does not exist');
});

it('readFiles returns every file of a named folder, including examples and JSON', async () => {
  await write('set/a.yaml', example('a'));
  await write(
    'set/b.json',
    JSON.stringify({ entries: [{ model: 'authentik_core.group', identifiers: { name: 'b' } }] }),
  );
  const files = await readFiles([join(folder, 'set')]);
  expect(applied(await applyFiles(database.url, files, { folder }))).toEqual(['a', 'b']);
});

it('ensureAdmin creates the first administrator even if objects with secrets were applied before', async () => {
  const keys = `test:${randomBytes(32).toString('base64')}`;
  const secrets = '{provider_type: github, consumer_key: id, consumer_secret: hushed}';
  const source = `- {model: authentik_sources_oauth.oauthsource, identifiers: {slug: hub, name: Hub}, attrs: ${secrets}}\n`;
  await write('first.yaml', group('gatehouse admins', '{name: x}', source));
  await applyBlueprintFolder(database.url, folder, keys);
  expect(await createdAdmins(keys)).toMatchObject([{ username: 'root' }]);
});

it('ensureAdmin creates the first administrator even if no blueprint has created a group of administrators', async () => {
  const keys = `test:${randomBytes(32).toString('base64')}`;
  expect(await createdAdmins(keys)).toMatchObject([{ username: 'root' }]);
  expect(await createdAdmins(keys)).toEqual([]);
});

it('the first administrator has the address of ADMIN_EMAIL, which must be one that forms accept', async () => {
  const keys = `test:${randomBytes(32).toString('base64')}`;
  for (const ADMIN_EMAIL of ['root', 'root@', 'root@host', 'a b@example.org'])
    await expect(createdAdmins(keys, { ADMIN_EMAIL })).rejects.toThrow('ADMIN_EMAIL');
  await createdAdmins(keys, { ADMIN_EMAIL: 'ops@example.org' });
  expect(await emailsOf(database.url)).toEqual(['ops@example.org']);
});

async function emailsOf(url: string): Promise<string[]> {
  const source = await openDataSource({ url, schema: 'directory', poolSize: 1 });
  try {
    const users = await source.query<{ email: string }[]>('SELECT email FROM directory.users');
    return users.map(({ email }) => email);
  } finally {
    await source.destroy();
  }
}
