import { describe, expect, it } from 'vitest';
import { addRecording, countReason, emptyRecording, histogramOf, recordMs, slotAt } from './recorder.js';
import { latenciesOf, latenciesOfAll, periodOf, recoveryOf } from './statistics.js';

describe('latencies', () => {
  it('have percentiles with three significant digits', () => {
    const { visits } = emptyRecording();
    for (let ms = 1; ms <= 1000; ms++) recordMs(visits, ms);
    const { p50, p95, p99, max, ...rest } = latenciesOf(visits)!;
    const offBy = (value: number, expected: number) => Math.abs(value - expected) / expected;
    expect(Math.max(offBy(p50, 500), offBy(p95, 950), offBy(p99, 990), offBy(max, 1000))).toBeLessThan(0.002);
    expect(rest).toMatchObject({ count: 1000 });
  });

  it('are null without a recorded value, and never above one hour', () => {
    const { visits } = emptyRecording();
    expect(latenciesOf(visits)).toBeNull();
    recordMs(visits, 10 * 3_600_000);
    expect(latenciesOf(visits)?.p50).toBeGreaterThan(3_590_000);
  });
});

describe('recordings of several load generators', () => {
  it('are added to one recording', () => {
    const recorded = (ms: number) => {
      const recording = emptyRecording();
      Object.assign(recording, { begun: 2, finished: 1, failed: 1, maxInFlight: 3 });
      recordMs(recording.visits, ms);
      recordMs(histogramOf(recording.steps, 'GET'), ms);
      recordMs(histogramOf(recording.refusals, `at ${ms}`), ms);
      countReason(recording.failures, 'late');
      recording.refused.set(503, 2);
      slotAt(recording.slots, ms / 100).finished++;
      slotAt(recording.slots, 0).slowestMs = ms;
      return recording;
    };
    const total = emptyRecording();
    for (const part of [recorded(100), emptyRecording(), recorded(300)]) addRecording(total, part);
    expect(total).toMatchObject({ begun: 4, finished: 2, failed: 2, maxInFlight: 6 });
    expect(latenciesOf(total.visits)).toMatchObject({ count: 2, max: expect.closeTo(300, 0) });
    expect(latenciesOf(histogramOf(total.steps, 'GET'))).toMatchObject({ count: 2 });
    expect([...total.refusals.keys()]).toEqual(['at 100', 'at 300']);
    expect(latenciesOfAll(total.refusals.values())).toMatchObject({ count: 2, max: expect.closeTo(300, 0) });
    expect(total.slots[0]).toMatchObject({ slowestMs: 300 });
    expect([total.failures, total.refused]).toEqual([new Map([['late', 2]]), new Map([[503, 4]])]);
    expect(total.slots.map(({ finished }) => finished)).toEqual([0, 1, 0, 1]);
  });

  it('count at most fifty different reasons separately', () => {
    const reasons = new Map<string, number>();
    for (let i = 0; i < 60; i++) countReason(reasons, `reason ${i}`);
    expect([reasons.size, reasons.get('other'), reasons.get('reason 49')]).toEqual([51, 10, 1]);
  });
});

describe('a period of the load', () => {
  it('has the counts of its visits, and the longest time in which none finished', () => {
    const slots = [3, 0, 0, 1, 0, 0, 0, 2, 5].map((finished) => ({ begun: 1, finished, failed: 0, slowestMs: 5 }));
    expect(periodOf(slots, 0, 900)).toEqual({ begun: 9, finished: 11, failed: 0, gapMs: 300 });
    expect(periodOf(slots, 100, 400)).toEqual({ begun: 3, finished: 1, failed: 0, gapMs: 200 });
  });
});

describe('the recovery of a deployment', () => {
  const slotsOf = (...slowest: number[]) =>
    slowest.map((slowestMs) => ({ begun: 4, finished: 4, failed: 0, slowestMs }));
  const during = { fromMs: 100, toMsExclusive: 1000, quickMs: 30 };

  it('is the start of the first of ten consecutive quick visits', () => {
    expect(recoveryOf(slotsOf(5, 900, 20, 10, 800, 30, 20, 10), during)).toBe(400);
    expect(recoveryOf(slotsOf(900, 20, 30, 10), during)).toBe(0);
  });

  it('treats a failed visit as slow, and ignores a time without visits', () => {
    const [quick, , none] = slotsOf(5, 5, 0);
    const failed = { begun: 1, finished: 0, failed: 1, slowestMs: Number.POSITIVE_INFINITY };
    const slots = [quick!, failed, quick!, { ...none!, begun: 0 }, quick!, quick!];
    expect(recoveryOf(slots, during)).toBe(100);
  });

  it('is null if there were fewer than ten consecutive quick visits before the end', () => {
    expect(recoveryOf(slotsOf(5, 900, 20, 10), during)).toBeNull();
    expect(recoveryOf(slotsOf(5, 900, 20, 10, 10), { ...during, toMsExclusive: 400 })).toBeNull();
  });
});
