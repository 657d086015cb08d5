import { expect, it } from 'vitest';
import { PythonPool } from './python-pool.js';
import { PythonProcess } from './python-process.js';

it('a pool gives no task to an idle process that is being ended', async () => {
  const started: PythonProcess[] = [];
  const start = () => {
    const process = new PythonProcess(64);
    started.push(process);
    return process;
  };
  const pool = new PythonPool({ size: 1, spares: 0, start, onFault: () => undefined });
  try {
    await pool.open();
    const ending = started[0]!.end();
    expect(await pool.acquire(60_000)).toBe(started[1]);
    await ending;
  } finally {
    await pool.close();
  }
});
