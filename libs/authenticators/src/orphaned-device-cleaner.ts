import type { DataSource } from 'typeorm';

/** Devices that one statement removes at most, so that it holds locks for a moment only. */
const BATCH = 1000;

const REMOVE = `
  DELETE FROM mfa.devices WHERE id IN (
    SELECT d.id FROM mfa.devices d WHERE NOT EXISTS (SELECT FROM directory.users u WHERE u.id = d.user_id)
    LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)`;

/** Removes the devices of users who are gone, however they went. Nobody logs in by one meanwhile: there is nobody to log in. */
export class OrphanedDeviceCleaner {
  constructor(private readonly source: DataSource) {}

  /** One round; how many devices it has removed. */
  async sweep(): Promise<number> {
    let removed = 0;
    for (let some = BATCH; some === BATCH; removed += some) {
      [, some] = await this.source.query<[unknown[], number]>(REMOVE);
    }
    return removed;
  }
}
