import { setTimeout as pause } from 'node:timers/promises';
import { CommandError, say } from './command.mjs';
import { patiently, requestJson, serverUrl } from './server.mjs';

const DEVICE_CODE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
/**
 * Default interval between polls in seconds. `slow_down` extends the interval by the same time (RFC 8628 §3.2, §3.5).
 */
const INTERVAL_S = 5;
/** Longest pause between polls while the server is away, in seconds, if the server does not ask for a longer one. */
const MAX_PAUSE_S = 60;

const EXPIRED = 'The code has expired. Run the command again.';
const REFUSALS = {
  access_denied: 'The login was refused in the browser, or this user may not use the application.',
  expired_token: EXPIRED,
  invalid_client: 'The server does not know this client id, or the client needs a secret.',
  invalid_grant: 'The code is not valid any more. Run the command again.',
};
const refusal = (error) => new CommandError(REFUSALS[error] ?? `The server refused the request: ${error}.`);

/** Logs a program in by a code that its user confirms in a browser (RFC 8628). */
export class DeviceGrant {
  #metadata;
  #clientId;
  #signal;

  constructor(metadata, { clientId, signal }) {
    this.#metadata = metadata;
    this.#clientId = clientId;
    this.#signal = signal;
  }

  /** Reads the metadata of the issuer (RFC 8414), which must name the same issuer. */
  static async discover({ issuer, clientId, signal }) {
    const url = serverUrl(issuer, 'The issuer');
    // RFC 8414 §5 also allows the metadata address of OpenID Connect, which Gatehouse serves.
    url.pathname = `${url.pathname.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const { status, body } = await patiently(() => requestJson(url, { signal }), signal);
    if (status !== 200) throw new CommandError(`There is no application at ${issuer} (status ${status}).`);
    if (body.issuer !== issuer) throw new CommandError(`The server is the issuer ${body.issuer}, not ${issuer}.`);
    if (!body.grant_types_supported?.includes(DEVICE_CODE_GRANT))
      throw new CommandError('The server offers no device codes.');
    for (const name of ['device_authorization_endpoint', 'token_endpoint', 'userinfo_endpoint'])
      serverUrl(body[name], `The ${name}`);
    return new DeviceGrant(body, { clientId, signal });
  }

  /** Returns new codes: `user_code` for the user, `device_code` for `poll`. */
  async begin(scope) {
    const { status, body } = await patiently(
      () => this.#post('device_authorization_endpoint', { client_id: this.#clientId, scope }),
      this.#signal,
    );
    if (status !== 200) throw refusal(body.error ?? status);
    serverUrl(body.verification_uri, 'The verification_uri');
    return body;
  }

  /** Waits until the user has decided. Returns the response with the token. Throws a CommandError if there is none. */
  async poll({ device_code, expires_in, interval }) {
    const deadline = Date.now() + expires_in * 1000;
    const form = { grant_type: DEVICE_CODE_GRANT, client_id: this.#clientId, device_code };
    let intervalS = interval > 0 ? interval : INTERVAL_S;
    let pauseS = intervalS;
    for (let failures = 0; ; ) {
      await pause(pauseS * 1000, undefined, { signal: this.#signal });
      const { status, body, retryAfterS } = await this.#post('token_endpoint', form);
      if (status === 200) return tokenOf(body);
      failures = retryAfterS === undefined ? 0 : failures + 1;
      if (body?.error === 'slow_down') intervalS += INTERVAL_S;
      else if (body && body.error !== 'authorization_pending') throw refusal(body.error ?? status);
      // An unreachable server cannot report that the code has expired.
      if (Date.now() > deadline) throw new CommandError(EXPIRED);
      pauseS = Math.max(intervalS, retryAfterS ?? 0, Math.min(MAX_PAUSE_S, intervalS * 2 ** failures));
      if (pauseS > INTERVAL_S)
        say(`${body ? 'The server asks for fewer requests' : 'The server is away'}. Asking again in ${pauseS} s.`);
    }
  }

  /** Returns the claims about the user, or undefined if the token has expired. */
  async userinfo(accessToken) {
    const headers = { authorization: `Bearer ${accessToken}` };
    const request = () => requestJson(this.#metadata.userinfo_endpoint, { headers, signal: this.#signal });
    const { status, body } = await patiently(request, this.#signal);
    if (status === 401) return undefined;
    if (status !== 200) throw refusal(body.error ?? status);
    return body;
  }

  #post(endpoint, form) {
    const body = new URLSearchParams(form);
    return requestJson(this.#metadata[endpoint], { method: 'POST', body, signal: this.#signal });
  }
}

function tokenOf({ access_token, token_type, expires_in, scope }) {
  if (typeof access_token !== 'string' || !/^bearer$/i.test(token_type))
    throw new CommandError('The server sent no bearer token.');
  return { access_token, expires_in, scope };
}
