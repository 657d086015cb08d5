import { randomUUID } from 'node:crypto';
import { flowOf } from '@gatehouse/executor/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { flowDatabase, publish } from '../../testing/flow-database.js';
import { insertJourneys, type JourneyRow } from '../../testing/journey-rows.js';
import { CompletionRepository } from './completion.repository.js';
import { FunnelRepository, type FunnelVersion } from './funnel.repository.js';
import { FunnelTimeoutError } from './statement-time.js';

const HOUR_MS = 3_600_000;
const FLOW = flowOf([{ kind: 'ident' }, { kind: 'secret' }]);
const [NAME, SECRET] = FLOW.steps as [(typeof FLOW.steps)[number], (typeof FLOW.steps)[number]];

let database: Awaited<ReturnType<typeof flowDatabase>>;
let flow: Awaited<ReturnType<typeof publish>>;
let slug: string;
beforeAll(async () => {
  database = await flowDatabase();
});
afterAll(() => database?.close());
beforeEach(async () => {
  slug = `flow-${randomUUID().slice(0, 8)}`;
  flow = await publish(database.source, slug, FLOW);
});

const since = new Date(Date.now() - 24 * HOUR_MS);
const find = (more: { since?: Date; version?: number } = {}) =>
  new FunnelRepository(database.source, 10_000).find({ slug, since, ...more });
async function versionsOf(more: Parameters<typeof find>[0] = {}): Promise<readonly FunnelVersion[]> {
  const found = await find(more);
  return typeof found === 'string' ? [] : found.versions;
}
const at = ({ id, stage }: typeof NAME, outcome: string, ms: number | null) => ({
  ...{ step: id, kind: stage.kind, stage: stage.id, outcome, ms },
});
const row = (outcome: JourneyRow['outcome'], steps: JourneyRow['steps'], more: Partial<JourneyRow> = {}) => ({
  ...{ ...flow, outcome, steps },
  ...more,
});
const count = (outcome: string, plans: number, hoursAgo = 1) =>
  database.source.query(
    `INSERT INTO flow.journey_counts (flow_id, version_id, version, hour, outcome, network, plans)
     VALUES ($1, $2, 1, date_trunc('hour', now()) - make_interval(hours => $3), $4, '', $5)`,
    [flow.flowId, flow.versionId, hoursAgo, outcome, plans],
  );

it('a funnel counts how plans reached and left each step, with the median time including refused answers', async () => {
  await insertJourneys(database.source, [
    row('done', [at(NAME, 'passed', 1000), at(SECRET, 'passed', 2000)], { loggedIn: true }),
    row('done', [at(NAME, 'passed', 3000), at(SECRET, 'rejected', 4000), at(SECRET, 'passed', 5000)], {
      loggedIn: true,
    }),
    row('done', [at(NAME, 'passed', 8000), at(SECRET, 'skipped', 0)]),
    row('denied', [at(NAME, 'rejected', 10), at(NAME, 'denied', 10)]),
    row('abandoned', [at(NAME, 'passed', 4000), at(SECRET, 'rejected', 10), at(SECRET, 'abandoned', null)]),
    row('expired', [at(NAME, 'abandoned', null)]),
  ]);
  await count('abandoned', 7);
  await count('denied', 2);
  expect(await versionsOf()).toEqual([
    {
      ...{ versionId: flow.versionId, version: 1, begun: 15, counted: 9 },
      ...{ done: 3, loggedIn: 2, denied: 3, abandoned: 8, expired: 1 },
      steps: [
        {
          ...{ step: NAME.id, name: NAME.stage.name, kind: 'ident', stage: NAME.stage.id },
          ...{ reached: 6, passed: 4, rejected: 1, denied: 1, abandoned: 1, medianMs: 3500 },
        },
        {
          ...{ step: SECRET.id, name: SECRET.stage.name, kind: 'secret', stage: SECRET.stage.id },
          ...{ reached: 3, passed: 2, rejected: 2, denied: 0, abandoned: 1, medianMs: 5500 },
        },
      ],
    },
  ]);
});

