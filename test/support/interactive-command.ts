import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { killWhenParentDies } from './watchdog.js';

interface CommandOptions {
  /** Working directory. By default, the working directory of the tests. */
  readonly cwd?: string;
  /** Program that runs the arguments. By default, Node. */
  readonly program?: string;
  /** Environment variables besides PATH and HOME. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A command that runs in a process of its own and talks to a test by pipes. */
export class InteractiveCommand {
  /** All text on standard output. */
  stdout = '';
  /** All text on standard output and standard error, in order of arrival. */
  output = '';
  /** Resolves with the exit code, or with `null` when a signal has ended the process. */
  readonly exit: Promise<number | null>;
  /** The arguments of the program, which other users of the machine can see. */
  readonly args: readonly string[];
  private readonly child: ChildProcessWithoutNullStreams;
  /** Length of the output up to the last match of `says`. */
  private read = 0;
  private readonly waiting = new Set<() => void>();
  private hasEnded = false;

  constructor(args: readonly string[], { cwd, program = process.execPath, env: more = {} }: CommandOptions = {}) {
    this.args = args;
    const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...more };
    this.child = spawn(program, args, { cwd, env, stdio: 'pipe' });
    const cancelWatchdog = killWhenParentDies(this.child.pid ?? 0);
    this.child.stdout.on('data', (chunk: Buffer) => {
      this.stdout += String(chunk);
      this.append(String(chunk));
    });
    this.child.stderr.on('data', (chunk: Buffer) => this.append(String(chunk)));
    // The command may end before it has read its input.
    this.child.stdin.on('error', () => undefined);
    this.exit = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code) => {
        cancelWatchdog();
        this.hasEnded = true;
        for (const check of this.waiting) check();
        resolve(code);
      });
    });
  }

  /** Id of the process. */
  get pid(): number {
    return this.child.pid as number;
  }

  /** Resolves with the match when output after the last match matches `pattern`. Rejects if the command ends first. */
  says(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const check = () => {
        const match = pattern.exec(this.output.slice(this.read));
        if (!match && !this.hasEnded) return;
        this.waiting.delete(check);
        if (!match) return reject(new Error(`The command ended without ${String(pattern)}:\n${this.output}`));
        this.read += match.index + match[0].length;
        resolve(match);
      };
      this.waiting.add(check);
      check();
    });
  }

  /** Writes a line to standard input. */
  write(line: string): void {
    this.child.stdin.write(`${line}\n`);
  }

  /** Closes standard input. */
  endInput(): void {
    this.child.stdin.end();
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  private append(text: string) {
    this.output += text;
    for (const check of this.waiting) check();
  }
}
