import {
  type AttemptRule,
  cutAt,
  type Effect,
  type Errors,
  pythonStrip,
  type SavedUser,
  type User,
} from '@gatehouse/contracts';
import { clientNetwork } from '@gatehouse/platform';
import { type AttemptReservation, COUNTER_SEPARATOR, hmacSubject, NETWORK_CREDENTIAL } from './attempt-store.js';

/** Limits of attempts that are not in the contracts of stages. */
export interface AttemptLimits {
  /**
   * Free attempts of one network. Its wrong guesses and its requested mails are counted separately, each with this
   * limit.
   */
  readonly network: { readonly free: number; readonly forgetAfterS: number };
  /** Mails for one name that a network or a known browser may request before delays begin. */
  readonly mailsFree: number;
}

/** The credential under which requested mails are counted. */
const MAIL = 'mail';
/** Counter of the mails that visitors have asked for again, beside the counters of all requested mails. */
const MAIL_AGAIN = `${MAIL}${COUNTER_SEPARATOR}again`;
/** Counter of the mails that superusers send to a user. */
const MAIL_BY_SUPERUSERS = `${MAIL}${COUNTER_SEPARATOR}superusers`;
/** Seconds without a requested mail after which the requested mails of a user are forgotten. */
const MAIL_FORGET_S = 3600;

/**
 * Seconds without a failure after which the failures of visitors who have proved nothing are forgotten. Together with
 * the delays, this limits the guesses at one account (docs/spec/attempts.md#guesses).
 */
const FORGET_S = 30 * 86_400;

/** Seconds after which failures for an unknown name are forgotten, so that they do not fill the table. */
const FORGET_SOON_S = 86_400;

/** Number by which the free attempts of one network are multiplied for all networks together. */
export const NETWORKS_FACTOR = 4;

/**
 * Number of failures of one network at one account from which the delays of that network grow up to a day. A rule's
 * `hard` is higher, and counts the failures of all networks together. So a network that never stops guessing delays
 * only itself.
 */
const NETWORK_DAILY = 20;

/** Length of the network's HMAC in the name of a counter, in bytes. */
const NETWORK_DIGEST_BYTES = 6;

type JsonObject = Readonly<Record<string, unknown>>;

/** The visitor who guesses. */
export interface Guesser {
  readonly user: User | undefined;
  readonly ip: string;
  /** Whether the visitor has already proved to be the user, by another credential or by the session. */
  readonly isProved: boolean;
  /** Id of the browser, if the user has logged in with it before. */
  readonly browser?: string | undefined;
  /**
   * The name that the visitor has typed. Set only if the identification stage hides the user's name. Mails are then
   * counted for this name instead of the user.
   */
  readonly typedName?: string | undefined;
}

/** A stage's limit of repeated mails: their number within a time window. */
type ResendLimit = NonNullable<Extract<Effect, { type: 'mail' }>['resend_limit']>;

interface AttemptInput extends Guesser {
  readonly rules: readonly AttemptRule[];
  readonly body: JsonObject;
  /** The challenge that the answer is for, if one was shown. */
  readonly shown: JsonObject | undefined;
}

/** The limits of a rule. */
type Limits = Pick<AttemptRule, 'free' | 'hard'>;

/**
 * Determines the attempts that an answer reserves, by the rules of the stage's contract and by who guesses
 * (docs/spec/attempts.md#counters). In a flow without a user, guesses are counted per network, so that one network
 * cannot lock out the others.
 */
export class ReservationFactory {
  constructor(
    private readonly key: Buffer,
    private readonly limits: AttemptLimits,
  ) {}

  /** Returns the attempts that an answer reserves: none if the answer contains no guess. */
  reservationsFor({ rules, body, shown, ...guesser }: AttemptInput): AttemptReservation[] {
    const matching = rules.filter(({ when }) => isGiven(body, when));
    if (matching.length === 0) return [];
    // An answer with two guesses at one credential counts once.
    const guessed = new Map(
      matching.flatMap((rule) =>
        guessedCredentials(rule, body, shown).map((credential) => [credential, rule] as const),
      ),
    );
    return [
      ...[...guessed].flatMap(([credential, limits]) => this.countersOf(credential, limits, guesser)),
      ...this.networkCounter(guesser, NETWORK_CREDENTIAL),
    ];
  }

