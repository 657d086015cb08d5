import { randomBytes, randomUUID } from 'node:crypto';
import type { FlowVersion } from '@gatehouse/plan';
import { flowVersionOf } from '@gatehouse/plan/testing';
import { Sealer, SecretBox, UnsealError } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flowDatabase } from '../testing/flow-database.js';
import { PostgresFlowStore } from './postgres-flow-store.js';

let source: DataSource;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ source, close } = await flowDatabase());
});
afterAll(() => close?.());

const sealerOf = () => new Sealer(`k:${randomBytes(32).toString('base64')}`);
const sealer = sealerOf();
const seal = (object: string, field: string, value: string) => new SecretBox(sealer).seal({ object, field }, value);

async function publishedId(document: FlowVersion): Promise<string> {
  const [id, flow] = [randomUUID(), randomUUID()];
  await source.query(
    'INSERT INTO flow.flow_versions (id, flow_id, number, document, digest) VALUES ($1, $2, 1, $3, $4)',
    [id, flow, JSON.stringify(document), randomBytes(32)],
  );
  return id;
}

describe('a published flow', () => {
  const inner = { id: 'inner', name: 'puzzle', kind: 'captcha', model: 'm', config: { public_key: 'p' } };
  const version = (object = 'stage-a') =>
    flowVersionOf([{ id: 'a', kind: 'captcha', config: { key: seal(object, 'key', 'hush'), inner: 'inner' } }], {
      inner: { ...inner, secrets: { private_key: seal('inner', 'private_key', 'hush too') } },
    });

  it('is stored with sealed stage secrets, and loaded with their plain text', async () => {
    const found = await new PostgresFlowStore(source, sealer).find(await publishedId(version()));
    expect(found?.steps[0]?.stage.config).toEqual({ key: 'hush', inner: 'inner' });
    expect(found?.attached).toEqual({ inner: { ...inner, secrets: { private_key: 'hush too' } } });
  });

  it('fails to load if it contains the sealed secret of another stage, or if the sealing key is lost', async () => {
    const moved = await publishedId(version('stage-b'));
    await expect(new PostgresFlowStore(source, sealer).find(moved)).rejects.toThrow(UnsealError);
    const whole = await publishedId(version());
    await expect(new PostgresFlowStore(source, sealerOf()).find(whole)).rejects.toThrow(UnsealError);
  });
});
