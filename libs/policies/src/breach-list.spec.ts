import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BREACH_LIST_HEADER, BreachList } from './breach-list.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-breaches-'));
});
afterAll(() => rm(folder, { recursive: true }));

const sha1 = (text: string) => createHash('sha1').update(text).digest();

async function listOf(passwords: readonly string[]): Promise<BreachList> {
  const path = join(folder, `${passwords.length}.bin`);
  const hashes = passwords.map(sha1).sort((a, b) => a.compare(b));
  await writeFile(path, Buffer.concat([BREACH_LIST_HEADER, ...hashes]));
  return BreachList.open(path);
}

it.each([0, 1, 2, 7, 1000])('a breach list of %i passwords contains each of them and no other', async (size) => {
  const passwords = Array.from({ length: size }, (_, i) => `password-${i}`);
  const list = await listOf(passwords);
  for (const password of passwords) expect(await list.has(password)).toBe(true);
  for (let i = 0; i < 20; i++) expect(await list.has(`other-${i}`)).toBe(false);
  await list.close();
});

it.each([
  ['text', Buffer.from('5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:3\n')],
  ['a list that was cut off', Buffer.concat([BREACH_LIST_HEADER, sha1('x').subarray(1)])],
  ['nothing', Buffer.alloc(0)],
])('opening a breach list from a file with %s throws', async (_, bytes) => {
  const path = join(folder, 'bad.bin');
  await writeFile(path, bytes);
  await expect(BreachList.open(path)).rejects.toThrow('is no list of breached passwords');
});