  /**
   * Returns the attempts that a mail to a user costs: those of a guess at a credential `mail`, and one at the network's
   * counter of all mails. The network's guesses have another counter. Too many attempts delay mails, but never lock
   * them.
   */
  mailReservations(guesser: Guesser): AttemptReservation[] {
    const free = this.limits.mailsFree;
    const counters = this.countersOf(MAIL, { free, hard: Infinity }, asTyped(guesser));
    return [
      ...counters.map(({ daily: _never, ...counter }) => ({
        ...counter,
        hard: undefined,
        forgetAfterS: MAIL_FORGET_S,
      })),
      ...this.networkCounter(guesser, `${MAIL}${COUNTER_SEPARATOR}${NETWORK_CREDENTIAL}`),
    ];
  }

  /**
   * Returns the attempt that counts a mail from a superuser to a user. All superusers share one counter, which is
   * separate from those of visitors, so that neither side uses up the mails of the other. Too many attempts delay
   * mails.
   */
  superuserMailReservation(user: SavedUser): AttemptReservation {
    const subject = hmacSubject(this.key, subjectOf(user));
    const limits = { free: this.limits.mailsFree, hard: undefined, forgetAfterS: MAIL_FORGET_S };
    return { subject, credential: MAIL, counter: MAIL_BY_SUPERUSERS, ...limits };
  }

  /**
   * Returns the attempt that another mail costs beside `mailReservations`, by the limit of the stage. All visitors who
   * have proved nothing share it for a name, whatever their network. A known browser, and visitors with a proof, have
   * counters of their own, so that other visitors cannot use up the limit of a user. Once the limit is reached, the
   * counter counts as locked until it is forgotten.
   */
  resendReservation(guesser: Guesser, { mails, window_s }: ResendLimit): AttemptReservation {
    const [shared] = this.countersOf(MAIL_AGAIN, { free: mails, hard: mails }, asTyped(guesser));
    return { ...shared!, free: mails, hard: mails, forgetAfterS: window_s };
  }

  /** Returns the attempts to reset for credentials that the user has replaced. */
  renewedReservations(
    user: User | undefined,
    credentials: readonly string[],
    guesser: Omit<Guesser, 'user' | 'isProved'>,
  ): AttemptReservation[] {
    if (user?.kind !== 'saved') return [];
    return credentials.flatMap((credential) =>
      [true, false].flatMap((isProved) =>
        this.countersOf(credential, { free: 1, hard: 1 }, { ...guesser, user, isProved }),
      ),
    );
  }

  /**
   * Returns the network's counter of all guesses, or of all requested mails, at any user. `credential` is the counter's
   * name. Returns none for a known browser, so that other clients of its network cannot delay it.
   */
  private networkCounter({ ip, browser }: Pick<Guesser, 'ip' | 'browser'>, credential: string): AttemptReservation[] {
    if (browser !== undefined) return [];
    const subject = hmacSubject(this.key, networkName(ip));
    return [{ subject, credential, ...this.limits.network, hard: undefined }];
  }

  /**
   * Returns the counters that a guess at one credential raises. Answers whose first counter is the same are judged one
   * after the other (`CredentialQueue`).
   * - Without a user: one counter of the visitor's network.
   * - A visitor with another proof: one counter of all such visitors. Only this counter can lock the credential; the
   *   others only delay guesses.
   * - A browser that the user has logged in with: one counter of this browser.
   * - Any other browser: one counter that all networks share, and one of the visitor's network. The shared counter is
   *   first: without the queue, concurrent right answers from different networks would use up its free attempts.
   */
  private countersOf(credential: string, { free, hard }: Limits, guesser: Guesser): AttemptReservation[] {
    const { user, ip, isProved, browser } = guesser;
    const network = networkName(ip);
    const subject = hmacSubject(this.key, user ? subjectOf(user) : `nobody:${network}`);
    const named = (name: string) => ({ subject, credential, counter: `${credential}${COUNTER_SEPARATOR}${name}` });
    const forgetAfterS = user?.kind === 'saved' ? FORGET_S : FORGET_SOON_S;
    const delayed = { free, hard: undefined, daily: hard };
    if (!user) return [{ subject, credential, ...delayed, forgetAfterS }];
    if (isProved) return [{ ...named('proved'), free, hard, forgetAfterS: undefined }];
    if (browser !== undefined) return [{ ...named(`browser:${browser}`), ...delayed, forgetAfterS }];
    const digest = hmacSubject(this.key, network).subarray(0, NETWORK_DIGEST_BYTES).toString('hex');
    return [
      { subject, credential, ...delayed, free: free * NETWORKS_FACTOR, forgetAfterS },
      { ...named(`network:${digest}`), ...delayed, daily: NETWORK_DAILY, forgetAfterS },
    ];
  }
}

