import { deviceModel } from '@gatehouse/authenticators';
import { eventMessage, outboxRow } from '@gatehouse/outbox';
import { runNamed, type Sealer } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import type { Slice } from '../sessions/sessions.js';
import {
  type DeviceChange,
  OwnDevices,
  type UserDevice,
  type UserDeviceFilter,
  type UserDeviceId,
} from './user-devices.js';

/** $1 owner, $2 kind, or null for all. */
const OWNED = `FROM mfa.owned_devices d WHERE d.user_id = $1 AND ($2::text IS NULL OR d.kind = $2)`;
const LISTED_COLUMNS = `SELECT d.pk, d.kind, d.name, d.facts, d.created_at AS created, d.updated_at AS updated,
    d.last_used_at AS "lastUsed"`;

const COUNT = { name: 'own_device_count', text: `SELECT count(*)::int AS count ${OWNED}` };
const LIST = { name: 'own_device_list', text: `${LISTED_COLUMNS} ${OWNED} ORDER BY d.pk LIMIT $3 OFFSET $4` };
const FIND = { name: 'own_device_find', text: `${LISTED_COLUMNS} ${OWNED} AND d.pk = $3` };

const INSERT_EVENT =
  'INSERT INTO flow.outbox (id, topic, body, due_at) SELECT $1, $2, $3, now() FROM changed WHERE done';
/** $1-$3 the row of the outbox, $4 owner, $5 kind, $6 device, $7 its new name. */
const RENAME = {
  name: 'own_device_rename',
  text: `WITH changed AS MATERIALIZED (SELECT mfa.rename_device($4, $5, $6, $7) AS done) ${INSERT_EVENT}`,
};
/** As RENAME, without a name. */
const REMOVE = {
  name: 'own_device_remove',
  text: `WITH changed AS MATERIALIZED (SELECT mfa.remove_device($4, $5, $6) AS done) ${INSERT_EVENT}`,
};

/** Devices as their service shows them and lets their owners change them, by its view and its functions. */
export class TypeormOwnDevices extends OwnDevices {
  constructor(
    private readonly source: DataSource,
    private readonly sealer: Sealer,
  ) {
    super();
  }

  async count({ owner, kind }: UserDeviceFilter): Promise<number> {
    const { rows } = await runNamed<{ count: number }>(this.source, COUNT, [owner, kind ?? null]);
    return rows[0]?.count ?? 0;
  }

  async list({ owner, kind }: UserDeviceFilter, { offset, limit }: Slice): Promise<UserDevice[]> {
    return (await runNamed<UserDevice>(this.source, LIST, [owner, kind ?? null, limit, offset])).rows;
  }

  async find(owner: string, { kind, pk }: UserDeviceId): Promise<UserDevice | undefined> {
    return (await runNamed<UserDevice>(this.source, FIND, [owner, kind, pk])).rows[0];
  }

  async rename(device: UserDevice, name: string, change: DeviceChange): Promise<boolean> {
    const told = this.told('model_updated', { ...device, name }, change);
    return (await runNamed(this.source, RENAME, [...told, name])).rowCount === 1;
  }

  async remove(device: UserDevice, change: DeviceChange): Promise<boolean> {
    const told = this.told('model_deleted', device, change);
    return (await runNamed(this.source, REMOVE, told)).rowCount === 1;
  }

  /** What is told of a change, and what is changed. */
  private told(action: string, { kind, pk, name }: UserDevice, { owner, clientIp }: DeviceChange): unknown[] {
    const context = { model: { ...deviceModel(kind), pk, name } };
    const row = outboxRow(eventMessage({ action, context, user: owner, clientIp, flow: undefined }), this.sealer);
    return [row.id, row.topic, row.body, owner.uuid, kind, pk];
  }
}
