import { randomUUID } from 'node:crypto';
import { flowDatabase } from '@gatehouse/executor-postgres/testing';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TypeormAccountActivation } from './typeorm-account-activation.js';
import { TypeormDirectoryStore } from './typeorm-directory-store.js';

let source: DataSource;
let close: () => Promise<void>;
beforeAll(async () => {
  const database = await flowDatabase();
  source = database.source;
  close = () => database.close();
});
afterAll(() => close());

const [FLOW, OTHER_FLOW] = [randomUUID(), randomUUID()];
const createWaitingUser = async (username: string): Promise<string> => {
  const [row] = await source.query<{ id: string }[]>(
    'INSERT INTO directory.users (username, is_active, awaits_flow) VALUES ($1, false, $2) RETURNING id',
    [username, FLOW],
  );
  return row!.id;
};
const isActive = async (id: string) =>
  (await source.query<{ is_active: boolean }[]>('SELECT is_active FROM directory.users WHERE id = $1', [id]))[0]!
    .is_active;

it('activate activates an account that waits for its mail once', async () => {
  const [activations, id] = [new TypeormAccountActivation(source), await createWaitingUser('new')];
  const results = await Promise.all([activations.activate(id, FLOW), activations.activate(id, FLOW)]);
  expect(results.filter(Boolean)).toHaveLength(1);
  expect(await isActive(id)).toBe(true);
  await source.query('UPDATE directory.users SET is_active = false WHERE id = $1', [id]);
  expect(await activations.activate(id, FLOW)).toBe(false);
});

it('recordVerified verifies only the present address of a user', async () => {
  const activations = new TypeormAccountActivation(source);
  const [{ id }] = await source.query<[{ id: string }]>(
    `INSERT INTO directory.users (username, email) VALUES ('present', 'Present@example.org') RETURNING id`,
  );
  const verified = () => source.query('SELECT verified_email FROM directory.users WHERE id = $1', [id]);
  await activations.recordVerified(id, 'previous@example.org');
  expect(await verified()).toEqual([{ verified_email: '' }]);
  await activations.recordVerified(id, 'present@example.org');
  expect(await verified()).toEqual([{ verified_email: 'Present@example.org' }]);
});

it('activate does not activate an account that waits for another flow, or for no flow', async () => {
  const [activations, id] = [new TypeormAccountActivation(source), await createWaitingUser('other')];
  expect(await activations.activate(id, OTHER_FLOW)).toBe(false);
  expect(await activations.activate(id, undefined)).toBe(false);
  const [{ id: unrelated }] = await source.query<[{ id: string }]>(
    `INSERT INTO directory.users (username, is_active) VALUES ('none', false) RETURNING id`,
  );
  expect(await activations.activate(unrelated, FLOW)).toBe(false);
});

it.each([
  [
    'the directory store',
    (pk: number) => new TypeormDirectoryStore(source.manager).updateUser(pk, { is_active: false }),
  ],
  ['a statement', (pk: number) => source.query('UPDATE directory.users SET is_active = false WHERE pk = $1', [pk])],
])(
  'activate does not activate an account that an administrator has disabled by %s, even a new one (accident 42)',
  async (way, disable) => {
    const id = await createWaitingUser(`disabled by ${way}`);
    const [row] = await source.query<[{ pk: number }]>('SELECT pk FROM directory.users WHERE id = $1', [id]);
    await disable(row.pk);
    expect(await new TypeormAccountActivation(source).activate(id, FLOW)).toBe(false);
    expect(await isActive(id)).toBe(false);
  },
);
