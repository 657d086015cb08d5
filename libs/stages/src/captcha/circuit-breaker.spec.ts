import { beforeEach, describe, expect, it } from 'vitest';
import { CircuitBreaker, CircuitOpenError } from './circuit-breaker.js';

let now = 0;
let breaker: CircuitBreaker;
beforeEach(() => {
  now = 0;
  breaker = new CircuitBreaker({ failures: 2, pauseMs: 1000 }, () => now);
});

const fail = () => breaker.run(() => Promise.reject(new Error('no answer')));
const succeed = () => breaker.run(async () => 'answer');

describe('CircuitBreaker', () => {
  it('opens after the configured number of consecutive failures', async () => {
    await expect(fail()).rejects.toThrow('no answer');
    await expect(succeed()).resolves.toBe('answer');
    await expect(fail()).rejects.toThrow('no answer');
    expect(breaker.closed).toBe(true);
    await expect(fail()).rejects.toThrow('no answer');
    expect(breaker.closed).toBe(false);
  });

  it('throws CircuitOpenError until the pause is over', async () => {
    await Promise.allSettled([fail(), fail()]);
    now = 999;
    await expect(succeed()).rejects.toThrow(CircuitOpenError);
    now = 1000;
    await expect(succeed()).resolves.toBe('answer');
    await expect(succeed()).resolves.toBe('answer');
  });

  it('lets one trial call through after the pause, and refuses other calls until it has ended', async () => {
    await Promise.allSettled([fail(), fail()]);
    now = 1000;
    let answer: (word: string) => void = () => undefined;
    const trial = breaker.run(() => new Promise<string>((resolve) => (answer = resolve)));
    await expect(succeed()).rejects.toThrow(CircuitOpenError);
    answer('back');
    await expect(trial).resolves.toBe('back');
    await expect(succeed()).resolves.toBe('answer');
  });

  it('opens again when the trial call fails', async () => {
    await Promise.allSettled([fail(), fail()]);
    now = 1000;
    await expect(fail()).rejects.toThrow('no answer');
    now = 1999;
    await expect(succeed()).rejects.toThrow(CircuitOpenError);
  });
});
