import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../../../test/support/commands.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-'));
});
afterAll(() => rm(folder, { recursive: true }));

it.each([
  ['flow', ['trace', '0192f6a4-c7d8-7a8e-9c3b-5d2f1e4a6b8c']],
  ['events', ['export']],
  ['keys', ['reseal']],
] as const)(
  'npm run %s with %j and without keys names the folder in which it looked for the keys of npm start',
  async (name, args) => {
    const { code, stderr } = await runCli(name, [...args], { env: { GATEHOUSE_DIR: folder } });
    expect(code).toBe(1);
    expect(stderr).toMatch(/SEAL_KEYS/);
    expect(stderr).toContain(
      `If \`npm start\` runs Gatehouse, set GATEHOUSE_DIR to its folder instead: ${folder} has no keys.`,
    );
  },
);
