import type { DataSource } from 'typeorm';

/** Maximum number of devices that one statement deletes, so that the statement holds its locks briefly. */
const BATCH_SIZE = 1000;

const DELETE_BATCH = `
  DELETE FROM mfa.devices WHERE id IN (
    SELECT d.id FROM mfa.devices d WHERE NOT EXISTS (SELECT FROM directory.users u WHERE u.id = d.user_id)
    LIMIT ${BATCH_SIZE} FOR UPDATE SKIP LOCKED)`;

/** Deletes the devices of deleted users. A delay is harmless, because a deleted user cannot log in. */
export class OrphanedDeviceCleaner {
  constructor(private readonly source: DataSource) {}

  /** Deletes all devices of deleted users. Returns the number of deleted devices. */
  async sweep(): Promise<number> {
    let total = 0;
    for (let deleted = BATCH_SIZE; deleted === BATCH_SIZE; total += deleted) {
      [, deleted] = await this.source.query<[unknown[], number]>(DELETE_BATCH);
    }
    return total;
  }
}
