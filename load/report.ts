import { table } from './markdown.js';
import type { LoadResult } from './result.js';
import type { Latencies } from './statistics.js';

/** Facts that the load generator cannot see. The operator can state them with `--note`. */
export const NOTED_FACTS = ['version', 'hardware', 'processes', 'nats'] as const;

/** Returns the report as Markdown. */
export function markdownReport(result: LoadResult): string {
  const blocks = [
    `# Load test of ${result.url}`,
    ...result.warnings.map((warning) => `**Warning:** ${warning}`),
    table(['field', 'value'], factsOf(result)),
    '## Latency in milliseconds',
    latencyTable(result),
    ...countTable('## Why visits failed', result.failures),
    ...countTable('## Refusals by status', result.refused),
    ...killTable(result),
  ];
  return `${blocks.join('\n\n')}\n`;
}

const shown = (value: unknown): string => (value === null || value === undefined ? 'not known' : String(value));

function factsOf(result: LoadResult): string[][] {
  const { postgres, notes } = result;
  const stated = Object.keys(notes).filter((name) => !NOTED_FACTS.some((fact) => fact === name));
  const rows: [string, unknown][] = [
    ['date', result.date],
    ['scenario', result.scenario],
    ['model', result.model],
    result.visitors === null ? ['visits offered a second', result.offeredPerSecond] : ['visitors', result.visitors],
    ['duration, of which ramp, s', `${result.durationS}, ${result.rampS}`],
    ['accounts of the load', result.accounts],
    ...[...NOTED_FACTS, ...stated].map((name): [string, unknown] => [`${name} (stated)`, notes[name]]),
    ['visits begun', result.begun],
    ['visits finished', result.finished],
    ['visits failed', result.failed],
    ['… of which not begun', result.turnedAway],
    ['error rate', result.errorRate],
    ['goodput a second', result.goodputPerSecond],
    ['requests', result.requests],
    ['requests sent again', result.retried],
    ['logins started over', result.startedOver],
    ['longest time without a finished visit, s', result.gapMs / 1000],
    ['largest number of visits at a time', result.maxInFlight],
    ...postgresFacts(postgres),
    ...generatorFacts(result.generator),
  ];
  return rows.map(([name, value]) => [name, shown(value)]);
}

function generatorFacts(generator: LoadResult['generator']): [string, unknown][] {
  return [
    ['load generator', `${generator.version}, Node ${generator.node}, threads: ${generator.threads}`],
    ['… its machine', `${generator.cores} cores, ${generator.cpu}, ${generator.memoryGiB} GiB, ${generator.os}`],
    ['… cores it used', generator.coresUsed],
    ['… share of time of its busiest thread', generator.busiestThread],
  ];
}

function postgresFacts(postgres: LoadResult['postgres']): [string, unknown][] {
  return [
    ['Postgres', postgres?.version],
    ['password hash', postgres?.hash],
    ['users in the database, about', postgres?.users],
    ['sessions, about', postgres?.sessions],
    ['plans, about', postgres?.plans],
    ['connections to Postgres', postgres?.connections],
    ['cores of Postgres for 100 visits a second', postgres?.coresPer100PerSecond],
    ['reads, writes and syncs of Postgres for 100 visits a second', postgres?.iopsPer100PerSecond],
    ['WAL of a visit, KiB', postgres?.walKiBPerVisit],
    ['commits of a visit', postgres?.commitsPerVisit],
    ...(postgres?.unknown ?? []).map((reason): [string, unknown] => ['not known in Postgres', reason]),
  ];
}

const HEAD = ['', 'count', 'p50', 'p90', 'p95', 'p99', 'p99.9', 'max', 'mean'];

function latencyTable({ visitMs, stepsMs, refusalMs, refusedStepsMs, generator }: LoadResult): string {
  const row = (name: string, latencies: Latencies | null) => {
    if (!latencies) return [name, '0', ...HEAD.slice(2).map(() => '')];
    const { count, p50, p90, p95, p99, p999, max, mean } = latencies;
    return [name, ...[count, p50, p90, p95, p99, p999, max, mean].map(String)];
  };
  return table(HEAD, [
    row('a visit, without think times', visitMs),
    ...Object.entries(stepsMs).map(([label, latencies]) => row(label, latencies)),
    row('refusals', refusalMs),
    ...Object.entries(refusedStepsMs).map(([label, latencies]) => row(`… of ${label}`, latencies)),
    row('sent late by', generator.lateMs),
  ]);
}

function countTable(title: string, counts: Readonly<Record<string, number>>): string[] {
  const rows = Object.entries(counts).map(([name, count]) => [name, String(count)]);
  return rows.length === 0 ? [] : [title, table(['', 'count'], rows)];
}

function killTable({ kills }: LoadResult): string[] {
  if (kills.length === 0) return [];
  const head = [
    'command',
    'at, s',
    'took, s',
    'exit code',
    'begun',
    'finished',
    'lost',
    'gap, s',
    'recovered after, s',
  ];
  const rows = kills.map(({ run, beganAt, endedAt, exitCode, after, recoveredAfterMs }) => [
    ...[`\`${run}\``, seconds(beganAt), seconds(endedAt - beganAt), shown(exitCode)],
    ...[after.begun, after.finished, after.failed].map(String),
    seconds(after.gapMs),
    recoveredAfterMs === null ? 'not meanwhile' : seconds(recoveredAfterMs),
  ]);
  return ['## Commands', table(head, rows), 'The counts of a command end with the next one, or with the load.'];
}

const seconds = (ms: number) => (ms / 1000).toFixed(1);
