import { createHmac } from 'node:crypto';
import type { AttemptRule, Errors, User } from '@gatehouse/contracts';
import ipaddr from 'ipaddr.js';

/** One failure that is counted for a credential, or for the client's network, before the stage judges the answer. */
export interface AttemptReservation {
  /** 16 bytes of an HMAC of the user or network, so that the table contains no name or address. */
  readonly subject: Buffer;
  readonly credential: string;
  /** Consecutive failures before delays start. */
  readonly free: number;
  /** Consecutive failures that disable the credential; `undefined` for a network. */
  readonly hard: number | undefined;
  /** Seconds after which failures are forgotten; `undefined` (never) for a credential of a saved user. */
  readonly forgetAfterS: number | undefined;
  /** Time of the reservation, as the store returned it. A release passes this time back to the store. */
  readonly reservedAt?: string;
}

export type ReservationResult =
  | { readonly reserved: true; readonly reservations: readonly AttemptReservation[] }
  /** `network` is true if the network has too many failures, false if a credential is locked or delayed. */
  | { readonly reserved: false; readonly network: boolean; readonly retryAfterS: number };

/** Counts guesses at credentials. The engine counts, not the stage (docs/spec/attempts.md#counting). */
export abstract class AttemptStore {
  /**
   * Reserves all of the attempts, or none, and commits before the answer is judged. Returns the reservations with
   * `reservedAt`. `ageMs` is the time since the answer arrived. Delays are checked as of the arrival, so that an answer
   * cannot wait in a queue until its delay is over.
   */
  abstract reserve(reservations: readonly AttemptReservation[], ageMs: number): Promise<ReservationResult>;
  /**
   * Releases attempts that were never judged, and removes the delays that they set. A delay that a later reservation
   * has set stays.
   */
  abstract release(reservations: readonly AttemptReservation[]): Promise<void>;
  /** Deletes all failures of a subject. Returns the credentials that had some. */
  abstract unlock(subject: Buffer): Promise<readonly string[]>;
}

/** Seconds of delay after the first failure beyond `free`. Each further failure doubles the delay, up to an hour. */
export const DEFAULT_FIRST_DELAY_S = 1;

export const NETWORK_CREDENTIAL = 'network';

export interface NetworkAttemptLimit {
  readonly free: number;
  readonly forgetAfterS: number;
}

/** Derives the HMAC key of attempt subjects from the gateway's secret. */
export const attemptHmacKey = (secret: string): Buffer => createHmac('sha256', secret).update('attempts').digest();

/** Returns the subject of a saved user. */
export const userSubject = (key: Buffer, uuid: string): Buffer => hmacSubject(key, `user:${uuid}`);

const hmacSubject = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest().subarray(0, 16);

/** Seconds after which failures for an unknown name are forgotten, so that invented names do not fill the table. */
const UNKNOWN_NAME_FORGET_S = 86_400;

type JsonObject = Readonly<Record<string, unknown>>;

interface AttemptInput {
  readonly rules: readonly AttemptRule[];
  readonly body: JsonObject;
  /** The challenge that the answer is for, if one was shown. */
  readonly shown: JsonObject | undefined;
  readonly user: User | undefined;
  readonly ip: string;
}

/**
 * Determines the attempts that an answer reserves, by the rules of the stage's contract. In a flow without a user,
 * guesses are counted per network, so that one network cannot lock out the others.
 */
export class ReservationFactory {
  constructor(
    private readonly key: Buffer,
    private readonly network: NetworkAttemptLimit,
  ) {}

