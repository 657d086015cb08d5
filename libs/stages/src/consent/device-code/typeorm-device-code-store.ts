import { hash, randomBytes, randomInt } from 'node:crypto';
import {
  type ClaimedCode,
  type DeviceClient,
  type DeviceToken,
  POLL_INTERVAL_S,
  USER_CODE_DIGITS,
} from '@gatehouse/contracts';
import { runNamed, runOnce } from '@gatehouse/platform';
import type { DataSource, EntityManager } from 'typeorm';
import { CONSENT_SCHEMA } from '../migrations/index.js';
import * as statements from './device-code.statements.js';
import {
  type DeviceApproval,
  DeviceCodeStore,
  type IssuedCodes,
  type Redemption,
  type TokenPoll,
} from './device-code-store.js';

/** Number of random user codes that `issue` tries before it fails. A code that another device has cannot be used. */
const TRIES = 5;
/** Random bytes of a device code, which has 128 characters in base64url. */
const DEVICE_CODE_BYTES = 96;
const TOKEN_BYTES = 32;

/** The database row of a polled device code. */
interface PolledDevice extends DeviceClient {
  readonly id: string;
  readonly user: string;
  readonly epoch: number | null;
  readonly refused: boolean;
  readonly over: boolean;
  readonly early: boolean;
}

interface TokenRow extends DeviceClient {
  readonly uuid: string;
  readonly epoch: number;
}

/** Stores hashes of device codes and access tokens in Postgres. */
export class TypeormDeviceCodeStore extends DeviceCodeStore {
  constructor(private readonly source: DataSource) {
    super();
  }

  async issue({ client_id, application, scopes }: DeviceClient, lifetimeS: number): Promise<IssuedCodes> {
    await runNamed(this.source, statements.DELETE_EXPIRED_CODES, []);
    for (let tries = 0; tries < TRIES; tries++) {
      const device_code = newSecret(DEVICE_CODE_BYTES);
      const user_code = String(randomInt(10 ** USER_CODE_DIGITS)).padStart(USER_CODE_DIGITS, '0');
      const values = [hashOf(device_code), user_code, client_id, application, scopes, lifetimeS];
      const { rowCount } = await runNamed(this.source, statements.ISSUE, values);
      if (rowCount === 1) return { device_code, user_code, interval: POLL_INTERVAL_S };
    }
    throw new Error(`no free user code was found in ${TRIES} tries`);
  }

  async claim(userCode: string, user: string): Promise<ClaimedCode | undefined> {
    return (await runNamed<ClaimedCode>(this.source, statements.CLAIM_USER_CODE, [userCode, user])).rows[0];
  }

  async isOpen(claimed: string, user: string): Promise<boolean> {
    return (await runNamed(this.source, statements.IS_OPEN, [claimed, user])).rowCount === 1;
  }

  async approve(id: string, { claimed, user, scopes }: DeviceApproval): Promise<boolean> {
    const values = [claimed, user.uuid, user.epoch, scopes];
    const { approved } = await runOnce(this.source, { table: `${CONSENT_SCHEMA}.done`, id }, async (manager) => {
      const [rows] = await manager.query<[unknown[], number]>(statements.APPROVE, values);
      return { approved: rows.length === 1 };
    });
    return approved;
  }

  async isApproved(id: string): Promise<boolean> {
    return (await runNamed(this.source, statements.IS_APPROVED, [id])).rowCount === 1;
  }

  async refuse(user: string, claimed?: string): Promise<number> {
    return (await runNamed(this.source, statements.REFUSE, [user, claimed ?? null])).rowCount ?? 0;
  }

  redeem({ deviceCode, clientId, lifetimeS }: TokenPoll): Promise<Redemption> {
    return this.source.transaction(async (manager) => {
      const [row] = await manager.query<PolledDevice[]>(statements.FIND_POLLED, [hashOf(deviceCode), clientId]);
      if (!row) return { error: 'invalid_grant' };
      if (row.refused) return { error: 'access_denied' };
      if (row.over) return { error: 'expired_token' };
      if (row.epoch !== null) return redeemCode(manager, { ...row, epoch: row.epoch }, lifetimeS);
      await manager.query(statements.SLOW_DOWN, [row.id, row.early]);
      return { error: row.early ? 'slow_down' : 'authorization_pending' };
    });
  }

  async findToken(token: string): Promise<DeviceToken | undefined> {
    const { rows } = await runNamed<TokenRow>(this.source, statements.FIND_TOKEN, [hashOf(token)]);
    const [row] = rows;
    if (!row) return undefined;
    const { uuid, epoch, ...client } = row;
    return { ...client, user: { uuid, epoch } };
  }
}

/** Deletes the device code and inserts the access token, in the transaction of `manager`. */
async function redeemCode(
  manager: EntityManager,
  { id, user, epoch, client_id, application, scopes }: PolledDevice & { readonly epoch: number },
  lifetimeS: number,
): Promise<Redemption> {
  const access_token = newSecret(TOKEN_BYTES);
  const values = [hashOf(access_token), user, epoch, client_id, application, scopes, lifetimeS];
  await manager.query(statements.SPEND, [id]);
  await manager.query(statements.DELETE_EXPIRED_TOKENS.text);
  await manager.query(statements.INSERT_TOKEN, values);
  return { access_token, client_id, application, scopes, user: { uuid: user, epoch } };
}

const newSecret = (bytes: number) => randomBytes(bytes).toString('base64url');

/** Returns the SHA-256 of a device code or a token. Both have enough entropy for a hash without a key. */
const hashOf = (secret: string): Buffer => hash('sha256', secret, 'buffer');
