import { histogram, lazyGauge } from './metrics.js';

const PROCESSES = 'processes with Postgres';

/** The part of pg's connection pool that metrics read. */
export interface MeasuredPool {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
  readonly ending: boolean;
  readonly options: { readonly max: number };
  connect(callback?: Acquired): Promise<unknown> | undefined;
}

type Acquired = (error: Error | undefined, client: unknown, release: unknown) => void;

const waits = histogram({
  name: 'gatehouse_pool_wait_seconds',
  question: 'full',
  processes: PROCESSES,
  help: 'Durations until a statement or transaction has got a connection to Postgres',
  labels: {},
});

/** The connection pools of this process whose state the metrics report. */
let pools: readonly MeasuredPool[] = [];

const sumOf = (valueOf: (pool: MeasuredPool) => number) => pools.reduce((sum, pool) => sum + valueOf(pool), 0);

lazyGauge(
  {
    name: 'gatehouse_pool_connections',
    question: 'full',
    processes: PROCESSES,
    help: 'Connections to Postgres, and callers that wait for one, of all pools of the process',
    labels: { state: '`open`: idle or busy; `idle`; `waiting`: callers without a connection' },
  },
  async () => {
    forgetClosedPools();
    if (pools.length === 0) return [];
    return [
      { labels: { state: 'open' }, value: sumOf(({ totalCount }) => totalCount) },
      { labels: { state: 'idle' }, value: sumOf(({ idleCount }) => idleCount) },
      { labels: { state: 'waiting' }, value: sumOf(({ waitingCount }) => waitingCount) },
    ];
  },
);

lazyGauge(
  {
    name: 'gatehouse_pool_limit',
    question: 'full',
    processes: PROCESSES,
    help: 'Largest number of connections to Postgres of all pools of the process, see DATABASE_POOL',
    labels: {},
  },
  async () => {
    forgetClosedPools();
    return pools.length === 0 ? [] : [{ labels: {}, value: sumOf(({ options }) => options.max) }];
  },
);

/** Serves the state of a pool as metrics, until the pool is closed. */
export function reportPool(pool: MeasuredPool): void {
  forgetClosedPools();
  pools = [...pools, pool];
  measureWaits(pool);
}

function forgetClosedPools(): void {
  pools = pools.filter(({ ending }) => !ending);
}

/**
 * Measures how long callers wait for a connection. Wraps the pool's `connect`, because the pool has no event for the
 * start of a wait.
 */
function measureWaits(pool: MeasuredPool): void {
  const connect = pool.connect.bind(pool);
  pool.connect = (callback) => {
    if (!callback) return connect();
    const startedAt = performance.now();
    return connect((error, client, release) => {
      waits.observe((performance.now() - startedAt) / 1000);
      callback(error, client, release);
    });
  };
}

/** How a statement ended. `conflict`: a conditional statement changed nothing. */
type StatementOutcome = 'ok' | 'conflict' | 'error';

const statements = histogram({
  name: 'gatehouse_statement_seconds',
  question: 'slow',
  processes: PROCESSES,
  help: 'Durations of named statements, with the wait for a connection. Statements of TypeORM are not measured',
  labels: {
    statement:
      'the name up to its first dot: `plan_load` loads the plan of a request, `plan_begin`, `plan_begin_with_key` and `plan_begin_with_session` create it, `save` commits it, `attempts_take` reserves attempts, and others',
    outcome:
      '`ok`; `conflict`: a conditional statement changed nothing, because another request was first or a condition was not met; `error`',
  },
});

/** For each outcome of a statement, the function that records its duration in seconds. */
type StatementObservers = Readonly<Record<StatementOutcome, (seconds: number) => void>>;

const observers = new Map<string, StatementObservers>();

/**
 * Returns the functions that record durations of the statement `name`. All names are in the code, so the number of time
 * series is limited.
 */
export function statementObservers(name: string): StatementObservers {
  const known = observers.get(name);
  if (known) return known;
  const statement = name.split('.', 1)[0]!;
  const observerOf = (outcome: StatementOutcome) => {
    const labels = { statement, outcome };
    return (seconds: number) => statements.observe(labels, seconds);
  };
  const created = { ok: observerOf('ok'), conflict: observerOf('conflict'), error: observerOf('error') };
  observers.set(name, created);
  return created;
}
