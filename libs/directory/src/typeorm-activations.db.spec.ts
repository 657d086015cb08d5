import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { flowDatabase } from '../../../test/support/flow-database.js';
import { TypeormActivations } from './typeorm-activations.js';

let source: DataSource;
let close: () => Promise<void>;
beforeAll(async () => {
  const database = await flowDatabase();
  source = database.source;
  close = () => database.close();
});
afterAll(() => close());

const inactive = async (username: string, lastLogin: string | null): Promise<string> => {
  const [row] = await source.query<{ id: string }[]>(
    'INSERT INTO directory.users (username, is_active, last_login) VALUES ($1, false, $2) RETURNING id',
    [username, lastLogin],
  );
  return row!.id;
};
const isActive = async (id: string) =>
  (await source.query<{ is_active: boolean }[]>('SELECT is_active FROM directory.users WHERE id = $1', [id]))[0]!
    .is_active;

it('makes an account active that was never used, once', async () => {
  const [activations, id] = [new TypeormActivations(source), await inactive('new', null)];
  const done = await Promise.all([activations.activate(id), activations.activate(id)]);
  expect(done.filter(Boolean)).toHaveLength(1);
  expect(await isActive(id)).toBe(true);
});

it('leaves alone what somebody disabled that was used before', async () => {
  const id = await inactive('gone', '2026-01-01T00:00:00Z');
  expect(await new TypeormActivations(source).activate(id)).toBe(false);
  expect(await isActive(id)).toBe(false);
});
