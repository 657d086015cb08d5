import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** One question, as the provider hears it. */
interface ReceivedRequest {
  readonly path: string;
  readonly form: Readonly<Record<string, string>>;
  readonly authorization: string | undefined;
}

type FakeResponse = object | ((response: ServerResponse) => unknown);

/**
 * A provider on loopback that speaks OAuth 2 and OpenID Connect as they are documented, checks PKCE, and signs with a key that it
 * publishes. Tests bend what it says.
 */
export class FakeOpenIdProvider {
  readonly asked: ReceivedRequest[] = [];
  /** Over the claims that would be right. */
  claims: Readonly<Record<string, unknown>> = {};
  profile: Readonly<Record<string, unknown>> = { sub: 'alice' };
  /** Over the metadata that would be right. */
  metadata: Readonly<Record<string, unknown>> = {};
  /** Over the answer to a good code. */
  tokens: Readonly<Record<string, unknown>> = {};
  /** In the place of what is documented, by path. */
  instead: Record<string, FakeResponse> = {};
  /** Makes an id token in another way. */
  sign: (claims: object) => Promise<string> | string;
  private begun: URLSearchParams = new URLSearchParams();
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

  /** What a browser brings back that has been sent to this address. */
  authorize(to: string): Record<string, string> {
    this.begun = new URL(to).searchParams;
    return { code: 'good', state: this.begun.get('state') ?? '' };
  }

  /** The claims of an id token that is right. */
  rightClaims() {
    const now = Math.floor(Date.now() / 1000);
    const nonce = this.begun.get('nonce');
    return {
      ...{ iss: this.url, aud: this.begun.get('client_id'), sub: 'alice', iat: now, exp: now + 60 },
      ...(nonce && { nonce }),
    };
  }

  private async answer(request: IncomingMessage, response: ServerResponse) {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const path = new URL(request.url ?? '/', this.url).pathname;
    const form = Object.fromEntries(new URLSearchParams(body));
    this.asked.push({ path, form, authorization: request.headers.authorization });
    const said = this.instead[path] ?? (await this.documented(path, form));
    if (typeof said === 'function') return said(response);
    response.setHeader('content-type', 'application/json').end(JSON.stringify(said));
  }

  private async documented(path: string, form: ReceivedRequest['form']): Promise<FakeResponse> {
    switch (path) {
      case '/.well-known/openid-configuration':
        return { ...this.published(), ...this.metadata };
      case '/jwks':
        return { keys: [this.jwk] };
      case '/token':
        return this.isGood(form) ? this.exchanged() : refused('invalid_grant');
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

  private isGood({ code, code_verifier, redirect_uri }: ReceivedRequest['form']): boolean {
    const challenge = this.begun.get('code_challenge');
    const proved = challenge === null || challenge === sha256(code_verifier ?? '');
    return code === 'good' && proved && redirect_uri === this.begun.get('redirect_uri');
  }

  private async exchanged() {
    const id_token = await this.sign({ ...this.rightClaims(), ...this.claims });
    return { access_token: 'opaque', token_type: 'Bearer', id_token, ...this.tokens };
  }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url');

/** An error of the token endpoint (RFC 6749, 5.2). */
export const refused = (error: string) => (response: ServerResponse) =>
  response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
