import { EventEmitter } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { QueueingTime } from './queueing-time.js';

function poolWith(waitingCount: number) {
  return Object.assign(new EventEmitter(), { waitingCount });
}

function measure(waitingCount: number) {
  let nowMs = 0;
  const pool = poolWith(waitingCount);
  const time = new QueueingTime(pool, () => nowMs);
  onTestFinished(() => time.stop());
  return { pool, time, pass: (ms: number) => (nowMs += ms) };
}

/** Keeps the event loop busy for `ms` milliseconds in each of its next `turns` turns. */
async function occupyLoop(turns: number, ms: number) {
  for (let i = 0; i < turns; i++) {
    const end = performance.now() + ms;
    while (performance.now() < end);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

it('QueueingTime estimates the wait of the next statement from the waiting statements and the rate of connections', () => {
  const { pool, time, pass } = measure(500);
  for (let i = 0; i < 50; i++) pool.emit('acquire');
  pass(1000);
  expect(time.take()).toBe(10_000);
  for (let i = 0; i < 1000; i++) pool.emit('acquire');
  pass(1000);
  expect(time.take()).toBe(500);
});

it('QueueingTime reports a long wait for a pool whose connections do not become free', () => {
  const { time, pass } = measure(30);
  pass(100);
  expect(time.take()).toBe(3000);
});

it('QueueingTime returns the median delay of a busy event loop', async () => {
  const { time } = measure(0);
  await occupyLoop(5, 60);
  expect(time.take()).toBeGreaterThan(40);
});
