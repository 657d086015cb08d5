import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { constants, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { BUFFER_BYTES, openLogOutput, WAITING_BYTES } from './log-output.js';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-log-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  vi.useRealTimers();
});

const LINE = `${'x'.repeat(1023)}\n`;

describe('log output to a file', () => {
  let count = 0;
  function open() {
    const path = join(folder, `log-${count++}`);
    const output = openLogOutput(openSync(path, 'w'));
    return { output, written: () => readFileSync(path, 'utf8').length };
  }

  it('is written when 15 KiB of lines have been collected, and not before', async () => {
    const { output, written } = open();
    for (let i = 0; i < 14; i++) output.write(LINE);
    output.write(LINE.slice(0, 1000));
    expect(written()).toBe(0);
    const drained = once(output, 'drain');
    output.write(LINE);
    await drained;
    expect(BUFFER_BYTES).toBe(15 * 1024);
    expect(written()).toBe(15 * 1024 + 1000);
  });

  it('is written after 200 ms if fewer lines have been collected', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const { output, written } = open();
    output.write(LINE);
    vi.advanceTimersByTime(199);
    expect(written()).toBe(0);
    const drained = once(output, 'drain');
    vi.advanceTimersByTime(1);
    await drained;
    expect(written()).toBe(1024);
  });
});

it('log output keeps 8 MiB of lines while nobody reads it, and drops further lines', async () => {
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  const reader = new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), writable: false });
  const output = openLogOutput(openSync(path, constants.O_WRONLY));
  const dropped = vi.fn<() => void>();
  output.on('drop', dropped);
  for (let i = 0; i < WAITING_BYTES / LINE.length; i++) output.write(LINE);
  expect(dropped).not.toHaveBeenCalled();
  for (let i = 0; i < 100; i++) output.write(LINE);
  expect(dropped).toHaveBeenCalled();
  expect(dropped.mock.calls.length).toBeLessThanOrEqual(100);
  // The write that waits for room in the pipe ends only when the pipe is read.
  reader.resume();
  await once(output, 'drain');
  output.end();
  await once(reader, 'close');
});
