import { DIRECTORY_SCHEMA, PolicyUserRepository } from '@gatehouse/directory';
import { MaxmindGeoLocator, openDataSource } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { migratedDatabase } from '../../../../test/support/postgres.js';
import { insertAlice } from '../../testing/alice.js';
import { ALICE, policyInput } from '../../testing/index.js';
import { expressionContract } from './expression.contract.js';
import { ExpressionInputs } from './expression-inputs.js';

const BOB = { ...ALICE, username: 'bob', uuid: '5a0c1d4e-8a52-4f2e-9d8c-3b1f6f0f7c22' };
const SOURCE = 'return context["user_switch_from_user"].attributes["shoe"]';

let database: Awaited<ReturnType<typeof migratedDatabase>>;
let source: DataSource;
beforeAll(async () => {
  database = await migratedDatabase();
  source = await openDataSource({ url: database.url, schema: DIRECTORY_SCHEMA, poolSize: 1 });
  await insertAlice(source);
});
afterAll(async () => {
  await source?.destroy();
  await database?.drop();
});

it('expressions see the flow’s id, the address, and the attributes of the user before a user switch', async () => {
  const geoLocator = await MaxmindGeoLocator.open({ asn: undefined, city: undefined });
  const inputs = new ExpressionInputs(new PolicyUserRepository(source), geoLocator);
  const context = { pending_user: BOB, user_switch_from_user: ALICE, is_sso: false };
  const request = {
    user: BOB,
    visitor: ALICE,
    flow_plan: { slug: 'switch', id: '5f7a1c1e-58c8-4b6e-8a0e-5d2a4a3f0001', context },
  };
  const config = { expression: SOURCE };

  const {
    flow_plan,
    request: inputRequest,
    client_ip,
  } = await inputs.build(policyInput(expressionContract, { config, request }), [SOURCE]);
  expect(flow_plan?.flow_pk).toBe('5f7a1c1e58c84b6e8a0e5d2a4a3f0001');
  expect(inputRequest?.http_request).toMatchObject({ META: { REMOTE_ADDR: client_ip } });
  const attributes = expect.objectContaining({ shoe: expect.anything() });
  expect(flow_plan?.context).toEqual({
    ...context,
    user_switch_from_user: expect.objectContaining({ ...ALICE, attributes }),
  });
});
