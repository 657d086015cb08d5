import { type OauthClient, oauthClient } from '@gatehouse/plan';
import { runNamed, type Sealer, SecretBox } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { OauthClients } from './oauth-clients.js';

const FIND = { name: 'oauth_client_find', text: 'SELECT document FROM flow.oauth_clients WHERE client_id = $1' };
const FIND_BY_APPLICATION = {
  name: 'oauth_client_of',
  text: 'SELECT document FROM flow.oauth_clients WHERE application = $1',
};

/** OAuth clients in Postgres, read anew each time: devices ask seldom, and what is withdrawn counts at once. */
export class TypeormOauthClients extends OauthClients {
  constructor(
    private readonly source: DataSource,
    private readonly sealer: Sealer,
  ) {
    super();
  }

  find(clientId: string): Promise<OauthClient | undefined> {
    return this.read(FIND, clientId);
  }

  findOf(applicationSlug: string): Promise<OauthClient | undefined> {
    return this.read(FIND_BY_APPLICATION, applicationSlug);
  }

  private async read(statement: typeof FIND, key: string): Promise<OauthClient | undefined> {
    // Postgres takes no text with NUL, so no client is known by one.
    if (key.includes('\0')) return undefined;
    const { rows } = await runNamed<{ document: unknown }>(this.source, statement, [key]);
    // A document of a later version is not understood here, and its client is none.
    const client = oauthClient.safeParse(rows[0]?.document).data;
    if (!client) return undefined;
    const { id: object, client_secret: sealed } = client;
    return { ...client, client_secret: new SecretBox(this.sealer).open({ object, field: 'client_secret' }, sealed) };
  }
}
