import * as openid from 'openid-client';
import type { Browser } from './browser.js';
import type { Deployment } from './deployment.js';
import type { OauthDevice } from './oauth-device.js';

export const SHOP_SECRET = 'secret-of-the-shop'; // not-a-secret
export const SHOP_REDIRECT_URI = 'https://shop.example.org/back';
/** Fields of the confidential client `shop` in a blueprint. */
export const SHOP_CLIENT = {
  ...{ client_type: 'confidential', client_secret: SHOP_SECRET, redirect_uris: SHOP_REDIRECT_URI },
};
/** The client of a service in front of another authorization server, which may ask for the consent of other applications. */
export const BRIDGE_CLIENT = { ...SHOP_CLIENT, authorization_details_types: ['urn:gatehouse:consent'] };
export const CODE_VERIFIER = 'v'.repeat(43);

/** Pushes a request of the shop with some changes. It does not use openid-client, which sends no invalid requests. */
export async function pushRequest(
  endpoints: OauthDevice,
  changes: Readonly<Record<string, string>> = {},
  headers: HeadersInit = {},
) {
  const form = {
    ...{ client_id: 'shop', client_secret: SHOP_SECRET, redirect_uri: SHOP_REDIRECT_URI },
    ...{ response_type: 'code', scope: 'openid', code_challenge_method: 'S256' },
    code_challenge: await openid.calculatePKCECodeChallenge(CODE_VERIFIER),
    ...changes,
  };
  return endpoints.post('par', form, headers);
}

/** Returns the path that a browser opens for a pushed request. */
export const authorizePath = (client_id: string, request_uri: unknown): string =>
  `/application/o/authorize/?${new URLSearchParams({ client_id, request_uri: String(request_uri) }).toString()}`;

/** A pushed request: the path that the browser opens, and what the application remembers to check the response. */
export interface PushedRequest {
  readonly path: string;
  readonly checks: openid.AuthorizationCodeGrantChecks;
}

/** A web application that signs its users in through the gateway, by openid-client. */
export class OauthApplication {
  private constructor(
    readonly config: openid.Configuration,
    readonly redirectUri: string,
  ) {}

  /** `name` is the slug of the application and the id of its client. */
  static async discover(
    deployment: Pick<Deployment, 'url'>,
    { name, secret, redirectUri }: { readonly name: string; readonly secret: string; readonly redirectUri: string },
  ): Promise<OauthApplication> {
    const issuer = new URL(`/application/o/${name}/`, deployment.url);
    const insecure = { execute: [openid.allowInsecureRequests] };
    const config = await openid.discovery(issuer, name, secret, openid.ClientSecretBasic(), insecure);
    return new OauthApplication(config, redirectUri);
  }

  /** Pushes a request. */
  async push(parameters: Readonly<Record<string, string>> = {}): Promise<PushedRequest> {
    const pkceCodeVerifier = openid.randomPKCECodeVerifier();
    const [expectedState, expectedNonce] = [openid.randomState(), openid.randomNonce()];
    const url = await openid.buildAuthorizationUrlWithPAR(this.config, {
      ...{ redirect_uri: this.redirectUri, scope: 'openid', state: expectedState, nonce: expectedNonce },
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      ...parameters,
    });
    url.searchParams.sort();
    const { max_age } = parameters;
    const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true };
    return {
      path: url.pathname + url.search,
      checks: max_age === undefined ? checks : { ...checks, maxAge: Number(max_age) },
    };
  }

  /** Exchanges the code at an address to which the browser was redirected. Checks state, nonce, issuer and ID token. */
  exchange(address: string, { checks }: PushedRequest) {
    return openid.authorizationCodeGrant(this.config, new URL(address), checks);
  }

  /** Pushes a request, and exchanges the code that a browser gets for it without a page. */
  async signIn(browser: Browser, parameters: Readonly<Record<string, string>> = {}) {
    const request = await this.push(parameters);
    return this.exchange(locationOf(await browser.fetch(request.path)), request);
  }
}

/** Returns the address to which a response redirects. */
export const locationOf = ({ headers }: { readonly headers: Headers }): string => headers.get('location') ?? '';

/** Returns the parameters of the address to which a response redirects. */
export const returnedBy = (response: { readonly headers: Headers }): Record<string, string> =>
  Object.fromEntries(new URL(locationOf(response), 'http://relative.invalid').searchParams);
