import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** A request that the provider has received. */
interface ReceivedRequest {
  readonly path: string;
  readonly form: Readonly<Record<string, string>>;
  readonly authorization: string | undefined;
}

type FakeResponse = object | ((response: ServerResponse) => unknown);

/**
 * An OAuth 2 and OpenID Connect provider on the loopback interface. It checks PKCE, and signs ID tokens with
 * a key that it publishes. Tests can change its responses.
 */
export class FakeOpenIdProvider {
  readonly requests: ReceivedRequest[] = [];
  /** Claims that replace or extend the valid claims of the ID token. */
  claims: Readonly<Record<string, unknown>> = {};
  profile: Readonly<Record<string, unknown>> = { sub: 'alice' };
  /** Members that replace or extend the valid metadata. */
  metadata: Readonly<Record<string, unknown>> = {};
  /** Members that replace or extend the token response to a valid code. */
  tokens: Readonly<Record<string, unknown>> = {};
  /** Responses that replace the default ones, by path. */
  overrides: Record<string, FakeResponse> = {};
  /** Signs an ID token. Tests can replace it. */
  sign: (claims: object) => Promise<string> | string;
  private authorization: URLSearchParams = new URLSearchParams();
  private stop: () => Promise<void> = async () => undefined;
  url = '';

  private constructor(
    private readonly jwk: object,
    key: CryptoKey,
  ) {
    this.sign = (claims) => new SignJWT({ ...claims }).setProtectedHeader({ alg: 'ES256', kid: 'k' }).sign(key);
  }

  static async open(): Promise<FakeOpenIdProvider> {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const provider = new FakeOpenIdProvider({ ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256' }, privateKey);
    const server = createServer((request, response) => void provider.answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    provider.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    provider.stop = () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    return provider;
  }

  close(): Promise<void> {
    return this.stop();
  }

  /** Returns the parameters with which a browser returns from the authorization endpoint. */
  authorize(to: string): Record<string, string> {
    this.authorization = new URL(to).searchParams;
    return { code: 'good', state: this.authorization.get('state') ?? '' };
  }

  /** Returns the claims of a valid ID token. */
  validClaims() {
    const now = Math.floor(Date.now() / 1000);
    const nonce = this.authorization.get('nonce');
    return {
      ...{ iss: this.url, aud: this.authorization.get('client_id'), sub: 'alice', iat: now, exp: now + 60 },
      ...(nonce && { nonce }),
    };
  }

  private async answer(request: IncomingMessage, response: ServerResponse) {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const path = new URL(request.url ?? '/', this.url).pathname;
    const form = Object.fromEntries(new URLSearchParams(body));
    this.requests.push({ path, form, authorization: request.headers.authorization });
    const reply = this.overrides[path] ?? (await this.documented(path, form));
    if (typeof reply === 'function') return reply(response);
    response.setHeader('content-type', 'application/json').end(JSON.stringify(reply));
  }

  private async documented(path: string, form: ReceivedRequest['form']): Promise<FakeResponse> {
    switch (path) {
      case '/.well-known/openid-configuration':
        return { ...this.published(), ...this.metadata };
      case '/jwks':
        return { keys: [this.jwk] };
      case '/token':
        return this.isValidExchange(form) ? this.exchanged() : refused('invalid_grant');
      case '/me':
        return this.profile;
      default:
        return (response) => response.writeHead(404).end();
    }
  }

  private published() {
    return {
      issuer: this.url,
      ...{ authorization_endpoint: `${this.url}/authorize`, token_endpoint: `${this.url}/token` },
      ...{ jwks_uri: `${this.url}/jwks`, userinfo_endpoint: `${this.url}/me` },
      id_token_signing_alg_values_supported: ['ES256'],
      token_endpoint_auth_methods_supported: ['client_secret_post'],
    };
  }

  private isValidExchange({ code, code_verifier, redirect_uri }: ReceivedRequest['form']): boolean {
    const challenge = this.authorization.get('code_challenge');
    const matchesChallenge = challenge === null || challenge === sha256(code_verifier ?? '');
    return code === 'good' && matchesChallenge && redirect_uri === this.authorization.get('redirect_uri');
  }

  private async exchanged() {
    const id_token = await this.sign({ ...this.validClaims(), ...this.claims });
    return { access_token: 'opaque', token_type: 'Bearer', id_token, ...this.tokens };
  }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url');

/** Returns an error response of the token endpoint (RFC 6749, 5.2). */
export const refused = (error: string) => (response: ServerResponse) =>
  response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
