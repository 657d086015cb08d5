import { z } from 'zod';
import {
  Duo,
  type DuoAuthStatus,
  type DuoEnrollment,
  type DuoPairing,
  type DuoPreauthResult,
  type DuoPush,
  DuoUnavailableError,
} from './duo.js';
import type { DuoConnection, DuoParameters } from './duo-connection.js';
import type { DuoAccount } from './duo-signature.js';

const enrollment = z
  .object({ user_id: z.string(), activation_code: z.string(), activation_barcode: z.string() })
  .transform(
    (said): DuoEnrollment => ({
      userId: said.user_id,
      activationCode: said.activation_code,
      activationBarcode: said.activation_barcode,
    }),
  );

/** `response` is a bare word. */
const pairing = z.enum(['success', 'waiting', 'invalid']);

const demand = z.discriminatedUnion('result', [
  z.object({ result: z.enum(['allow', 'deny', 'enroll']) }),
  z.object({ result: z.literal('auth'), txid: z.string().optional(), verification_code: z.coerce.string().optional() }),
]);

const transaction = z.object({ txid: z.string() });

/** Only this word lets anybody in: a new or an empty one does not (docs/spec/mfa.md#duo-push). */
const judged = z
  .object({ result: z.string() })
  .transform(({ result }): DuoAuthStatus => (result === 'allow' || result === 'waiting' ? result : 'deny'));

const userPage = z.array(z.object({ user_id: z.string(), username: z.string() }));

/** Users on one page; Duo allows three hundred, the reference asks for this many. */
const PAGE = 100;
/** Pages of an account that are read before something must be wrong. */
const MAX_PAGES = 10_000;

/** Duo over HTTPS: Auth API version 2 and Admin API version 1 (docs/spec/mfa.md#duo-calls). */
export class HttpDuo extends Duo {
  constructor(private readonly connection: DuoConnection) {
    super();
  }

  enroll(account: DuoAccount, username: string): Promise<DuoEnrollment> {
    return this.post(account, '/auth/v2/enroll', { username }).then((said) => read(enrollment, said));
  }

  async pairing(account: DuoAccount, { userId, activationCode }: DuoEnrollment): Promise<DuoPairing> {
    const parameters = { user_id: userId, activation_code: activationCode };
    return read(pairing, await this.post(account, '/auth/v2/enroll_status', parameters));
  }

  async demand(
    account: DuoAccount,
    { userId, ip, numbers }: { userId: string; ip: string; numbers: boolean },
  ): Promise<DuoPreauthResult> {
    const supported = numbers ? { client_supports_verified_push: '1' } : {};
    const said = read(
      demand,
      await this.post(account, '/auth/v2/preauth', { user_id: userId, ipaddr: ip, ...supported }),
    );
    if (said.result !== 'auth' || said.txid === undefined || said.verification_code === undefined)
      return { result: said.result };
    return { result: 'auth', verification: { transaction: said.txid, code: said.verification_code } };
  }

  async push(account: DuoAccount, { userId, ip, type, username, facts, transaction: shown }: DuoPush): Promise<string> {
    const said = await this.post(account, '/auth/v2/auth', {
      ...{ user_id: userId, ipaddr: ip, factor: 'push', device: 'auto', async: '1' },
      ...{ type, display_username: username, pushinfo: new URLSearchParams(facts).toString() },
      ...(shown === undefined ? {} : { txid: shown }),
    });
    return read(transaction, said).txid;
  }

  async answer(account: DuoAccount, txid: string, withinMs: number): Promise<DuoAuthStatus> {
    const said = await this.connection.poll(account, { path: '/auth/v2/auth_status', parameters: { txid } }, withinMs);
    return said === undefined ? 'waiting' : read(judged, said);
  }

  async passcode(
    account: DuoAccount,
    { userId, ip }: { userId: string; ip: string },
    code: string,
  ): Promise<DuoAuthStatus> {
    const parameters = { user_id: userId, ipaddr: ip, factor: 'passcode', passcode: code };
    return read(judged, await this.post(account, '/auth/v2/auth', parameters));
  }

  async *users(account: DuoAccount) {
    let offset: number | undefined = 0;
    for (let page = 0; offset !== undefined && page < MAX_PAGES; page++) {
      const parameters = { limit: String(PAGE), offset: String(offset) };
      const said: { response: unknown; next: number | undefined } = await this.connection.page(account, {
        path: '/admin/v1/users',
        parameters,
      });
      for (const { user_id, username } of read(userPage, said.response)) yield { userId: user_id, username };
      offset = said.next;
    }
  }

  private post(account: DuoAccount, path: string, parameters: DuoParameters): Promise<unknown> {
    return this.connection.post(account, { path, parameters });
  }
}

/** What Duo said, in the form that is documented; anything else is as good as no answer. */
function read<S extends z.ZodType>(schema: S, said: unknown): z.output<S> {
  const parsed = schema.safeParse(said);
  if (parsed.success) return parsed.data;
  throw new DuoUnavailableError('Received an answer that is not understood');
}
