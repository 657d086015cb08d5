import { randomUUID } from 'node:crypto';
import type { PlanContext, SavedUser } from '@gatehouse/contracts';
import { migrate, openDataSource } from '@gatehouse/platform';
import { driveStage } from '@gatehouse/stage-kit/testing';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../../../../test/support/postgres.js';
import { consentContract } from './consent.contract.js';
import { ConsentStage } from './consent.stage.js';
import { TypeormConsents } from './consent-grant.repository.js';
import { CONSENT_SCHEMA, consentMigrations } from './migrations/index.js';

let database: FreshDatabase;
let source: DataSource;
beforeAll(async () => {
  database = await freshDatabase();
  await migrate({ url: database.url, schema: CONSENT_SCHEMA, migrations: consentMigrations });
  source = await openDataSource({ url: database.url, schema: CONSENT_SCHEMA, poolSize: 8 });
});
afterAll(async () => {
  await source?.destroy();
  await database?.drop();
});

const somebody = (): SavedUser => ({
  ...{ kind: 'saved', uuid: randomUUID(), pk: 1, username: 'alice', name: '', email: '' },
  ...{ is_active: true, epoch: 0, locale: '' },
});
const application = () => ({ uuid: randomUUID(), pk: 7, slug: 'app', name: 'App' });
const named = (...ids: string[]) => ids.map((id) => ({ id, name: `may ${id}` }));

interface Given {
  readonly mode?: 'always_require' | 'permanent' | 'expiring';
  readonly lifetime?: string;
  readonly context?: PlanContext;
  readonly session?: SavedUser | null;
  readonly id?: string;
}
const drive = ({ mode = 'expiring', lifetime = 'weeks=4', context = {}, session = null, id }: Given = {}) =>
  driveStage(consentContract, new ConsentStage(new TypeormConsents(source)), {
    config: { mode, consent_expire_in: lifetime },
    context,
    request: { id: id ?? randomUUID(), session: { user: session } },
  });
type Step = ReturnType<typeof drive>;
const tokenOf = (reply: Awaited<ReturnType<Step['show']>>) =>
  'challenge' in reply ? String(reply.challenge['token']) : '';
const consent = async (given: Given) => {
  const step = drive(given);
  return step.answer({ token: tokenOf(await step.show()) });
};
const asked = (permissions: string[], additional: string[]) => ({
  type: 'challenge',
  challenge: { permissions: named(...permissions), additional_permissions: named(...additional) },
});
const rowsOf = ({ uuid }: { uuid: string }) =>
  source.query('SELECT permissions, expires FROM consent.grants WHERE application_id = $1', [uuid]);

describe('a question for consent', () => {
  it('shows the header and what the plan says is asked for, with a fresh token each time', async () => {
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
    expect(tokenOf(await step.show())).not.toBe(tokenOf(shown));
  });

  it('is answered with its own token, and with no other', async () => {
    const step = drive({ mode: 'always_require' });
    const first = tokenOf(await step.show());
    await step.show();
    const refused = await step.answer({ token: first });
    expect(refused).toMatchObject({ type: 'rejected', errors: { token: [{ code: 'consent_outdated' }] } });
    expect(await step.answer({ token: tokenOf(refused) })).toEqual({ type: 'passed' });
  });

  it('takes no answer before it was asked', async () => {
    expect(await drive().answer({ token: 'anything' })).toMatchObject({
      type: 'rejected',
      errors: { token: [{ code: 'consent_outdated' }] },
    });
  });

  it('is put each time, and nothing is kept, where it is to be, where nobody is known or nothing is named', async () => {
    const [user, app] = [somebody(), application()];
    const context = { pending_user: user, application: app, consent_permissions: named('a') };
    const cases: Given[] = [
      { mode: 'always_require', context },
      { context: { ...context, pending_user: { kind: 'pretended', username: 'x', email: 'x' } } },
      { context: { consent_permissions: named('a'), application: app } },
      { context: { consent_permissions: named('a'), pending_user: user } },
    ];
    for (const given of cases) {
      expect(await consent(given)).toEqual({ type: 'passed' });
      expect(await drive(given).show()).toMatchObject({ type: 'challenge' });
    }
    expect(await rowsOf(app)).toEqual([]);
  });
});

