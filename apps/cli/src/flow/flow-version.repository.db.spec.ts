import { flowDatabase, publish } from '@gatehouse/executor-postgres/testing';
import type { FlowVersion } from '@gatehouse/plan';
import { flowVersionOf } from '@gatehouse/plan/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FlowVersionRepository } from './flow-version.repository.js';

let database: Awaited<ReturnType<typeof flowDatabase>>;
beforeAll(async () => {
  database = await flowDatabase();
});
afterAll(() => database?.close());

const versionOf = (slug: string): FlowVersion => {
  const version = flowVersionOf([]);
  return { ...version, flow: { ...version.flow, slug } };
};

it('a slug finds the versions of the flow that has it now, not those of a flow that had it before', async () => {
  const { source } = database;
  const renamed = await publish(source, 'renamed', versionOf('login'));
  await source.query(
    `INSERT INTO flow.flow_versions (id, flow_id, number, document, digest)
     SELECT gen_random_uuid(), $1, number, $2, decode(number::text, 'hex') FROM generate_series(10, 12) number`,
    [renamed.flowId, JSON.stringify(versionOf('login'))],
  );
  const login = await publish(source, 'login', versionOf('login'));
  expect(await new FlowVersionRepository(source).find('login', 1)).toBe(login.versionId);
  expect(await new FlowVersionRepository(source).find('login', 12)).toBeUndefined();
});
