import type { Identity } from '@gatehouse/executor';
import { runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { CURRENT_USER_COLUMNS, type CurrentUserRow } from './current-user.columns.js';
import { Grantors } from './grantors.js';

/** $1 user, $2 false: attributes are not wanted, $3 the epoch of their sessions. */
const FIND = {
  name: 'grantor_find',
  text: `SELECT ${CURRENT_USER_COLUMNS} FROM directory.identities u WHERE u.id = $1 AND u.is_active AND u.epoch = $3`,
};

/** Those who have let a device in, in the one view that the gateway may read of the directory. */
export class TypeormGrantors extends Grantors {
  constructor(private readonly source: DataSource) {
    super();
  }

  async find({ uuid, epoch }: Parameters<Grantors['find']>[0]): Promise<Identity | undefined> {
    const { rows } = await runNamed<CurrentUserRow>(this.source, FIND, [uuid, false, epoch]);
    return rows[0] && { ...rows[0], kind: 'saved' };
  }
}
