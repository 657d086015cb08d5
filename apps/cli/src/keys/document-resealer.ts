import { documentDigest, stageOwner } from '@gatehouse/blueprints';
import {
  convertSealedValues,
  type OwnerOf,
  type Sealer,
  SecretBox,
  sealKeyIdOf,
  UnsealError,
} from '@gatehouse/platform';
import type { DataSource, EntityManager } from 'typeorm';
import { ResealCount } from './reseal-count.js';

/** A column with JSON documents that contain sealed secrets. */
interface SealedDocuments {
  readonly name: string;
  /** Returns the rows with sealed values: `id` for the update, `owner` for the object of the secrets. */
  readonly select: string;
  /** Saves a document. $1 id of the row, $2 document; with `hasDigest`, $3 digest of the document. */
  readonly update: string;
  readonly hasDigest?: boolean;
  readonly ownerOf?: OwnerOf | undefined;
}

interface Row {
  readonly id: string;
  readonly owner: string;
  readonly document: unknown;
}

const MARKED = `LIKE '%gatehouse:sealed%'`;

/**
 * The columns with sealed documents. flow.objects comes first: the run then reuses the sealed bytes of an object's
 * secret in every published document. With equal bytes, applying an unchanged blueprint publishes nothing.
 */
const DOCUMENTS: readonly SealedDocuments[] = [
  {
    name: 'flow.objects.attrs',
    select: `SELECT id, id AS owner, attrs AS document FROM flow.objects WHERE attrs::text ${MARKED} FOR UPDATE`,
    update: 'UPDATE flow.objects SET attrs = $2 WHERE id = $1',
  },
  {
    name: 'flow.oauth_clients.document',
    select: `SELECT client_id AS id, document->>'id' AS owner, document FROM flow.oauth_clients WHERE document::text ${MARKED} FOR UPDATE`,
    update: 'UPDATE flow.oauth_clients SET document = $2 WHERE client_id = $1',
  },
  {
    name: 'identification.sources.document',
    select: `SELECT id, id AS owner, document FROM identification.sources WHERE document::text ${MARKED} FOR UPDATE`,
    update: 'UPDATE identification.sources SET document = $2 WHERE id = $1',
  },
  {
    name: 'flow.flow_versions.document',
    select: `SELECT id, id AS owner, document FROM flow.flow_versions WHERE document::text ${MARKED} FOR UPDATE`,
    // Applying a blueprint finds the version of an unchanged flow by its digest, which is unique for each flow. So if two
    // versions become equal, one keeps its old digest.
    update: `UPDATE flow.flow_versions v SET document = $2, digest = CASE
               WHEN EXISTS (SELECT FROM flow.flow_versions o WHERE o.flow_id = v.flow_id AND o.digest = $3) THEN v.digest
               ELSE $3 END WHERE id = $1`,
    hasDigest: true,
    ownerOf: stageOwner,
  },
];

/**
 * Seals the secrets of stages, sources and clients with the current key, in one transaction that excludes the blueprint
 * command. Returns the counts of each column. With `dryRun`, changes nothing.
 */
export function resealDocuments(source: DataSource, sealer: Sealer, dryRun: boolean): Promise<ResealCount[]> {
  return source.transaction(async (manager) => {
    await manager.query(`SELECT pg_advisory_xact_lock(hashtext('gatehouse blueprints'))`);
    const box = new SecretBox(sealer);
    const counts: ResealCount[] = [];
    for (const documents of DOCUMENTS) counts.push(await resealColumn(manager, documents, { sealer, box, dryRun }));
    return counts;
  });
}

interface Context {
  readonly sealer: Sealer;
  readonly box: SecretBox;
  readonly dryRun: boolean;
}

async function resealColumn(
  manager: EntityManager,
  { name, select, update, hasDigest, ownerOf }: SealedDocuments,
  { sealer, box, dryRun }: Context,
): Promise<ResealCount> {
  const count = new ResealCount(name);
  for (const { id, owner, document } of await manager.query<Row[]>(select)) {
    const before = count.resealed;
    const converted = convertSealedValues(document, { object: owner, ownerOf }, (secretId, sealed, value) => {
      try {
        const resealed = box.seal(secretId, box.open(secretId, value));
        if (sealer.isCurrent(sealed)) count.current += 1;
        else count.resealed += 1;
        return resealed;
      } catch (error) {
        if (!(error instanceof UnsealError)) throw error;
        count.addUnopened(sealKeyIdOf(sealed));
        return value;
      }
    });
    if (!dryRun && count.resealed > before)
      await manager.query(update, [id, JSON.stringify(converted), ...(hasDigest ? [documentDigest(converted)] : [])]);
  }
  if (!dryRun) count.current += count.resealed;
  return count;
}
