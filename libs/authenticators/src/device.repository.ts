import type { DeviceClass } from '@gatehouse/contracts';
import { ASYNC_COMMIT, type NamedStatement, runNamed, type Sealer, type SealId } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import type { Device, NewDevice } from './device.js';
import { DigestKeyRepository } from './digest-key.repository.js';

/** How a use of a device changes its counter. */
export interface CounterUpdate {
  readonly to: number;
  /** Accepts an unchanged counter, for authenticators that do not count. */
  readonly allowEqual?: boolean;
  /** Facts of the device that the use has shown. They replace facts with the same name. */
  readonly facts?: Readonly<Record<string, boolean>>;
}

const COLUMNS = `id, pk, user_id AS "user", kind, name, handle, stage_id AS stage, counter::float8 AS counter, facts, secret,
  created_at AS created, updated_at AS updated, last_used_at AS "lastUsed"`;

/** Finds the confirmed devices of a user. $1 id of the user. */
const FIND_BY_USER: NamedStatement = {
  name: 'devices.of',
  text: `SELECT ${COLUMNS} FROM mfa.devices WHERE user_id = $1 AND confirmed ORDER BY kind, last_used_at DESC NULLS LAST, pk`,
};
/** Finds a confirmed device by its handle. $1 kind of device, $2 handle. */
const FIND_BY_HANDLE: NamedStatement = {
  name: 'devices.by_handle',
  text: `SELECT ${COLUMNS} FROM mfa.devices WHERE kind = $1 AND handle = $2 AND confirmed`,
};
/**
 * Adds a device with its codes. $1 id, $2 id of the user, $3 kind, $4 name, $5 handle, $6 id of the stage, $7 counter,
 * $8 facts, $9 sealed secret, $10 digests of the codes, $11 time of creation (NULL: now), $12 time of the last use
 * (NULL: never). `kept` adds the device, and `coded` adds the codes of an added device. Returns the `pk` of the added
 * device, or of the user's device that already has the id.
 */
const ADD: NamedStatement = {
  name: 'devices.add',
  text: `
    WITH kept AS (
      INSERT INTO mfa.devices (id, user_id, kind, name, handle, stage_id, counter, facts, secret, created_at, last_used_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9, coalesce($11::timestamptz, now()), $12::timestamptz) ON CONFLICT DO NOTHING RETURNING id, pk),
    coded AS (
      INSERT INTO mfa.codes (device_id, digest) SELECT kept.id, d FROM kept, unnest($10::bytea[]) d ON CONFLICT DO NOTHING)
    SELECT pk FROM kept UNION ALL SELECT pk FROM mfa.devices WHERE id = $1 AND user_id = $2`,
};
/**
 * Records a use of a device, increases its counter, and resets its failures. $1 id of the device, $2 id of the user, $3
 * new counter or NULL, $4 whether an unchanged counter is accepted, $5 facts that replace those of the same name.
 * Updates no row when the counter would not increase, or with $4 when it would decrease.
 */
const RECORD_USE: NamedStatement = {
  name: 'devices.use',
  text: `WITH ${ASYNC_COMMIT}
         UPDATE mfa.devices SET counter = coalesce($3, counter), facts = facts || $5::jsonb,
           last_used_at = now(), failures = 0, failed_at = NULL FROM lazily
         WHERE id = $1 AND user_id = $2 AND confirmed AND ($3::bigint IS NULL OR counter < $3 OR ($4 AND counter = $3))`,
};
/**
 * Consumes a code of a device. $1 id of the device, $2 id of the user, $3 digests of one code: one digest for each key
 * of `digestKeys`. `spent` deletes the code. The device is updated only if `spent` has deleted a code.
 */