describe('consent that was given', () => {
  const about = () => ({ pending_user: somebody(), application: application() });

  it('is not asked for again, for the same or for less', async () => {
    const context = { ...about(), consent_permissions: named('a', 'b') };
    expect(await consent({ context })).toMatchObject({ type: 'passed' });
    expect(await drive({ context }).show()).toEqual({ type: 'passed' });
    expect(await drive({ context: { ...context, consent_permissions: named('b') } }).show()).toEqual({
      type: 'passed',
    });
    expect(await rowsOf(context.application)).toMatchObject([{ permissions: ['a', 'b'] }]);
  });

  it('is no consent to more, however often the page is opened (accident 9)', async () => {
    const context = { ...about(), consent_permissions: named('a') };
    await consent({ context });
    const step = drive({ context: { ...context, consent_permissions: named('a', 'b') } });
    for (const _ of [1, 2, 3]) expect(await step.show()).toMatchObject(asked(['a'], ['b']));
    expect(await rowsOf(context.application)).toMatchObject([{ permissions: ['a'] }]);
  });

  it('grows by what is allowed besides, and never shrinks', async () => {
    const context = { ...about(), consent_permissions: named('a') };
    await consent({ context });
    const reply = await consent({ context: { ...context, consent_permissions: named('b') } });
    expect(reply).toMatchObject({ effects: [{ action: 'model_updated', context: { permissions: ['a', 'b'] } }] });
    expect(await rowsOf(context.application)).toMatchObject([{ permissions: ['a', 'b'] }]);
  });

  it('is for what was shown: an answer does not count when that has changed meanwhile (accident 9)', async () => {
    const context = { ...about(), consent_permissions: named('a', 'b') };
    await consent({ context: { ...context, consent_permissions: named('a') } });
    const step = drive({ context });
    const shown = await step.show();
    await source.query('DELETE FROM consent.grants WHERE application_id = $1', [context.application.uuid]);
    const refused = await step.answer({ token: tokenOf(shown) });
    expect(refused).toMatchObject({ type: 'rejected', errors: { token: [{ code: 'consent_changed' }] } });
    expect(refused).toMatchObject({ challenge: { permissions: named('a', 'b'), additional_permissions: [] } });
    expect(await rowsOf(context.application)).toEqual([]);
  });

  it('is of the user whom the flow is about, else of whoever is logged in', async () => {
    const { application: app } = about();
    const [pending, session] = [somebody(), somebody()];
    const context = { application: app, consent_permissions: named('a') };
    await consent({ context, session });
    expect(await drive({ context, session }).show()).toEqual({ type: 'passed' });
    expect(await drive({ context: { ...context, pending_user: pending }, session }).show()).toMatchObject(
      asked(['a'], []),
    );
  });

  it('expires, with nobody cleaning up, and is begun anew then (accident 15)', async () => {
    const context = { ...about(), consent_permissions: named('a') };
    await consent({ context });
    await source.query(`UPDATE consent.grants SET expires = now() - interval '1 s' WHERE application_id = $1`, [
      context.application.uuid,
    ]);
    const other = { ...context, consent_permissions: named('b') };
    expect(await drive({ context: other }).show()).toMatchObject(asked(['b'], []));
    await consent({ context: other });
    expect(await rowsOf(context.application)).toMatchObject([{ permissions: ['b'] }]);
  });

  it('lasts as long as the stage says that was asked last: for ever, or for a time', async () => {
    const context = { ...about(), consent_permissions: named('a') };
    const more = { ...context, consent_permissions: named('a', 'b') };
    await consent({ mode: 'permanent', context });
    expect(await rowsOf(context.application)).toMatchObject([{ expires: null }]);
    await consent({ context: more, lifetime: 'hours=1' });
    const [{ expires }] = await rowsOf(context.application);
    expect((expires as Date).getTime() - Date.now()).toBeLessThanOrEqual(3_600_000);
    expect((expires as Date).getTime() - Date.now()).toBeGreaterThan(3_500_000);
  });

  it('is kept once, and told alike, when the same answer comes twice or many come at once', async () => {
    const context = { ...about(), consent_permissions: named('a') };
    const id = randomUUID();
    const [one, other] = [drive({ context, id }), drive({ context, id })];
    const tokens = [tokenOf(await one.show()), tokenOf(await other.show())];
    const replies = await Promise.all([one.answer({ token: tokens[0]! }), other.answer({ token: tokens[1]! })]);
    expect(replies[0]).toMatchObject({ type: 'passed', effects: [{ action: 'model_created' }] });
    expect(replies[1]).toEqual(replies[0]);
    expect(await rowsOf(context.application)).toHaveLength(1);
  });
});
