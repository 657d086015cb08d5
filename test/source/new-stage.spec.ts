import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { StageContract } from '@gatehouse/contracts';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { stages } from '@gatehouse/stages';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { askingStage } from '../../tools/new-stage/stage-files.js';
import { ArgumentError, stageNames } from '../../tools/new-stage/stage-name.js';
import { DocumentedCommands } from '../support/documented-commands.js';

const COPIED = [
  'apps',
  'deploy',
  'docs',
  'libs',
  'load',
  'packages',
  'test',
  'tools',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'biome.json',
];

describe('npm run new:stage', { timeout: 120_000 }, () => {
  let folder: string;
  /** A program in place of npm, which installs the packages of this working tree. */
  let npm: string;
  /** Returns what a program prints, also if it fails. */
  const run = async (...args: string[]): Promise<string> => {
    const env = { ...process.env, PATH: [dirname(npm), process.env['PATH']].join(delimiter) };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: folder, env }).catch(
      (error: { stdout: string; stderr: string }) => error,
    );
    return stdout + stderr;
  };

  let report: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-new-stage-'));
    for (const path of COPIED) cpSync(path, join(folder, path), { recursive: true });
    npm = join(folder, 'programs/npm');
    mkdirSync(dirname(npm));
    writeFileSync(npm, `#!/bin/sh\nln -s '${resolve('node_modules')}' node_modules\n`, { mode: 0o755 });
    report = await run('tools/new-stage.mjs', 'terms-of-use');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('installs packages first if there are none', () => {
    expect(report).toMatch(/^Installing the packages of package-lock\.json …\nWrote the stage terms_of_use,/);
  });

  it('makes a complete stage, and lists the files that it has written or changed', async () => {
    for (const file of report.matchAll(/^ {2}(\S+\.\w+)$/gm)) expect(existsSync(join(folder, file[1]!))).toBe(true);
    for (const file of ['libs/stages/src/catalogue.ts', 'libs/stages/src/modules.ts', 'deploy/nats/nats.conf'])
      expect(report).toContain(`  ${file}\n`);
    expect(await run('tools/check-stages.mjs')).toBe('The stages are complete.\n');
  });

  it('says in the reference of models that the fields exist since the next version', () => {
    const read = (path: string) => readFileSync(join(folder, path), 'utf8');
    const [major, minor] = (JSON.parse(read('package.json')) as { version: string }).version.split('.');
    const [, section] = read('docs/reference/models.md').split('## gatehouse_stages.termsofusestage\n');
    const rows = [...section!.split('\n## ')[0]!.matchAll(/^\| `(\w+)` \|.*\| ([\d.]+) \|/gm)];
    const next = `${major}.${Number(minor) + 1}.0`;
    expect(rows.map(([, field, since]) => [field, since])).toEqual([
      ['question', next],
      ['name', next],
    ]);
  });

  it.each<[string, string | undefined, RegExp]>([
    [
      'misses',
      undefined,
      /^apps\/web\/src\/challenges\/table\.ts imports apps\/web\/src\/challenges\/terms-of-use\.ts, which does not exist: .*\n$/,
    ],
    [
      'cannot parse',
      'export const a = 1;\nexport const b = (;\n',
      /^apps\/web\/src\/challenges\/terms-of-use\.tsx:2:19 is no valid TypeScript: Unexpected token\.\n$/,
    ],
  ])('check:stages names in one line the page that it %s', async (_what, text, sentence) => {
    const page = join(folder, 'apps/web/src/challenges/terms-of-use.tsx');
    const before = readFileSync(page);
    rmSync(page);
    if (text !== undefined) writeFileSync(page, text);
    expect(await run('tools/check-stages.mjs')).toMatch(sentence);
    writeFileSync(page, before);
  });

  it('refuses a stage whose page would have the name of another file, and writes nothing', async () => {
    expect(await run('tools/new-stage.mjs', 'external_origins')).toMatch(
      /^apps\/web\/src\/challenges\/external-origins\.\S+ exists already\. Choose another/,
    );
    expect(existsSync(join(folder, 'libs/stages/src/external-origins'))).toBe(false);
  });
});

