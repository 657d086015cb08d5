import { Problem } from '@gatehouse/contracts';

/** Returns the number of a version in a URL. Throws `flow_version_unknown`. */
export function versionNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Problem('flow_version_unknown');
  return Number(text);
}
