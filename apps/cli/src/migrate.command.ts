import { parseArgs } from 'node:util';
import {
  CommandError,
  compareMigrations,
  type MigrationStatus,
  migrateAll,
  openPostgres,
  undoExpansions,
} from '@gatehouse/local';
import { startReadiness, waitForPostgres } from '@gatehouse/platform';
import type { Command, CommandResult } from './command.js';

const USAGE = `usage: npm run migrate
       npm run migrate -- --check
       npm run migrate -- --down`;

/**
 * `npm run migrate`: waits for Postgres and brings all schemas up to date. `--check` changes nothing, and names the
 * migrations that are missing. `--down` undoes the migrations after the last contract step, that is, the last migration
 * with which the previous version cannot run (docs/adr/0051).
 */
export const migrateCommand: Command = {
  name: 'migrate',
  usage: USAGE,
  run: async (args, { env }) => {
    const run = subcommandOf(args);
    const postgres = await openPostgres(env);
    try {
      await waitForPostgres(postgres.url, startReadiness('migrate', env));
      return await run(postgres.url, env);
    } finally {
      await postgres.stop();
    }
  },
};

type Subcommand = (url: string, env: NodeJS.ProcessEnv) => Promise<CommandResult>;

function subcommandOf(args: readonly string[]): Subcommand {
  const options = { check: { type: 'boolean' }, down: { type: 'boolean' } } as const;
  try {
    const { check, down } = parseArgs({ args: [...args], options }).values;
    if (check && down) throw new CommandError(`--check and --down exclude each other.`);
    if (check) return async (url) => checked(await compareMigrations(url));
    return down ? migrateDown : migrateUp;
  } catch (error) {
    throw new CommandError(`${(error as Error).message}\n${USAGE}`);
  }
}

const migrateUp: Subcommand = async (url, env) => {
  const before = await compareMigrations(url);
  if (before.incompatible.length > 0) return checked(before);
  const migrated = await migrateAll(url, env);
  const done = migrated.length > 0 ? `migrated: ${migrated.join(', ')}` : 'nothing to migrate';
  return { output: [done, ...newerLines(before)].join('\n'), exitCode: 0 };
};

const migrateDown: Subcommand = async (url, env) => {
  const undone = await undoExpansions(url, env);
  const output = undone.length > 0 ? `undone: ${undone.join(', ')}` : 'nothing to undo since the last contract step';
  return { output, exitCode: 0 };
};

function checked(status: MigrationStatus): CommandResult {
  const missing = status.missing.length > 0 ? [`missing: ${status.missing.join(', ')}. Run migrate`] : [];
  const lines = [...missing, ...newerLines(status)];
  const exitCode = missing.length > 0 || status.incompatible.length > 0 ? 1 : 0;
  return { output: lines.length > 0 ? lines.join('\n') : 'all migrations have run', exitCode };
}

const newerLines = ({ unknown, incompatible }: MigrationStatus): string[] => [
  ...(unknown.length > 0 ? [`of a newer version: ${unknown.join(', ')}`] : []),
  ...(incompatible.length > 0
    ? [`This version cannot use the database after ${incompatible.join(', ')}. Use a newer version`]
    : []),
];
