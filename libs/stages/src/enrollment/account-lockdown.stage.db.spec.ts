import { randomUUID } from 'node:crypto';
import type { SavedUser, User } from '@gatehouse/contracts';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EnrollmentDatabase, openEnrollmentDatabase } from '../../testing/enrollment-database.js';
import { accountLockdownContract } from './account-lockdown.contract.js';
import { AccountLockdownStage } from './account-lockdown.stage.js';

let database: EnrollmentDatabase;
beforeAll(async () => {
  database = await openEnrollmentDatabase();
});
afterAll(() => database.close());

const query = (sql: string, values: unknown[]) => database.source.query<Record<string, unknown>[]>(sql, values);

/** Creates a user with a password and a token. */
async function createUser(): Promise<SavedUser> {
  const created = await database.directory.createUser({ username: `user-${randomUUID()}`, password_hash: 'x' });
  const { uuid, pk, username, epoch } = created;
  await query(
    `INSERT INTO directory.tokens (identifier, key_hash, intent, user_id, expiring) VALUES ($1, $2, 'api', $3, false)`,
    [username, Buffer.from(uuid), uuid],
  );
  return { kind: 'saved', uuid, pk, username, name: '', email: '', is_active: true, epoch, locale: '' };
}

async function createSuperuser(): Promise<SavedUser> {
  const user = await createUser();
  const [group] = await query('INSERT INTO directory.groups (name, is_superuser) VALUES ($1, true) RETURNING id', [
    `admins ${user.uuid}`,
  ]);
  await query('INSERT INTO directory.user_groups (user_id, group_id) VALUES ($1, $2)', [user.uuid, group!['id']]);
  return user;
}

const stored = async ({ uuid }: SavedUser) => {
  const [row] = await query(
    `SELECT is_active, password_hash, epoch, (SELECT count(*)::int FROM directory.tokens t WHERE t.user_id = u.id) AS tokens
     FROM directory.users u WHERE id = $1`,
    [uuid],
  );
  return row;
};

interface Options {
  readonly pending?: User;
  readonly actor?: SavedUser;
  readonly config?: Record<string, unknown>;
  readonly context?: Record<string, unknown>;
  readonly id?: string;
}
const lock = ({ pending, actor, config = {}, context = {}, id = randomUUID() }: Options) =>
  driveStage(accountLockdownContract, new AccountLockdownStage(database.transactions), {
    config: { self_service_completion_flow: 'locked', ...config },
    context: { ...(pending && { pending_user: pending }), ...context },
    request: { id, session: { user: actor ?? null } },
  }).show();

const untouched = ({ epoch }: SavedUser) => ({ is_active: true, password_hash: 'x', epoch, tokens: 1 });
const denied = (code: string) => ({ type: 'denied', message: { code } });

