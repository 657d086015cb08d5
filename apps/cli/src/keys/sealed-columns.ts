import { deviceSealId, digestKeySealId } from '@gatehouse/authenticators';
import { planSealId, resumeTokenSealId, sourceLoginSealId } from '@gatehouse/executor-postgres';
import { outboxSealId } from '@gatehouse/outbox';
import type { SealId } from '@gatehouse/platform';

/** A column whose values are sealed. */
export interface SealedColumn {
  readonly table: string;
  readonly column: string;
  /** The columns of the primary key, in order, with their types. */
  readonly key: Readonly<Record<string, 'uuid' | 'bytea' | 'text'>>;
  /** Further columns that `sealId` needs. */
  readonly columns?: readonly string[];
  readonly sealId: (row: Readonly<Record<string, unknown>>) => SealId;
}

/** Columns that are sealed with `SEAL_KEYS`. Sealed secrets in JSON documents are in `document-resealer.ts`. */
export const GATEWAY_COLUMNS: readonly SealedColumn[] = [
  {
    ...{ table: 'flow.plans', column: 'body', key: { session_id: 'uuid', flow_id: 'uuid' } },
    columns: ['id', 'revision'],
    sealId: ({ id, revision }) => planSealId(String(id), Number(revision)),
  },
  // An ended plan that waits for its record keeps the sealed body, and so the seal id, of its row in flow.plans.
  {
    ...{ table: 'flow.unrecorded_plans', column: 'body', key: { plan_id: 'uuid' } },
    columns: ['revision'],
    sealId: ({ plan_id, revision }) => planSealId(String(plan_id), Number(revision)),
  },
  {
    ...{ table: 'flow.resume_tokens', column: 'body', key: { hash: 'bytea' } },
    sealId: ({ hash }) => resumeTokenSealId(hash as Buffer),
  },
  {
    ...{ table: 'flow.source_logins', column: 'body', key: { hash: 'bytea' } },
    sealId: ({ hash }) => sourceLoginSealId(hash as Buffer),
  },
  {
    ...{ table: 'flow.outbox', column: 'body', key: { id: 'uuid' } },
    sealId: ({ id }) => outboxSealId(String(id)),
  },
  // The courier moves an event to this table with the seal of the outbox.
  {
    ...{ table: 'flow.audit_events', column: 'body', key: { id: 'uuid' } },
    sealId: ({ id }) => outboxSealId(String(id)),
  },
];

/** Columns that are sealed with `MFA_SEAL_KEYS`. */
export const MFA_COLUMNS: readonly SealedColumn[] = [
  {
    ...{ table: 'mfa.devices', column: 'secret', key: { id: 'uuid' } },
    sealId: ({ id }) => deviceSealId(String(id)),
  },
  {
    ...{ table: 'mfa.digest_keys', column: 'key', key: { key_id: 'text', purpose: 'text' } },
    sealId: ({ key_id, purpose }) => digestKeySealId({ key_id: String(key_id), purpose: String(purpose) }),
  },
];