  /** Returns the attempts that an answer reserves: none if the answer contains no guess. */
  reservationsFor({ rules, body, shown, user, ip }: AttemptInput): AttemptReservation[] {
    const matching = rules.filter(({ when }) => hasValue(body[when]));
    if (matching.length === 0) return [];
    // An answer with two guesses at one credential counts once.
    const guessed = new Map(
      matching.flatMap((rule) =>
        guessedCredentials(rule, body, shown).map((credential) => [credential, rule] as const),
      ),
    );
    const network = `net:${clientNetwork(ip)}`;
    const subject = hmacSubject(this.key, user ? subjectOf(user) : `nobody:${network}`);
    const forgetAfterS = user?.kind === 'saved' ? undefined : UNKNOWN_NAME_FORGET_S;
    return [
      ...[...guessed].map(([credential, { free, hard }]) => ({ subject, credential, free, hard, forgetAfterS })),
      {
        subject: hmacSubject(this.key, network),
        credential: NETWORK_CREDENTIAL,
        free: this.network.free,
        hard: undefined,
        forgetAfterS: this.network.forgetAfterS,
      },
    ];
  }

  /** Returns the attempts to reset for credentials that the user has replaced. */
  renewedReservations(user: User | undefined, credentials: readonly string[]): AttemptReservation[] {
    if (user?.kind !== 'saved') return [];
    const subject = hmacSubject(this.key, subjectOf(user));
    return credentials.map((credential) => ({
      ...{ subject, credential, free: 0, hard: undefined, forgetAfterS: undefined },
    }));
  }
}

/**
 * Returns an answer without its guesses. Also removes the choice of a device, because a choice without a guess has its
 * own meaning for a stage: the visitor selects a device.
 */
export function withoutGuesses(rules: readonly AttemptRule[], body: JsonObject): JsonObject {
  const fields = new Set(rules.flatMap(({ when, pick }) => (pick ? [when, pick.field] : [when])));
  return Object.fromEntries(Object.entries(body).filter(([field]) => !fields.has(field)));
}

/** Returns the errors that the client gets for wrong guesses. */
export function wrongGuessErrors(rules: readonly AttemptRule[], body: JsonObject): Errors {
  const { field, code } = (rules.find(({ when }) => hasValue(body[when])) ?? rules[0]!).refuse;
  return { [field]: [{ code }] };
}

/** Whether a field has a value: not absent, null or an empty text. */
const hasValue = (value: unknown): boolean => value !== undefined && value !== null && value !== '';

/**
 * Returns the credentials for which the rule counts an answer. If the answer chooses between devices: the credential of
 * the chosen device or, without a valid choice, of every offered device.
 */
function guessedCredentials(
  { credential, pick }: AttemptRule,
  body: JsonObject,
  shown: JsonObject | undefined,
): string[] {
  if (!pick) return [credential];
  const { member, values } = pick.where;
  const credentialOf = (offer: JsonObject) =>
    credential.replace(/\{(\w+)\}/g, (_, name: string) => String(offer[name]));
  const offered = objectsIn(shown?.[pick.among]).filter((offer) => values.includes(String(offer[member])));
  const [chosen] = objectsIn([body[pick.field]]).map(credentialOf);
  const all = offered.map(credentialOf);
  return chosen !== undefined && all.includes(chosen) ? [chosen] : all;
}

const objectsIn = (value: unknown): JsonObject[] =>
  Array.isArray(value) ? value.filter((item): item is JsonObject => typeof item === 'object' && item !== null) : [];

/**
 * Returns whom attempts are counted for: a saved user's id, an unsaved user's mail address, or the typed name.
 * Normalizes names and addresses, so that spellings that differ in case or Unicode form share a counter.
 */
export function subjectOf(user: User): string {
  if (user.kind === 'saved') return `user:${user.uuid}`;
  return user.kind === 'unsaved' && user.email ? `mail:${normalized(user.email)}` : `name:${normalized(user.username)}`;
}

const normalized = (text: string) => text.normalize('NFKC').toLowerCase().trim();

/**
 * Returns the network of a client: an IPv4 address, or the /64 of an IPv6 address, as one client may have a whole /64.
 */
export function clientNetwork(ip: string): string {
  const address = ipaddr.process(ip);
  if (address instanceof ipaddr.IPv4) return address.toString();
  const prefix = address.parts.slice(0, 4).map((part) => part.toString(16));
  return `${prefix.join(':')}::/64`;
}