describe('the account lockdown stage', () => {
  it('takes all access away from a pending user whom an administrator locks, and records the reason', async () => {
    const [admin, alice] = [await createSuperuser(), await createUser()];
    const reply = await lock({
      ...{ pending: alice, actor: admin },
      context: { prompt_data: { lockdown_reason: 'stolen laptop' }, lockdown_reason: 'of a policy' },
    });
    expect(reply).toEqual({
      type: 'passed',
      context: { pending_user: { ...alice, is_active: false, epoch: alice.epoch + 1 } },
      effects: [
        { type: 'end_sessions', user: alice.uuid },
        {
          ...{ type: 'event', action: 'user_write', user: alice.uuid },
          context: {
            ...{ created: false, action_id: 'account_lockdown', reason: 'stolen laptop', is_active: false },
            affected_user: { pk: alice.pk, username: alice.username },
          },
        },
        { type: 'event', action: 'password_set', user: alice.uuid, context: { unusable: true } },
        {
          type: 'event',
          action: 'session_ended',
          user: alice.uuid,
          context: { own: false, reason: 'account_lockdown' },
        },
      ],
    });
    expect(await stored(alice)).toEqual({ is_active: false, password_hash: '!', epoch: alice.epoch + 1, tokens: 0 });
    expect(await stored(admin)).toEqual(untouched(admin));
  });

  it('cuts a long reason between characters, because Postgres cannot store half of an emoji', async () => {
    const [admin, alice] = [await createSuperuser(), await createUser()];
    const context = { prompt_data: { lockdown_reason: `${'x'.repeat(1023)}😀 and more` } };
    expect(await lock({ pending: alice, actor: admin, context })).toMatchObject({
      type: 'passed',
      effects: [{}, { context: { reason: `${'x'.repeat(1023)}😀` } }, {}, {}],
    });
    expect(await stored(alice)).toMatchObject({ is_active: false });
  });

  it('locks the logged-in user, ends the session too, and redirects to the completion flow', async () => {
    for (const isPending of [true, false]) {
      const alice = await createUser();
      const reply = await lock({ actor: alice, ...(isPending && { pending: alice }) });
      expect(reply).toMatchObject({
        type: 'passed',
        context: { pending_user: null },
        effects: [
          ...[{ type: 'logout' }, { type: 'end_sessions', user: alice.uuid }],
          { action: 'user_write', user: alice.uuid, context: { reason: '', is_active: false } },
          { action: 'password_set', user: alice.uuid },
          { action: 'session_ended', user: alice.uuid, context: { own: true } },
        ],
        insert: { where: 'next', steps: [{ kind: 'redirect', config: { to: '/if/flow/locked/' } }] },
      });
      expect(await stored(alice)).toMatchObject({ is_active: false, tokens: 0 });
    }
  });

  it('takes away only the kinds of access that the config enables', async () => {
    const admin = await createSuperuser();
    const none = { deactivate_user: false, set_unusable_password: false, delete_sessions: false, revoke_tokens: false };
    const after = async (config: object) => {
      const alice = await createUser();
      const reply = await lock({ pending: alice, actor: admin, config: { ...none, ...config } });
      const effects = reply.type === 'passed' ? reply.effects : [];
      const events = effects!.flatMap((effect) => (effect.type === 'event' ? [effect] : []));
      const row = await stored(alice);
      return {
        ...{ ...row, epoch: Number(row!['epoch']) - alice.epoch },
        ...{ actions: events.map(({ action }) => action), says: events[0]!.context['is_active'] },
      };
    };
    const kept = { is_active: true, password_hash: 'x', epoch: 0, tokens: 1, actions: ['user_write'], says: undefined };
    const ended = { epoch: 1, actions: ['user_write', 'session_ended'] };
    expect(await after({})).toEqual(kept);
    expect(await after({ deactivate_user: true })).toEqual({ ...kept, is_active: false, says: false });
    expect(await after({ set_unusable_password: true })).toEqual({
      ...{ ...kept, password_hash: '!', epoch: 1, actions: ['user_write', 'password_set', 'session_ended'] },
    });
    expect(await after({ delete_sessions: true })).toEqual({ ...kept, ...ended });
    expect(await after({ revoke_tokens: true })).toEqual({ ...kept, ...ended, tokens: 0 });
  });

  it('keeps the session of users who lock their own account if the config does not end sessions', async () => {
    const alice = await createUser();
    expect(await lock({ actor: alice, config: { delete_sessions: false } })).toMatchObject({
      effects: [
        { type: 'keep_session', user_epoch: alice.epoch + 1 },
        ...[{ type: 'event' }, { type: 'event' }, { type: 'event' }],
      ],
    });
  });

  it('refuses users who lock their own account if the config has no completion flow', async () => {
    const alice = await createUser();
    const config = { self_service_completion_flow: null };
    expect(await lock({ actor: alice, config })).toEqual(denied('account_lockdown_unfinished'));
    expect(await stored(alice)).toEqual(untouched(alice));
  });

  it('refuses visitors other than the user and superusers', async () => {
    const [alice, bob] = [await createUser(), await createUser()];
    expect(await lock({ pending: alice, actor: bob })).toEqual(denied('account_lockdown_forbidden'));
    expect(await lock({ pending: alice })).toEqual(denied('account_lockdown_forbidden'));
    expect(await stored(alice)).toEqual(untouched(alice));
  });

  it.each([
    ['no user', undefined],
    ['a pretended user', { kind: 'pretended', username: 'ghost', email: '' }],
    ['an unsaved user', { kind: 'unsaved', username: 'new', name: '', email: '' }],
  ] as const)('refuses %s', async (_title, pending) => {
    const admin = pending ? { actor: await createSuperuser() } : {};
    expect(await lock({ ...(pending && { pending }), ...admin })).toEqual(denied('account_lockdown_nobody'));
  });

  it('changes nothing if one of its changes fails', async () => {
    const [admin, alice] = [await createSuperuser(), await createUser()];
    await query(
      `CREATE OR REPLACE FUNCTION public.fail_for_test() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '23514'; END $$`,
      [],
    );
    await query('CREATE TRIGGER fail BEFORE DELETE ON directory.tokens EXECUTE FUNCTION public.fail_for_test()', []);
    try {
      expect(await lock({ pending: alice, actor: admin })).toEqual(denied('account_lockdown_failed'));
      expect(await stored(alice)).toEqual(untouched(alice));
    } finally {
      await query('DROP TRIGGER fail ON directory.tokens', []);
    }
  });

  it('stores its reply for retries without the reason, because the stored reply is not encrypted', async () => {
    const [admin, alice, id] = [await createSuperuser(), await createUser(), randomUUID()];
    const context = { prompt_data: { lockdown_reason: 'stolen laptop' } };
    await lock({ pending: alice, actor: admin, context, id });
    const [done] = await query('SELECT reply::text FROM enrollment.done WHERE id = $1', [id]);
    expect(done!['reply']).toContain(alice.uuid);
    expect(done!['reply']).not.toContain('stolen laptop');
  });

  it('returns the same reply to a repeated request', async () => {
    const [admin, alice] = [await createSuperuser(), await createUser()];
    const options = { pending: alice, actor: admin, id: randomUUID() };
    const first = await lock(options);
    expect(await lock(options)).toEqual(first);
    expect(await stored(alice)).toMatchObject({ epoch: alice.epoch + 1 });
  });
});