/**
 * Returns the visitor with the typed name in place of the user, unless the visitor has proved to be the user. The
 * client sees that a mail was refused. If two names of one user shared a limit, a refusal would reveal that they belong
 * together (enumeration).
 */
function asTyped(guesser: Guesser): Guesser {
  const { user, typedName: username, isProved } = guesser;
  const isTyped = username !== undefined && user?.kind === 'saved' && !isProved;
  return isTyped ? { ...guesser, user: { kind: 'pretended', username, email: '' } } : guesser;
}

const networkName = (ip: string) => `net:${clientNetwork(ip)}`;

/**
 * Returns an answer without its guesses. Also removes the choice of a device: without a guess, a stage would understand
 * it as the visitor's selection of a device.
 */
export function withoutGuesses(rules: readonly AttemptRule[], body: JsonObject): JsonObject {
  const fields = new Set(rules.flatMap(({ when, pick }) => (pick ? [when, pick.field] : [when])));
  return Object.fromEntries(Object.entries(body).filter(([field]) => !fields.has(field)));
}

/** Returns the errors that the client gets for wrong guesses. */
export function wrongGuessErrors(rules: readonly AttemptRule[], body: JsonObject): Errors {
  const { field, code } = (rules.find(({ when }) => isGiven(body, when)) ?? rules[0]!).refuse;
  return { [field]: [{ code }] };
}

/** Whether an answer has a value for a field. An inherited property, such as `constructor`, is none. */
const isGiven = (body: JsonObject, field: string) => Object.hasOwn(body, field) && hasValue(body[field]);

/** Whether a field has a value: not absent, null or an empty text. */
export const hasValue = (value: unknown): boolean => value !== undefined && value !== null && value !== '';

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
    cutAt(
      credential.replace(/\{(\w+)\}/g, (_, name: string) => nameText(offer[name])),
      MAX_NAME,
    );
  const offered = objectsIn(shown?.[pick.among]).filter((offer) => values.includes(nameText(offer[member])));
  const [chosen] = objectsIn([body[pick.field]]).map(credentialOf);
  const all = offered.map(credentialOf);
  return chosen !== undefined && all.includes(chosen) ? [chosen] : all;
}

/** Largest length of the name of a credential. An entry of a Postgres index cannot be much longer. */
const MAX_NAME = 512;

/** Characters that Postgres cannot store. */
const UNSTORABLE = /[\0\p{Surrogate}]/gu;

/**
 * Returns a property of an offered device as part of a credential's name. Drops characters that Postgres cannot store,
 * because a hostile stage or client may choose the value.
 */
const nameText = (value: unknown): string =>
  ['string', 'number', 'boolean'].includes(typeof value) ? String(value).replace(UNSTORABLE, '') : '';

const objectsIn = (value: unknown): JsonObject[] =>
  Array.isArray(value) ? value.filter((item): item is JsonObject => typeof item === 'object' && item !== null) : [];

/**
 * Returns the text that identifies the user whose attempts are counted: a saved user's id, an unsaved user's mail
 * address, or the typed name. Normalizes names and addresses, so that spellings that differ in case or Unicode form
 * share a counter.
 */
export function subjectOf(user: User): string {
  if (user.kind === 'saved') return `user:${user.uuid}`;
  return user.kind === 'unsaved' && user.email ? `mail:${normalized(user.email)}` : `name:${normalized(user.username)}`;
}

const normalized = (text: string) => pythonStrip(text.normalize('NFKC').toLowerCase());
