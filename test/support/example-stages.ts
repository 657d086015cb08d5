import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'rolldown';
import { isInstalled } from '../deploy/installed.js';

const run = promisify(execFile);

/** A stage in `examples/` that a third party could have written. */
export interface ExampleStage {
  readonly kind: string;
  /** A config that the stage accepts. */
  readonly config: Readonly<Record<string, unknown>>;
  /** A right answer, and a wrong one if answers are guesses. */
  readonly answers: {
    readonly right: Readonly<Record<string, unknown>>;
    readonly wrong?: Readonly<Record<string, unknown>>;
  };
  /** The program that runs the entry, and the Debian package that has it. */
  readonly needs: { readonly program: string; readonly package: string };
  /** Builds the stage into a folder. Returns the program and its entry. */
  readonly prepare: (folder: string) => Promise<{ readonly program: string; readonly entry: string }>;
}

/**
 * Environment of a build that uses the installed Go only, and no module proxy. Without garbage collections and
 * optimizations, a first build, which compiles the standard library too, takes two thirds of the CPU time. All builds
 * have the same flags, because others would not find the compiled packages in the cache.
 */
export const GO_BUILD = {
  GOTOOLCHAIN: 'local',
  GOPROXY: 'off',
  CGO_ENABLED: '0',
  GOGC: 'off',
  GOFLAGS: "'-gcflags=all=-N -l'",
} as const;

/** The stages in `examples/`, by language. */
export const EXAMPLE_STAGES = {
  Go: {
    kind: 'x_example_code',
    config: { sha256: ['a3ee786b5707c27d42570785081ec17f5c7db9262a01366af362a1aa61a420b9'] },
    answers: { right: { code: 'let-me-in' }, wrong: { code: 'guess' } },
    needs: { program: 'go', package: 'golang-go' },
    prepare: async (folder) => {
      const program = join(folder, 'go-stage');
      const env = { ...process.env, ...GO_BUILD };
      await run('go', ['build', '-o', program, '.'], { cwd: 'examples/go-stage', env });
      return { program, entry: '' };
    },
  },
  Python: {
    kind: 'x_example_terms',
    config: { text: 'Be kind.' },
    answers: { right: { accept: true } },
    needs: { program: 'python3', package: 'python3' },
    prepare: async () => ({ program: 'python3', entry: 'examples/python-stage/terms_of_use.py' }),
  },
  TypeScript: {
    kind: 'x_example_contact',
    config: {},
    answers: { right: { channel: 'email' } },
    needs: { program: 'node', package: 'nodejs' },
    // Node 20, which does not run TypeScript, runs the bundle.
    prepare: async (folder) => {
      const entry = join(folder, 'contact.mjs');
      const input = 'examples/typescript-stage/contact.ts';
      await build({ input, platform: 'node', output: { file: entry, format: 'esm' }, logLevel: 'warn' });
      return { program: process.execPath, entry };
    },
  },
} as const satisfies Readonly<Record<string, ExampleStage>>;

/** A language that has an example. */
export type ExampleLanguage = keyof typeof EXAMPLE_STAGES;

/** Returns whether the program of an example is missing, so that its suite is skipped. If CI is set, the suite fails instead. */
export const isMissing = (language: ExampleLanguage): boolean =>
  !process.env['CI'] && !isInstalled(EXAMPLE_STAGES[language].needs.program);

/** Returns the end of the title of a suite, which says what is missing. */
export function missingNote(language: ExampleLanguage): string {
  const { program, package: name } = EXAMPLE_STAGES[language].needs;
  return isMissing(language) ? `: ${program} is missing (apt-get install ${name})` : '';
}
