import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blueprint, DUMMY, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { Browser } from '../support/browser.js';
import { runCli } from '../support/commands.js';
import { Deployment } from '../support/deployment.js';
import { type FreshDatabase, migratedDatabase } from '../support/postgres.js';
import { recordedEvents } from '../support/recorded-events.js';

const STAGES = [IDENTIFICATION, PASSWORD, LOGIN];
const file = (title: string, stages = STAGES) => blueprint(flowEntries('login', stages, { title }));

let folder: string;
let database: FreshDatabase;
let deployment: Deployment;
let otherGateway: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-releases-'));
  database = await migratedDatabase();
  deployment = await Deployment.open({ database, blueprints: [blueprint(userEntry('alice')), file('First')] });
  otherGateway = await deployment.openAnotherGateway();
});
afterAll(async () => {
  await deployment?.close();
  await rm(folder, { recursive: true });
});

async function write(text: string): Promise<string> {
  const path = join(folder, 'login.yaml');
  await writeFile(path, text);
  return path;
}
const draft = async (text: string) => deployment.command('blueprint', 'apply', '--draft', await write(text));
const flow = (...args: string[]) => deployment.command('flow', ...args);
const browsers = () => [deployment.browser(), new Browser(otherGateway)];
const titles = (visitors: readonly Browser[]) =>
  Promise.all(visitors.map(async (browser) => (await browser.show('login')).body)).then((bodies) =>
    bodies.map((body) => (body as { flow_info: { title: string } }).flow_info.title),
  );

it('new logins at every gateway use a published version at once, and running logins keep their version', async () => {
  const early = browsers();
  for (const browser of early) await browser.solve('login', { uid_field: 'alice' });
  expect(await draft(file('Second', [...STAGES, DUMMY]))).toMatch(
    /^drafted login \(version 2\)\. Compare: npm run flow/,
  );
  expect(await titles(browsers())).toEqual(['First', 'First']);

  const published = await flow('publish', 'login', '--reason', 'a test');
  expect(published).toMatch(/^published login: version 2 is current, in place of version 1\nlogin is held/);
  expect(await titles(browsers())).toEqual(['Second', 'Second']);
  expect(await titles(early)).toEqual(['First', 'First']);
  for (const browser of early)
    expect((await browser.solve('login', { password: 'correct-horse-7' })).body).toMatchObject({ to: '/' });

  expect(await flow('rollback', 'login')).toMatch(/^rolled back login: version 1 is current, in place of version 2\n/);
  expect(await titles(browsers())).toEqual(['First', 'First']);
  const facts = [
    ...(await recordedEvents(deployment, 'flow_drafted')),
    ...(await recordedEvents(deployment, 'flow_published')),
    ...(await recordedEvents(deployment, 'flow_rolled_back')),
  ];
  expect(facts.map(({ data }) => data)).toMatchObject([
    { actor: { command: 'blueprint apply' }, context: { flows: [{ slug: 'login', version: 2 }] } },
    { actor: { command: 'flow publish' }, context: { version: 2, previous_version: 1, reason: 'a test' } },
    { actor: { command: 'flow rollback' }, context: { version: 1, previous_version: 2 } },
  ]);
});

it('an apply leaves a held flow at its version, and says how to publish the new one', async () => {
  await draft(file('Held'));
  await flow('publish', 'login');
  const output = await deployment.command('blueprint', 'apply', await write(file('Newer')));
  const [, current, number] = /^held login at version (\d+); not published: version (\d+)\. Compare: /m.exec(output)!;
  expect(output).toContain(`Publish: npm run flow -- publish login ${number}`);
  expect(await titles(browsers())).toEqual(['Held', 'Held']);
  expect(await flow('diff', 'login', current!, number!)).toContain('flow "login": title: "Held" → "Newer"');
  expect(await flow('versions', 'login')).toMatch(
    new RegExp(`^version ${number}: draft, created .*, from .*login\\.yaml\n[^]*held`),
  );
  expect(await flow('publish', 'login')).toBe(
    `published login: version ${number} is current, in place of version ${current}\n`,
  );
  expect(await titles(browsers())).toEqual(['Newer', 'Newer']);
});

it('a dry run prints objects, versions and their differences, and changes nothing', async () => {
  const changed = await write(file('Planned', [...STAGES, DUMMY]));
  const before = await flow('versions', 'login', '--json');
  const output = await deployment.command('blueprint', 'apply', '--dry-run', changed);
  expect(output).toMatch(/ {2}would change authentik_flows\.flow login\n {4}title: "Newer" → "Planned"/);
  expect(output).toMatch(/would publish login \(new version \d+\) in place of version \d+\n/);
  expect(output).toContain('  flow "login": title: "Newer" → "Planned"\n');
  expect(output).toMatch(/ {2}step "login 3 dummy\.dummystage" \(dummy\): added at position 4\n/);
  expect(output).toMatch(/dry run: nothing was changed\n$/);
  const plan = JSON.parse(await deployment.command('blueprint', 'apply', '--dry-run', '--json', changed));
  expect(plan).toMatchObject({ published: [{ slug: 'login', isNew: true }], held: [], isChanged: true });
  expect(await flow('versions', 'login', '--json')).toBe(before);
});

it.each([
  [['versions', 'gone'], 'There is no published flow with the slug gone.'],
  [['diff', 'login', '1', '99'], 'The flow login has no version 99.'],
  [['diff', 'login', '1'], 'usage: npm run flow -- diff'],
  [['publish', 'login', '99'], 'The flow login has no version 99.'],
  [['publish', 'login', '0x1'], '"0x1" is not the number of a version.'],
  [['publish', 'login', '99999999999'], 'is not the number of a version.'],
  [['publish', 'login'], 'has no draft after its current version'],
  [['publish', 'login', '1', '--quietly'], "Unknown option '--quietly'"],
  [['rollback', 'login', '1'], 'usage: npm run flow'],
  [['rollback', 'login', '--reason', 'x'.repeat(501)], '--reason has more than 500 characters.'],
  [['rollback', 'gone', '--reason', '😀'.repeat(500)], 'There is no published flow with the slug gone.'],
])('flow %j fails with a clear message and changes nothing', async (args, message) => {
  const env = { DATABASE_URL: database.url, ...deployment.sealing };
  const state = () => deployment.rows('SELECT f.*, (SELECT count(*) FROM flow.releases) FROM flow.flows f ORDER BY id');
  const before = await state();
  expect(await runCli('flow', args, { env })).toEqual({
    ...{ code: 1, stdout: '', stderr: expect.stringContaining(`flow: ${message.startsWith('usage') ? message : ''}`) },
  });
  expect((await runCli('flow', args, { env })).stderr).toContain(message);
  expect(await state()).toEqual(before);
});
