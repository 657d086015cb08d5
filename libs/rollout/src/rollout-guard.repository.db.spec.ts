import { randomBytes, randomUUID } from 'node:crypto';
import { FLOW_SCHEMA, type FlowChangeOptions } from '@gatehouse/blueprints';
import type { FlowVersion } from '@gatehouse/plan';
import { flowVersionOf } from '@gatehouse/plan/testing';
import { openDataSource, Sealer, SecretBox } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migratedDatabase } from '../../../test/support/postgres.js';
import { protectionDifferences } from './protection.js';
import { RolloutGuardRepository } from './rollout-guard.repository.js';

const sealer = new Sealer(`test:${randomBytes(32).toString('base64')}`);

let database: Awaited<ReturnType<typeof migratedDatabase>>;
let source: DataSource;
beforeAll(async () => {
  database = await migratedDatabase();
  source = await openDataSource({ url: database.url, schema: FLOW_SCHEMA, poolSize: 1 });
});
afterAll(async () => {
  await source?.destroy();
  await database?.drop();
});

/** Returns a version with a secret. Each call seals the secret to different bytes. */
function versionWith(secret: string): FlowVersion {
  const version = flowVersionOf([{ kind: 'authenticator_sms', id: 'sms' }]);
  const [step] = version.steps;
  const auth = new SecretBox(sealer).seal({ object: step!.stage.id, field: 'auth' }, secret);
  return { ...version, steps: [{ ...step!, stage: { ...step!.stage, config: { auth } } }] };
}

/** Stores two versions. Returns how they differ for a guard with these options. */
async function differencesOf(versions: readonly FlowVersion[], options: FlowChangeOptions): Promise<string[]> {
  const [flowId, currentId, candidateId] = [randomUUID(), randomUUID(), randomUUID()];
  for (const [i, id] of [currentId, candidateId].entries())
    await source.query(
      'INSERT INTO flow.flow_versions (id, flow_id, number, document, digest) VALUES ($1, $2, $3, $4, $5)',
      [id, flowId, i + 1, JSON.stringify(versions[i]), Buffer.from(id)],
    );
  const rollout = { ...{ flowId, currentId, candidateId, slug: 'login', margin: 0, tests: 0 }, ...TIMES };
  const documents = await new RolloutGuardRepository(source, options).findDocuments(rollout);
  return protectionDifferences(...documents, () => undefined);
}
const TIMES = { countedFrom: new Date(0), watchUntil: new Date(0), now: new Date(0) };

describe('the documents of a rollout', () => {
  it('are equal if they differ only in the sealed bytes of equal secrets', async () => {
    const versions = [versionWith('hush'), versionWith('hush')];
    expect(JSON.stringify(versions[0])).not.toBe(JSON.stringify(versions[1]));
    expect(await differencesOf(versions, { sealer })).toEqual([]);
  });

  it('differ if their secrets differ, or if there is no sealer to decrypt them', async () => {
    expect(await differencesOf([versionWith('hush'), versionWith('louder')], { sealer })).toHaveLength(1);
    expect(await differencesOf([versionWith('hush'), versionWith('hush')], {})).toHaveLength(1);
  });
});
