import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';

const CHECK = resolve('tools/released-migrations.mjs');
const FILE = '1764028800000-create.ts';
const CODE = "/** Creates it. */\nexport const UP = `CREATE TABLE ${'t'} (id int)`;\n";

/** A folder in which the migration is released. */
let released: string;
let folder: string;
const path = (file = FILE) => join(folder, 'libs/sample/src/migrations', file);
const newFolder = () => mkdtempSync(join(tmpdir(), 'gatehouse-released-'));
beforeAll(() => {
  released = folder = newFolder();
  mkdirSync(join(path(), '..'), { recursive: true });
  mkdirSync(join(folder, 'tools'));
  writeFileSync(path(), CODE);
  check('--add', '0.2.0');
});
beforeEach(() => {
  folder = newFolder();
  cpSync(released, folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));
afterAll(() => rmSync(released, { recursive: true }));

function check(...args: string[]): { code: number | null; output: string } {
  const { status, stdout } = spawnSync(process.execPath, [CHECK, ...args], { cwd: folder, encoding: 'utf8' });
  return { code: status, output: stdout.trim() };
}
const list = () => readFileSync(join(folder, 'tools/released-migrations.json'), 'utf8');

it('the check reports a released migration with edited code, but not with edited comments or formatting', () => {
  writeFileSync(path(), CODE.replace('Creates it', 'Creates the table').replace('= `', '=\n  // why\n  `'));
  expect(check('--complete')).toEqual({ code: 0, output: '' });
  writeFileSync(path(), CODE.replace('int', 'bigint'));
  const before = list();
  const output = `${FILE} is released, but was edited. Write a new migration instead`;
  expect(check('--add', '0.3.0')).toEqual({ code: 1, output });
  expect(list()).toBe(before);
});

it('the check reports a released migration that was removed', () => {
  rmSync(path());
  expect(check()).toEqual({ code: 1, output: `${FILE} is released, but was removed` });
});

it('the check reports a migration that is not in the list, and --add lists it under the new version', () => {
  writeFileSync(path('1764028800001-next.ts'), 'export {};\n');
  expect(check('--complete')).toMatchObject({ code: 1, output: expect.stringContaining('1764028800001-next.ts') });
  const before: unknown = JSON.parse(list());
  check('--add', '0.3.0');
  expect(check('--complete')).toEqual({ code: 0, output: '' });
  expect(JSON.parse(list())).toMatchObject(before as object);
  expect(Object.keys(JSON.parse(list()) as object)).toEqual(['0.2.0', '0.3.0']);
});
