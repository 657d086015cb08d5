import type { User } from '@gatehouse/contracts';
import { openDataSource } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { migratedDatabase } from '../../../../test/support/postgres.js';
import { ALICE, policyInput } from '../../testing/index.js';
import { ReputationRepository } from '../reputation.repository.js';
import { reputationContract } from './reputation.contract.js';
import { ReputationPolicy } from './reputation.policy.js';

let database: Awaited<ReturnType<typeof migratedDatabase>>;
let source: DataSource;
beforeAll(async () => {
  database = await migratedDatabase();
  source = await openDataSource({ url: database.url, schema: 'flow', poolSize: 1 });
  await source.query(`INSERT INTO flow.reputation VALUES
    ('alice', '203.0.113.7', -3, 'infinity'), ('alice', '198.51.100.1', -2, 'infinity'),
    ('bob', '203.0.113.7', -1, 'infinity'), ('bob', '198.51.100.1', 4, 'infinity'),
    ('alice', '198.51.100.2', -100, '-infinity')`);
});
afterAll(async () => {
  await source.destroy();
  await database.drop();
});

const passes = async (config: object, user: User | null = ALICE) =>
  (
    await new ReputationPolicy(new ReputationRepository(source)).evaluate(
      policyInput(reputationContract, { config: { ...config }, request: { user } }),
    )
  ).pass;

it.each([
  ['address and name, counting a row of both once', {}, -6],
  ['the address', { check_username: false }, -4],
  ['the name', { check_ip: false }, -5],
])('passes if the score is at or below the threshold: %s', async (_what, config, score) => {
  expect(await passes({ ...config, threshold: score })).toBe(true);
  expect(await passes({ ...config, threshold: score - 1 })).toBe(false);
});

it('an unknown username has score 0', async () => {
  expect(await passes({ check_ip: false, threshold: -1 }, null)).toBe(false);
  expect(await passes({ check_ip: false, threshold: 0 }, null)).toBe(true);
});

it('the score includes the changes that a policy request contains because they are not saved yet', async () => {
  const policy = new ReputationPolicy(new ReputationRepository(source));
  const ask = (check_ip: boolean, name: string) => {
    const request = { user: ALICE, reputation: [{ identifier: name, delta: -1 }] };
    const config = { check_ip, threshold: check_ip ? -7 : -6 };
    return policy.evaluate(policyInput(reputationContract, { config, request }));
  };
  expect(await ask(true, 'carol')).toEqual({ pass: true });
  expect(await ask(false, 'alice')).toEqual({ pass: true });
  expect(await ask(false, 'carol')).toEqual({ pass: false });
});

it('a config must check the address, the username or both', () => {
  const neither = { check_ip: false, check_username: false };
  expect(reputationContract.validate?.(neither)).toHaveProperty('non_field_errors');
  expect(reputationContract.validate?.({ ...neither, check_ip: true })).toEqual({});
});
