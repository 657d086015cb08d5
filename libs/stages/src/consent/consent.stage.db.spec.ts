import { randomUUID } from 'node:crypto';
import type { ApiVersion, PlanContext, SavedUser } from '@gatehouse/contracts';
import { openDataSource } from '@gatehouse/platform';
import { driveStage } from '@gatehouse/stage-kit/testing';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FreshDatabase, migratedDatabase } from '../../../../test/support/postgres.js';
import { consentContract } from './consent.contract.js';
import { ConsentStage } from './consent.stage.js';
import { ConsentGrantRepository } from './consent-grant.repository.js';
import { CONSENT_SCHEMA } from './migrations/index.js';

let database: FreshDatabase;
let source: DataSource;
beforeAll(async () => {
  database = await migratedDatabase();
  source = await openDataSource({ url: database.url, schema: CONSENT_SCHEMA, poolSize: 8 });
});
afterAll(async () => {
  await source?.destroy();
  await database?.drop();
});

const newUser = (): SavedUser => ({
  ...{ kind: 'saved', uuid: randomUUID(), pk: 1, username: 'alice', name: '', email: '' },
  ...{ is_active: true, epoch: 0, locale: '' },
});
const application = () => ({ uuid: randomUUID(), pk: 7, slug: 'app', name: 'App' });
const named = (...ids: string[]) => ids.map((id) => ({ id, name: `may ${id}` }));

const MAX_PERMISSIONS = 5;

interface DriveOptions {
  readonly mode?: 'always_require' | 'permanent' | 'expiring';
  readonly lifetime?: string;
  readonly context?: PlanContext;
  readonly session?: SavedUser | null;
  readonly id?: string;
  readonly apiVersion?: ApiVersion;
}
const drive = ({
  mode = 'expiring',
  lifetime = 'weeks=4',
  context = {},
  session = null,
  id,
  apiVersion = '2024.8',
}: DriveOptions = {}) =>
  driveStage(consentContract, new ConsentStage(new ConsentGrantRepository(source, MAX_PERMISSIONS)), {
    config: { mode, consent_expire_in: lifetime },
    context,
    request: { id: id ?? randomUUID(), session: { user: session } },
    apiVersion,
  });
type Step = ReturnType<typeof drive>;
const tokenOf = (reply: Awaited<ReturnType<Step['show']>>) =>
  'challenge' in reply ? String(reply.challenge['token']) : '';
const consent = async (options: DriveOptions) => {
  const step = drive(options);
  return step.answer({ token: tokenOf(await step.show()) });
};
const challengeWith = (permissions: string[], additional: string[]) => ({
  type: 'challenge',
  challenge: { permissions: named(...permissions), additional_permissions: named(...additional) },
});
const rowsOf = ({ uuid }: { uuid: string }) =>
  source.query('SELECT permissions, expires FROM consent.grants WHERE application_id = $1', [uuid]);

describe('the consent challenge', () => {
  it('shows the header and the permissions of the plan, with a random token', async () => {
    const context = {
      consent_header: 'About to share',
      consent_permissions: named('a'),
      consent_additional_permissions: named('b'),
    };
    const step = drive({ mode: 'always_require', context });
    const shown = await step.show();
    expect(shown).toMatchObject({
      challenge: { header_text: 'About to share', permissions: named('a'), additional_permissions: named('b') },
    });
    expect(tokenOf(shown)).toMatch(/^[0-9a-f-]{36}$/);
    expect(tokenOf(await drive({ mode: 'always_require', context }).show())).not.toBe(tokenOf(shown));
  });

  it('accepts a response only with the token of the last challenge', async () => {
    const step = drive({ mode: 'always_require' });
    const first = tokenOf(await step.show());
    expect(tokenOf(await step.show())).not.toBe(first);
    const rejected = await step.answer({ token: first });
    expect(rejected).toMatchObject({ type: 'rejected', errors: { token: [{ code: 'consent_outdated' }] } });
    expect(await step.answer({ token: tokenOf(rejected) })).toEqual({ type: 'passed', consented: true });
  });

  it('accepts a response from each of several tabs since 2026.8, but none with another token', async () => {
    const step = drive({ mode: 'always_require', apiVersion: '2026.8' });
    const first = tokenOf(await step.show());
    expect(tokenOf(await step.show())).toBe(first);
    const rejected = await step.answer({ token: randomUUID() });
    expect(rejected).toMatchObject({ type: 'rejected', errors: { token: [{ code: 'consent_token_wrong' }] } });
    expect(tokenOf(rejected)).toBe(first);
    expect(await step.answer({ token: first })).toEqual({ type: 'passed', consented: true });
  });

  it('rejects a response if no challenge was shown before', async () => {
    expect(await drive().answer({ token: 'anything' })).toMatchObject({
      type: 'rejected',
      errors: { token: [{ code: 'consent_outdated' }] },
    });
  });

  it('is shown and saves no grant with always_require, without a saved user or without an application', async () => {
    const [user, app] = [newUser(), application()];
    const context = { pending_user: user, application: app, consent_permissions: named('a') };
    const cases: DriveOptions[] = [
      { mode: 'always_require', context },
      { context: { ...context, pending_user: { kind: 'pretended', username: 'x', email: 'x' } } },
      { context: { consent_permissions: named('a'), application: app } },
      { context: { consent_permissions: named('a'), pending_user: user } },
    ];
    for (const options of cases) {
      expect(await consent(options)).toEqual({ type: 'passed', consented: true });
      expect(await drive(options).show()).toMatchObject({ type: 'challenge' });
    }
    expect(await rowsOf(app)).toEqual([]);
  });
});

