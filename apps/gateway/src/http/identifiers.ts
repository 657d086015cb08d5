import { uidOf } from '@gatehouse/directory';
import type { GatewayConfig } from '../gateway.config.js';

const MAX_PK = 2 ** 31 - 1;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Returns whether a number can be a primary key. Postgres would refuse a statement with any other number. */
export const isPk = (value: number): boolean => value > 0 && value <= MAX_PK;

/** Returns the primary key in a URL or a form, or undefined if the value cannot be a primary key. */
export const parsePk = (value: unknown): number | undefined =>
  typeof value === 'string' && /^[1-9]\d{0,9}$/.test(value) && isPk(Number(value)) ? Number(value) : undefined;

/** Returns whether a value is a UUID. Postgres would refuse a statement with any other value. */
export const isUuid = (value: unknown): value is string => typeof value === 'string' && UUID.test(value);

/** Returns the identifier of a user for other systems. It does not reveal the user's id. */
export const userUid = (
  { uuid }: { readonly uuid: string },
  { SECRET_KEY, PSEUDONYM_KEY = SECRET_KEY }: Pick<GatewayConfig, 'SECRET_KEY' | 'PSEUDONYM_KEY'>,
) => uidOf(uuid, PSEUDONYM_KEY);
