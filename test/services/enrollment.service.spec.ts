import { requestOf } from '@gatehouse/stage-kit/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type EnrolmentDatabase, enrolmentDatabase } from '../support/enrolment.js';
import { describeWithNats } from '../support/nats.js';
import { keepsTheProtocol } from './envelope.js';
import { Bench, LEFT } from './service.js';

describeWithNats('the enrollment service', () => {
  let bench: Bench;
  let database: EnrolmentDatabase;
  beforeAll(async () => {
    database = await enrolmentDatabase();
    bench = await Bench.open();
    await bench.start('enrollment', { DATABASE_URL: database.url });
  });
  afterAll(async () => {
    await bench?.close();
    await database?.close();
  });

  keepsTheProtocol(() => bench, {
    kinds: ['prompt', 'invitation', 'user_write', 'user_delete'],
    others: ['identification', 'password', 'user_login'],
  });

  it('removes a user once, whichever of two replicas is asked', async () => {
    await bench.start('enrollment', { DATABASE_URL: database.url });
    const { uuid, pk, username, epoch } = await database.register.createUser({ username: 'alice' });
    const alice = { kind: 'saved', uuid, pk, username, name: '', email: '', is_active: true, epoch, locale: '' };
    const request = requestOf({ context: { pending_user: alice } });
    const heard = await bench.flood('stage.user_delete.challenge', Array(10).fill(request), async () => {
      expect(await bench.stopAll()).toEqual([LEFT, LEFT]);
    });
    expect(heard.map((reply) => 'type' in reply && reply.type)).toEqual(Array(10).fill('passed'));
    expect(await database.register.findUsers({ uuid })).toEqual([]);
  });
});
