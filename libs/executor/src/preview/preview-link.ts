import { hash } from 'node:crypto';
import { type Sealer, secretsEqual, UnsealError } from '@gatehouse/platform';
import { z } from 'zod';

/** The content of a preview link: it allows running one version of a flow as one test user until it expires. */
export const previewLink = z.object({
  v: z.literal(1),
  flow: z.string(),
  /** Id of the flow version. */
  version: z.uuid(),
  /** Number of the flow version, which the page shows. */
  number: z.int(),
  /** uuid of the test user. */
  user: z.uuid(),
  issued: z.iso.datetime(),
  expires: z.iso.datetime(),
});
export type PreviewLink = z.output<typeof previewLink>;

/**
 * The purpose for which links are sealed. Values that are sealed for different purposes cannot be used in place of each
 * other.
 */
const LINK = { table: 'preview.link', id: 'link', revision: 0 };

/** Returns the sealed link as a token. Only processes with the seal keys can make and read such tokens. */
export const sealPreviewLink = (sealer: Sealer, link: PreviewLink): string =>
  sealer.seal(LINK, link).toString('base64url');

/** Returns the link of a token; `undefined` if the token was altered, or not made for this deployment. */
export function openPreviewLink(sealer: Sealer, token: string): PreviewLink | undefined {
  const sealed = Buffer.from(token, 'base64url');
  // The base64url decoder ignores some bits and characters, so one link has several spellings. Accept one only, because
  // runs are counted by the token.
  if (!secretsEqual(sealed.toString('base64url'), token)) return undefined;
  try {
    return previewLink.safeParse(sealer.open(LINK, sealed)).data;
  } catch (error) {
    if (error instanceof UnsealError) return undefined;
    throw error;
  }
}

/** Returns the id of a link. The state of a preview is bound to it. */
export const previewLinkId = (token: string): string => hash('sha256', token, 'hex');
