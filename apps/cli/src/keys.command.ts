import { parseArgs } from 'node:util';
import { DigestKeyRepository } from '@gatehouse/authenticators';
import { FLOW_SCHEMA } from '@gatehouse/blueprints';
import {
  CommandError,
  mfaSealKeysOf,
  missingKeysHint,
  openPostgres,
  outboxSealerOf,
  sealKeysOf,
} from '@gatehouse/local';
import { type CommandEvent, CommandEventRecorder } from '@gatehouse/outbox';
import { openDataSource, Sealer } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { type Command, type CommandResult, warnUnrecorded } from './command.js';
import { ColumnResealer } from './keys/column-resealer.js';
import { resealDocuments } from './keys/document-resealer.js';
import type { ResealCount } from './keys/reseal-count.js';
import { GATEWAY_COLUMNS, MFA_COLUMNS, type SealedColumn } from './keys/sealed-columns.js';

const USAGE = `usage: npm run keys -- reseal [--dry-run]   seals everything with the first key of SEAL_KEYS and of MFA_SEAL_KEYS`;

/** `npm run keys`: seals all stored values with the current keys, so that the old keys can be removed. */
export const keysCommand: Command = {
  name: 'keys',
  usage: USAGE,
  run: async (args, process) => {
    const { env } = process;
    const dryRun = parseArguments(args);
    const [gatewayKeys, mfaKeys] = [await sealKeysOf(env), await mfaSealKeysOf(env)];
    if (gatewayKeys === undefined && mfaKeys === undefined)
      throw new CommandError(`Neither SEAL_KEYS nor MFA_SEAL_KEYS is set. ${missingKeysHint(env)}`);
    return onDatabase(env, async (source, outboxSealer) => {
      const parts: ResealedRing[] = [
        ...(gatewayKeys === undefined ? [] : [await resealGateway(source, ring('SEAL_KEYS', gatewayKeys), dryRun)]),
        ...(mfaKeys === undefined ? [] : [await resealDevices(source, ring('MFA_SEAL_KEYS', mfaKeys), dryRun)]),
      ];
      if (!dryRun) {
        const events = new CommandEventRecorder('keys reseal', outboxSealer);
        await recordRings(parts, (event) => events.record(source, event));
        warnUnrecorded(events, process);
      }
      const results = parts.map(({ keys, counts }) => formatCounts(counts, keys, dryRun));
      const output = results.map((result) => result.output).join('\n\n');
      return { output, exitCode: results.some(({ exitCode }) => exitCode === 1) ? 1 : 0 };
    });
  },
};

/** The services that seal with the keys of a setting. */
const SEALING_SERVICES = { SEAL_KEYS: 'gateway, courier and blueprints', MFA_SEAL_KEYS: 'mfa' } as const;

/** The keys of one setting. */
interface KeyRing {
  readonly setting: 'SEAL_KEYS' | 'MFA_SEAL_KEYS';
  readonly sealer: Sealer;
  /** Ids of the old keys, which only decrypt. */
  readonly oldIds: readonly string[];
}

/** The counts of all columns that are sealed with the keys of one setting. */
interface ResealedRing {
  readonly keys: KeyRing;
  readonly counts: readonly ResealCount[];
}

/**
 * Records the counts of a run, unless it has resealed nothing. Batches are committed one by one, so the event is
 * written after the last batch.
 */
async function recordRings(
  rings: readonly ResealedRing[],
  record: (event: CommandEvent) => Promise<void>,
): Promise<void> {
  const counts = rings
    .flatMap((ring) => ring.counts.map(({ name, resealed }) => ({ name, count: resealed })))
    .filter(({ count }) => count > 0);
  if (counts.length === 0) return;
  const sealed_with = rings.map(({ keys: { setting, sealer, oldIds } }) => ({
    ...{ setting, id: sealer.currentKeyId, replaced: [...oldIds] },
  }));
  await record({ action: 'command_run', context: { counts, sealed_with } });
}

