import { randomBytes } from 'node:crypto';
import { InvitationRepository } from '@gatehouse/directory';
import type { FlowStore } from '@gatehouse/executor';
import { enrol, flowDatabase, REQUEST_FACTS } from '@gatehouse/executor-postgres/testing';
import { Sealer } from '@gatehouse/platform';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { waitForBlockedStatements } from '../../../../test/support/blocked-statements.js';
import { patchedInvitationRequest } from './invitation.dto.js';
import { InvitationService } from './invitation.service.js';
import { InvitationChangeRepository } from './invitation-change.repository.js';

let database: Awaited<ReturnType<typeof flowDatabase>>;
let service: InvitationService;
beforeAll(async () => {
  database = await flowDatabase();
  const changes = new InvitationChangeRepository(
    database.source,
    new Sealer(`a:${randomBytes(32).toString('base64')}`),
  );
  service = new InvitationService(new InvitationRepository(database.source), {} as FlowStore, changes);
});
afterAll(() => database?.close());

it('two concurrent changes of different fields of an invitation both take effect', async () => {
  const { uuid } = await enrol(database.source);
  const { pk } = await service.create(patchedInvitationRequest.parse({ name: 'before' }), uuid, REQUEST_FACTS);
  const change = (body: object) => service.change(pk, { body, type: patchedInvitationRequest }, REQUEST_FACTS);
  const holder = database.source.createQueryRunner();
  try {
    await holder.startTransaction();
    await holder.query('SELECT FROM directory.invitations WHERE id = $1 FOR UPDATE', [pk]);
    const changing = Promise.all([change({ single_use: true }), change({ name: 'after' })]);
    await Promise.race([changing, waitForBlockedStatements(database.source, 2)]);
    await holder.commitTransaction();
    await changing;
  } finally {
    await holder.release();
  }
  expect(await service.load(pk)).toMatchObject({ name: 'after', single_use: true });
});
