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

const [HERE, ELSEWHERE] = [randomUUID(), randomUUID()];
const waiting = async (username: string): Promise<string> => {
  const [row] = await source.query<{ id: string }[]>(
    'INSERT INTO directory.users (username, is_active, awaits_flow) VALUES ($1, false, $2) RETURNING id',
    [username, HERE],
  );
  return row!.id;
};
const isActive = async (id: string) =>
  (await source.query<{ is_active: boolean }[]>('SELECT is_active FROM directory.users WHERE id = $1', [id]))[0]!
    .is_active;

it('makes an account active that waits for it, once', async () => {
  const [activations, id] = [new TypeormAccountActivation(source), await waiting('new')];
  const done = await Promise.all([activations.activate(id, HERE), activations.activate(id, HERE)]);
  expect(done.filter(Boolean)).toHaveLength(1);
  expect(await isActive(id)).toBe(true);
  await source.query('UPDATE directory.users SET is_active = false WHERE id = $1', [id]);
  expect(await activations.activate(id, HERE)).toBe(false);
});

it('leaves alone what waits for another flow, and what waits for none', async () => {
  const [activations, id] = [new TypeormAccountActivation(source), await waiting('other')];
  expect(await activations.activate(id, ELSEWHERE)).toBe(false);
  expect(await activations.activate(id, undefined)).toBe(false);
  const [{ id: none }] = await source.query<[{ id: string }]>(
    `INSERT INTO directory.users (username, is_active) VALUES ('none', false) RETURNING id`,
  );
  expect(await activations.activate(none, HERE)).toBe(false);
});

it.each([
  ['the register', (pk: number) => new TypeormDirectoryStore(source.manager).updateUser(pk, { is_active: false })],
  ['a statement', (pk: number) => source.query('UPDATE directory.users SET is_active = false WHERE pk = $1', [pk])],
])(
  'leaves alone what an administrator has disabled by %s, though it was never used (accident 42)',
  async (way, disable) => {
    const id = await waiting(`disabled by ${way}`);
    const [row] = await source.query<[{ pk: number }]>('SELECT pk FROM directory.users WHERE id = $1', [id]);
    await disable(row.pk);
    expect(await new TypeormAccountActivation(source).activate(id, HERE)).toBe(false);
    expect(await isActive(id)).toBe(false);
  },
);
