import { randomBytes } from 'node:crypto';
import type { SavedUser, StageReply } from '@gatehouse/contracts';
import { type FlowResponse, hashSessionKey } from '@gatehouse/executor';
import { DEFAULT_REPLIES, executorHarness, flowOf, LOGIN_REPLY, rejectedReply } from '@gatehouse/executor/testing';
import type { FlowVersion } from '@gatehouse/plan';
import { Logger, Sealer } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { enrol, flowDatabase, publish } from '../testing/flow-database.js';
import { LIFETIMES } from '../testing/plan-store-harness.js';
import { PostgresAttemptStore } from './postgres-attempt-store.js';
import { PostgresEventRecorder } from './postgres-event-recorder.js';
import { PostgresFlowStore } from './postgres-flow-store.js';
import { PostgresPlanStore } from './postgres-plan-store.js';

let database: Awaited<ReturnType<typeof flowDatabase>>;
let statements: string[];
let alice: SavedUser;

beforeAll(async () => {
  database = await flowDatabase({ poolSize: 1 });
  statements = recordStatements(database.source);
  alice = await enrol(database.source);
});
// Each request must count its attempts in new rows, in whichever order the tests run.
beforeEach(() => database.source.query('DELETE FROM flow.attempts'));
afterAll(() => database.close());

/** Returns a list to which the name of each statement is added when a store runs it. */
function recordStatements({ driver }: DataSource): string[] {
  const names: string[] = [];
  const { master } = driver as unknown as { master: { query(query: { readonly name?: string }): unknown } };
  const query = master.query.bind(master);
  master.query = (statement) => {
    if (statement.name) names.push(statement.name);
    return query(statement);
  };
  return names;
}

/** Numbers of inserted, updated and deleted rows, by table and kind of change, such as `{ 'plans updated': 1 }`. */
type RowCounts = Readonly<Record<string, number>>;

/**
 * Returns how many rows the database has inserted, updated and deleted so far, by the statistics of Postgres. The pool
 * has one connection, which flushes its statistics with its next statement.
 */
async function writtenRows(): Promise<RowCounts> {
  await database.source.query('SELECT pg_stat_force_next_flush()');
  const tables = await database.source.query<
    { name: string; inserted: string; updated: string; deleted: string }[]
  >(`SELECT relname AS name, n_tup_ins AS inserted, n_tup_upd AS updated, n_tup_del AS deleted
     FROM pg_stat_user_tables WHERE schemaname IN ('flow', 'directory')`);
  return Object.fromEntries(
    tables.flatMap(({ name, ...counts }) =>
      Object.entries(counts).map(([change, count]) => [`${name} ${change}`, Number(count)]),
    ),
  );
}

const difference = (before: RowCounts, after: RowCounts): RowCounts =>
  Object.fromEntries(
    Object.entries(after)
      .map(([name, count]): [string, number] => [name, count - (before[name] ?? 0)])
      .filter(([, count]) => count !== 0),
  );

const PASSWORD = { inner: { id: 'inner', name: 'password', kind: 'secret', model: 'm', config: {} } };
const FLOWS = {
  password: flowOf([{ kind: 'ident' }, { kind: 'secret' }, { kind: 'page' }]),
  login: flowOf([{ kind: 'ident' }, { kind: 'secret' }, { kind: 'login' }]),
  composite: flowOf([{ kind: 'ident', config: { inner: 'inner' } }, { kind: 'page' }], PASSWORD),
  grant: flowOf([{ kind: 'page' }, { kind: 'granter' }, { kind: 'page' }]),
  dummies: flowOf([{ kind: 'page' }, { kind: 'page' }]),
} satisfies Record<string, FlowVersion>;

const WRONG = rejectedReply(['password']);
const SIGNED_IN: StageReply = { type: 'passed', effects: [{ type: 'sign_in', client: 'shop' }] };
const DENIED: StageReply = { type: 'denied' };

/**
 * Returns a client that keeps its session cookie, and an executor with Postgres stores and scripted replies of stages.
 */
async function browserAt(flow: keyof typeof FLOWS, replies: Record<string, StageReply> = {}) {
  const { source } = database;
  const sealer = new Sealer(`a:${randomBytes(32).toString('base64')}`);
  const slug = `${flow}-${randomBytes(4).toString('hex')}`;
  await publish(source, slug, FLOWS[flow]);
  const script = {
    ...DEFAULT_REPLIES,
    'ident.respond': { type: 'passed', context: { pending_user: alice } } satisfies StageReply,
    'login.challenge': loginOf(alice),
    ...replies,
  };
  const logger = new Logger('silent');
  const executor = executorHarness(FLOWS[flow], script, {
    plans: new PostgresPlanStore(source, sealer, { lifetimes: LIFETIMES, attributes: false, saveCheckS: 5, logger }),
    flows: new PostgresFlowStore(source, sealer),
    attempts: new PostgresAttemptStore(source),
    eventRecorder: new PostgresEventRecorder(source, sealer),
  });
  let sessionKey: Buffer | undefined;
  const send = async (answer?: object): Promise<FlowResponse> => {
    const request = { slug, sessionKey };
    const response = await (answer ? executor.solve(answer, request) : executor.show(request));
    if (response.cookie) sessionKey = hashSessionKey(response.cookie.value);
    return response;
  };
  return { send, hops: executor.stages.hops };
}

