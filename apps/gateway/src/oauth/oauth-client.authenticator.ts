import type { OauthClient } from '@gatehouse/plan';
import { secretsEqual } from '@gatehouse/platform';
import type { FastifyRequest } from 'fastify';
import type { OauthClients } from './oauth-clients.js';

/** A form as it came; a field that came twice counts once, by its last value. */
export type OauthForm = Readonly<Record<string, unknown>>;

/** Who a client says it is, and how it shows it. */
interface Credentials {
  readonly id: string;
  readonly secret: string | undefined;
}

/** The text of a field; undefined when it is empty, which counts as absent (RFC 6749 §3.1). */
export const formText = (form: OauthForm, field: string): string | undefined => {
  const value = form[field];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** Tells which client asks (RFC 6749 §2.3). */
export class OauthClientAuthenticator {
  constructor(private readonly clients: OauthClients) {}

  /**
   * The client that asks; undefined when it is none, or its secret is wrong. One that can keep a secret shows it wherever
   * `proved` says so.
   */
  async find(request: FastifyRequest, form: OauthForm, { proved }: { readonly proved: boolean }) {
    const credentials = credentialsOf(request, form);
    const client = credentials && (await this.clients.find(credentials.id));
    return client && isAuthenticated(client, credentials.secret, proved) ? client : undefined;
  }
}

function isAuthenticated(
  { client_type, client_secret }: OauthClient,
  secret: string | undefined,
  proved: boolean,
): boolean {
  if (client_type === 'public') return true;
  if (secret === undefined) return !proved;
  return typeof client_secret === 'string' && client_secret !== '' && secretsEqual(secret, client_secret);
}

function credentialsOf({ headers }: FastifyRequest, form: OauthForm): Credentials | undefined {
  const [, encoded] = /^basic +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  if (encoded !== undefined) return basicOf(Buffer.from(encoded, 'base64').toString());
  const id = formText(form, 'client_id');
  return id === undefined ? undefined : { id, secret: formText(form, 'client_secret') };
}

/** Both parts are encoded as forms are (RFC 6749 §2.3.1). */
function basicOf(text: string): Credentials | undefined {
  const colon = text.indexOf(':');
  if (colon < 0) return undefined;
  const [[id], [secret]] = [text.slice(0, colon), text.slice(colon + 1)].map((part) => [
    ...new URLSearchParams(`v=${part}`).values(),
  ]) as [[string], [string]];
  return { id, secret };
}
