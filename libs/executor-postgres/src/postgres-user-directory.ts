import { type DirectoryUser, UserDirectory } from '@gatehouse/executor';
import { type NamedStatement, runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';

/** $1 user. */
const FIND: NamedStatement = {
  name: 'user_find',
  text: `SELECT 'saved' AS kind, i.id AS uuid, i.pk, i.username, i.name, i.email, i.is_active, i.epoch, i.locale, i.is_superuser,
      NOT directory.has_password(i.id)
        AND EXISTS (SELECT FROM directory.users u WHERE u.id = i.id AND u.last_login IS NULL) AS is_unclaimed
    FROM directory.identities i WHERE i.id = $1`,
};

/** Users in what the gateway may read of the directory. */
export class PostgresUserDirectory extends UserDirectory {
  constructor(private readonly source: DataSource) {
    super();
  }

  async find(uuid: string): Promise<DirectoryUser | undefined> {
    const { rows } = await runNamed<DirectoryUser>(this.source, FIND, [uuid]);
    return rows[0];
  }
}
