import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tokenHash } from '@gatehouse/directory';
import { flowDatabase } from '@gatehouse/executor-postgres/testing';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { importLinks } from './import-links.js';

const [ALICE, BOB, WIKI, WIKI_HERE, GOOGLE, GOOGLE_HERE] = Array.from({ length: 6 }, () => randomUUID());
const KEY = 'made-up-key-of-a-token-0123456789'; // not-a-secret
const FUTURE = '2999-01-01T00:00:00Z';

let source: DataSource;
let close: () => Promise<void>;
let folder: string;
beforeAll(async () => {
  const database = await flowDatabase();
  source = database.source;
  close = () => database.close();
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-links-'));
  await source.query(`INSERT INTO directory.users (id, username) VALUES ($1, 'Alice'), ($2, 'bob')`, [ALICE, BOB]);
  await source.query(
    `INSERT INTO flow.objects (id, model, identifiers, attrs)
     VALUES ($1, 'authentik_core.application', '{"slug": "wiki"}', '{"name": "The wiki"}')`,
    [WIKI_HERE],
  );
  await source.query(`INSERT INTO identification.sources VALUES ($1, 'google', '{}')`, [GOOGLE_HERE]);
});
afterAll(async () => {
  await close();
  await rm(folder, { recursive: true });
});
beforeEach(() => source.query('TRUNCATE consent.grants, identification.connections, directory.tokens'));

const row = (model: string, pk: unknown, fields: object) => ({ model, pk, fields });
const USERS = [
  row('authentik_core.user', 7, { username: 'alice', uuid: ALICE }),
  row('authentik_core.user', 8, { username: 'bob' }),
  row('authentik_core.user', 9, { username: 'gone' }),
];
const APPLICATION = row('authentik_core.application', WIKI, { slug: 'wiki', name: 'Wiki' });
const SOURCE = row('authentik_core.source', GOOGLE, { slug: 'google', name: 'Google' });
const consent = (fields: object = {}) =>
  row('authentik_stages_consent.userconsent', randomUUID(), {
    ...{ user: 7, application: WIKI, permissions: 'email profile', expires: FUTURE, expiring: true },
    ...fields,
  });
const parent = (pk: number, fields: object = {}) =>
  row('authentik_core.usersourceconnection', pk, { user: 7, source: GOOGLE, ...fields });
const child = (pk: number, identifier: string) =>
  row('authentik_sources_oauth.useroauthsourceconnection', pk, { identifier, access_token: 'made-up access token' });
const token = (fields: object = {}, pk: string = randomUUID()) =>
  row('authentik_core.token', pk, {
    ...{
      identifier: 'backup',
      key: KEY,
      intent: 'api',
      user: 7,
      description: 'Backup',
      expires: FUTURE,
      expiring: true,
    },
    ...fields,
  });

async function imported(...lines: readonly unknown[]) {
  const file = join(folder, 'export.jsonl');
  await writeFile(file, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));
  return importLinks({ file, source });
}
const grants = () =>
  source.query(
    'SELECT user_id, application_id, application_slug, application_name, permissions, expires FROM consent.grants',
  );
const connections = () =>
  source.query('SELECT source_id, identifier, user_id FROM identification.connections ORDER BY identifier');

describe('the import of consents', () => {
  it('imports a consent to the application with the same slug, and adds the permission openid, which authentik does not store', async () => {
    expect(await imported(consent(), APPLICATION, ...USERS)).toMatchObject({ consents: 1, wrong: 0, others: 0 });
    expect(await grants()).toEqual([
      {
        ...{ user_id: ALICE, application_id: WIKI_HERE, application_slug: 'wiki', application_name: 'The wiki' },
        ...{ permissions: ['openid', 'email', 'profile'], expires: new Date(FUTURE) },
      },
    ]);
  });

  it('merges the consents of a user to an application into one, which expires with the first of them, and skips expired consents', async () => {
    const soon = '2998-01-01T00:00:00Z';
    const report = await imported(
      ...[...USERS, APPLICATION, consent({ expiring: false }), consent({ permissions: 'groups', expires: soon })],
      ...[consent({ permissions: 'admin', expires: '2020-01-01T00:00:00Z' }), consent({ user: 8, expiring: false })],
    );
    expect(report).toMatchObject({ consents: 2, expired: 1, wrong: 0 });
    expect(await grants()).toMatchObject([
      { user_id: ALICE, permissions: ['openid', 'email', 'profile', 'groups'], expires: new Date(soon) },
      { user_id: BOB, expires: null },
    ]);
  });

  it('does not change an existing consent, so that a file can be imported again', async () => {
    await imported(...USERS, APPLICATION, consent({ permissions: 'email' }));
    const again = await imported(...USERS, APPLICATION, consent({ permissions: 'email groups' }));
    expect(again).toMatchObject({ consents: 0, existing: 1, wrong: 0 });
    expect(await grants()).toMatchObject([{ permissions: ['openid', 'email'] }]);
  });

  it('reports consents whose user or application does not exist here, or with too many permissions', async () => {
    const many = Array.from({ length: 1000 }, (_, i) => `p${i}`).join(' ');
    const report = await imported(
      ...[...USERS, consent(), consent({ user: 9 }), consent({ user: 10 }), APPLICATION],
      ...[consent({ application: GOOGLE }), consent({ user: 8, permissions: many })],
    );
    expect(report).toMatchObject({ consents: 1, wrong: 4 });
    expect(report.faults.toSorted()).toEqual([
      'line 5: there is no user gone here',
      'line 6: the file has no user 10',
      `line 8: there is no application ${GOOGLE} here`,
      'line 9: permissions: are more than 1000',
    ]);
  });

  it('reports text that Postgres cannot store, and imports the other lines', async () => {
    const hidden = row('authentik_core.user', 8, { username: 'b\0b' });
    const report = await imported(USERS[0], hidden, APPLICATION, consent({ user: ['b\ud800b'] }), consent());
    expect(report).toMatchObject({ consents: 1, wrong: 2 });
    const reason = 'contains characters that cannot be stored';
    expect(report.faults).toEqual([2, 4].map((line) => `line ${line}: ${reason}`));
  });
});

