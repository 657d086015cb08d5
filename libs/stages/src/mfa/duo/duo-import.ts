import { randomUUID } from 'node:crypto';
import type { DeviceRepository } from '@gatehouse/authenticators';
import { readConfig } from '@gatehouse/platform';
import { authenticatorDuoContract } from './authenticator-duo.contract.js';
import { duoConfig } from './duo.config.js';
import { DuoRejectedError, DuoUnavailableError, type DuoUser } from './duo.js';
import { DuoClient } from './duo-client.js';
import { DuoConnection } from './duo-connection.js';
import type { DuoAccount } from './duo-signature.js';

const NAME = 'Imported Duo Authenticator';

/** Number of users that one query looks up. */
const BATCH_SIZE = 500;

/** The result of an import. */
export interface DuoReport {
  added: number;
  /** Number of users whose device existed before the import. */
  existing: number;
  /** Number of Duo users without a Gatehouse user of the same name. */
  unknown: number;
  /** Why the import stopped early. */
  error?: string;
}

interface DuoImportOptions {
  readonly devices: DeviceRepository;
  /** The stage whose settings the devices will use. */
  readonly stage: string;
  /**
   * The report to which the import adds its counts. The caller can read them even if the import fails. Default: a new
   * report.
   */
  readonly report?: DuoReport;
  /** Returns the ids of the users with these names, in the same order; `undefined` for a name without a user. */
  readonly ownersOf: (names: readonly string[]) => Promise<readonly (string | undefined)[]>;
}

/** Returns a Duo client that is configured by environment variables. */
export function duoClient(env: NodeJS.ProcessEnv): DuoClient {
  const { DUO_TIMEOUT_S, DUO_URL } = readConfig(duoConfig, env);
  return new DuoClient(new DuoConnection({ timeoutMs: DUO_TIMEOUT_S * 1000, url: DUO_URL }));
}

/**
 * Returns the Admin API account of a stage, or `undefined` if the stage has none. Throws a `ZodError` for an invalid
 * configuration.
 */
export function adminAccount(config: Readonly<Record<string, unknown>>): DuoAccount | undefined {
  const { api_hostname: host, ...keys } = authenticatorDuoContract.config.parse(config);
  const { admin_integration_key: integrationKey, admin_secret_key: secretKey } = keys;
  return integrationKey === '' || secretKey === '' ? undefined : { host, integrationKey, secretKey };
}

/**
 * Adds a device for each Duo user who has a Gatehouse user of the same name and no device yet
 * (docs/spec/mfa.md#duo-import).
 */
export async function importDuo(users: AsyncIterable<DuoUser>, options: DuoImportOptions): Promise<DuoReport> {
  const { report = { added: 0, existing: 0, unknown: 0 } } = options;
  let batch: DuoUser[] = [];
  try {
    for await (const user of users) {
      batch.push(user);
      if (batch.length < BATCH_SIZE) continue;
      await importBatch(batch, options, report);
      batch = [];
    }
  } catch (error) {
    if (!(error instanceof DuoUnavailableError || error instanceof DuoRejectedError)) throw error;
    report.error = error.message;
  }
  await importBatch(batch, options, report);
  return report;
}

async function importBatch(
  users: readonly DuoUser[],
  { devices, stage, ownersOf }: DuoImportOptions,
  report: DuoReport,
): Promise<void> {
  const owners = await ownersOf(users.map(({ username }) => username));
  for (const [i, { userId: handle }] of users.entries()) {
    const user = owners[i];
    if (user === undefined) report.unknown++;
    else if (await devices.findByHandle('duo', handle)) report.existing++;
    else {
      const pk = await devices.add({ id: randomUUID(), user, kind: 'duo', name: NAME, handle, stage });
      report[pk === undefined ? 'existing' : 'added']++;
    }
  }
}
