import { parseArgs } from 'node:util';

/** The command line of the benchmark. */
export interface BenchOptions {
  /** Names of the scenarios to run. An empty list means all except those that run only by name. */
  readonly scenarios: readonly string[];
  /** Number of users in the large database of the scenario `growth`. */
  readonly users: number;
}

/** Parses the arguments `[scenario…] [--users N]`. Throws Error with a message for the operator. */
export function benchOptions(args: readonly string[]): BenchOptions {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { users: { type: 'string', default: '1000000' } },
  });
  const users = Number(values.users);
  if (!Number.isInteger(users) || users < 10_000 || users > 100_000_000)
    throw new Error(`--users is ${values.users}, expected a whole number from 10000 to 100000000`);
  return { scenarios: positionals, users };
}
