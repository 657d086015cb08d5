import { stageRequestFixture } from '@gatehouse/stage-kit/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDeviceDatabase, type DeviceDatabase } from '../../libs/authenticators/testing/devices-database.js';
import { describeWithNats } from '../support/nats.js';
import { describeStageProtocol } from './protocol-conformance.js';
import { CLEAN_EXIT, ServiceHarness } from './service-harness.js';

const ALICE = {
  ...{
    kind: 'saved',
    uuid: '41c0a6b8-6a0e-4c55-9d3b-2f7a5b1f8a01',
    pk: 7,
    username: 'alice',
    name: 'Alice',
    email: '',
  },
  ...{ is_active: true, epoch: 1, locale: '' },
};

describeWithNats('the mfa service', () => {
  let harness: ServiceHarness;
  let database: DeviceDatabase;
  beforeAll(async () => {
    database = await createDeviceDatabase();
    harness = await ServiceHarness.open();
    await harness.start('mfa', database.settings);
  });
  afterAll(async () => {
    await harness?.close();
    await database?.close();
  });

  describeStageProtocol(() => harness, {
    kinds: ['authenticator_static', 'authenticator_validate'],
    others: ['identification', 'password', 'user_login'],
  });

  it('accepts a recovery code once when requests reach two replicas concurrently', async () => {
    await harness.start('mfa', database.settings);
    await database.devices.add({ id: ALICE.uuid, user: ALICE.uuid, kind: 'static', name: 'Codes', codes: ['Abc123'] });
    const [device] = await database.devices.findByUser(ALICE.uuid);
    const offers = [{ device_class: 'static', device_uid: String(device?.pk) }];
    const details = {
      context: { pending_user: ALICE } as never,
      state: { offers, memory: {} },
      response: { code: 'Abc123' },
    };
    const replies = await harness.flood(
      'stage.authenticator_validate.respond',
      Array(10).fill(stageRequestFixture(details)),
      async () => {
        expect(await harness.stopAll()).toEqual([CLEAN_EXIT, CLEAN_EXIT]);
      },
    );
    const types = replies.map((reply) => ('type' in reply ? reply.type : 'problem'));
    expect(types.toSorted((a, b) => a.localeCompare(b))).toEqual(['passed', ...Array(9).fill('rejected')]);
  });
});
