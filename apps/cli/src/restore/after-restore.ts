import { deviceSealId } from '@gatehouse/authenticators';
import { CommandError } from '@gatehouse/local';
import type { CommandEventRecorder } from '@gatehouse/outbox';
import { type Sealer, UnsealError } from '@gatehouse/platform';
import { lastTimeStep, totpKey } from '@gatehouse/stages/devices';
import type { DataSource, EntityManager } from 'typeorm';
import { RESTORED_TABLES } from './restored-tables.js';

interface AfterRestoreOptions {
  /** Rolls all changes back, so that the command only counts them. */
  readonly dryRun: boolean;
  /** Keeps recovery codes, although a code that was used after the recovery point is valid again. */
  readonly keepRecoveryCodes: boolean;
  /**
   * Deletes all API tokens and app passwords, because tokens that were deleted after the recovery point are valid
   * again.
   */
  readonly deleteTokens: boolean;
  /** Writes the audit event of the run. */
  readonly events: CommandEventRecorder;
}

/** Number of users whose names the output lists. */
const LISTED_USERS = 20;
/** Number of authenticator apps that one statement reads. */
const BATCH = 500;

/**
 * Epochs begin with the time in seconds and rise by one. The present time is therefore above every epoch that a user had
 * between the recovery point and the loss, so that no session, plan or cookie of that time becomes valid again.
 */
const RAISE_EPOCHS = 'UPDATE directory.users SET epoch = greatest(epoch + 1, extract(epoch FROM now())::integer)';
const OTHER_CONNECTIONS = `
  SELECT count(*)::int AS count FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`;
/** Users who have recovery codes. `only` says that they have no other authenticator. */
const USERS_WITH_CODES = `
  SELECT coalesce(u.username, d.user_id::text) AS username,
    NOT EXISTS (SELECT FROM mfa.devices o WHERE o.user_id = d.user_id AND o.kind <> 'static' AND o.confirmed) AS only
  FROM mfa.devices d LEFT JOIN directory.users u ON u.id = d.user_id
  WHERE EXISTS (SELECT FROM mfa.codes c WHERE c.device_id = d.id) GROUP BY d.user_id, u.username ORDER BY 1`;
/** Raises the last used time step of authenticator apps. $1 ids of devices, $2 the time step of each device. */
const RAISE_COUNTERS = `
  UPDATE mfa.devices d SET counter = greatest(d.counter, n.step)
  FROM unnest($1::uuid[], $2::bigint[]) n(id, step) WHERE d.id = n.id`;

/**
 * Invalidates the sessions, plans and single-use secrets of a restored database, in one transaction. Without this,
 * secrets that were used since the recovery point could be used again (docs/how-to/back-up-and-restore.md).
 */
export class AfterRestore {
  private readonly counts: { name: string; count: number }[] = [];

  constructor(
    private readonly source: DataSource,
    private readonly sealer: Sealer,
    private readonly options: AfterRestoreOptions,
  ) {}

  /**
   * Returns the output of the command. Throws CommandError, and changes nothing, if the key of an authenticator app is
   * missing. Can be run repeatedly.
   */
  async run(): Promise<string> {
    const runner = this.source.createQueryRunner();
    try {
      await runner.startTransaction();
      const lines = await this.change(runner.manager);
      if (this.options.dryRun) await runner.rollbackTransaction();
      else {
        const context = { counts: this.counts.filter(({ count }) => count > 0) };
        await this.options.events.record(runner.manager, { action: 'command_run', context });
        await runner.commitTransaction();
      }
      return [...lines, ...this.undone(), ...(this.options.dryRun ? ['Nothing was changed.'] : [])].join('\n');
    } catch (error) {
      if (runner.isTransactionActive) await runner.rollbackTransaction();
      throw error;
    } finally {
      await runner.release();
    }
  }

