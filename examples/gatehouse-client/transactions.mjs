import { randomBytes, timingSafeEqual } from 'node:crypto';

/** Seconds after which a visit whose browser has not returned is forgotten. */
const VISIT_S = limit('VISIT_S', 900);
/** Largest number of visits in memory. A further visit replaces the oldest. */
const VISITS_MAX = limit('VISITS_MAX', 10_000);

/**
 * Stores a memo while a visitor is away, and returns it once, when the visitor returns with `state` in the same
 * browser. A cookie binds each visit to its browser. The memos are in memory, so there must be one instance, or a proxy
 * with sticky sessions.
 */
export class Transactions {
  #open = new Map();
  #cookie;
  #lifetimeS;
  #maxOpen;

  /** `isSecure`: whether browsers reach the service by https. */
  constructor({ isSecure, lifetimeS = VISIT_S, maxOpen = VISITS_MAX }) {
    this.#lifetimeS = lifetimeS;
    this.#maxOpen = maxOpen;
    this.#cookie = isSecure
      ? { prefix: '__Host-', attributes: 'Path=/; HttpOnly; SameSite=Lax; Secure' }
      : { prefix: '', attributes: 'Path=/; HttpOnly; SameSite=Lax' };
  }

  /**
   * Stores `memo`, and sets the cookie. Returns the `state`, which begins with `label` and a dot if there is a label.
   */
  begin(response, memo, label) {
    const [id, secret] = [newSecret(), newSecret()];
    const state = label === undefined ? id : `${label}.${id}`;
    if (this.#open.size >= this.#maxOpen) this.#open.delete(this.#open.keys().next().value);
    this.#open.set(state, { memo, secret, until: Date.now() + this.#lifetimeS * 1000 });
    this.#setCookie(response, state, `${secret}; Max-Age=${this.#lifetimeS}`);
    return state;
  }

  /** Returns the memo of a visit, once; `undefined` for an unknown `state`, or in another browser. */
  finish(request, response, state) {
    const open = this.#open.get(state);
    const sent = cookieOf(request, this.#nameFor(state ?? ''));
    if (!open || !isEqual(sent ?? '', open.secret)) return undefined;
    this.#open.delete(state);
    this.#setCookie(response, state, '; Max-Age=0');
    return open.until > Date.now() ? open.memo : undefined;
  }

  #nameFor = (state) => `${this.#cookie.prefix}visit-${state.slice(-16)}`;

  #setCookie(response, state, value) {
    response.appendHeader('set-cookie', `${this.#nameFor(state)}=${value}; ${this.#cookie.attributes}`);
  }
}

/** Returns a whole number above 0 from the environment. Throws for any other value, which would disable the limit. */
function limit(name, fallback) {
  const value = Number(process.env[name] ?? fallback);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${name} must be a whole number above 0`);
  return value;
}

const newSecret = () => randomBytes(32).toString('base64url');

function isEqual(a, b) {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function cookieOf({ headers }, name) {
  const pairs = (headers.cookie ?? '').split(/; */).map((pair) => pair.split('='));
  return pairs.find(([key]) => key === name)?.[1];
}
