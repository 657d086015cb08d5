import { execFileSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type * as client from '@gatehouse/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compiler } from '../support/compiler.js';
import { DocumentedCommands } from '../support/documented-commands.js';
import { installPacked, packOnce, type ScratchProject } from './packed.js';

/** Largest size of all scripts of `@gatehouse/client`, in bytes after gzip. */
const MAX_CLIENT_BYTES = 5000;
/** Timeout in milliseconds of a compilation, which also checks the declarations of React and of browsers. */
const COMPILATION_TIMEOUT_MS = 120_000;
const SAMPLES = ['client.ts', 'react.tsx'];

describe('the packed packages, installed in another project', () => {
  let project: ScratchProject;
  beforeAll(async () => {
    project = await installPacked();
  });
  afterAll(() => project?.remove());

  const installed = (...path: string[]) => join(project.folder, 'node_modules/@gatehouse', ...path);
  const manifestOf = (name: string) =>
    JSON.parse(readFileSync(installed(name, 'package.json'), 'utf8')) as Record<string, unknown>;

  it('have a client of less than 5 kB after gzip, WebAuthn included', () => {
    const scripts = readdirSync(installed('client')).filter((name) => name.endsWith('.js'));
    const bytes = scripts.map((name) => gzipSync(readFileSync(installed('client', name)), { level: 9 }).length);

    expect(scripts.sort()).toEqual(['index.js', 'webauthn.js']);
    expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MAX_CLIENT_BYTES);
  });

  it('have no dependency, the version of the repository, and a licence', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

    expect(manifestOf('client')).toMatchObject({ version, license: 'MIT', sideEffects: false });
    expect(manifestOf('react')).toMatchObject({ version, peerDependencies: { '@gatehouse/client': version } });
    for (const name of ['client', 'react']) {
      expect(manifestOf(name)).not.toHaveProperty('dependencies');
      expect(readdirSync(installed(name))).toContain('LICENSE');
    }
  });

  it(
    'have types that accept the sample programs, and refuse the marked mistakes in them',
    () => {
      expect(() => compileSamples(project.folder)).not.toThrow();
    },
    COMPILATION_TIMEOUT_MS,
  );

  it('have the names that the commands of the how-to pages install', async () => {
    const tarballs = readdirSync(await packOnce()).filter((name) => name.endsWith('.tgz'));
    const page = DocumentedCommands.of('docs/how-to/write-a-client.md');
    const named = (text: string) => [...text.matchAll(/dist\/packages\/(\S+)/g)].map(([, name]) => name);
    const [, script = ''] = /^npm run (\w+)\n$/.exec(page.block('sh', /^npm run packages/)) ?? [];
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
    expect(scripts[script]).toBe('node tools/packages.mjs');
    expect(new Set(named(page.block('sh', /^npm install/)))).toEqual(new Set(tarballs));
    const other = DocumentedCommands.of('docs/how-to/log-in-from-a-command-line.md').block('sh', /^npm install/);
    expect(tarballs).toEqual(expect.arrayContaining(named(other)));
  });

  it('have no export that the sample program does not use', () => {
    const text = SAMPLES.map((name) => readFileSync(join('test/packages/sample', name), 'utf8')).join('\n');
    const names = ['client/types/index.d.ts', 'client/types/webauthn.d.ts', 'react/types/index.d.ts'].flatMap((path) =>
      exportsOf(installed(path)),
    );

    expect(names.length).toBeGreaterThan(40);
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(text))).toEqual([]);
  });

  it('load in Node without a browser', async () => {
    const { createClient } = (await import(installed('client', 'index.js'))) as Pick<typeof client, 'createClient'>;

    expect(Object.keys(createClient({ baseUrl: 'https://login.example.org' }))).toEqual(['prepare', 'start']);
  });
});

/** The programs in docs/how-to/write-a-client.md that the compiler checks, by a pattern of the program. */
const EXAMPLES: readonly (readonly [language: string, pattern: RegExp])[] = [
  ['ts', /createSilently/],
  ['tsx', /FlowComponents/],
];

/** Writes the examples of write-a-client.md to files. Returns the names of the files. */
function writeExamples(folder: string): readonly string[] {
  const page = DocumentedCommands.of('docs/how-to/write-a-client.md');
  return EXAMPLES.map(([language, pattern], i) => {
    writeFileSync(join(folder, `example${i}.${language}`), page.block(language, pattern));
    return `example${i}.${language}`;
  });
}

/** Compiles the sample program and the examples of the page in a strict project. Throws with the output of the compiler. */
function compileSamples(folder: string) {
  for (const name of SAMPLES) copyFileSync(join('test/packages/sample', name), join(folder, name));
  const examples = writeExamples(folder);
  const compilerOptions = {
    ...{ strict: true, noEmit: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
    ...{ target: 'es2022', module: 'nodenext', jsx: 'react-jsx', types: [], skipLibCheck: false },
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [...SAMPLES, ...examples] }));
  try {
    execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.'], { cwd: folder, encoding: 'utf8' });
  } catch (error) {
    throw new Error((error as { stdout: string }).stdout);
  }
}

/** Returns the names that a module exports, without the challenges and responses that are generated from the contracts. */
function exportsOf(path: string): string[] {
  const program = compiler.createProgram([path], { noLib: true, types: [] });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(path);
  const module = source && checker.getSymbolAtLocation(source);
  if (!module) throw new Error(`${path} is not a module`);
  return checker
    .getExportsOfModule(module)
    .filter(
      ({ declarations = [] }) =>
        !declarations.some((node) => node.getSourceFile().fileName.endsWith('challenges.d.ts')),
    )
    .map(({ name }) => name);
}
