import { pbkdf2Sync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';

/** PBKDF2 rounds. One check takes so long that the concurrent requests of a test overlap. */
const ROUNDS = 1_200_000;
const TYPED = 'correct-horse-7';
const LEGACY = `pbkdf2_sha256$${ROUNDS}$salt$${pbkdf2Sync(TYPED, 'salt', ROUNDS, 32, 'sha256').toString('base64')}`;
/** Limits of legacy hashes: one check runs, and none waits. */
const BOUND = { PASSWORD_LEGACY_CONCURRENCY: '1', PASSWORD_LEGACY_WAIT_MS: '1' };
const PARALLEL = 5;

const namesOf = (prefix: string) => Array.from({ length: PARALLEL }, (_, i) => `${prefix}-${i}`);

let deployment: Deployment;

/** Imports users as `npm run user -- import` does. */
async function importUsers(users: readonly object[]) {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-costs-'));
  try {
    const file = join(folder, 'users.jsonl');
    await writeFile(file, users.map((user) => JSON.stringify(user)).join('\n'));
    await deployment.user(['import', file]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [blueprint(flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]))],
    gateway: { NETWORK_ATTEMPTS_FREE: '100000' },
    environment: BOUND,
  });
  const imported = (prefix: string, fields: object) => namesOf(prefix).map((username) => ({ username, ...fields }));
  await importUsers([
    ...imported('imported', { password: LEGACY }),
    ...imported('inactive', { password: LEGACY, is_active: false }),
    ...imported('bare', { password: '!' }),
  ]);
});
afterAll(() => deployment?.close());
beforeEach(() => deployment.rows('DELETE FROM flow.attempts'));

/** Returns visitors whose flow asks for the password of these names. */
async function visitorsOf(names: readonly string[]) {
  const browsers = names.map(() => deployment.browser());
  for (const [i, browser] of browsers.entries()) await browser.solve('login', { uid_field: names[i] });
  return browsers;
}

describe('after an import of slow hashes, concurrent wrong passwords', () => {
  it.each(['imported', 'unknown', 'inactive', 'bare'])(
    'for %s usernames are limited alike: 503 with Retry-After, and the plan continues',
    async (prefix) => {
      const browsers = await visitorsOf(namesOf(prefix));

      const answers = await Promise.all(browsers.map((browser) => browser.solve('login', { password: 'wrong' })));

      const busy = answers.filter(({ status }) => status === 503);
      expect(busy.length).toBeGreaterThan(0);
      for (const { headers } of busy) expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
      const [refused] = browsers.filter((_, i) => answers[i]?.status === 503);
      expect((await refused!.solve('login', { password: 'wrong' })).body).toMatchObject({
        ...{ component: 'ak-stage-password', pending_user: expect.stringContaining(prefix) },
        response_errors: { password: [{ string: 'Invalid password', code: 'invalid' }] },
      });
    },
  );

  it('do not make a login with a current hash fail', async () => {
    await deployment.user(['create', 'current', '--password'], `${TYPED}\n`);
    const [current] = await visitorsOf(['current']);
    const browsers = await visitorsOf(namesOf('imported'));

    const slow = Promise.all(browsers.map((browser) => browser.solve('login', { password: 'wrong' })));
    const answer = await current!.solve('login', { password: TYPED });

    expect(answer.body).toMatchObject({ component: 'xak-flow-redirect' });
    expect((await slow).filter(({ status }) => status === 503).length).toBeGreaterThan(0);
  });
});
