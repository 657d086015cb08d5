import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  blueprint,
  DUMMY,
  EMAIL,
  flowEntries,
  IDENTIFICATION,
  LOGIN,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import { usernameOf } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { LINK_QUESTION } from '../support/mailed-links.js';
import { describeWithNats } from '../support/nats.js';
import { type FreshDatabase, migratedDatabase } from '../support/postgres.js';

const RIGHT = { password: 'correct-horse-7' };
const CODES = { stage: 'authenticator_static.authenticatorstaticstage', attrs: { token_count: 20 } };
const REMEMBERING = {
  stage: 'authenticator_validate.authenticatorvalidatestage',
  attrs: { not_configured_action: 'deny', last_auth_threshold: 'hours=1' },
};

describeWithNats('a session key that an attacker planted', () => {
  let deployment: Deployment;
  let database: FreshDatabase;
  beforeAll(async () => {
    database = await migratedDatabase();
    deployment = await Deployment.open({
      database,
      services: ['identification', 'password', 'session', 'mfa', 'enrollment'],
      blueprints: [
        blueprint(
          ...['ann', 'ben'].map((name) => userEntry(name)),
          flowEntries('codes', [IDENTIFICATION, PASSWORD, CODES, LOGIN]),
          flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
          flowEntries('back', [IDENTIFICATION, EMAIL, LOGIN], { designation: 'recovery' }),
          flowEntries('quick', [IDENTIFICATION, REMEMBERING, DUMMY, LOGIN]),
        ),
      ],
    });
  }, 120_000);
  afterAll(() => deployment?.close());

  it('is replaced when a remembered second factor proves the user', async () => {
    const victim = deployment.browser();
    await victim.solve('codes', { uid_field: 'ann' });
    const { codes } = (await victim.solve('codes', RIGHT)).body as { codes: string[] };
    await victim.solve('codes', {});
    victim.plant(undefined);
    await victim.solve('quick', { uid_field: 'ann' });
    await victim.solve('quick', { code: codes[0] });
    expect(victim.cookie('authentik_mfa')).toBeTruthy();
    // The victim returns with a session key that the attacker has planted.
    const attacker = deployment.browser();
    await attacker.show('quick');
    victim.plant(attacker.cookie());
    expect((await victim.solve('quick', { uid_field: 'ann' })).body).toMatchObject({ component: 'ak-stage-dummy' });
    await attacker.solve('quick', {});
    expect(await usernameOf(attacker)).toBeUndefined();
  });

  it('never shows the plan of a mailed link, not even while the gateway rotates the key of a logged-in session', async () => {
    const link = new URL(await deployment.user(['recovery-link', 'ann', '--flow', 'back']));
    const [attacker, victim] = [deployment.browser(), deployment.browser()];
    await attacker.solve('login', { uid_field: 'ben' });
    await attacker.solve('login', RIGHT);
    await attacker.show('back');
    victim.plant(attacker.cookie());
    // The lock blocks the statement that gives the session a new key.
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query('BEGIN; LOCK TABLE flow.session_keys IN SHARE ROW EXCLUSIVE MODE');
    const response = victim.show('back', link.search.slice(1));
    await waitUntilBlocked(client);
    const concurrent = await attacker.show('back');
    await client.query('ROLLBACK');
    await client.end();

    expect(concurrent.body).toMatchObject({ component: 'ak-stage-identification' });
    expect((await response).body).toMatchObject(LINK_QUESTION);
    expect((await attacker.show('back')).body).not.toMatchObject({ component: 'ak-stage-consent' });
  });
});

/** Resolves once a statement waits for the lock that `client` holds. */
async function waitUntilBlocked(client: pg.Client): Promise<void> {
  for (;;) {
    const { rows } = await client.query('SELECT FROM pg_locks WHERE NOT granted');
    if (rows.length > 0) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