const CONSUME_CODE: NamedStatement = {
  name: 'devices.spend',
  text: `
    WITH ${ASYNC_COMMIT}, spent AS (DELETE FROM mfa.codes c USING mfa.devices d
      WHERE d.id = $1 AND d.user_id = $2 AND d.confirmed AND c.device_id = d.id AND c.digest = ANY($3::bytea[]) RETURNING 1)
    UPDATE mfa.devices SET last_used_at = now(), failures = 0, failed_at = NULL FROM lazily
    WHERE id = $1 AND EXISTS (SELECT FROM spent)`,
};

type Row = Omit<Device, 'openSecret'> & { readonly secret: Buffer | null };

/**
 * Stores the authenticators of users. Secrets are sealed and codes digested under keys that Postgres does not have.
 * Each single-use value is consumed in one statement, so that only one of several concurrent requests succeeds.
 */
export class DeviceRepository {
  /** Computes the digests of recovery codes and phone numbers. */
  readonly digestKeys: DigestKeyRepository;

  constructor(
    private readonly source: DataSource,
    private readonly sealer: Sealer,
  ) {
    this.digestKeys = new DigestKeyRepository(source, sealer);
  }

  /** Returns the confirmed devices of a user, the most recently used of each kind first. */
  async findByUser(user: string): Promise<Device[]> {
    return (await runNamed<Row>(this.source, FIND_BY_USER, [user])).rows.map((row) => this.toDevice(row));
  }

  /** Returns the confirmed device with this handle, if there is one. */
  async findByHandle(kind: DeviceClass, handle: string): Promise<Device | undefined> {
    const { rows } = await runNamed<Row>(this.source, FIND_BY_HANDLE, [kind, handle]);
    return rows[0] && this.toDevice(rows[0]);
  }

  /**
   * Adds a device and returns its `pk`. A repeated call with the same id adds nothing and returns the same `pk`.
   * Returns `undefined` when another device of the kind has the same handle, or a device of another user has the same
   * id.
   */
  async add(device: NewDevice): Promise<number | undefined> {
    const { id, user, kind, name, handle = null, stage = null, counter = -1, facts = {}, secret, codes = [] } = device;
    const sealed = secret === undefined ? null : this.sealer.seal(deviceSealId(id), secret);
    const digests = codes.map((code) => this.sealer.digests('mfa.devices', digestInputOf(id, code))[0]);
    const times = [device.created ?? null, device.lastUsed ?? null];
    const values = [id, user, kind, name, handle, stage, counter, JSON.stringify(facts), sealed, digests, ...times];
    const add = async () => (await runNamed<{ pk: number }>(this.source, ADD, values)).rows[0]?.pk;
    // If two calls with one id run at the same time, the second call waits until the first has inserted the row. The
    // statement of the second call has a stale snapshot without that row, so it returns nothing. The next statement
    // finds the row.
    return (await add()) ?? add();
  }

  /**
   * Records a use. Returns `false` if the new counter is not above the stored counter (with `allowEqual`: if it is
   * below the stored counter), or if the user no longer has the device.
   */
  async recordUse({ id, user }: Device, counter?: CounterUpdate): Promise<boolean> {
    const values = [id, user, counter?.to ?? null, counter?.allowEqual ?? false, counter?.facts ?? {}];
    return (await runNamed(this.source, RECORD_USE, values)).rowCount === 1;
  }

  /** Consumes a code of a device. Returns `false` when the device never had this code, or the code was used already. */
  async consumeCode({ id, user }: Device, code: string): Promise<boolean> {
    const digests = await this.digestKeys.digests('mfa.devices', digestInputOf(id, code));
    return (await runNamed(this.source, CONSUME_CODE, [id, user, digests])).rowCount === 1;
  }

  private toDevice({ secret, ...row }: Row): Device {
    return { ...row, openSecret: () => secret && this.sealer.open(deviceSealId(row.id), secret) };
  }
}

/** Returns the `SealId` of a device's secret. */
export const deviceSealId = (id: string): SealId => ({ table: 'mfa.devices', id, revision: 0 });

/** Returns the input of a code's digest. It contains the device id, so that equal codes of two devices differ. */
const digestInputOf = (id: string, code: string) => `${id}\0${code}`;
