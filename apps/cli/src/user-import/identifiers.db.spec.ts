import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uidOf } from '@gatehouse/directory';
import { flowDatabase } from '@gatehouse/executor-postgres/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { identifiersOf } from './identifiers.js';

const ALICE = '7c3a2a44-15f5-4d0e-8b5c-0b6a3e8f6a11';
const PSEUDONYM_KEY = 'k'.repeat(32);

let database: Awaited<ReturnType<typeof flowDatabase>>;
let folder: string;
beforeAll(async () => {
  database = await flowDatabase();
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-identifiers-'));
});
afterAll(async () => {
  await database.close();
  await rm(folder, { recursive: true });
});

it('the identifiers of authentik and of Gatehouse are listed for the users of an export who exist here', async () => {
  const { source } = database;
  const [{ pk: bobHere }] = await source.query(`INSERT INTO directory.users (username) VALUES ('bob') RETURNING pk`);
  const [{ pk: aliceHere }] = await source.query(
    `INSERT INTO directory.users (id, username) VALUES ($1, 'alice') RETURNING pk`,
    [ALICE],
  );
  const user = (pk: number, fields: object) => JSON.stringify({ model: 'authentik_core.user', pk, fields });
  const users = [
    user(41, { username: 'alice', uuid: ALICE }),
    user(42, { username: 'BOB' }),
    user(43, { username: 'x' }),
  ];
  const file = join(folder, 'users.jsonl');
  await writeFile(file, ['{', ...users, '{"username": "bob"}'].join('\n'));

  const options = { file, source, installId: 'an-installation', pseudonymKey: PSEUDONYM_KEY };
  const listed = [];
  for await (const identifiers of identifiersOf(options)) listed.push(identifiers);

  const uidInAuthentik = (pk: number) => createHash('sha256').update(`${pk}-an-installation`).digest('hex');
  expect(listed).toEqual([
    {
      ...{ username: 'alice', uuid: ALICE, authentik: { pk: 41, uid: uidInAuthentik(41) } },
      gatehouse: { pk: aliceHere, uid: uidOf(ALICE, PSEUDONYM_KEY) },
    },
    {
      ...{ username: 'BOB', uuid: expect.any(String), authentik: { pk: 42, uid: uidInAuthentik(42) } },
      gatehouse: { pk: bobHere, uid: expect.stringMatching(/^[0-9a-f]{64}$/) },
    },
  ]);
});