function ring(setting: KeyRing['setting'], keys: string): KeyRing {
  try {
    const sealer = new Sealer(keys);
    const oldIds = sealer.digestKeys('').flatMap(({ id }) => (id === sealer.currentKeyId ? [] : [id]));
    return { setting, sealer, oldIds };
  } catch (cause) {
    throw new CommandError(`${setting}: ${(cause as Error).message}`, { cause });
  }
}

function parseArguments(args: readonly string[]): boolean {
  try {
    const options = { 'dry-run': { type: 'boolean', default: false } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    if (positionals.length !== 1 || positionals[0] !== 'reseal') throw new CommandError(USAGE);
    return values['dry-run'];
  } catch (cause) {
    throw new CommandError(USAGE, { cause });
  }
}

async function onDatabase<T>(
  env: NodeJS.ProcessEnv,
  work: (source: DataSource, outboxSealer: Sealer | undefined) => Promise<T>,
): Promise<T> {
  const postgres = await openPostgres(env);
  try {
    const source = await openDataSource({ url: postgres.url, schema: FLOW_SCHEMA, poolSize: 1, lockTimeoutMs: 10_000 });
    try {
      return await work(source, await outboxSealerOf(env, postgres.embedded));
    } finally {
      await source.destroy();
    }
  } finally {
    await postgres.stop();
  }
}

async function resealGateway(source: DataSource, keys: KeyRing, dryRun: boolean): Promise<ResealedRing> {
  const columns = await resealColumns(source, { keys, columns: GATEWAY_COLUMNS, dryRun });
  return { keys, counts: [...columns, ...(await resealDocuments(source, keys.sealer, dryRun))] };
}

async function resealDevices(source: DataSource, keys: KeyRing, dryRun: boolean): Promise<ResealedRing> {
  if (!dryRun) await source.transaction((manager) => new DigestKeyRepository(manager, keys.sealer).keep(manager));
  return { keys, counts: await resealColumns(source, { keys, columns: MFA_COLUMNS, dryRun }) };
}

async function resealColumns(
  source: DataSource,
  { keys, columns, dryRun }: { keys: KeyRing; columns: readonly SealedColumn[]; dryRun: boolean },
): Promise<ResealCount[]> {
  const counts: ResealCount[] = [];
  for (const column of columns) counts.push(await new ColumnResealer(source, keys.sealer, column).run(dryRun));
  return counts;
}

function formatCounts(counts: readonly ResealCount[], keys: KeyRing, dryRun: boolean): CommandResult {
  const lines = counts.map((count) => `  ${count.name}: ${formatCount(count, dryRun)}`);
  const left = counts.reduce((sum, { remaining, unopenedTotal }) => sum + remaining + unopenedTotal, 0);
  const output = [`${keys.setting}, sealing with ${keys.sealer.currentKeyId}`, ...lines, verdict(keys, left, dryRun)];
  return { output: output.join('\n'), exitCode: left > 0 ? 1 : 0 };
}

function formatCount({ resealed, current, remaining, unopened }: ResealCount, dryRun: boolean): string {
  return [
    dryRun ? `${resealed} to reseal` : `${resealed} resealed`,
    `${current} current`,
    ...(remaining > 0 ? [`${remaining} in use`] : []),
    ...[...unopened].map(([id, count]) => `${count} cannot be opened (key ${id})`),
  ].join(', ');
}

function verdict({ setting, sealer, oldIds }: KeyRing, left: number, dryRun: boolean): string {
  if (left > 0) return `${left} values still need another key. Keep all keys and run the command again.`;
  if (dryRun) return 'Nothing was changed.';
  if (oldIds.length === 0) return 'Everything is sealed with this key.';
  const old = oldIds.join(', ');
  return `${old} can be removed from ${setting}, if all processes of ${SEALING_SERVICES[setting]} seal with ${sealer.currentKeyId}. If one still sealed with ${old} during this run, roll it out and run the command again.`;
}