describe('the import of connections', () => {
  it('joins the two lines of a connection in any order, and stores no access token', async () => {
    const own = row('authentik_sources_plex.userplexsourceconnection', 3, { user: 8, source: GOOGLE, identifier: 'p' });
    const newer = parent(4, { identifier: 'n' });
    const report = await imported(child(1, 'g-1'), ...USERS, parent(1), own, newer, SOURCE);
    expect(report).toMatchObject({ connections: 3, wrong: 0 });
    expect(await connections()).toEqual([
      { source_id: GOOGLE_HERE, identifier: 'g-1', user_id: ALICE },
      { source_id: GOOGLE_HERE, identifier: 'n', user_id: ALICE },
      { source_id: GOOGLE_HERE, identifier: 'p', user_id: BOB },
    ]);
  });

  it('never moves a connection to another user', async () => {
    await imported(...USERS, SOURCE, parent(1), child(1, 'g-1'));
    expect(await imported(...USERS, SOURCE, parent(1), child(1, 'g-1'))).toMatchObject({ connections: 0, existing: 1 });
    const other = await imported(...USERS, SOURCE, parent(1, { user: 8 }), child(1, 'g-1'));
    expect(other).toMatchObject({ connections: 0, wrong: 1 });
    expect(other.faults).toEqual(['line 5: another user here is connected with this account']);
    expect(await connections()).toMatchObject([{ user_id: ALICE }]);
  });

  it('reports a connection whose other line is missing, and a source that does not exist here', async () => {
    const report = await imported(...USERS, parent(1), child(2, 'x'), parent(3, { source: WIKI, identifier: 'y' }));
    expect(report).toMatchObject({ connections: 0, wrong: 3 });
    expect(report.faults).toEqual([
      expect.stringMatching(/^line 4: the other line of this connection is missing/),
      expect.stringMatching(/^line 5: the other line of this connection is missing/),
      `line 6: there is no source ${WIKI} here`,
    ]);
  });
});

describe('the import of tokens', () => {
  it('imports keys as digests, with their ids and expiries', async () => {
    const id = randomUUID();
    const password = token({ identifier: 'mail', intent: 'app_password', key: `${KEY}x`, expiring: false });
    expect(await imported(...USERS, token({}, id), password)).toMatchObject({ tokens: 2, wrong: 0 });
    const rows = await source.query('SELECT * FROM directory.tokens ORDER BY identifier');
    expect(rows).toMatchObject([
      {
        ...{ id, identifier: 'backup', intent: 'api', user_id: ALICE, description: 'Backup', scope: null },
        ...{ key_hash: tokenHash(KEY), expires: new Date(FUTURE), expiring: true },
      },
      { identifier: 'mail', intent: 'app_password', expires: null, expiring: false },
    ]);
    expect(JSON.stringify(await source.query('SELECT t::text FROM directory.tokens t'))).not.toContain(KEY);
  });

  it('skips expired tokens and tokens of mailed links, and changes nothing if the same file is imported again', async () => {
    const lines = [
      ...[...USERS, token(), token({ identifier: 'old', expires: '2020-01-01T00:00:00Z' })],
      ...['verification', 'recovery'].map((intent) => token({ identifier: intent, intent })),
    ];
    expect(await imported(...lines)).toMatchObject({ tokens: 1, expired: 3, wrong: 0 });
    expect(await imported(...lines)).toMatchObject({ tokens: 0, existing: 1, expired: 3, wrong: 0 });
  });

  it('reports a taken identifier, a taken key and a short key, and no report contains a key', async () => {
    await imported(...USERS, token());
    const report = await imported(
      ...[...USERS, token({ user: 8 }), token({ identifier: 'other' }), token({ identifier: 'short', key: 'made-up' })],
      ...['{"key": ', token({ identifier: 'with space', key: `${KEY}y` })],
    );
    expect(report).toMatchObject({ tokens: 0, existing: 0, wrong: 5 });
    expect(report.faults.toSorted()).toEqual([
      'line 4: another token here has the same id, identifier or key',
      'line 5: another token here has the same id, identifier or key',
      expect.stringMatching(/^line 6: key: /),
      'line 7: this is not JSON',
      expect.stringMatching(/^line 8: identifier: /),
    ]);
    expect(report.faults.join()).not.toMatch(/made-up/);
  });
});
