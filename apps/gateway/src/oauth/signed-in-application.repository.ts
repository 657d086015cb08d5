import { type SignedInApplication, withParameters } from '@gatehouse/contracts';
import { SignedInApplications } from '@gatehouse/executor';
import { runNamed } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { sidOf } from '../sessions/session-authentication.js';
import { issuerOf } from './oauth-responses.js';

/**
 * Lists the clients of a session that still have an address for logouts, the last sign-ins first. $1 id of the session,
 * $2 largest number.
 */
const LIST = {
  name: 'signed_in_applications',
  text: `
    SELECT c.client_id, c.application AS slug, c.document->'application'->>'name' AS name,
      c.document->>'frontchannel_logout_uri' AS uri
    FROM flow.signed_in_applications a JOIN flow.oauth_clients c USING (client_id)
    WHERE a.session_id = $1 AND c.document ? 'frontchannel_logout_uri'
    ORDER BY a.signed_in_at DESC, client_id LIMIT $2`,
};

interface ClientRow {
  readonly client_id: string;
  readonly slug: string;
  readonly name: string;
  readonly uri: string;
}

/** An application of a session, with the id of its client. */
interface SignedInClient extends SignedInApplication {
  readonly client_id: string;
}

/**
 * Reads the applications of sessions. Finds none under 2024.8, which has no step that notifies applications of a
 * logout.
 */
@Injectable()
export class SignedInApplicationRepository extends SignedInApplications {
  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    @Inject(GATEWAY_CONFIG)
    private readonly config: Pick<GatewayConfig, 'API_VERSION' | 'BASE_URL' | 'SESSION_APPLICATIONS'>,
  ) {
    super();
  }

  async list(sessionId: string): Promise<readonly SignedInClient[]> {
    if (this.config.API_VERSION !== '2026.8') return [];
    const { rows } = await runNamed<ClientRow>(this.source, LIST, [sessionId, this.config.SESSION_APPLICATIONS]);
    return rows.map((row) => ({ client_id: row.client_id, name: row.name, url: this.addressOf(row, sessionId) }));
  }

  /** Returns the address with the issuer and the session of the client's ID tokens (Front-Channel Logout 1.0 §2). */
  private addressOf({ client_id: clientId, slug, uri }: ClientRow, sessionId: string): string {
    return withParameters(uri, { iss: issuerOf(this.config, slug), sid: sidOf({ clientId, sessionId }) });
  }
}
