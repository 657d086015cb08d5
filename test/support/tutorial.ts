import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type OperatorCommand, runCli } from './commands.js';
import { DocumentedCommands } from './documented-commands.js';
import { InteractiveCommand } from './interactive-command.js';
import { freePort } from './processes.js';

/** Folders that a new clone of the repository does not have, or that a tutorial creates. */
const NOT_CLONED = new Set(['.git', '.gatehouse', 'coverage']);

/** The folder in which the reader of a tutorial types, with free ports in place of those of the pages. */
export class TutorialFolder {
  private constructor(
    readonly path: string,
    /** Free ports, by the ports in the pages. */
    private readonly ports: ReadonlyMap<string, number>,
  ) {}

  /** Creates a folder with everything that a clone has, and chooses a free port for each of these ports. */
  static async open(...ports: readonly string[]): Promise<TutorialFolder> {
    const path = await mkdtemp(join(tmpdir(), 'gatehouse-tutorial-'));
    const names = (await readdir('.')).filter((name) => !NOT_CLONED.has(name));
    await Promise.all(names.map((name) => symlink(resolve(name), join(path, name))));
    const free = await Promise.all(ports.map(async (port) => [port, await freePort()] as const));
    return new TutorialFolder(path, new Map(free));
  }

  /** Returns the free port that replaces a port of the pages. */
  port(port: string): number {
    const free = this.ports.get(port);
    if (free === undefined) throw new Error(`port ${port} has no replacement: pass it to TutorialFolder.open`);
    return free;
  }

  /** Returns a text of a page with the ports of this folder. */
  withPorts(text: string): string {
    return text.replaceAll(/(?<!\d)\d{4}(?!\d)/g, (number) => String(this.ports.get(number) ?? number));
  }

  remove(): Promise<void> {
    return rm(this.path, { recursive: true, force: true });
  }
}

/** A page whose commands a test types, in the folder of the tutorial. */
export class Tutorial {
  private readonly blocks: DocumentedCommands;

  private constructor(
    private readonly page: string,
    private readonly folder: TutorialFolder,
    private readonly env: Readonly<Record<string, string>>,
  ) {
    this.blocks = DocumentedCommands.of(page);
  }

  static async of(page: string, folder: TutorialFolder): Promise<Tutorial> {
    const env = {
      PORT: String(folder.port('9000')),
      MONITORING_PORT: String(await freePort()),
      // The start of Python takes most of the CPU time of an expression.
      POLICY_PYTHON_SPARES: '0',
      XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'] ?? '',
    };
    return new Tutorial(page, folder, env);
  }

  /** Returns the commands of the block that matches, with `changes` in their text, such as `{ ID: '42' }`. */
  commands(pattern: RegExp, changes: Readonly<Record<string, string>> = {}): string {
    return this.folder.withPorts(this.blocks.block('sh', pattern, changes));
  }

  /** Starts the commands of a block. */
  start(pattern: RegExp, changes: Readonly<Record<string, string>> = {}): InteractiveCommand {
    return new InteractiveCommand(['-c', this.commands(pattern, changes)], {
      program: 'bash',
      cwd: this.folder.path,
      env: this.env,
    });
  }

  /** Runs the commands of a block with a line of input. Returns their output. Throws if the last command fails. */
  async run(pattern: RegExp, options: { readonly input?: string; readonly changes?: Record<string, string> } = {}) {
    const { input = '', changes } = options;
    const operator = /^npm run (blueprint|check:stage|flow|user) -- ([^]*)$/.exec(this.commands(pattern, changes));
    const { code, output } = operator
      ? await this.operate(operator[1]!.replace(':', '-') as OperatorCommand, operator[2]!, input)
      : await this.execute(pattern, input, changes);
    if (code !== 0) throw new Error(`${this.page}: ${String(pattern)} failed:\n${output}`);
    return output;
  }

  private async execute(pattern: RegExp, input: string, changes: Readonly<Record<string, string>> | undefined) {
    const command = this.start(pattern, changes);
    command.write(input);
    command.endInput();
    return { code: await command.exit, output: command.output };
  }

  /** Runs an operator command within this process, because a process for each takes a second. */
  private async operate(name: OperatorCommand, words: string, stdin: string) {
    const { stdout: list } = await promisify(execFile)('bash', ['-c', `printf '%s\\0' ${words}`]);
    const args = list.split('\0').slice(0, -1);
    const paths = args.map((arg) => (existsSync(join(this.folder.path, arg)) ? join(this.folder.path, arg) : arg));
    const env = { ...this.env, GATEHOUSE_DIR: join(this.folder.path, '.gatehouse') };
    const { code, stdout, stderr } = await runCli(name, paths, { env, stdin: `${stdin}\n` });
    return { code, output: (stdout + stderr).replaceAll(`${this.folder.path}/`, '') };
  }

  /** Saves the block that matches under the name that the page gives it. */
  async save(file: string, language: string, pattern: RegExp): Promise<void> {
    const text = await readFile(this.page, 'utf8');
    if (!text.includes(`Save this as \`${file}\`:\n\n\`\`\`${language}`))
      throw new Error(`${this.page} does not say that a block of ${language} is saved as ${file}`);
    await this.replace(file, language, pattern);
  }

  /** Replaces the text of a file by the block that matches. */
  async replace(file: string, language: string, pattern: RegExp): Promise<void> {
    await writeFile(join(this.folder.path, file), this.folder.withPorts(this.blocks.block(language, pattern)));
  }

  /** Returns a pattern for the output that the page shows. `…` matches any text. */
  shown(pattern: RegExp): RegExp {
    const lines = this.folder.withPorts(this.blocks.block('text', pattern)).trimEnd().split('\n');
    const escaped = lines.map((line) => line.split('…').map(escape).join('[^]*?'));
    // Other lines, such as headers, may stand between those that the page shows.
    return new RegExp(escaped.join('[^]*?\n'));
  }
}

const escape = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