  private async change(manager: EntityManager): Promise<string[]> {
    const users = await affected(manager, RAISE_EPOCHS);
    this.counts.push({ name: 'directory.users', count: users });
    const codes = this.options.keepRecoveryCodes ? [] : await this.withoutCodes(manager);
    const lines = [`  directory.users: ${users} users must log in again`];
    for (const rows of this.deleted()) {
      const count = await affected(manager, `DELETE FROM ${rows.table} WHERE ${rows.where ?? 'true'}`);
      this.counts.push({ name: rows.table, count });
      lines.push(`  ${rows.table}: deleted ${count} ${rows.content}`);
    }
    const apps = await this.raiseCounters(manager);
    this.counts.push({ name: 'mfa.devices', count: apps });
    lines.push(`  mfa.devices: ${apps} authenticator apps accept no code of before this minute`);
    const [{ count }] = await manager.query<[{ count: number }]>(OTHER_CONNECTIONS);
    const warning = `${count} other connections use the database. If a gateway runs, stop it and run the command again.`;
    return ['Worthless now:', ...lines, ...codes, ...(count > 0 ? [warning] : [])];
  }

  private deleted(): { table: string; where?: string; content: string }[] {
    const { keepRecoveryCodes, deleteTokens } = this.options;
    const rows = RESTORED_TABLES.filter((table) => table.treatment === 'delete');
    return [
      ...rows.filter(({ table }) => table !== 'mfa.codes' || !keepRecoveryCodes),
      ...(deleteTokens ? [{ table: 'directory.tokens', content: 'API tokens and app passwords' }] : []),
    ];
  }

  private async withoutCodes(manager: EntityManager): Promise<string[]> {
    const users = await manager.query<{ username: string; only: boolean }[]>(USERS_WITH_CODES);
    if (users.length === 0) return [];
    const only = users.filter((user) => user.only).map(({ username }) => username);
    const rest = only.length > LISTED_USERS ? [`and ${only.length - LISTED_USERS} more`] : [];
    return [
      `${users.length} users need new recovery codes.`,
      ...(only.length === 0
        ? []
        : [
            `${only.length} of them have no other authenticator, and cannot log in where a second factor is required`,
            `until \`npm run user -- remove-devices NAME\`: ${[...only.slice(0, LISTED_USERS), ...rest].join(', ')}`,
          ]),
    ];
  }

  /** Marks all time steps until now as used in all authenticator apps, and returns how many there are. */
  private async raiseCounters(manager: EntityManager): Promise<number> {
    let count = 0;
    for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
      const rows = await manager.query<{ id: string; secret: Buffer }[]>(
        `SELECT id, secret FROM mfa.devices WHERE kind = 'totp' AND id > $1 ORDER BY id LIMIT ${BATCH}`,
        [after],
      );
      const steps = rows.map((row) => lastTimeStep(totpKey.parse(this.open(row)), Date.now() / 1000));
      count += await affected(manager, RAISE_COUNTERS, [rows.map(({ id }) => id), steps]);
      if (rows.length < BATCH) return count;
      after = rows.at(-1)!.id;
    }
  }

  private open({ id, secret }: { id: string; secret: Buffer }): unknown {
    try {
      return this.sealer.open(deviceSealId(id), secret);
    } catch (cause) {
      if (!(cause instanceof UnsealError)) throw cause;
      const message = `The authenticator app ${id} cannot be opened, because ${cause.message}.`;
      throw new CommandError(`${message} Add the key of the time of the backup to MFA_SEAL_KEYS.`, { cause });
    }
  }

  private undone(): string[] {
    const { keepRecoveryCodes, deleteTokens } = this.options;
    const lines = RESTORED_TABLES.flatMap(({ table, undone }) =>
      undone === undefined || (deleteTokens && table === 'directory.tokens') ? [] : [`  ${undone}`],
    );
    const codes = '  Recovery codes: used ones are valid, because of --keep-recovery-codes.';
    return [
      'Undone since the recovery point, which no command can know:',
      ...lines,
      ...(keepRecoveryCodes ? [codes] : []),
    ];
  }
}

/** Runs an UPDATE or a DELETE, and returns the number of its rows. */
async function affected(manager: EntityManager, sql: string, values: unknown[] = []): Promise<number> {
  const [, count] = await manager.query<[unknown, number]>(sql, values);
  return count;
}
