import { FLOW_SCHEMA, FlowReleases } from '@gatehouse/blueprints';
import type { CommandName } from '@gatehouse/contracts';
import { CommandError, openMigratedPostgres, outboxSealerOf, sealKeysOf, standaloneConfig } from '@gatehouse/local';
import { CommandEventRecorder } from '@gatehouse/outbox';
import { openDataSource, readConfig, Sealer } from '@gatehouse/platform';
import { type CommandProcess, warnNewDatabase, warnUnrecorded } from '../command.js';

/** The flows of a deployment: its database, and the recorder of changes. */
export type FlowDatabase = ConstructorParameters<typeof FlowReleases>[0];

/** Calls `use` with the versions of the flows of a deployment. */
export const withFlowReleases = <T>(
  process: CommandProcess,
  command: CommandName | undefined,
  use: (releases: FlowReleases) => Promise<T>,
): Promise<T> => withFlowDatabase(process, command, (database) => use(new FlowReleases(database)));

/**
 * Calls `use` with the flows of a deployment. `command` names the command in audit events. It is undefined if the
 * command changes nothing.
 */
export async function withFlowDatabase<T>(
  { env, stderr }: CommandProcess,
  command: CommandName | undefined,
  use: (database: FlowDatabase) => Promise<T>,
): Promise<T> {
  warnNewDatabase({ env, stderr });
  const postgres = await openMigratedPostgres(env);
  try {
    const source = await openDataSource({ url: postgres.url, schema: FLOW_SCHEMA, poolSize: 1 });
    try {
      const keys = await sealKeysOf(env);
      const sealer = keys === undefined ? undefined : new Sealer(keys);
      const events = command && new CommandEventRecorder(command, await outboxSealerOf(env, postgres.embedded));
      const { FLOW_RELEASES_KEPT: releasesKept } = readConfig(standaloneConfig, env);
      const result = await use({ source, sealer, events, actor: command, releasesKept });
      if (events) warnUnrecorded(events, { stderr });
      return result;
    } finally {
      await source.destroy();
    }
  } finally {
    await postgres.stop();
  }
}

/** Largest number of a version that its column, an `integer`, can store. */
const MAX_VERSION = 2 ** 31 - 1;

/** Returns the number of a version. Throws CommandError for any other text. */
export function parseVersion(text: string): number {
  if (/^[1-9][0-9]{0,9}$/.test(text) && Number(text) <= MAX_VERSION) return Number(text);
  throw new CommandError(
    `${JSON.stringify(text)} is not the number of a version. List the versions: npm run flow -- versions SLUG`,
  );
}
