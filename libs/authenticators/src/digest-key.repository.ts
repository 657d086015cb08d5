import { keyedDigest, type Sealer, type SealId } from '@gatehouse/platform';
import type { DataSource, EntityManager } from 'typeorm';

/** The purposes of the digests in the schema: recovery codes, and phone numbers and email addresses in handles. */
const DIGEST_PURPOSES = ['mfa.devices', 'mfa.numbers', 'mfa.addresses'] as const;
type DigestPurpose = (typeof DIGEST_PURPOSES)[number];

interface Row {
  readonly key_id: string;
  readonly purpose: string;
  readonly key: Buffer;
}

const LIST = 'SELECT key_id, purpose, key FROM mfa.digest_keys ORDER BY key_id, purpose';
/** Stores digest keys that are not stored yet. $1 ids of their master keys, $2 purposes, $3 sealed digest keys. */
const KEEP = `
  INSERT INTO mfa.digest_keys (key_id, purpose, key) SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[])
  ON CONFLICT DO NOTHING`;

/**
 * Computes digests with the keys of the sealer, and with the stored digest keys of master keys that were removed.
 * Stored digests cannot be computed again with a new key, because the digested texts are not stored (docs/adr/0050).
 */
export class DigestKeyRepository {
  private kept: Promise<readonly Row[]> | undefined;

  constructor(
    private readonly source: Pick<DataSource, 'query'>,
    private readonly sealer: Sealer,
  ) {}

  /**
   * Returns the digests of a text, one for each key, the current key first. Throws `UnsealError` if a stored key cannot
   * be opened.
   */
  async digests(purpose: DigestPurpose, text: string): Promise<Buffer[]> {
    const own = this.sealer.digestKeys(purpose);
    const removed = (await this.rows()).filter(
      (row) => row.purpose === purpose && !own.some(({ id }) => id === row.key_id),
    );
    const opened = removed.map((row) => Buffer.from(String(this.sealer.open(digestKeySealId(row), row.key)), 'base64'));
    return [...own.map(({ key }) => key), ...opened].map((key) => keyedDigest(key, text));
  }

  /**
   * Stores the digest keys of all keys of the sealer except the current one, and seals them with the current key. The
   * operator can then remove the other keys (`npm run keys`).
   */
  async keep(manager: EntityManager): Promise<void> {
    const rows = DIGEST_PURPOSES.flatMap((purpose) =>
      this.sealer
        .digestKeys(purpose)
        .filter(({ id }) => id !== this.sealer.currentKeyId)
        .map(({ id: key_id, key }) => ({ key_id, purpose, sealed: key.toString('base64') })),
    );
    await manager.query(KEEP, [
      rows.map(({ key_id }) => key_id),
      rows.map(({ purpose }) => purpose),
      rows.map((row) => this.sealer.seal(digestKeySealId(row), row.sealed)),
    ]);
  }

  /**
   * Reads the stored keys once, because a process gets other keys only by a restart. After a failed read, the next call
   * reads again.
   */
  private rows(): Promise<readonly Row[]> {
    this.kept ??= this.source.query<Row[]>(LIST).catch((error: unknown) => {
      this.kept = undefined;
      throw error;
    });
    return this.kept;
  }
}

/** Returns the `SealId` of a stored digest key. */
export const digestKeySealId = ({ key_id, purpose }: Pick<Row, 'key_id' | 'purpose'>): SealId => ({
  table: 'mfa.digest_keys',
  id: `${key_id}/${purpose}`,
  revision: 0,
});
