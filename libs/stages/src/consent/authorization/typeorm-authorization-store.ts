import { hash, randomBytes } from 'node:crypto';
import type {
  AuthorizationRequest,
  PendingAuthorization,
  RedeemedAuthorization,
  SessionAuthentication,
} from '@gatehouse/contracts';
import { runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { DELETE_EXPIRED_TOKENS } from '../device-code/device-code.statements.js';
import * as statements from './authorization.statements.js';
import {
  type Authorization,
  AuthorizationStore,
  type CodeExchange,
  type IssuedCode,
  type PushLimits,
} from './authorization-store.js';

interface RequestRow {
  readonly request: AuthorizationRequest;
}
interface PendingRow extends RequestRow {
  readonly id: string;
  readonly created_at: number;
}
interface RedeemedRow extends RequestRow {
  readonly uuid: string;
  readonly epoch: number;
  readonly authentication: SessionAuthentication;
}

/** Stores requests, and hashes of their references and codes, in Postgres. */
export class TypeormAuthorizationStore extends AuthorizationStore {
  constructor(private readonly source: DataSource) {
    super();
  }

  async push(request: AuthorizationRequest, { lifetimeS, maxWaiting }: PushLimits): Promise<string | undefined> {
    await runNamed(this.source, statements.DELETE_EXPIRED_REQUESTS, []);
    const reference = newSecret();
    const { client_id, application } = request;
    const values = [hashOf(reference), client_id, application, JSON.stringify(request), lifetimeS, maxWaiting];
    const stored = await this.source.transaction(async (manager) => {
      await manager.query(statements.LOCK_CLIENT, [client_id]);
      return manager.query<unknown[]>(statements.PUSH, values);
    });
    return stored.length === 1 ? reference : undefined;
  }

  async find(reference: string, clientId: string): Promise<PendingAuthorization | undefined> {
    const values = [hashOf(reference), clientId];
    const [row] = (await runNamed<PendingRow>(this.source, statements.FIND_PENDING, values)).rows;
    return row && { ...row.request, id: row.id, created_at: row.created_at };
  }

  async refuse(id: string): Promise<AuthorizationRequest | undefined> {
    return (await runNamed<RequestRow>(this.source, statements.REFUSE, [id])).rows[0]?.request;
  }

  async isPending(id: string): Promise<boolean> {
    return (await runNamed(this.source, statements.IS_PENDING, [id])).rowCount === 1;
  }

  async hasIssued(work: string, id: string): Promise<boolean> {
    return (await runNamed(this.source, statements.HAS_ISSUED, [id, work])).rowCount === 1;
  }

  async issue(
    work: string,
    { id, user, authentication, code = newSecret() }: Authorization,
  ): Promise<IssuedCode | undefined> {
    const values = [id, hashOf(code), work, user.uuid, user.epoch, JSON.stringify(authentication)];
    const [row] = (await runNamed<RequestRow>(this.source, statements.ISSUE, values)).rows;
    return row && { code, request: row.request };
  }

  async redeem(exchange: CodeExchange): Promise<RedeemedAuthorization | undefined> {
    const { code, clientId, redirectUri, codeChallenge, lifetimeS } = exchange;
    await runNamed(this.source, DELETE_EXPIRED_TOKENS, []);
    const access_token = newSecret();
    const values = [hashOf(code), clientId, redirectUri, codeChallenge, hashOf(access_token), lifetimeS];
    const [row] = (await runNamed<RedeemedRow>(this.source, statements.REDEEM, values)).rows;
    if (!row) {
      await runNamed(this.source, statements.END_REUSED, [hashOf(code), clientId]);
      return undefined;
    }
    const { request, uuid, epoch, authentication } = row;
    return { ...request, access_token, user: { uuid, epoch }, authentication };
  }
}

/** Returns a secret of 256 random bits. It has enough entropy for a hash without a key. */
const newSecret = () => randomBytes(32).toString('base64url');
const hashOf = (secret: string): Buffer => hash('sha256', secret, 'buffer');
