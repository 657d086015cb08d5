import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blueprint, DUMMY, flowEntries, IDENTIFICATION, LOGIN, userEntry } from '../support/blueprints.js';
import { Browser, usernameOf } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';

const VISITORS = 60;

let deployment: Deployment;
let gateways: [string, string];
let folder: string;
beforeAll(async () => {
  const flow = (title: string) =>
    blueprint(userEntry('alice'), flowEntries('login', [IDENTIFICATION, DUMMY, LOGIN], { title }));
  deployment = await Deployment.open({ blueprints: [flow('Old')], services: ['identification', 'session'] });
  gateways = [deployment.url, await deployment.openAnotherGateway()];
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-draft-'));
  const file = join(folder, 'draft.yaml');
  await writeFile(file, flow('New'));
  await deployment.command('blueprint', 'apply', '--draft', file);
});
afterAll(async () => {
  await deployment?.close();
  await rm(folder, { recursive: true });
});

const titleIn = ({ body }: { readonly body: Readonly<Record<string, unknown>> }) =>
  (body['flow_info'] as { readonly title: string }).title;

/** Returns browsers with the same cookies at both gateways. */
function visitor(): [Browser, Browser] {
  const [first, second] = gateways.map((url) => new Browser(url));
  return [first!, second!];
}

/** Begins a new run of the flow at a gateway, and returns the title of its version. */
async function begin(browser: Browser): Promise<string> {
  await browser.fetch('/flows/-/cancel/');
  return titleIn(await browser.show('login'));
}

it('each visitor gets the same version at both gateways while the share grows, until the rollout ends', async () => {
  await deployment.command('flow', 'publish', 'login', '2', '--percent', '50');
  const visitors = Array.from({ length: VISITORS }, visitor);
  const titles: string[] = [];
  for (const [first, second] of visitors) {
    const title = await begin(first);
    second.plant(first.cookie());
    expect([await begin(second), await begin(first)]).toEqual([title, title]);
    titles.push(title);
  }
  expect(new Set(titles)).toEqual(new Set(['Old', 'New']));

  await deployment.command('flow', 'publish', 'login', '2', '--percent', '90');
  for (const [i, [first]] of visitors.entries()) {
    const title = await begin(first);
    expect(titles[i] === 'Old' || title === 'New').toBe(true);
  }

  await deployment.command('flow', 'rollback', 'login');
  for (const [first, second] of visitors) expect([await begin(first), await begin(second)]).toEqual(['Old', 'Old']);
});

it('a run of a flow and later runs in the same session keep their version, even after the login has replaced the session key', async () => {
  await deployment.command('flow', 'publish', 'login', '2', '--percent', '50');
  for (let n = 0; n < 8; n++) {
    const [first, second] = visitor();
    const title = await begin(first);
    await first.solve('login', { uid_field: 'alice' });
    if (n === 0) await deployment.command('flow', 'publish', 'login', '2', '--percent', '50.01');
    const key = first.cookie();
    await first.solve('login', {});
    expect([await usernameOf(first), first.cookie() === key]).toEqual(['alice', false]);
    second.plant(first.cookie());
    expect([await begin(first), await begin(second)]).toEqual([title, title]);
  }
});

it('a run of a candidate continues after the candidate was rolled back', async () => {
  await deployment.command('flow', 'publish', 'login', '2', '--percent', '50');
  await deployment.rows('UPDATE flow.flows SET candidate_share = 10000');
  const browser = deployment.browser();
  expect(await begin(browser)).toBe('New');
  await deployment.command('flow', 'rollback', 'login');
  expect(titleIn(await browser.solve('login', { uid_field: 'alice' }))).toBe('New');
  await browser.solve('login', {});
  expect(await usernameOf(browser)).toBe('alice');
});
