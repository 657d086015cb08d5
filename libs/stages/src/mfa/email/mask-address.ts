/** Number of asterisks that replace an address of which the visitor may not see any part. */
const HIDDEN_LENGTH = 5;
/** Text in place of an address, for a visitor who has not proved to be its owner. */
export const HIDDEN_ADDRESS = '*'.repeat(HIDDEN_LENGTH);

/**
 * Returns an email address with asterisks instead of most characters. The local part and each label of the domain keep
 * their first character, but a part of at most two characters keeps none. The last of several labels stays readable.
 */
export function maskAddress(address: string): string {
  const at = address.lastIndexOf('@');
  const labels = address.slice(at + 1).split('.');
  const shown = labels.map((label, i) => (i > 0 && i === labels.length - 1 ? label : maskPart(label)));
  return `${maskPart(address.slice(0, at))}@${shown.join('.')}`;
}

function maskPart(part: string): string {
  const characters = Array.from(part);
  const kept = characters.length > 2 ? 1 : 0;
  return characters.slice(0, kept).join('') + '*'.repeat(characters.length - kept);
}
