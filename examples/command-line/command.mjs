import { parseArgs } from 'node:util';

/** Exit codes. 75 is EX_TEMPFAIL of sysexits.h, 130 that of a shell after Ctrl-C. */
export const EXIT = { failed: 1, usage: 2, unavailable: 75, interrupted: 130 };

/** An error that the user of the command reads. */
export class CommandError extends Error {
  constructor(message, exitCode = EXIT.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * Runs `main` with the options of the command and a signal that Ctrl-C aborts, and sets the exit code. `required` are the
 * options that must have a value. No option takes a secret: other users of the machine can read arguments.
 */
export async function runCommand({ usage, options, required }, main) {
  const controller = new AbortController();
  const stop = () => controller.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    await main(optionsOf({ usage, options, required }), controller.signal);
  } catch (error) {
    process.exitCode = report(error, controller.signal);
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

function optionsOf({ usage, options, required }) {
  let values;
  try {
    ({ values } = parseArgs({ options }));
  } catch {
    // The message of parseArgs quotes the argument, which could be a secret.
    throw new CommandError(`An argument is unknown, or has no value. Usage: ${usage}`, EXIT.usage);
  }
  const missing = required.filter((name) => !values[name]);
  if (missing.length > 0) {
    const names = missing.map((name) => `--${name}`).join(', ');
    throw new CommandError(`${names} must be set. Usage: ${usage}`, EXIT.usage);
  }
  return values;
}

function report(error, signal) {
  if (signal.aborted) {
    process.stderr.write('\nStopped. You are not logged in by this command.\n');
    return EXIT.interrupted;
  }
  if (!(error instanceof CommandError)) throw error;
  process.stderr.write(`${printable(error.message)}\n`);
  return error.exitCode;
}

/** Returns a text of the server without the control characters that would change the terminal. */
export const printable = (text) => String(text).replace(/(?!\n)[\p{Cc}\p{Cf}]/gu, ' ');

/** Writes a line for the user. Standard output has the result alone. */
export const say = (text) => void process.stderr.write(`${printable(text)}\n`);
