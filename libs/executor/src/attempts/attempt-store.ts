import { createHmac } from 'node:crypto';
import type { AttemptRule, User } from '@gatehouse/contracts';
import ipaddr from 'ipaddr.js';

/** One counter that an answer spends from: a credential of somebody, or a client's network. */
export interface AttemptReservation {
  /** 16 bytes of HMAC: no name or address stands in the table. */
  readonly subject: Buffer;
  readonly credential: string;
  /** Failures in a row before delays begin. */
  readonly free: number;
  /** Failures in a row that disable the credential; none for a network. */
  readonly hard: number | undefined;
  /** Seconds after which failures are forgotten; never, for a credential. */
  readonly forgetAfterS: number | undefined;
  /** When it was taken, in the words of who counts; it is told when the attempt is given back. */
  readonly takenAt?: string;
}

export type ReservationResult =
  | { readonly taken: true; readonly claims: readonly AttemptReservation[] }
  /** `network`: too many failures from there; else a credential is locked or delayed. */
  | { readonly taken: false; readonly network: boolean; readonly retryAfterS: number };

/** How often credentials were guessed. The engine counts, not the stage (docs/spec/attempts.md#counting). */
export abstract class AttemptStore {
  /**
   * Takes one attempt of each claim, or none of any; committed before the answer is judged. The claims that come back say
   * when. `ageMs`: how long ago the answer arrived. It is judged as of then, so that waiting in a queue does not outlast a
   * delay.
   */
  abstract take(claims: readonly AttemptReservation[], ageMs: number): Promise<ReservationResult>;
  /**
   * Gives attempts back that were never judged. The delay that one of them set goes with it: what it had to wait for was over
   * when it was taken. If another was taken since, that one's stays.
   */
  abstract giveBack(claims: readonly AttemptReservation[]): Promise<void>;
  /** Forgets every failure of a subject; the credentials that had some. */
  abstract unlock(subject: Buffer): Promise<readonly string[]>;
}

/** Seconds that the first failure beyond the free ones costs; each further one costs twice as much, up to an hour. */
export const DEFAULT_FIRST_DELAY_S = 1;

export const NETWORK_CREDENTIAL = 'network';

export interface NetworkAttemptLimit {
  readonly free: number;
  readonly forgetAfterS: number;
}

/** The key that hides who is counted, drawn from the gateway's secret so that it is good for nothing else. */
export const attemptHmacKey = (secret: string): Buffer => createHmac('sha256', secret).update('attempts').digest();

/** Under which a saved user's failures are counted. */
export const userSubject = (key: Buffer, uuid: string): Buffer => hmacSubject(key, `user:${uuid}`);

const hmacSubject = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest().subarray(0, 16);

/** Seconds after which guesses at a name that nobody has are forgotten: there is nothing to protect, only a table to fill. */
const UNKNOWN_NAME_FORGET_S = 86_400;

type JsonObject = Readonly<Record<string, unknown>>;

interface AttemptInput {
  readonly rules: readonly AttemptRule[];
  readonly body: JsonObject;
  /** The challenge that the visitor holds. */
  readonly shown: JsonObject | undefined;
  readonly user: User | undefined;
  readonly ip: string;
}

/**
 * Turns an answer into the claims it spends, by the contract's rules: data only, no stage is named. Where a flow is about
 * nobody, each network has a counter of its own: one of them cannot lock the others out.
 */
export class ReservationFactory {
  constructor(
    private readonly key: Buffer,
    private readonly network: NetworkAttemptLimit,
  ) {}

  /** Empty when the answer guesses nothing. */
  of({ rules, body, shown, user, ip }: AttemptInput): AttemptReservation[] {
    const matching = rules.filter(({ when }) => hasValue(body[when]));
    if (matching.length === 0) return [];
    // By credential: an answer that is two guesses at one is counted once.
    const spent = new Map(
      matching.flatMap((rule) => credentialsSpent(rule, body, shown).map((credential) => [credential, rule] as const)),
    );
    const network = `net:${clientNetwork(ip)}`;
    const subject = hmacSubject(this.key, user ? subjectOf(user) : `nobody:${network}`);
    const forgetAfterS = user?.kind === 'saved' ? undefined : UNKNOWN_NAME_FORGET_S;
    return [
      ...[...spent].map(([credential, { free, hard }]) => ({ subject, credential, free, hard, forgetAfterS })),
      {
        subject: hmacSubject(this.key, network),
        credential: NETWORK_CREDENTIAL,
        free: this.network.free,
        hard: undefined,
        forgetAfterS: this.network.forgetAfterS,
      },
    ];
  }

  /** What was counted of credentials that a user has anew. */
  renewed(user: User | undefined, credentials: readonly string[]): AttemptReservation[] {
    if (user?.kind !== 'saved') return [];
    const subject = hmacSubject(this.key, subjectOf(user));
    return credentials.map((credential) => ({
      ...{ subject, credential, free: 0, hard: undefined, forgetAfterS: undefined },
    }));
  }
}

/** Whether a field of an answer holds a guess. */
export const hasValue = (value: unknown): boolean => value !== undefined && value !== null && value !== '';

/** What an answer spends by one rule. A choice that was never offered hides nothing: it spends all that was, as no choice does. */
function credentialsSpent(
  { credential, pick }: AttemptRule,
  body: JsonObject,
  shown: JsonObject | undefined,
): string[] {
  if (!pick) return [credential];
  const { member, values } = pick.where;
  const named = (offer: JsonObject) => credential.replace(/\{(\w+)\}/g, (_, name: string) => String(offer[name]));
  const offered = objectsIn(shown?.[pick.among]).filter((offer) => values.includes(String(offer[member])));
  const [chosen] = objectsIn([body[pick.field]]).map(named);
  const all = offered.map(named);
  return chosen !== undefined && all.includes(chosen) ? [chosen] : all;
}

const objectsIn = (value: unknown): JsonObject[] =>
  Array.isArray(value) ? value.filter((one): one is JsonObject => typeof one === 'object' && one !== null) : [];

/**
 * A saved user by id; who is none yet by their address, whatever they want to be called; anybody else by the typed name. In one
 * spelling, so that case and Unicode variants share a counter.
 */
export function subjectOf(user: User): string {
  if (user.kind === 'saved') return `user:${user.uuid}`;
  return user.kind === 'unsaved' && user.email ? `mail:${normalized(user.email)}` : `name:${normalized(user.username)}`;
}

const normalized = (text: string) => text.normalize('NFKC').toLowerCase().trim();

/** An IPv4 address, or the /64 of an IPv6 one: what one client can change at will counts as one client. */
export function clientNetwork(ip: string): string {
  const address = ipaddr.process(ip);
  if (address instanceof ipaddr.IPv4) return address.toString();
  const prefix = address.parts.slice(0, 4).map((part) => part.toString(16));
  return `${prefix.join(':')}::/64`;
}