describe('a consent grant', () => {
  const newParties = () => ({ pending_user: newUser(), application: application() });

  it('is enough for a request of the same or fewer permissions', async () => {
    const context = { ...newParties(), consent_permissions: named('a', 'b') };
    expect(await consent({ context })).toMatchObject({ type: 'passed' });
    expect(await drive({ context }).show()).toEqual({ type: 'passed' });
    expect(await drive({ context: { ...context, consent_permissions: named('b') } }).show()).toEqual({
      type: 'passed',
    });
    expect(await rowsOf(context.application)).toMatchObject([{ permissions: ['a', 'b'] }]);
  });

  it('makes an answer with an old token pass, but does not count it as a consent', async () => {
    const context = { ...newParties(), consent_permissions: named('a') };
    const step = drive({ context });
    await step.show();
    expect(await consent({ context })).toMatchObject({ type: 'passed', consented: true });
    expect(await step.answer({ token: 'of an older page' })).toEqual({ type: 'passed' });
  });

  it('is not enough for more permissions, even if the page is opened several times (accident 9)', async () => {
    const context = { ...newParties(), consent_permissions: named('a') };
    await consent({ context });
    const step = drive({ context: { ...context, consent_permissions: named('a', 'b') } });
    for (const _ of [1, 2, 3]) expect(await step.show()).toMatchObject(challengeWith(['a'], ['b']));
    expect(await rowsOf(context.application)).toMatchObject([{ permissions: ['a'] }]);
  });

  it('is extended by permissions that the user grants later, and keeps the earlier ones', async () => {
    const context = { ...newParties(), consent_permissions: named('a') };
    await consent({ context });
    const reply = await consent({ context: { ...context, consent_permissions: named('b') } });
    expect(reply).toMatchObject({ effects: [{ action: 'model_updated', context: { permissions: ['a', 'b'] } }] });
    expect(await rowsOf(context.application)).toMatchObject([{ permissions: ['a', 'b'] }]);
  });

  it('drops the oldest permissions above the limit, for which the user is asked again', async () => {
    const context = { ...newParties(), consent_permissions: named('a', 'b', 'c', 'd') };
    await consent({ context });
    await consent({ context: { ...context, consent_permissions: named('a', 'e', 'f') } });
    expect(await rowsOf(context.application)).toMatchObject([{ permissions: ['c', 'd', 'a', 'e', 'f'] }]);
    expect(await drive({ context }).show()).toMatchObject(challengeWith(['a', 'c', 'd'], ['b']));
    await consent({ context: { ...context, consent_permissions: named('1', '2', '3', '4', '5', '6') } });
    expect(await rowsOf(context.application)).toMatchObject([{ permissions: ['2', '3', '4', '5', '6'] }]);
  });

  it('does not exceed the limit after concurrent answers, and has the newest permissions of each', async () => {
    const context = newParties();
    const user = context.pending_user.uuid;
    const parties = { user, application: context.application };
    const grants = new ConsentGrantRepository(source, MAX_PERMISSIONS);
    const added = Array.from({ length: 8 }, (_, index) => [`x${index}`, `y${index}`]);
    const replies = await Promise.all(
      added.map((permissions) => grants.add(randomUUID(), parties, { permissions, lifetime_s: null })),
    );
    for (const [index, { permissions }] of replies.entries()) {
      expect(permissions.slice(-2)).toEqual(added[index]);
      expect(permissions.length).toBeLessThanOrEqual(MAX_PERMISSIONS);
    }
    expect(replies.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect((await grants.find(parties))?.permissions).toHaveLength(MAX_PERMISSIONS);
  });

  it('is not saved if the shown permissions have changed before the response (accident 9)', async () => {
    const context = { ...newParties(), consent_permissions: named('a', 'b') };
    await consent({ context: { ...context, consent_permissions: named('a') } });
    const step = drive({ context });
    const shown = await step.show();
    await source.query('DELETE FROM consent.grants WHERE application_id = $1', [context.application.uuid]);
    const rejected = await step.answer({ token: tokenOf(shown) });
    expect(rejected).toMatchObject({ type: 'rejected', errors: { token: [{ code: 'consent_changed' }] } });
    expect(rejected).toMatchObject({ challenge: { permissions: named('a', 'b'), additional_permissions: [] } });
    expect(tokenOf(rejected)).not.toBe(tokenOf(shown));
    expect(await rowsOf(context.application)).toEqual([]);
  });

  it('belongs to the pending user, or else to the logged-in user', async () => {
    const { application: app } = newParties();
    const [pending, session] = [newUser(), newUser()];
    const context = { application: app, consent_permissions: named('a') };
    await consent({ context, session });
    expect(await drive({ context, session }).show()).toEqual({ type: 'passed' });
    expect(await drive({ context: { ...context, pending_user: pending }, session }).show()).toMatchObject(
      challengeWith(['a'], []),
    );
  });

  it('is ignored once it has expired, even before it is deleted, and is then replaced (accident 15)', async () => {
    const context = { ...newParties(), consent_permissions: named('a') };
    await consent({ context });
    await source.query(`UPDATE consent.grants SET expires = now() - interval '1 s' WHERE application_id = $1`, [
      context.application.uuid,
    ]);
    const other = { ...context, consent_permissions: named('b') };
    expect(await drive({ context: other }).show()).toMatchObject(challengeWith(['b'], []));
    await consent({ context: other });
    expect(await rowsOf(context.application)).toMatchObject([{ permissions: ['b'] }]);
  });

  it('has the lifetime in the config of the last stage that asked the user', async () => {
    const context = { ...newParties(), consent_permissions: named('a') };
    const more = { ...context, consent_permissions: named('a', 'b') };
    await consent({ mode: 'permanent', context });
    expect(await rowsOf(context.application)).toMatchObject([{ expires: null }]);
    await consent({ context: more, lifetime: 'hours=1' });
    const [{ expires }] = await rowsOf(context.application);
    expect((expires as Date).getTime() - Date.now()).toBeLessThanOrEqual(3_600_000);
    expect((expires as Date).getTime() - Date.now()).toBeGreaterThan(3_500_000);
  });

  it('is saved once, with the same reply for repeated and concurrent requests', async () => {
    const context = { ...newParties(), consent_permissions: named('a') };
    const id = randomUUID();
    const [first, second] = [drive({ context, id }), drive({ context, id })];
    const tokens = [tokenOf(await first.show()), tokenOf(await second.show())];
    const replies = await Promise.all([first.answer({ token: tokens[0]! }), second.answer({ token: tokens[1]! })]);
    expect(replies[0]).toMatchObject({ type: 'passed', effects: [{ action: 'model_created' }] });
    expect(replies[1]).toEqual(replies[0]);
    expect(await rowsOf(context.application)).toHaveLength(1);
  });

  it('gives the request that has extended it the same reply again until it is revoked', async () => {
    const context = { ...newParties(), consent_permissions: named('a') };
    await consent({ context });
    const step = drive({ context: { ...context, consent_permissions: named('a', 'b') }, id: randomUUID() });
    const answer = { token: tokenOf(await step.show()) };
    const reply = await step.answer(answer);
    expect(reply).toMatchObject({ consented: true, effects: [{ action: 'model_updated' }] });
    expect(await step.answer(answer)).toEqual(reply);
    expect(await step.show()).toEqual({ type: 'passed', effects: 'effects' in reply && reply.effects });
    expect(await drive({ context }).show()).toEqual({ type: 'passed' });
    await source.query('DELETE FROM consent.grants WHERE application_id = $1', [context.application.uuid]);
    expect(await step.answer(answer)).toMatchObject({ errors: { token: [{ code: 'consent_changed' }] } });
  });
});
