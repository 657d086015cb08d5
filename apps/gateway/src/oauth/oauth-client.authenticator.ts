import type { OauthClient } from '@gatehouse/plan';
import { secretsEqual } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { OauthClientRepository } from './oauth-client.repository.js';
import { OauthError } from './oauth-error.js';
import { formText, type OauthFields } from './oauth-form.js';

/** The client id and the client secret that a request contains. */
interface Credentials {
  readonly id: string;
  readonly secret: string | undefined;
}

/** Authenticates OAuth clients (RFC 6749 §2.3). */
@Injectable()
export class OauthClientAuthenticator {
  constructor(@Inject(OauthClientRepository) private readonly clients: OauthClientRepository) {}

  /**
   * Returns the client of a request, or undefined if it is unknown or its secret is wrong. With `requireSecret`, a confidential
   * client must send its secret. Throws OauthError if the client authenticates in two ways.
   */
  async find(request: FastifyRequest, form: OauthFields, { requireSecret }: { readonly requireSecret: boolean }) {
    const credentials = credentialsOf(request, form);
    const client = credentials && (await this.clients.find(credentials.id));
    return client && isAuthenticated(client, credentials.secret, requireSecret) ? client : undefined;
  }
}

function isAuthenticated(
  { client_type, client_secret }: OauthClient,
  secret: string | undefined,
  requireSecret: boolean,
): boolean {
  if (client_type === 'public') return true;
  if (secret === undefined) return !requireSecret;
  return typeof client_secret === 'string' && client_secret !== '' && secretsEqual(secret, client_secret);
}

/** Throws OauthError if a request authenticates its client in two ways, or names two clients (RFC 6749 §2.3). */
function credentialsOf({ headers }: FastifyRequest, form: OauthFields): Credentials | undefined {
  const [id, secret] = [formText(form, 'client_id'), formText(form, 'client_secret')];
  const [, encoded] = /^basic +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  if (encoded === undefined) return id === undefined ? undefined : { id, secret };
  if (secret !== undefined)
    throw new OauthError('invalid_request', 'the client secret must be in the header or in the body, not in both');
  const credentials = basicOf(Buffer.from(encoded, 'base64').toString());
  if (credentials && id !== undefined && credentials.id !== id)
    throw new OauthError('invalid_request', 'client_id must be the client in the header Authorization');
  return credentials;
}

/** Parses `id:secret`, both encoded like form fields (RFC 6749 §2.3.1). */
function basicOf(text: string): Credentials | undefined {
  const colon = text.indexOf(':');
  if (colon < 0) return undefined;
  const [[id], [secret]] = [text.slice(0, colon), text.slice(colon + 1)].map((part) => [
    ...new URLSearchParams(`v=${part}`).values(),
  ]) as [[string], [string]];
  return { id, secret };
}
