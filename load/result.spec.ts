import { describe, expect, it } from 'vitest';
import { parseOptions, runOptions } from './options.js';
import { countReason, emptyRecording, histogramOf, recordMs, slotAt } from './recorder.js';
import { markdownReport } from './report.js';
import { loadResult } from './result.js';
import type { StageResult } from './worker-pool.js';

const options = parseOptions(
  runOptions,
  ['--url', 'http://site', '--seed', 'a seed of this test', '--rate', '10', '--duration', '10s', '--ramp', '2s'].concat(
    [...['--note', 'hardware=8 vCPU', '--note', 'build=a=b']],
  ),
  {},
);

function stage(changes: Partial<StageResult> = {}): StageResult {
  const recording = emptyRecording();
  Object.assign(recording, {
    begun: 90,
    finished: 85,
    failed: 5,
    measuredBegun: 80,
    measuredFailed: 4,
    finishedInTime: 76,
  });
  recordMs(recording.visits, 40);
  recordMs(recording.lateness, 1);
  slotAt(recording.slots, 99).finished++;
  slotAt(recording.slots, 30).finished++;
  return { recording, startedAt: 0, elapsedMs: 11_000, cpuS: 1.1, busiest: 0.2, ...changes };
}
const resultOf = (result: StageResult, more: object = {}) =>
  loadResult({ options, version: '1.0.0', result, kills: [], postgres: undefined, ...more });

const POSTGRES = {
  ...{ version: '18.1', hash: null, users: 10, sessions: 85, plans: 85, connections: 12 },
  ...{ cpuS: 0.17, commits: 255, walBytes: 85 * 2048, reads: 0, writes: 60, syncs: 25, unknown: [] },
};

describe('the result of a load', () => {
  it('computes rates from the time after the ramp and before the end of the load', () => {
    expect(resultOf(stage())).toMatchObject({
      ...{ date: '1970-01-01T00:00:00.000Z', begun: 90, finished: 85, failed: 5 },
      ...{ errorRate: 0.05, goodputPerSecond: 9.5, gapMs: 6800 },
      ...{ offeredPerSecond: 10, visitors: null, model: 'open, poisson', warnings: [] },
      notes: { hardware: '8 vCPU', build: 'a=b' },
      generator: { coresUsed: 0.1, busiestThread: 0.2 },
    });
  });

  it('has null for each unknown figure, which the report shows as "not known"', () => {
    const result = resultOf(stage({ recording: emptyRecording(), elapsedMs: 2000 }));
    expect(result).toMatchObject({ errorRate: null, goodputPerSecond: null, visitMs: null, postgres: null });
    expect(result.durationS).toBe(2);
    const report = markdownReport(result);
    expect(report).toContain('| hardware (stated) | 8 vCPU |');
    for (const field of ['error rate', 'nats (stated)', 'password hash', 'WAL of a visit, KiB'])
      expect(report).toContain(`| ${field} | not known |`);
  });

  it('divides the work of Postgres by the number of visits', () => {
    expect(resultOf(stage(), { postgres: POSTGRES }).postgres).toMatchObject({
      ...{ coresPer100PerSecond: 0.2, iopsPer100PerSecond: 100, walKiBPerVisit: 2, commitsPerVisit: 3 },
    });
    const older = { ...POSTGRES, reads: null, writes: null, syncs: null, cpuS: null };
    expect(resultOf(stage(), { postgres: older }).postgres).toMatchObject({
      ...{ coresPer100PerSecond: null, iopsPer100PerSecond: null, walKiBPerVisit: 2 },
    });
  });

  it('counts the visits between each command and the next one', () => {
    const kill = (at: number) => ({ at, beganAt: at, endedAt: at + 50, run: `kill ${at}`, exitCode: 0, output: '' });
    const { kills } = resultOf(stage(), { kills: [kill(5000), kill(1000)] });
    expect(kills.map(({ run, after }) => [run, after.finished, after.gapMs])).toEqual([
      ['kill 1000', 1, 2000],
      ['kill 5000', 1, 4900],
    ]);
    expect(markdownReport(resultOf(stage(), { kills: [kill(1000)] }))).toContain('| `kill 1000` | 1.0 | 0.1 | 0 |');
  });

  it('contains the time from a command until visits took at most three times the median again', () => {
    const kill = (at: number) => ({ at, beganAt: at, endedAt: at + 50, run: `kill ${at}`, exitCode: 0, output: '' });
    const result = stage();
    for (const [number, slowestMs] of [Number.POSITIVE_INFINITY, 121, 119].entries())
      Object.assign(slotAt(result.recording.slots, 10 + number), { begun: 10, slowestMs });
    const { kills } = resultOf(result, { kills: [kill(1000), kill(5000)] });
    expect(kills.map(({ recoveredAfterMs }) => recoveredAfterMs)).toEqual([200, null]);
    const report = markdownReport(resultOf(result, { kills: [kill(1000), kill(5000)] }));
    expect(report).toMatch(/\| `kill 1000` \|.*\| 0\.2 \|\n\| `kill 5000` \|.*\| not meanwhile \|/);
  });

  it('has the latency of refusals by step, separate from the latency of responses', () => {
    const { recording } = stage();
    recordMs(histogramOf(recording.refusals, 'GET'), 3);
    recordMs(histogramOf(recording.refusals, 'password'), 300);
    const result = resultOf(stage({ recording }));
    expect(result.refusedStepsMs).toMatchObject({ GET: { count: 1 }, password: { count: 1 } });
    expect(result.refusalMs).toMatchObject({ count: 2, max: expect.closeTo(300, 0) });
    expect(markdownReport(result)).toMatch(
      /\| refusals \| 2 \|.*\n\| … of GET \| 1 \| 3 \|.*\n\| … of password \| 1 \|/,
    );
  });

  it('warns when the load generator was late or busy, or accounts had no codes', () => {
    const late = stage({ busiest: 0.95, cpuS: 10_000 });
    recordMs(late.recording.lateness, 200);
    countReason(late.recording.failures, 'no unused code: more users are needed', 7);
    expect(resultOf(late).warnings).toEqual([
      expect.stringMatching(/^The load generator sent 1 % of the requests more than (199|200)/),
      expect.stringMatching(/^A thread of the load generator was busy for 95 %/),
      expect.stringMatching(/^The load generator used [\d.]+ of \d+ cores/),
      expect.stringMatching(/^7 visits failed because accounts had no unused code/),
    ]);
  });
});