function loginOf({ uuid: user }: SavedUser): StageReply {
  const effects = 'effects' in LOGIN_REPLY ? LOGIN_REPLY.effects : undefined;
  return { type: 'passed', effects: (effects ?? []).map((effect) => ({ ...effect, user }) as typeof effect) };
}

interface SolveCost {
  readonly flow: keyof typeof FLOWS;
  readonly replies?: Record<string, StageReply>;
  /** The requests before the measured one: answers, or `undefined` for a GET. */
  readonly before: readonly (object | undefined)[];
  readonly answer?: object;
  readonly result: FlowResponse['result']['type'];
  readonly statements: readonly string[];
  readonly hops: readonly string[];
  readonly rows: RowCounts;
}

const WHO = { uid: 'alice' };
const GUESS = { password: 'hunter2' };

const BEGUN = { 'plans inserted': 1, 'session_keys inserted': 1, 'sessions inserted': 1 };
/** Rows that the first answer of a session writes, which also extends the session's lifetime. */
const EXTENDED = { 'plans updated': 1, 'sessions updated': 1 };
/**
 * Rows that an answer writes which verifies a credential: it renews the session key, resets two of its attempts and
 * releases the third.
 */
const PROVED = {
  ...{ 'attempts inserted': 3, 'attempts deleted': 2, 'attempts updated': 1 },
  ...{ 'session_keys inserted': 1, 'session_keys updated': 1, 'plans updated': 1 },
};

describe('the statements, bus messages and written rows of a request', () => {
  it.each<[string, SolveCost]>([
    [
      'GET of a new flow, whose version is not cached yet',
      {
        ...{ flow: 'password', before: [], result: 'show' },
        statements: ['plan_load', 'flow_version_load', 'plan_begin_with_session'],
        hops: ['ident.challenge'],
        rows: BEGUN,
      },
    ],
    [
      'GET of a running flow',
      {
        ...{ flow: 'password', before: [undefined], result: 'show' },
        statements: ['plan_load'],
        hops: ['ident.challenge'],
        rows: {},
      },
    ],
    [
      'an answer after which the next stage shows a challenge',
      {
        ...{ flow: 'dummies', before: [undefined], answer: { word: 'x' }, result: 'show' },
        statements: ['plan_load', 'save.extend'],
        hops: ['page.respond', 'page.challenge'],
        rows: EXTENDED,
      },
    ],
    [
      'identification',
      {
        ...{ flow: 'password', before: [undefined], answer: WHO, result: 'show' },
        statements: ['plan_load', 'save.extend'],
        hops: ['ident.respond', 'secret.challenge'],
        rows: EXTENDED,
      },
    ],
    [
      'a right password',
      {
        ...{ flow: 'password', before: [undefined, WHO], answer: GUESS, result: 'show' },
        statements: ['plan_load', 'attempts_take', 'save.key.settle'],
        hops: ['secret.respond', 'page.challenge'],
        rows: PROVED,
      },
    ],
    [
      'a wrong password',
      {
        ...{
          flow: 'password',
          replies: { 'secret.respond': WRONG },
          before: [undefined, WHO],
          answer: GUESS,
          result: 'show',
        },
        statements: ['plan_load', 'attempts_take', 'save'],
        hops: ['secret.respond'],
        rows: { 'attempts inserted': 3, 'plans updated': 1 },
      },
    ],
    [
      'a composite step',
      {
        ...{ flow: 'composite', before: [undefined], answer: { ...WHO, ...GUESS }, result: 'show' },
        statements: ['plan_load', 'attempts_take', 'save.key.extend.settle'],
        hops: ['ident.respond', 'secret.respond', 'page.challenge'],
        rows: { ...PROVED, 'sessions updated': 1 },
      },
    ],
    [
      'the last answer, which logs in and redirects',
      {
        ...{ flow: 'login', before: [undefined, WHO], answer: GUESS, result: 'done' },
        statements: ['plan_load', 'attempts_take', 'save.key.login.place.settle'],
        hops: ['secret.respond', 'login.challenge'],
        rows: { ...PROVED, 'sessions updated': 1 },
      },
    ],
    [
      'an answer with which the session signs in to an application that has a logout URL',
      {
        ...{ flow: 'grant', replies: { 'granter.challenge': SIGNED_IN }, before: [undefined], answer: { word: 'x' } },
        ...{ result: 'show', statements: ['plan_load', 'save.sign_in.extend'] },
        hops: ['page.respond', 'granter.challenge', 'page.challenge'],
        rows: { ...EXTENDED, 'signed_in_applications inserted': 1 },
      },
    ],
    [
      'a denial',
      {
        ...{
          flow: 'dummies',
          replies: { 'page.respond': DENIED },
          before: [undefined],
          answer: { word: 'x' },
          result: 'denied',
        },
        statements: ['plan_load', 'save.extend'],
        hops: ['page.respond'],
        rows: EXTENDED,
      },
    ],
  ])('%s', async (_request, { flow, replies, before, answer, ...expected }) => {
    const { send, hops } = await browserAt(flow, replies);
    for (const earlier of before) await send(earlier);
    const rowsBefore = await writtenRows();
    const [statementsBefore, hopsBefore] = [statements.length, hops.length];
    const { result } = await send(answer);
    expect({
      result: result.type,
      statements: statements.slice(statementsBefore),
      hops: hops.slice(hopsBefore),
      rows: difference(rowsBefore, await writtenRows()),
    }).toEqual(expected);
  });
});
