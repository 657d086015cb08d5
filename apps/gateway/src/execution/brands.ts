import type { Brand } from '@gatehouse/plan';

/** The brands of the site. */
export abstract class Brands {
  /**
   * The brand of a host, as of now. `revision` is that of all brands, where it has just been loaded with something else:
   * then nobody is asked what is known already.
   */
  abstract find(host: string, revision?: string | null): Promise<Brand>;
}