it('a funnel lists the newest version first, and leaves out other flows and older records', async () => {
  const other = await publish(database.source, `${slug}-other`, FLOW);
  const [second, endedAt] = [randomUUID(), new Date(since.getTime() - 2 * HOUR_MS)];
  await insertJourneys(database.source, [
    row('done', []),
    row('done', [], { endedAt }),
    row('done', [], { versionId: second, version: 2 }),
    row('denied', [], { versionId: second, version: 2 }),
    row('done', [], other),
  ]);
  await count('abandoned', 3, 27);
  expect((await versionsOf()).map(({ version, begun }) => [version, begun])).toEqual([
    [2, 2],
    [1, 1],
  ]);
  expect((await versionsOf({ version: 1 })).map(({ version, begun }) => [version, begun])).toEqual([[1, 1]]);
});

it('a funnel lists an inserted step after its binding’s step, and steps of a deleted version without names', async () => {
  const inserted = { step: `${NAME.id}~1`, kind: 'consent', stage: 's', outcome: 'passed', ms: 5 };
  await insertJourneys(database.source, [
    row('done', [at(NAME, 'passed', 1), inserted, at(SECRET, 'passed', 1)]),
    row('done', [at(NAME, 'passed', 1)], { versionId: randomUUID(), version: null }),
  ]);
  const [kept, deleted] = await versionsOf();
  expect(kept!.steps.map(({ step, name }) => [step, name])).toEqual([
    [NAME.id, NAME.stage.name],
    [inserted.step, null],
    [SECRET.id, SECRET.stage.name],
  ]);
  expect(deleted!.steps).toMatchObject([{ step: NAME.id, name: null, kind: 'ident' }]);
});

it('a funnel is `unknown_flow` or `unknown_version` only if these do not exist, not if there are no records', async () => {
  expect(await find()).toMatchObject({ versions: [] });
  expect(await find({ version: 1 })).toMatchObject({ versions: [] });
  expect(await find({ version: 9 })).toBe('unknown_version');
  await database.source.query('DELETE FROM flow.flows WHERE slug = $1', [slug]);
  expect(await find()).toBe('unknown_flow');
});

it('CompletionRepository counts for each flow how many answered plans were finished since a time', async () => {
  const other = await publish(database.source, `${slug}-other`, FLOW);
  const endedAt = new Date(since.getTime() - HOUR_MS);
  await insertJourneys(database.source, [
    ...[row('done', []), row('done', []), row('denied', []), row('abandoned', []), row('expired', [])],
    ...[row('done', [], { endedAt }), row('denied', [], other)],
  ]);
  await count('abandoned', 7);
  const found = await new CompletionRepository(database.source, 10_000).find(since);
  expect(found.get(slug)).toEqual({ ended: 5, done: 2 });
  expect(found.get(`${slug}-other`)).toEqual({ ended: 1, done: 0 });
  expect((await new CompletionRepository(database.source, 10_000).find(new Date())).size).toBe(0);
});

it('a statement beyond its time limit throws FunnelTimeoutError, and does not change the connection’s limit', async () => {
  await insertJourneys(database.source, [row('done', [])]);
  const lock = database.source.createQueryRunner();
  await lock.startTransaction();
  try {
    await lock.query('LOCK TABLE flow.journeys IN ACCESS EXCLUSIVE MODE');
    await expect(new FunnelRepository(database.source, 20).find({ slug, since })).rejects.toThrow(FunnelTimeoutError);
    await expect(new CompletionRepository(database.source, 20).find(since)).rejects.toThrow(FunnelTimeoutError);
  } finally {
    await lock.rollbackTransaction();
    await lock.release();
  }
  expect(await versionsOf()).toHaveLength(1);
});
