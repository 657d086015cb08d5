import { beforeEach, describe, expect, it } from 'vitest';
import { CircuitBreaker, CircuitOpenError } from './circuit-breaker.js';

let now = 0;
let breaker: CircuitBreaker;
beforeEach(() => {
  now = 0;
  breaker = new CircuitBreaker({ failures: 2, pauseMs: 1000 }, () => now);
});

const fail = () => breaker.run(() => Promise.reject(new Error('no answer')));
const work = () => breaker.run(async () => 'answer');

describe('somebody who does not answer', () => {
  it('is asked until they have failed often enough, one after the other', async () => {
    await expect(fail()).rejects.toThrow('no answer');
    await expect(work()).resolves.toBe('answer');
    await expect(fail()).rejects.toThrow('no answer');
    expect(breaker.closed).toBe(true);
    await expect(fail()).rejects.toThrow('no answer');
    expect(breaker.closed).toBe(false);
  });

  it('is left alone for a while then, without a question', async () => {
    await Promise.allSettled([fail(), fail()]);
    now = 999;
    await expect(work()).rejects.toThrow(CircuitOpenError);
    now = 1000;
    await expect(work()).resolves.toBe('answer');
    await expect(work()).resolves.toBe('answer');
  });

  it('is tried by one question, while all others are refused', async () => {
    await Promise.allSettled([fail(), fail()]);
    now = 1000;
    let answer: (word: string) => void = () => undefined;
    const trial = breaker.run(() => new Promise<string>((resolve) => (answer = resolve)));
    await expect(work()).rejects.toThrow(CircuitOpenError);
    answer('back');
    await expect(trial).resolves.toBe('back');
    await expect(work()).resolves.toBe('answer');
  });

  it('is left alone again when the trial fails', async () => {
    await Promise.allSettled([fail(), fail()]);
    now = 1000;
    await expect(fail()).rejects.toThrow('no answer');
    now = 1999;
    await expect(work()).rejects.toThrow(CircuitOpenError);
  });
});