describe('docs/how-to/add-a-stage.md', () => {
  const page = DocumentedCommands.of('docs/how-to/add-a-stage.md');
  const STAGE = 'libs/stages/src/terms-of-use/terms-of-use';
  let folder: string;
  /** Imports a file of the stage. */
  let load: (part: string) => Promise<Record<string, unknown>>;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-terms-'));
    for (const path of ['tsconfig.json', 'package.json']) cpSync(path, join(folder, path));
    const [, name = ''] = /^npm run new:stage -- (\S+)\n$/.exec(page.block('sh', /new:stage/))!;
    const contracts = Object.values(stages).map(({ contract }) => contract);
    const files = askingStage(stageNames(name, { contracts, pages: [] }), { service: 'session', since: '9.0.0' });
    for (const [path, text] of Object.entries(files)) write(path, text);
    load = (part) => import(join(folder, `${STAGE}.${part}.ts`)) as Promise<Record<string, unknown>>;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function write(path: string, text: string) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  /** Replaces the first match of a pattern in a file of the stage. Fails without a change. */
  function edit(part: string, pattern: RegExp, text: string) {
    const path = `${STAGE}.${part}.ts`;
    const before = readFileSync(join(folder, path), 'utf8');
    const after = before.replace(pattern, () => text);
    expect(after).not.toBe(before);
    write(path, after);
  }

  it('has a blueprint, a login and a check that fit the generated stage', async () => {
    const { termsOfUseContract: contract } = (await load('contract')) as { termsOfUseContract: StageContract };
    const text = page.block('yaml', /termsofusestage/);
    const { entries } = parse(text.replaceAll(/!\w+ /g, '')) as { entries: { model: string; attrs: object }[] };
    expect(entries[0]?.model).toBe(contract.model);
    expect(contract.config.parse(entries[0]?.attrs)).toEqual(entries[0]?.attrs);
    expect(page.block('sh', /^npm start\n/)).toBe('npm start\nnpm run blueprint -- apply terms.yaml\n');
    const [, last = ''] = /--json '(\{"component": "gatehouse.*\})'\n$/.exec(page.block('sh', /^FLOW=/))!;
    expect(contract.response.parse(JSON.parse(last))).toMatchObject({ agreed: true });
    expect(JSON.parse(last)).toMatchObject({ component: contract.component });
    const [, kind, config = ''] = /-- (\S+) --config '(.*)'/.exec(page.block('sh', /check:stage --/))!;
    expect(kind).toBe(contract.kind);
    expect(() => contract.config.parse(JSON.parse(config))).not.toThrow();
    const checks = page.block('sh', /^npm run docs/);
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: object };
    for (const [, script = ''] of checks.matchAll(/^npm run (\S+)/gm)) expect(Object.keys(scripts)).toContain(script);
    expect(checks).toContain('npm test -- libs/stages/src/terms-of-use test/texts\n');
  });

  it('has code changes that let the stage ask again with its own text, and inject a clock', async () => {
    edit('contract', /^ *errors: .*\n/m, page.block('ts', /^errors:/));
    edit('stage', /deny, /, '');
    edit('stage', /(?<=import \{ ask, )pass(?= \})/, 'pass, reject');
    edit('stage', /^ *return response\.agreed.*\n/m, page.block('ts', /^return response/));
    edit('stage', /^import \{ Injectable \}.*\n/m, '');
    edit('stage', /@Injectable\(\)\nexport class .*\n/, page.block('ts', /CLOCK = Symbol/));
    edit('module', /import \{ TermsOfUseStage \}/, 'import { CLOCK, TermsOfUseStage }');
    edit('module', /^export const .*\n/m, page.block('ts', /termsOfUseModule/));
    const translation = page.block('ts', /Bitte nehmen Sie/);
    write(`${STAGE}.text.ts`, `export const texts: Record<string, string> = {${translation}};`);
    const test = page.block('ts', /^const errors/);
    write(`${STAGE}.test.ts`, `export async function run({ expect, drive, challenge }: any) {\n${test}}`);

    const { termsOfUseContract: contract } = (await load('contract')) as { termsOfUseContract: StageContract };
    const { texts } = (await load('text')) as { texts: Record<string, string> };
    expect(Object.keys(texts)).toEqual(Object.values(contract.errors).map(({ string }) => string));
    const challenge = { question: 'Shall we go on?' };
    const { TermsOfUseStage: Stage } = (await load('stage')) as { TermsOfUseStage: new (now: () => number) => never };
    const drive = () => driveStage(contract, new Stage(() => Date.UTC(2026, 0, 31, 22)), { config: challenge });
    await ((await load('test')) as { run: (given: object) => Promise<void> }).run({ expect, drive, challenge });
    const { termsOfUseModule: module } = (await load('module')) as { termsOfUseModule: () => { imports?: unknown } };
    expect(module()).toBeDefined();
  });
});

describe('the name of a new stage', () => {
  const contracts = Object.values(stages).map(({ contract }) => contract);
  const names = (name: string) => stageNames(name, { contracts, pages: ['Denied'] });

  it('gives the names of its parts, with hyphens or with underscores', () => {
    expect(names('terms-of_use')).toEqual({
      kind: 'terms_of_use',
      folder: 'terms-of-use',
      pascal: 'TermsOfUse',
      camel: 'termsOfUse',
      title: 'Terms of use',
      component: 'gatehouse-stage-terms-of-use',
      model: 'gatehouse_stages.termsofusestage',
    });
    expect(names('a'.repeat(48)).kind).toHaveLength(48);
  });

  it.each([
    ['TermsOfUse', '"TermsOfUse" is no name of a stage. Use lower-case letters'],
    ['2fa', '"2fa" is no name of a stage.'],
    ['terms--use', '"terms--use" is no name of a stage.'],
    ['../terms', '"../terms" is no name of a stage.'],
    ['', '"" is no name of a stage.'],
    ['a', 'The name of a stage has 2 to 48 characters, and "a" has 1.'],
    ['a'.repeat(49), 'The name of a stage has 2 to 48 characters'],
    ['x-acme-terms', '"x-acme-terms" begins with x, like the kinds of external stages.'],
    ['user-login', 'There is a stage user_login with this name already.'],
    ['denied', '"denied" is reserved: Denied means something else in the code.'],
    ['error', '"error" is reserved: Error means something else in the code.'],
    ['form', '"form" is reserved: Form means something else in the code.'],
  ])('is refused if it is %j', (name, sentence) => {
    expect(() => names(name)).toThrow(ArgumentError);
    expect(() => names(name)).toThrow(sentence);
  });
});
