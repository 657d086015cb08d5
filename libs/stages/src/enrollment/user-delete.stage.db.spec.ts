import { randomUUID } from 'node:crypto';
import type { SavedUser } from '@gatehouse/contracts';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EnrollmentDatabase, openEnrollmentDatabase } from '../../testing/enrollment-database.js';
import { userDeleteContract } from './user-delete.contract.js';
import { UserDeleteStage } from './user-delete.stage.js';

let database: EnrollmentDatabase;
beforeAll(async () => {
  database = await openEnrollmentDatabase();
});
afterAll(() => database.close());

async function createUser(): Promise<SavedUser> {
  const { uuid, pk, username, epoch } = await database.directory.createUser({ username: `user-${randomUUID()}` });
  return { kind: 'saved', uuid, pk, username, name: '', email: '', is_active: true, epoch, locale: '' };
}
const exists = async ({ uuid }: SavedUser) => (await database.directory.findUsers({ uuid })).length === 1;

type DriveOptions = Parameters<typeof driveStage<typeof userDeleteContract>>[2];
const drive = (options: DriveOptions) =>
  driveStage(userDeleteContract, new UserDeleteStage(database.transactions), options);
/** Returns a request with a new id. */
const newRequest = () => ({ id: randomUUID() });

const NOBODY = { type: 'toast', level: 'error', message: 'No Pending User.' };
const DENIED = { type: 'denied', message: { code: 'user_delete_nobody' }, effects: [NOBODY] };

describe('the user delete stage', () => {
  it('deletes the pending user, ends their sessions and records an event', async () => {
    const [alice, bob] = [await createUser(), await createUser()];
    const options = { context: { pending_user: alice }, request: { ...newRequest(), session: { user: bob } } };
    expect(await drive(options).show()).toEqual({
      type: 'passed',
      context: { pending_user: null },
      effects: [
        { type: 'logout' },
        { type: 'end_sessions', user: alice.uuid },
        {
          type: 'event',
          action: 'model_deleted',
          context: { model: { app: 'authentik_core', model_name: 'user', pk: alice.pk, name: alice.username } },
        },
      ],
    });
    expect(await exists(alice)).toBe(false);
    expect(await exists(bob)).toBe(true);
  });

  it('deletes the logged-in user if there is no pending user, and ignores the content of the response', async () => {
    const alice = await createUser();
    const reply = await drive({ request: { ...newRequest(), session: { user: alice } } }).answer({ keep: true });
    expect(reply).toMatchObject({ type: 'passed' });
    expect(await exists(alice)).toBe(false);
  });

  it('returns the same reply to a repeated request, and denies a new request for the deleted user', async () => {
    const alice = await createUser();
    const options = { context: { pending_user: alice }, request: newRequest() };
    const first = await drive(options).show();
    expect(first).toMatchObject({ type: 'passed' });
    expect(await drive(options).show()).toEqual(first);
    expect(await drive({ ...options, request: newRequest() }).show()).toEqual(DENIED);
  });

  it.each([
    ['no user', undefined],
    ['a pretended user', { kind: 'pretended', username: 'ghost', email: '' }],
    ['an unsaved user', { kind: 'unsaved', username: 'new', name: '', email: '' }],
  ] as const)('denies %s with a message', async (_title, pending_user) => {
    const context = pending_user ? { pending_user } : {};
    expect(await drive({ context, request: newRequest() }).show()).toEqual(DENIED);
  });
});
