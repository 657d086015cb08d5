import { deviceModel } from '@gatehouse/authenticators';
import type { DeviceClass, SavedUser } from '@gatehouse/contracts';
import { toSavedUser } from '@gatehouse/executor';
import { eventMessage, insertOutboxRow, outboxParameters, outboxRow } from '@gatehouse/outbox';
import { runNamed, Sealer } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { RequestFacts } from '../http/event-facts.reader.js';
import type { Slice } from '../http/pagination.js';

/** Identifies a device of a user. */
export interface UserDeviceId {
  readonly kind: DeviceClass;
  readonly pk: number;
}

/** A device with the fields that its owner may see: all but the secrets. */
export interface UserDevice extends UserDeviceId {
  readonly name: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly created: Date;
  readonly updated: Date;
  readonly lastUsed: Date | null;
  /** The credential id of a passkey in base64url; null for other devices. */
  readonly credentialId: string | null;
}

/** Selects the devices of an owner. Without a `kind`, selects devices of all kinds. */
export interface UserDeviceFilter {
  readonly owner: string;
  readonly kind?: DeviceClass | undefined;
}

/** The owner who changes a device, and the facts about the request for the audit event. */
export interface DeviceChange {
  readonly owner: SavedUser;
  readonly facts: RequestFacts;
}

/** Selects the devices of an owner. $1 uuid of the owner, $2 kind of the devices, or null for all kinds. */
const OWNED = `FROM mfa.owned_devices d WHERE d.user_id = $1 AND ($2::text IS NULL OR d.kind = $2)`;
const LISTED_COLUMNS = `SELECT d.pk, d.kind, d.name, d.facts, d.created_at AS created, d.updated_at AS updated,
    d.last_used_at AS "lastUsed", d.credential_id AS "credentialId"`;

const COUNT = { name: 'own_device_count', text: `SELECT count(*)::int AS count ${OWNED}` };
const LIST = { name: 'own_device_list', text: `${LISTED_COLUMNS} ${OWNED} ORDER BY d.pk LIMIT $3 OFFSET $4` };
const FIND = { name: 'own_device_find', text: `${LISTED_COLUMNS} ${OWNED} AND d.pk = $3` };
/** $1 uuid of the owner. */
const LIST_CREDENTIAL_IDS = {
  name: 'own_credential_id_list',
  text: `SELECT d.credential_id AS id FROM mfa.owned_devices d
    WHERE d.user_id = $1 AND d.credential_id IS NOT NULL ORDER BY d.pk`,
};

/**
 * Renames a device and writes the audit event. $1-$4 outbox row, $5 uuid of the owner, $6 kind and $7 pk of the device,
 * $8 new name.
 */
const RENAME = {
  name: 'own_device_rename',
  text: `WITH changed AS MATERIALIZED (SELECT mfa.rename_device($5, $6, $7, $8) AS done)
    ${insertOutboxRow('changed WHERE done', 1)}`,
};
/** Removes a device and writes the audit event. $1-$7 are the same as in RENAME. */
const REMOVE = {
  name: 'own_device_remove',
  text: `WITH changed AS MATERIALIZED (SELECT mfa.remove_device($5, $6, $7) AS done)
    ${insertOutboxRow('changed WHERE done', 1)}`,
};

/** Reads devices from a view of the mfa service, and changes them by functions of that service. */
@Injectable()
export class UserDeviceRepository {
  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    @Inject(Sealer) private readonly sealer: Sealer,
  ) {}

  async count({ owner, kind }: UserDeviceFilter): Promise<number> {
    const { rows } = await runNamed<{ count: number }>(this.source, COUNT, [owner, kind ?? null]);
    return rows[0]?.count ?? 0;
  }

  /** Returns devices, the oldest first. */
  async list({ owner, kind }: UserDeviceFilter, { offset, limit }: Slice): Promise<UserDevice[]> {
    return (await runNamed<UserDevice>(this.source, LIST, [owner, kind ?? null, limit, offset])).rows;
  }

  async find(owner: string, { kind, pk }: UserDeviceId): Promise<UserDevice | undefined> {
    return (await runNamed<UserDevice>(this.source, FIND, [owner, kind, pk])).rows[0];
  }

  /** Returns the credential ids of all passkeys of the owner, in base64url. */
  async listCredentialIds(owner: string): Promise<string[]> {
    const { rows } = await runNamed<{ id: string }>(this.source, LIST_CREDENTIAL_IDS, [owner]);
    return rows.map(({ id }) => id);
  }

  /** Renames a device and writes an audit event. Returns false if the device no longer exists. */
  async rename(device: UserDevice, name: string, change: DeviceChange): Promise<boolean> {
    const values = this.changeValues('model_updated', { ...device, name }, change);
    return (await runNamed(this.source, RENAME, [...values, name])).rowCount === 1;
  }

  /** Removes a device and writes an audit event. Returns false if the device no longer exists. */
  async remove(device: UserDevice, change: DeviceChange): Promise<boolean> {
    return (await runNamed(this.source, REMOVE, this.changeValues('model_deleted', device, change))).rowCount === 1;
  }

  /** Returns the values of $1-$7 in RENAME and REMOVE. */
  private changeValues(
    action: 'model_updated' | 'model_deleted',
    { kind, pk, name }: UserDevice,
    { owner, facts }: DeviceChange,
  ): unknown[] {
    const context = { model: { ...deviceModel(kind), pk, name } };
    const event = eventMessage({ action, context }, { ...facts, user: toSavedUser(owner) });
    return [...outboxParameters(outboxRow(event, this.sealer)), owner.uuid, kind, pk];
  }
}
