import type { OauthClient } from '@gatehouse/plan';
import { secretsEqual } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { FormFields } from '../http/zod-body.pipe.js';
import { OauthClientRepository } from './oauth-client.repository.js';

/** The client id and the client secret that a request contains. */
interface Credentials {
  readonly id: string;
  readonly secret: string | undefined;
}

/** Returns the text of a field, or undefined if it is empty, which counts as absent (RFC 6749 §3.1). */
export const formText = (form: FormFields, field: string): string | undefined => {
  const value = form[field];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** Authenticates OAuth clients (RFC 6749 §2.3). */
@Injectable()
export class OauthClientAuthenticator {
  constructor(@Inject(OauthClientRepository) private readonly clients: OauthClientRepository) {}

  /**
   * Returns the client of a request, or undefined if it is unknown or its secret is wrong. With `requireSecret`, a confidential
   * client must send its secret.
   */
  async find(request: FastifyRequest, form: FormFields, { requireSecret }: { readonly requireSecret: boolean }) {
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

function credentialsOf({ headers }: FastifyRequest, form: FormFields): Credentials | undefined {
  const [, encoded] = /^basic +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  if (encoded !== undefined) return basicOf(Buffer.from(encoded, 'base64').toString());
  const id = formText(form, 'client_id');
  return id === undefined ? undefined : { id, secret: formText(form, 'client_secret') };
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
