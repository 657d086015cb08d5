import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BreachList } from '@gatehouse/policies';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../../test/support/commands.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-breaches-'));
});
afterEach(() => rm(folder, { recursive: true }));

const sha1 = (text: string) => createHash('sha1').update(text).digest('hex').toUpperCase();
const LEAKED = Array.from({ length: 500 }, (_, i) => `leaked-${i}`);

async function build(lines: readonly string[]) {
  const [source, list] = [join(folder, 'hashes.txt'), join(folder, 'list.bin')];
  await writeFile(source, `${lines.join('\n')}\n`);
  return { list, ...(await runCli('breach-list', ['build', source, list], { env: {} })) };
}

describe('npm run breach-list', () => {
  it('writes a list in which each password of the file is found, whether its hash is in upper or lower case', async () => {
    const lines = LEAKED.map(sha1)
      .sort()
      .map((hash, i) => (i % 2 === 0 ? `${hash}:${i}` : hash.toLowerCase()));
    const { code, stdout, list } = await build([...lines, lines.at(-1)!]);
    expect([code, stdout]).toEqual([0, expect.stringContaining('500 hashes written')]);
    const breaches = await BreachList.open(list);
    expect(await Promise.all(LEAKED.map((password) => breaches.has(password)))).toEqual(LEAKED.map(() => true));
    expect(await breaches.has('not leaked')).toBe(false);
    await breaches.close();
  });

  it.each([
    ['a line without a hash', [sha1('a'), 'password'], 'line 2 of'],
    ['a line that is out of order', [...['a', 'b', 'c'].map(sha1).sort().reverse()], 'is out of order'],
  ])('refuses %s, and leaves no file', async (_, lines, message) => {
    const { code, stderr } = await build(lines);
    expect([code, stderr]).toEqual([1, expect.stringContaining(message)]);
    expect(await readdir(folder)).toEqual(['hashes.txt']);
  });

  it('refuses a missing file and missing arguments', async () => {
    const missing = await runCli('breach-list', ['build', join(folder, 'none'), join(folder, 'list')], { env: {} });
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('does not exist')]);
    const bare = await runCli('breach-list', ['build'], { env: {} });
    expect([bare.code, bare.stderr]).toEqual([1, expect.stringContaining('usage: npm run breach-list')]);
  });
});
