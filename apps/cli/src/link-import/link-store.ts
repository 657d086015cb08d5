import { tokenHash } from '@gatehouse/directory';
import type { DataSource } from 'typeorm';
import type { TokenRow } from './export-lines.js';

/** A consent to store. */
interface NewConsent {
  readonly user: string;
  readonly application: ApplicationHere;
  readonly permissions: readonly string[];
  readonly expires: Date | null;
}
/** A connection to store. */
interface NewConnection {
  readonly user: string;
  /** Id of the local source. */
  readonly source: string;
  readonly identifier: string;
}
/** A token to store. */
interface NewToken {
  readonly id: string | undefined;
  readonly user: string;
  readonly row: TokenRow;
}
/** An application of this deployment. */
export interface ApplicationHere {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
}
interface SourceHere {
  readonly id: string;
  readonly slug: string;
}
/** Whether an object was stored, had been stored before, or conflicts with another object. */
export type StoreOutcome = 'new' | 'kept' | 'taken';

const APPLICATIONS = `
  SELECT id, coalesce(attrs ->> 'slug', identifiers ->> 'slug') AS slug,
    coalesce(attrs ->> 'name', identifiers ->> 'name', attrs ->> 'slug', identifiers ->> 'slug') AS name
  FROM flow.objects WHERE model = 'authentik_core.application'`;
const SOURCES = 'SELECT id, slug FROM identification.sources';

/** Stores a consent unless the user has consented to the application here. */
const CONSENT = `
  INSERT INTO consent.grants (user_id, application_id, application_slug, application_name, permissions, expires)
  VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING 'new' AS outcome`;
/** Stores a connection unless the account at the source has one. */
const CONNECTION = `
  INSERT INTO identification.connections (source_id, identifier, user_id) VALUES ($1, $2, $3)
  ON CONFLICT DO NOTHING RETURNING 'new' AS outcome`;
const CONNECTION_OWNER =
  'SELECT user_id AS owner FROM identification.connections WHERE source_id = $1 AND identifier = $2';
/** Stores a token unless its id, identifier or key exists. */
const TOKEN = `
  INSERT INTO directory.tokens (id, identifier, key_hash, intent, user_id, expires, expiring, description)
  VALUES (coalesce($1, gen_random_uuid()), $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING 'new' AS outcome`;
const SAME_TOKEN = 'SELECT FROM directory.tokens WHERE identifier = $1 AND key_hash = $2 AND user_id = $3';

/** Stores imported consents, connections and tokens. An object that exists is not changed. */
export class LinkStore {
  constructor(private readonly source: DataSource) {}

  applications(): Promise<readonly ApplicationHere[]> {
    return this.source.query<ApplicationHere[]>(APPLICATIONS);
  }

  /** Returns the sources that logins use. */
  sources(): Promise<readonly SourceHere[]> {
    return this.source.query<SourceHere[]>(SOURCES);
  }

  async addConsent({ user, application, permissions, expires }: NewConsent): Promise<StoreOutcome> {
    const { id, slug, name } = application;
    return (await this.insert(CONSENT, [user, id, slug, name, permissions, expires])) ? 'new' : 'kept';
  }

  async addConnection({ source, identifier, user }: NewConnection): Promise<StoreOutcome> {
    if (await this.insert(CONNECTION, [source, identifier, user])) return 'new';
    const [row] = await this.source.query<{ owner: string }[]>(CONNECTION_OWNER, [source, identifier]);
    return row?.owner === user ? 'kept' : 'taken';
  }

  async addToken({ id, user, row }: NewToken): Promise<StoreOutcome> {
    const { identifier, key, intent, description, expires } = row;
    const hash = tokenHash(key);
    const values = [id ?? null, identifier, hash, intent, user, expires, expires !== null, description];
    if (await this.insert(TOKEN, values)) return 'new';
    const same = await this.source.query<unknown[]>(SAME_TOKEN, [identifier, hash, user]);
    return same.length > 0 ? 'kept' : 'taken';
  }

  private async insert(statement: string, values: readonly unknown[]): Promise<boolean> {
    return (await this.source.query<unknown[]>(statement, [...values])).length > 0;
  }
}
