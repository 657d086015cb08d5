import { simulatedContracts as contracts } from '@gatehouse/blueprints';
import { flowDatabase, insertJourneys, type JourneyRow, publish } from '@gatehouse/executor-postgres/testing';
import { flowVersionOf } from '@gatehouse/plan/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RecordedRunRepository } from './recorded-runs.repository.js';
import { ReplayCounter } from './replay-report.js';

const versionOf = (...kinds: string[]) => flowVersionOf(kinds.map((kind) => ({ kind, id: kind })));
const CURRENT = versionOf('identification', 'password', 'user_login');
const DRAFT = versionOf('identification', 'captcha', 'password', 'user_login');
const RECORDS = 60;
const HOUR_MS = 3_600_000;

let database: Awaited<ReturnType<typeof flowDatabase>>;
let flow: Awaited<ReturnType<typeof publish>>;
const from = Date.now() - HOUR_MS;
beforeAll(async () => {
  database = await flowDatabase();
  flow = await publish(database.source, 'login', CURRENT);
  const step = (i: number, outcome: string) => {
    const { id, stage } = CURRENT.steps[i]!;
    return { step: id, kind: stage.kind, stage: stage.id, outcome, ms: i };
  };
  // Gives every five records the same time, so that most page boundaries fall between records with equal times.
  const record = (i: number): JourneyRow => ({
    ...{ ...flow, endedAt: new Date(from + Math.floor(i / 5)) },
    ...(i % 3 === 0
      ? { outcome: 'abandoned', steps: [step(0, 'abandoned')] }
      : { outcome: 'done', loggedIn: true, steps: [0, 1, 2].map((at) => step(at, 'passed')) }),
  });
  await insertJourneys(
    database.source,
    Array.from({ length: RECORDS }, (_, i) => record(i)),
  );
});
afterAll(() => database?.close());

it.each([1, 4, 7, 59, 60, 61])(
  'each record is counted once if they are read in pages of %i records',
  async (pageRows) => {
    const runs = new RecordedRunRepository(database.source, pageRows);
    const counter = new ReplayCounter({ version: DRAFT, contracts }, runs);
    let pages = 0;
    for await (const page of runs.read(flow.flowId, new Date(from))) {
      pages += 1;
      for (const group of page) await counter.add(group);
    }
    expect(pages).toBe(Math.ceil(RECORDS / pageRows));
    expect(counter.report()).toMatchObject({
      ...{ plans: { same: 0, changed: 40, otherwise: 0, unknown: 0 }, unfinished: 20, walked: 1 },
      causes: [{ type: 'meets', plans: 40 }],
    });
  },
);
