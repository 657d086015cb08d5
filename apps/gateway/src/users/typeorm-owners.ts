import { runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { Owners, type UserReference } from './owners.js';

const BY_PK = { name: 'owner_by_pk', text: 'SELECT id FROM directory.identities WHERE pk = $1' };
const BY_USERNAME = { name: 'owner_by_username', text: 'SELECT id FROM directory.identities WHERE username = $1' };

/** Users in the view of the directory that the gateway may read. */
export class TypeormOwners extends Owners {
  constructor(private readonly source: DataSource) {
    super();
  }

  async find(called: UserReference): Promise<string | undefined> {
    const [statement, value] = 'pk' in called ? [BY_PK, called.pk] : [BY_USERNAME, called.username];
    return (await runNamed<{ id: string }>(this.source, statement, [value])).rows[0]?.id;
  }
}
