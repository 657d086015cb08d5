import { parseArgs } from 'node:util';
import { FLOW_SCHEMA } from '@gatehouse/blueprints';
import { CommandError, mfaSealKeysOf, openMigratedPostgres, outboxSealerOf } from '@gatehouse/local';
import { CommandEventRecorder } from '@gatehouse/outbox';
import { openDataSource, Sealer } from '@gatehouse/platform';
import { type Command, warnNewDatabase, warnUnrecorded } from './command.js';
import { AfterRestore } from './restore/after-restore.js';

const USAGE = `usage: npm run database -- after-restore [--dry-run] [--keep-recovery-codes] [--delete-tokens]
       makes the sessions and single-use secrets of a restored database worthless; run it before any service starts`;

const OPTIONS = {
  'dry-run': { type: 'boolean', default: false },
  'keep-recovery-codes': { type: 'boolean', default: false },
  'delete-tokens': { type: 'boolean', default: false },
} as const;

/** `npm run database`: invalidates the single-use secrets of a database that was restored from a backup. */
export const databaseCommand: Command = {
  name: 'database',
  usage: USAGE,
  run: async (args, process) => {
    const { env } = process;
    const options = parseArguments(args);
    const sealer = await mfaSealer(env);
    warnNewDatabase(process);
    const postgres = await openMigratedPostgres(env);
    try {
      const source = await openDataSource({
        ...{ url: postgres.url, schema: FLOW_SCHEMA, poolSize: 1, lockTimeoutMs: 10_000 },
      });
      try {
        const events = new CommandEventRecorder('database after-restore', await outboxSealerOf(env, postgres.embedded));
        const output = await new AfterRestore(source, sealer, { ...options, events }).run();
        warnUnrecorded(events, process);
        return output;
      } finally {
        await source.destroy();
      }
    } finally {
      await postgres.stop();
    }
  },
};

function parseArguments(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    if (positionals.length !== 1 || positionals[0] !== 'after-restore') throw new CommandError(USAGE);
    return {
      dryRun: values['dry-run'],
      keepRecoveryCodes: values['keep-recovery-codes'],
      deleteTokens: values['delete-tokens'],
    };
  } catch (cause) {
    throw new CommandError(USAGE, { cause });
  }
}

async function mfaSealer(env: NodeJS.ProcessEnv): Promise<Sealer> {
  const keys = await mfaSealKeysOf(env);
  if (keys === undefined)
    throw new CommandError('MFA_SEAL_KEYS is not set. It opens authenticator apps, whose used codes must be refused.');
  try {
    return new Sealer(keys);
  } catch (cause) {
    throw new CommandError(`MFA_SEAL_KEYS: ${(cause as Error).message}`, { cause });
  }
}
