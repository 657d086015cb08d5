import type { z } from 'zod';
import type { logError } from './log-fields.js';
import { maskText } from './mask-text.js';

/** Largest number of causes of an error whose stacks are logged. */
const MAX_CAUSES = 3;

/** Largest number of errors in an AggregateError whose messages are logged. */
const MAX_ERRORS = 5;

const CODE = /^[\w.-]{1,64}$/;

type LoggedError = Pick<z.output<typeof logError>, 'type' | 'message'> & {
  readonly stack?: string | undefined;
  readonly code?: string | undefined;
};

/** An error in the form for log lines, without secrets. */
export class ErrorDetails {
  readonly type: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: string | undefined;

  constructor({ type, message, stack, code }: LoggedError) {
    this.type = type;
    this.message = message;
    this.stack = stack;
    this.code = code;
  }
}

/**
 * Returns type, message, stack and code of an error. Masks the `secrets` and everything that `maskText` masks. Other
 * properties of the error are left out, because errors of libraries may contain the parameters of statements and
 * requests.
 */
export function errorDetails(error: unknown, secrets: readonly string[] = []): ErrorDetails {
  if (error instanceof ErrorDetails) return error;
  const code = codeOf(error);
  if (!(error instanceof Error))
    return new ErrorDetails({ type: typeof error, message: maskText(String(error), secrets), code });
  const stack = maskText(stacksOf(error).join('\ncaused by '), secrets);
  return new ErrorDetails({ type: error.name, message: maskText(messageOf(error), secrets), stack, code });
}

function messageOf(error: Error): string {
  if (!(error instanceof AggregateError)) return error.message;
  const inner = error.errors.slice(0, MAX_ERRORS).map((one) => (one instanceof Error ? one.message : String(one)));
  return [error.message, ...inner].filter((text) => text !== '').join('; ');
}

function stacksOf(error: Error): string[] {
  const stacks: string[] = [];
  for (let current: unknown = error; current instanceof Error && stacks.length <= MAX_CAUSES; current = current.cause)
    stacks.push(current.stack ?? current.message);
  return stacks;
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' && CODE.test(code) ? code : undefined;
}
