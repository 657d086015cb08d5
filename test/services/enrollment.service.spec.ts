import { stageRequestFixture } from '@gatehouse/stage-kit/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type EnrollmentDatabase, openEnrollmentDatabase } from '../../libs/stages/testing/enrollment-database.js';
import { describeWithNats } from '../support/nats.js';
import { describeStageProtocol } from './protocol-conformance.js';
import { CLEAN_EXIT, ServiceHarness } from './service-harness.js';

describeWithNats('the enrollment service', () => {
  let harness: ServiceHarness;
  let database: EnrollmentDatabase;
  beforeAll(async () => {
    database = await openEnrollmentDatabase();
    harness = await ServiceHarness.open();
    await harness.start('enrollment', { DATABASE_URL: database.url });
  });
  afterAll(async () => {
    await harness?.close();
    await database?.close();
  });

  describeStageProtocol(() => harness, {
    kinds: ['prompt', 'invitation', 'user_write', 'user_delete'],
    others: ['identification', 'password', 'user_login'],
  });

  it('deletes a user once when requests reach two replicas concurrently', async () => {
    await harness.start('enrollment', { DATABASE_URL: database.url });
    const { uuid, pk, username, epoch } = await database.directory.createUser({ username: 'alice' });
    const alice = { kind: 'saved', uuid, pk, username, name: '', email: '', is_active: true, epoch, locale: '' };
    const request = stageRequestFixture({ context: { pending_user: alice } });
    const replies = await harness.flood('stage.user_delete.challenge', Array(10).fill(request), async () => {
      expect(await harness.stopAll()).toEqual([CLEAN_EXIT, CLEAN_EXIT]);
    });
    expect(replies.map((reply) => 'type' in reply && reply.type)).toEqual(Array(10).fill('passed'));
    expect(await database.directory.findUsers({ uuid })).toEqual([]);
  });
});
