import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type CommandOutput, OPERATOR_COMMANDS, type OperatorCommand } from './commands.js';

/** The input that a code block passes to a program that the test replaces. */
export interface ProgramInput {
  readonly args: readonly string[];
  /** The environment variables of the shell. */
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
}

/** Runs a program in place of the installed one. */
export type Program = (input: ProgramInput) => Promise<CommandOutput>;

/** Runs an operator command within this process. */
export type OperatorProgram = (
  command: OperatorCommand,
  args: readonly string[],
  input: Pick<ProgramInput, 'env' | 'stdin'>,
) => Promise<CommandOutput>;

/** Folders of the repository that code blocks name, and may change. */
const COPIED = ['blueprints', 'deploy', 'examples', 'load/flows'];

/**
 * Runs code blocks with bash, in a folder of its own. Operator commands (`npm run NAME` and `docker compose run SERVICE`)
 * run within this process, because a process for each takes a second.
 */
export class PageShell {
  private constructor(
    readonly folder: string,
    private readonly server: Server,
    private readonly programs: ReadonlyMap<string, Program>,
  ) {}

  /**
   * Opens a shell whose operator commands `operate` runs. Other programs, and other scripts of npm, may be replaced by
   * name.
   */
  static async open(
    operate: OperatorProgram,
    programs: Readonly<Record<string, Program>> = {},
    scripts: Readonly<Record<string, Program>> = {},
  ): Promise<PageShell> {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-page-'));
    for (const name of COPIED) await cp(name, join(folder, name), { recursive: true });
    const all = new Map(
      Object.entries({ npm: npm({ operate, scripts, folder }), docker: docker(operate, folder), ...programs }),
    );
    const server = createServer((request, response) => {
      void buffer(request)
        .then((body) => respond(body, all))
        .then((script) => response.end(script));
    });
    server.listen(join(folder, '.socket'));
    await once(server, 'listening');
    return new PageShell(folder, server, all);
  }

  /** Writes a file to the folder of the shell. */
  write(name: string, text: string): Promise<void> {
    return writeFile(join(this.folder, name), text);
  }

  /** Runs a script. Returns its output, also if it fails. */
  async run(script: string, { stdin = '' } = {}): Promise<CommandOutput> {
    const functions = [...this.programs.keys()].map((name) => `${name}() { ask_test ${name} "$@"; }\n`);
    const text = `${ASK_TEST}${functions.join('')}set -eo pipefail\n${script}`;
    const env = { PATH: process.env['PATH'], HOME: this.folder, SOCKET: join(this.folder, '.socket') };
    const child = spawn('bash', ['--norc', '-c', text], { cwd: this.folder, env });
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin);
    const [stdout, stderr, [code]] = await Promise.all([
      buffer(child.stdout).then(String),
      buffer(child.stderr).then(String),
      once(child, 'close') as Promise<[number]>,
    ]);
    return { code, stdout, stderr };
  }

  /** Runs a script and returns its output. Throws if it fails. */
  async runOk(script: string, options: { readonly stdin?: string } = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(script, options);
    if (code !== 0) throw new Error(`exit code ${code} of\n${script}\n${stderr}${stdout}`);
    return stdout;
  }

  async close(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await rm(this.folder, { recursive: true });
  }
}

/** Sends the program, its arguments, its environment and its input to the test, and evaluates the answer. */
const ASK_TEST = `ask_test() {
  eval "$({ printf '%s\\0' "$#" "$@"; env -0; printf '\\0'; cat; } |
    curl --silent --show-error --unix-socket "$SOCKET" --data-binary @- http://test/)"
}
`;

/** Returns the script that repeats the output of a program. */
async function respond(body: Buffer, programs: ReadonlyMap<string, Program>): Promise<string> {
  const [count = '0', ...words] = String(body).split('\0');
  const [name = '', ...args] = words.slice(0, Number(count));
  const variables = words.slice(Number(count), words.indexOf('', Number(count)));
  const stdin = words.slice(Number(count) + variables.length + 1).join('\0');
  const env = Object.fromEntries(variables.map((line) => [line.split('=', 1)[0]!, line.replace(/^[^=]*=/, '')]));
  const run = programs.get(name)!;
  const { code, stdout, stderr } = await run({ args, env, stdin }).catch((error: unknown) => ({
    ...{ code: 70, stdout: '', stderr: String(error) },
  }));
  return `printf %s ${quoted(stderr)} >&2; printf %s ${quoted(stdout)}; return ${code}`;
}

/** Returns a text as one word of a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Returns the full path of a word that names an entry of the folder, or looks like a new file. Keeps other words. */
const inFolder = (folder: string) => (word: string) =>
  /^[\w.-]+\.(yaml|jsonl?|pem)$/.test(word) || (word !== '' && existsSync(join(folder, word)) && !word.startsWith('/'))
    ? join(folder, word)
    : word;

/** Scripts that change files of the folder, by the names of their npm scripts. */
const TOOLS = new Map([
  ['deploy:env', 'tools/deploy-env.mjs'],
  ['deploy:stage', 'tools/deploy-stage.mjs'],
  ['sign:stage-page', 'tools/sign-stage-page.mjs'],
]);

async function runTool(
  path: string,
  args: readonly string[],
  { env, folder }: { readonly env: ProgramInput['env']; readonly folder: string },
): Promise<CommandOutput> {
  const child = spawn(process.execPath, [resolve(path), ...args], { cwd: folder, env, stdio: 'pipe' });
  const outputs = [buffer(child.stdout).then(String), buffer(child.stderr).then(String)] as const;
  const [stdout, stderr, [code]] = await Promise.all([...outputs, once(child, 'close') as Promise<[number]>]);
  return { code, stdout, stderr };
}

const isOperatorCommand = (name: string): name is OperatorCommand => OPERATOR_COMMANDS.some((known) => known === name);

interface Npm {
  readonly operate: OperatorProgram;
  readonly scripts: Readonly<Record<string, Program>>;
  readonly folder: string;
}

const npm =
  ({ operate, scripts, folder }: Npm): Program =>
  async ({ args: [verb, ...words], env, stdin }) => {
    const [script = '', separator, ...args] = words.filter((word) => word !== '--silent');
    const name = script.replace(':', '-');
    // Without the separator, npm takes options as its own.
    if (separator !== undefined && separator !== '--') throw new Error(`expected -- after npm run ${script}`);
    const own = scripts[script];
    if (verb === 'run' && own) return own({ args: args.map(inFolder(folder)), env, stdin });
    if (verb === 'run' && TOOLS.has(script)) return runTool(TOOLS.get(script)!, args, { env, folder });
    if (verb !== 'run' || !isOperatorCommand(name)) throw new Error(`npm ${verb} ${script} does not run in a test`);
    return operate(name, args.map(inFolder(folder)), { env, stdin });
  };

const docker =
  (operate: OperatorProgram, folder: string): Program =>
  async ({ args, env, stdin }) => {
    const [, service, name = '', rest = ''] =
      /^compose\nrun\n--rm\n(?:-T\n)?(?:-e\n\w+\n)*(\w+)\ndist\/apps\/cli\/src\/([\w-]+)\.js\n?([^]*)$/.exec(
        args.join('\n'),
      ) ?? [];
    if (service === undefined || !isOperatorCommand(name)) throw new Error(`docker ${args[0]} does not run in a test`);
    const words = rest.split('\n').filter((word) => word !== '');
    return operate(name, words.map(inFolder(folder)), { env, stdin });
  };
