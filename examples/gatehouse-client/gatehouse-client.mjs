import * as openid from 'openid-client';
import { Transactions } from './transactions.mjs';

/** Sends browsers to Gatehouse and learns who logged in, by pushed authorization requests. */
export class GatehouseClient {
  #config;
  #transactions;
  #publicUrl;

  constructor(config, { publicUrl, transactions }) {
    this.#config = config;
    this.#publicUrl = publicUrl;
    this.#transactions = transactions;
  }

  /** `issuer` is the address of the application at Gatehouse. http is accepted on the loopback interface only. */
  static async open({ issuer, clientId, clientSecret, publicUrl, transactions }) {
    const url = new URL(issuer);
    const isLoopback = url.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
    const execute = isLoopback ? [openid.allowInsecureRequests] : [];
    const config = await openid.discovery(url, clientId, clientSecret, openid.ClientSecretBasic(), { execute });
    return new GatehouseClient(config, { publicUrl, transactions });
  }

  /** Pushes a request and returns the address to which the browser must go. Stores `memo` until the browser returns. */
  async begin(response, memo, parameters) {
    const [verifier, nonce] = [openid.randomPKCECodeVerifier(), openid.randomNonce()];
    const state = this.#transactions.begin(response, { ...memo, verifier, nonce }, memo.uid);
    const url = await openid.buildAuthorizationUrlWithPAR(this.#config, {
      ...{ redirect_uri: this.#redirectUri, scope: 'openid', state, nonce, ...withoutEmpty(parameters) },
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    return url.href;
  }

  /**
   * Returns the claims of the ID token, or the error of Gatehouse such as `access_denied`, for the query with which the
   * browser returned. The first argument is the memo of the visit. Throws if the response is forged.
   */
  async finish({ state, verifier, nonce }, query) {
    const checks = { expectedState: state, pkceCodeVerifier: verifier, expectedNonce: nonce, idTokenExpected: true };
    try {
      const tokens = await openid.authorizationCodeGrant(
        this.#config,
        new URL(`${this.#redirectUri}?${query}`),
        checks,
      );
      return { claims: tokens.claims() };
    } catch (error) {
      if (error instanceof openid.AuthorizationResponseError) return { error: error.error };
      throw error;
    }
  }

  /** Returns the address that ends the session at Gatehouse, and then redirects to `/logged-out` with the `state`. */
  endSessionUrl(response, memo) {
    const url = new URL(this.#config.serverMetadata().end_session_endpoint);
    const state = this.#transactions.begin(response, memo);
    url.search = new URLSearchParams({ post_logout_redirect_uri: `${this.#publicUrl}/logged-out`, state }).toString();
    return url.href;
  }

  get #redirectUri() {
    return `${this.#publicUrl}/callback`;
  }
}

/** Claims about the user, without those about the token. */
export const userClaims = ({ name, preferred_username, nickname, email, email_verified, groups }) =>
  withoutEmpty({ name, preferred_username, nickname, email, email_verified, groups });

/** Returns the consent of an application (docs/spec/authorization-code.md#consent-for-another-application). */
export const consentDetails = (client, scopes) =>
  JSON.stringify([{ type: 'urn:gatehouse:consent', client, scopes: scopes.map((id) => ({ id, name: textOf(id) })) }]);

/** Texts of scopes for users, from the environment: SCOPE_TEXTS={"photos.read":"See your photos"}. */
const TEXTS = JSON.parse(process.env.SCOPE_TEXTS ?? '{}');
const textOf = (scope) => TEXTS[scope] ?? scope;

const withoutEmpty = (values) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== ''));

/** Returns settings from the environment. Exits with a message if one is missing. */
export function settings(...names) {
  const missing = names.filter((name) => !process.env[name]);
  if (missing.length > 0) {
    process.stderr.write(`${missing.join(', ')} must be set: see README.md\n`);
    process.exit(1);
  }
  return Object.fromEntries(names.map((name) => [name, process.env[name]]));
}

export { Transactions };
