import type { DeviceClass } from '@gatehouse/contracts';
import { ASYNC_COMMIT, type NamedStatement, runNamed, type Sealer } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import type { Device, NewDevice } from './device.js';
import { type CounterUpdate, Devices } from './devices.js';

const COLUMNS = `id, pk, user_id AS "user", kind, name, handle, stage_id AS stage, counter::float8 AS counter, facts, secret,
  created_at AS created, updated_at AS updated, last_used_at AS "lastUsed"`;

/** $1 user. */
const LIST_OF_USER: NamedStatement = {
  name: 'devices.of',
  text: `SELECT ${COLUMNS} FROM mfa.devices WHERE user_id = $1 AND confirmed ORDER BY kind, last_used_at DESC NULLS LAST, pk`,
};
/** $1 kind, $2 handle. */
const BY_HANDLE: NamedStatement = {
  name: 'devices.by_handle',
  text: `SELECT ${COLUMNS} FROM mfa.devices WHERE kind = $1 AND handle = $2 AND confirmed`,
};
/** $1 id, $2 user, $3 kind, $4 name, $5 handle, $6 stage, $7 counter, $8 facts, $9 secret, $10 digests of codes, $11 made, $12 last used. */
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
/** $1 id, $2 user, $3 where the counter moves, $4 whether it may stay there. */
const USE: NamedStatement = {
  name: 'devices.use',
  text: `WITH ${ASYNC_COMMIT}
         UPDATE mfa.devices SET counter = coalesce($3, counter), last_used_at = now() FROM lazily
         WHERE id = $1 AND user_id = $2 AND confirmed AND ($3::bigint IS NULL OR counter < $3 OR ($4 AND counter = $3))`,
};
/** $1 id, $2 user, $3 digests of the code, one for each key. */
const SPEND: NamedStatement = {
  name: 'devices.spend',
  text: `
    WITH ${ASYNC_COMMIT}, spent AS (DELETE FROM mfa.codes c USING mfa.devices d
      WHERE d.id = $1 AND d.user_id = $2 AND d.confirmed AND c.device_id = d.id AND c.digest = ANY($3::bytea[]) RETURNING 1)
    UPDATE mfa.devices SET last_used_at = now() FROM lazily WHERE id = $1 AND EXISTS (SELECT FROM spent)`,
};

type Row = Omit<Device, 'openSecret'> & { readonly secret: Buffer | null };

/** Devices in Postgres, their secrets sealed and their codes digested under keys that Postgres does not know. */
export class TypeormDevices extends Devices {
  constructor(
    private readonly source: DataSource,
    private readonly sealer: Sealer,
  ) {
    super();
  }

  async of(user: string): Promise<Device[]> {
    return (await runNamed<Row>(this.source, LIST_OF_USER, [user])).rows.map((row) => this.device(row));
  }

  async findByHandle(kind: DeviceClass, handle: string): Promise<Device | undefined> {
    const { rows } = await runNamed<Row>(this.source, BY_HANDLE, [kind, handle]);
    return rows[0] && this.device(rows[0]);
  }

  async add(device: NewDevice): Promise<number | undefined> {
    const { id, user, kind, name, handle = null, stage = null, counter = -1, facts = {}, secret, codes = [] } = device;
    const sealed = secret === undefined ? null : this.sealer.seal(rowOf(id), secret);
    const digests = codes.map((code) => this.sealer.digests(rowOf(id).table, codeOf(id, code))[0]);
    const times = [device.created ?? null, device.lastUsed ?? null];
    const values = [id, user, kind, name, handle, stage, counter, JSON.stringify(facts), sealed, digests, ...times];
    const add = async () => (await runNamed<{ pk: number }>(this.source, ADD, values)).rows[0]?.pk;
    // Of two that keep the same device at once, the one that waited does not see the row yet that it waited for.
    return (await add()) ?? add();
  }

  async use({ id, user }: Device, advance?: CounterUpdate): Promise<boolean> {
    const values = [id, user, advance?.to ?? null, advance?.mayStay ?? false];
    return (await runNamed(this.source, USE, values)).rowCount === 1;
  }

  async spend({ id, user }: Device, code: string): Promise<boolean> {
    const digests = this.sealer.digests(rowOf(id).table, codeOf(id, code));
    return (await runNamed(this.source, SPEND, [id, user, digests])).rowCount === 1;
  }

  private device({ secret, ...row }: Row): Device {
    return { ...row, openSecret: () => secret && this.sealer.open(rowOf(row.id), secret) };
  }
}

const rowOf = (id: string) => ({ table: 'mfa.devices', id, revision: 0 });

/** The same code of two devices is not to be seen to be the same. */
const codeOf = (id: string, code: string) => `${id}\0${code}`;
