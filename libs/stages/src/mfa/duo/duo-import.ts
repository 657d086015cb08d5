import { randomUUID } from 'node:crypto';
import type { DeviceRepository } from '@gatehouse/authenticators';
import { readConfig } from '@gatehouse/platform';
import { authenticatorDuoContract } from './authenticator-duo.contract.js';
import { duoConfig } from './duo.config.js';
import { type Duo, DuoRejectedError, DuoUnavailableError, type DuoUser } from './duo.js';
import { HttpDuo } from './duo-client.js';
import { DuoConnection } from './duo-connection.js';
import type { DuoAccount } from './duo-signature.js';

const NAME = 'Imported Duo Authenticator';

/** Users whose names are looked up together. */
const BATCH = 500;

/** What became of the users of an account. */
export interface DuoReport {
  added: number;
  /** Users whose device is here already. */
  existing: number;
  /** Users whom nobody here is called like. */
  unknown: number;
  /** Why it ended early. */
  error?: string;
}

interface Dependencies {
  readonly devices: DeviceRepository;
  /** The stage that the devices will be served by. */
  readonly stage: string;
  /** Ids of the users of these names here, in their order. */
  readonly ownersOf: (names: readonly string[]) => Promise<readonly (string | undefined)[]>;
}

/** Duo as the environment says that it is asked. */
export function duoClient(env: NodeJS.ProcessEnv): Duo {
  const { DUO_TIMEOUT_S, DUO_URL } = readConfig(duoConfig, env);
  return new HttpDuo(new DuoConnection({ timeoutMs: DUO_TIMEOUT_S * 1000, url: DUO_URL }));
}

/** The account by which a stage reads the users of Duo; undefined where it has none. Throws ZodError. */
export function adminAccount(config: Readonly<Record<string, unknown>>): DuoAccount | undefined {
  const { api_hostname: host, ...keys } = authenticatorDuoContract.config.parse(config);
  const { admin_integration_key: integrationKey, admin_secret_key: secretKey } = keys;
  return integrationKey === '' || secretKey === '' ? undefined : { host, integrationKey, secretKey };
}

/**
 * Makes a device for every user of the account who is here by the same name, and has none yet
 * (docs/spec/mfa.md#duo-import).
 */
export async function importDuo(users: AsyncIterable<DuoUser>, parts: Dependencies): Promise<DuoReport> {
  const report: DuoReport = { added: 0, existing: 0, unknown: 0 };
  let batch: DuoUser[] = [];
  try {
    for await (const user of users) {
      batch.push(user);
      if (batch.length < BATCH) continue;
      await take(batch, parts, report);
      batch = [];
    }
  } catch (error) {
    if (!(error instanceof DuoUnavailableError || error instanceof DuoRejectedError)) throw error;
    report.error = error.message;
  }
  await take(batch, parts, report);
  return report;
}

async function take(
  users: readonly DuoUser[],
  { devices, stage, ownersOf }: Dependencies,
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
