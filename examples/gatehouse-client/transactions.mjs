import { randomBytes, timingSafeEqual } from 'node:crypto';

/** Milliseconds after which a visit that has not come back is forgotten. */
const LIFETIME_MS = 15 * 60_000;
/** Largest number of visits in memory. The oldest is forgotten first. */
const MAX_OPEN = 10_000;

/**
 * Remembers what a visitor was sent away for, until the visitor comes back with `state` in the same browser, once. A
 * cookie binds each visit to its browser. In memory, so it needs one instance, or a proxy that keeps visitors at theirs.
 */
export class Transactions {
  #open = new Map();
  #cookie;

  /** `isSecure`: whether browsers reach the service by https. */
  constructor({ isSecure }) {
    this.#cookie = isSecure
      ? { prefix: '__Host-', attributes: 'Path=/; HttpOnly; SameSite=Lax; Secure' }
      : { prefix: '', attributes: 'Path=/; HttpOnly; SameSite=Lax' };
  }

  /** Remembers `memo`, and sets the cookie. Returns the `state`, which begins with `label` and a dot if there is one. */
  begin(response, memo, label) {
    const [id, secret] = [newSecret(), newSecret()];
    const state = label === undefined ? id : `${label}.${id}`;
    if (this.#open.size >= MAX_OPEN) this.#open.delete(this.#open.keys().next().value);
    this.#open.set(state, { memo, secret, until: Date.now() + LIFETIME_MS });
    this.#setCookie(response, state, `${secret}; Max-Age=${LIFETIME_MS / 1000}`);
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

const newSecret = () => randomBytes(32).toString('base64url');

function isEqual(a, b) {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function cookieOf({ headers }, name) {
  const pairs = (headers.cookie ?? '').split(/; */).map((pair) => pair.split('='));
  return pairs.find(([key]) => key === name)?.[1];
}
