import { describe, expect, it } from 'vitest';
import { INITIAL_LIMIT, InFlightLimit, MIN_LIMIT, type Priority } from './in-flight-limit.js';

const TARGET_MS = 20;
const limitOf = (max = 1000) => new InFlightLimit({ delayMs: TARGET_MS, max });

/** Enters requests until one is refused, and returns how many requests are in flight then. */
function fill(limit: InFlightLimit, priority: Priority = 'new'): number {
  while (limit.admits(priority)) limit.enter();
  return limit.inFlight;
}
const drain = (limit: InFlightLimit) => {
  while (limit.inFlight > 0) limit.leave();
};

describe('the limit of requests in flight', () => {
  it('refuses new visits first, then GETs of running logins, and answers of running logins last', () => {
    const limit = limitOf();
    expect(fill(limit, 'new')).toBe(INITIAL_LIMIT);
    expect(limit.admits('look')).toBe(true);
    expect(fill(limit, 'look')).toBe(2 * INITIAL_LIMIT);
    expect(limit.admits('answer')).toBe(true);
    expect(fill(limit, 'answer')).toBe(4 * INITIAL_LIMIT);
  });

  it('never admits more than the largest number, whatever the priority', () => {
    expect(fill(limitOf(INITIAL_LIMIT + 1), 'answer')).toBe(INITIAL_LIMIT + 1);
    expect(fill(limitOf(5), 'new')).toBe(5);
  });

  it('admits a request again when another one has left', () => {
    const limit = limitOf();
    fill(limit);
    expect(limit.admits('new')).toBe(false);
    limit.leave();
    expect(limit.admits('new')).toBe(true);
  });

  it('falls in proportion to the excess of the queueing time, at most by half in one adjustment', () => {
    const limit = limitOf();
    fill(limit);
    limit.adjust(1.25 * TARGET_MS);
    expect(limit.value).toBeCloseTo(0.8 * INITIAL_LIMIT);
    limit.adjust(100 * TARGET_MS);
    expect(limit.value).toBeCloseTo(0.4 * INITIAL_LIMIT);
  });

  it('does not fall below the smallest limit', () => {
    const limit = limitOf();
    fill(limit);
    for (let i = 0; i < 20; i++) limit.adjust(100 * TARGET_MS);
    expect(limit.value).toBe(MIN_LIMIT);
  });

  it('falls from the number of requests in flight if the limit itself was not reached', () => {
    const limit = limitOf();
    for (let i = 0; i < 40; i++) limit.enter();
    limit.adjust(2 * TARGET_MS);
    expect(limit.value).toBe(20);
  });

  it('does not fall if the process is slow while few requests are in flight, because they do not cause the delay', () => {
    const limit = limitOf();
    for (let i = 0; i < MIN_LIMIT - 1; i++) limit.enter();
    limit.adjust(100 * TARGET_MS);
    expect(limit.value).toBe(INITIAL_LIMIT);
  });

  it('rises while requests reach it without queueing, so that slow stages do not make the gateway refuse requests', () => {
    const limit = limitOf();
    for (let i = 0; i < 40; i++) {
      fill(limit);
      limit.adjust(0);
    }
    expect(limit.value).toBe(1000);
  });

  it('stays the same while it is not reached, and returns to its initial value after an overload', () => {
    const limit = limitOf();
    limit.adjust(0);
    expect(limit.value).toBe(INITIAL_LIMIT);
    fill(limit);
    for (let i = 0; i < 20; i++) limit.adjust(100 * TARGET_MS);
    drain(limit);
    for (let i = 0; i < 25; i++) limit.adjust(0);
    expect(limit.value).toBeGreaterThanOrEqual(INITIAL_LIMIT);
  });

  it('stays at the largest number of requests if the adaptive limit is off', () => {
    const limit = new InFlightLimit({ delayMs: 0, max: 500 });
    expect(fill(limit, 'new')).toBe(500);
    limit.adjust(10_000);
    expect(limit.value).toBe(500);
  });
});
