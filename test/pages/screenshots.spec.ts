import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeInChromium } from '../support/chromium.js';

const run = promisify(execFile);
const pages = (...args: string[]) => run(process.execPath, ['tools/pages.mjs', ...args]);

/** Returns the width in the header of a PNG file. Throws if it is no PNG file. */
async function widthOf(path: string): Promise<number> {
  const bytes = await readFile(path);
  if (bytes.toString('latin1', 1, 4) !== 'PNG') throw new Error(`${path} is not a PNG file`);
  return bytes.readUInt32BE(16);
}

describeInChromium('npm run pages -- --screenshots', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-screenshots-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('writes a wide, a narrow and a right-to-left picture of a named page', async () => {
    const { stdout } = await pages('--screenshots', folder, 'password');

    expect(stdout).toContain(`3 pictures are in ${folder}`);
    const widths = (await readdir(folder)).map(async (file) => [file, await widthOf(join(folder, file))]);
    expect(Object.fromEntries(await Promise.all(widths))).toEqual({
      ...{ 'password.wide.png': 1280, 'password.narrow.png': 390, 'password.rtl.png': 1280 },
    });
    const [ltr, rtl] = ['wide', 'rtl'].map((look) => readFile(join(folder, `password.${look}.png`)));
    expect((await ltr)?.equals((await rtl) as Buffer)).toBe(false);
  });

  it('lists the pages when no page has the given name', async () => {
    await expect(pages('--screenshots', folder, 'nowhere')).rejects.toMatchObject({
      stderr: expect.stringMatching(/^There is no page nowhere\. The pages are identification,/),
    });
  });
});
