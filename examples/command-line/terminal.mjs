import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { CommandError, printable } from './command.mjs';

/** Asks the user: on the terminal, or by the lines of standard input if it is a pipe or a file. */
export class Terminal {
  #signal;
  #lines;

  constructor(signal) {
    this.#signal = signal;
  }

  ask(question) {
    return this.#answer(question, process.stderr);
  }

  /** Asks without showing what the user types. */
  askSecret(question) {
    return this.#answer(question, new Writable({ write: (_chunk, _encoding, done) => done() }));
  }

  /** Ends the use of standard input. */
  close() {
    void this.#lines?.return();
    process.stdin.destroy();
  }

  async #answer(question, echo) {
    const label = `${printable(question)}: `;
    const answer = await (process.stdin.isTTY ? this.#type(label, echo) : this.#nextLine(label));
    if (answer === undefined) throw new CommandError(`The input has ended, but the server asks for: ${question}.`);
    return answer;
  }

  async #type(label, echo) {
    // The terminal is in raw mode from here on, so it shows only what readline writes to `echo`.
    const reader = createInterface({ input: process.stdin, output: echo, terminal: true, historySize: 0 });
    reader.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
    const ended = new Promise((resolve) => reader.once('close', () => resolve(undefined)));
    const isShown = echo === process.stderr;
    if (!isShown) process.stderr.write(label);
    try {
      return await Promise.race([reader.question(isShown ? label : '', { signal: this.#signal }), ended]);
    } finally {
      reader.close();
      if (!isShown) process.stderr.write('\n');
    }
  }

  async #nextLine(label) {
    process.stderr.write(`${label}\n`);
    this.#lines ??= createInterface({ input: process.stdin, terminal: false })[Symbol.asyncIterator]();
    const aborted = new Promise((_resolve, reject) => {
      this.#signal.addEventListener('abort', () => reject(this.#signal.reason), { once: true });
    });
    return (await Promise.race([this.#lines.next(), aborted])).value;
  }
}
