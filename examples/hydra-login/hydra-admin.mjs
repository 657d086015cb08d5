import { VisitorError } from '../gatehouse-client/serve.mjs';

/** Client of Hydra's admin API, which knows the requests that wait for login, consent and logout. */
export class HydraAdmin {
  constructor(url) {
    this.url = url;
  }

  /**
   * Returns the request of a challenge, or `{ redirect_to }` if the request was answered before. Throws a VisitorError for
   * an unknown challenge.
   */
  async find(kind, challenge) {
    const { status, body } = await this.#call('GET', `requests/${kind}`, { query: challengeOf(kind, challenge) });
    if (status === 410) return { redirect_to: body.redirect_to };
    return expectOk(status, body);
  }

  /** Accepts a request. Returns the address to which the browser must go. */
  accept(kind, challenge, facts = {}) {
    return this.#answer(`${kind}/accept`, challengeOf(kind, challenge), facts);
  }

  /** Rejects a request with an error of OAuth. Returns the address to which the browser must go. */
  reject(kind, challenge, facts) {
    return this.#answer(`${kind}/reject`, challengeOf(kind, challenge), facts);
  }

  /** Makes Hydra forget a remembered login. */
  async forgetLogin(sid) {
    const { status, body } = await this.#call('DELETE', 'sessions/login', { query: { sid } });
    expectOk(status, body);
  }

  /** Makes Hydra forget the consents of a user for a client. */
  async forgetConsent(subject, client) {
    const { status, body } = await this.#call('DELETE', 'sessions/consent', { query: { subject, client } });
    expectOk(status, body);
  }

  async #answer(path, query, facts) {
    const { status, body } = await this.#call('PUT', `requests/${path}`, { query, facts });
    return expectOk(status, body).redirect_to;
  }

  async #call(method, path, { query, facts }) {
    const url = `${this.url}/admin/oauth2/auth/${path}?${new URLSearchParams(query)}`;
    const body = facts === undefined ? {} : { body: JSON.stringify(facts) };
    const headers = { accept: 'application/json', 'content-type': 'application/json' };
    const response = await fetch(url, {
      method,
      headers,
      ...body,
      redirect: 'error',
      signal: AbortSignal.timeout(5000),
    });
    return { status: response.status, body: parsed(await response.text(), response) };
  }
}

/** Returns the parsed members of a reply. The error of JSON.parse would log the reply, which may contain a verifier. */
function parsed(text, { status }) {
  try {
    return Object(JSON.parse(text === '' ? '{}' : text));
  } catch {
    throw new Error(`Hydra answered ${status} without JSON`);
  }
}

const challengeOf = (kind, challenge) => ({ [`${kind}_challenge`]: challenge });

function expectOk(status, body) {
  if (status < 300) return body;
  if (status === 404 || status === 409)
    throw new VisitorError(404, 'This request is unknown or has expired. Please start again in the application.');
  throw new Error(`Hydra answered ${status} ${body.error ?? ''}`);
}
