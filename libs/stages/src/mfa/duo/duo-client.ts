import { z } from 'zod';
import {
  type DuoAuthRequest,
  type DuoAuthStatus,
  type DuoEnrollment,
  type DuoEnrollStatus,
  type DuoPreauthResult,
  type DuoPush,
  DuoUnavailableError,
  type DuoUser,
} from './duo.js';
import type { DuoConnection, DuoParameters } from './duo-connection.js';
import type { DuoAccount } from './duo-signature.js';

const enrollment = z
  .object({ user_id: z.string(), activation_code: z.string(), activation_barcode: z.string() })
  .transform(
    ({ user_id, activation_code, activation_barcode }): DuoEnrollment => ({
      userId: user_id,
      activationCode: activation_code,
      activationBarcode: activation_barcode,
    }),
  );

/** The reply of `enroll_status` is a plain string. The other replies are objects. */
const enrollStatus = z.enum(['success', 'waiting', 'invalid']);

const preauthResult = z.discriminatedUnion('result', [
  z.object({ result: z.enum(['allow', 'deny', 'enroll']) }),
  z.object({
    ...{ result: z.literal('auth'), txid: z.string().nullish() },
    // null must be the first alternative, because `coerce` would turn null into the text "null".
    verification_code: z.union([z.null(), z.coerce.string()]).optional(),
  }),
]);

const transaction = z.object({ txid: z.string() });

/**
 * Schema of Duo's verdict on a login. Every result except `allow` and `waiting` becomes `deny`, even an unknown result
 * (docs/spec/mfa.md#duo-push).
 */
const authResult = z
  .object({ result: z.string() })
  .transform(({ result }): DuoAuthStatus => (result === 'allow' || result === 'waiting' ? result : 'deny'));

const userPage = z.array(z.object({ user_id: z.string(), username: z.string() }));

/** Number of users on a page of the Admin API, as in authentik. Duo allows 300. */
const PAGE_SIZE = 100;
/** Maximum number of pages to read from an account, so that a faulty server cannot cause an endless loop. */
const MAX_PAGES = 10_000;

/**
 * Client of Duo's Auth API version 2 and Admin API version 1 (docs/spec/mfa.md#duo-calls). A method that fails throws
 * `DuoRejectedError` or `DuoUnavailableError`.
 */
export class DuoClient {
  constructor(private readonly connection: DuoConnection) {}

  /** Starts the enrollment of a new Duo user. */
  enroll(account: DuoAccount, username: string): Promise<DuoEnrollment> {
    return this.post(account, '/auth/v2/enroll', { username }).then((response) => parseResponse(enrollment, response));
  }

  async enrollStatus(account: DuoAccount, { userId, activationCode }: DuoEnrollment): Promise<DuoEnrollStatus> {
    const parameters = { user_id: userId, activation_code: activationCode };
    return parseResponse(enrollStatus, await this.post(account, '/auth/v2/enroll_status', parameters));
  }

  /** Asks Duo whether the user needs a push. `numberMatching` tells Duo that the page can show a number. */
  async preauth(
    account: DuoAccount,
    { userId, ip, numberMatching }: DuoAuthRequest & { readonly numberMatching: boolean },
  ): Promise<DuoPreauthResult> {
    const supported = numberMatching ? { client_supports_verified_push: '1' } : {};
    const response = parseResponse(
      preauthResult,
      await this.post(account, '/auth/v2/preauth', { user_id: userId, ipaddr: ip, ...supported }),
    );
    if (response.result !== 'auth') return { result: response.result };
    const { txid: transaction, verification_code: code } = response;
    return { result: 'auth', ...(transaction != null && code != null && { verification: { transaction, code } }) };
  }

  /** Sends a push to the phone of a user. Returns its transaction id. */
  async push(
    account: DuoAccount,
    { userId, ip, type, username, facts, transaction: verifiedTransaction }: DuoPush,
  ): Promise<string> {
    const response = await this.post(account, '/auth/v2/auth', {
      ...{ user_id: userId, ipaddr: ip, factor: 'push', device: 'auto', async: '1' },
      ...{ type, display_username: username, pushinfo: new URLSearchParams(facts).toString() },
      ...(verifiedTransaction === undefined ? {} : { txid: verifiedTransaction }),
    });
    return parseResponse(transaction, response).txid;
  }

  /** Waits up to `withinMs` for a new status of a push. Returns `waiting` if the status has not changed. */
  async authStatus(account: DuoAccount, txid: string, withinMs: number): Promise<DuoAuthStatus> {
    const call = { path: '/auth/v2/auth_status', parameters: { txid } };
    const response = await this.connection.poll(account, call, withinMs);
    return response === undefined ? 'waiting' : parseResponse(authResult, response);
  }

  /** Verifies a passcode from the Duo app. */
  async passcode(account: DuoAccount, { userId, ip }: DuoAuthRequest, code: string): Promise<DuoAuthStatus> {
    const parameters = { user_id: userId, ipaddr: ip, factor: 'passcode', passcode: code };
    return parseResponse(authResult, await this.post(account, '/auth/v2/auth', parameters));
  }

  /** Yields all users of an account. Needs an account of the Admin API. */
  async *users(account: DuoAccount): AsyncGenerator<DuoUser> {
    let offset: number | undefined = 0;
    for (let page = 0; offset !== undefined && page < MAX_PAGES; page++) {
      const parameters = { limit: String(PAGE_SIZE), offset: String(offset) };
      const call = { path: '/admin/v1/users', parameters };
      const { response, next }: { response: unknown; next: number | undefined } = await this.connection.getPage(
        account,
        call,
      );
      for (const { user_id, username } of parseResponse(userPage, response)) yield { userId: user_id, username };
      offset = next;
    }
  }

  private post(account: DuoAccount, path: string, parameters: DuoParameters): Promise<unknown> {
    return this.connection.post(account, { path, parameters });
  }
}

/**
 * Validates a response of Duo. Throws `DuoUnavailableError` for a response in an undocumented format, as for an outage.
 */
function parseResponse<S extends z.ZodType>(schema: S, response: unknown): z.output<S> {
  const parsed = schema.safeParse(response);
  if (parsed.success) return parsed.data;
  throw new DuoUnavailableError('Received a response in an unknown format');
}
