import { cutAt, isMaskedKey, REDACTED } from '@gatehouse/contracts';

/** Given secrets with fewer characters are not masked, because they also occur in ordinary words. */
const MIN_CHARACTERS = 3;

/** Largest number of characters of a masked text. The rest is cut off. */
export const TEXT_CHARACTERS = 8192;

// A text may have been cut within a secret, so these patterns also match a secret that ends in `…`.
const CREDENTIALS_IN_URL = /(:\/\/)[^\s/@"']+(?:@|(?=…$))/g;
const MAIL_ADDRESS = /[\w.!#$%&'*+/=?^`{|}~-]{1,64}(?:@|%40)(?:[\w.-]{0,254}(?=…$)|[\w-]{1,63}(?:\.[\w-]{1,63})+)/g;
const NAMED_VALUE = /([\w-]{1,64})(=|["']\s{0,8}:\s{0,8}["'])([^\s"'&;,)]+)/g;

/**
 * Returns a text for a log line, in which asterisks replace secrets: the given `secrets`, mail addresses, the
 * credentials in URLs, and values whose names are masked in events (docs/spec/events.md#masking), such as in
 * `?flow_token=…`. Cuts the text after TEXT_CHARACTERS.
 */
export function maskText(text: string, secrets: readonly string[] = []): string {
  const withoutSecrets = [...secrets]
    .filter((secret) => secret.length >= MIN_CHARACTERS)
    .sort((a, b) => b.length - a.length)
    .reduce((masked, secret) => masked.replaceAll(secret, REDACTED), text);
  return cutText(withoutSecrets, TEXT_CHARACTERS)
    .replace(CREDENTIALS_IN_URL, `$1${REDACTED}@`)
    .replace(NAMED_VALUE, (pair: string, name: string, sign: string) =>
      isMaskedKey(name) ? `${name}${sign}${REDACTED}` : pair,
    )
    .replace(MAIL_ADDRESS, REDACTED);
}

/** Returns the text, or its first `characters` characters and an ellipsis. */
export function cutText(text: string, characters: number): string {
  return text.length <= characters ? text : `${cutAt(text, characters)}…`;
}
