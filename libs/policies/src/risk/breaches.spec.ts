import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { BREACH_LIST_HEADER, BreachList } from '../breach-list.js';
import { Breaches } from './breaches.js';

it('Breaches closes the file of breached passwords when the process shuts down', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-breaches-'));
  try {
    const path = join(folder, 'breaches');
    await writeFile(path, Buffer.concat([BREACH_LIST_HEADER, Buffer.alloc(20)]));
    const list = await BreachList.open(path);
    expect(await list.has('password')).toBe(false);
    await new Breaches(list).onApplicationShutdown();
    await expect(list.has('password')).rejects.toThrow('closed');
  } finally {
    await rm(folder, { recursive: true });
  }
});
